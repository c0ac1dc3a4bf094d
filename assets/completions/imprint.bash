# Completion of imprint for bash.
_imprint()
{
	local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} command= i
	local commands='ask remember forget facts queue history sessions detect verify prove export import rebuild stats bench tokenize logits perplexity'
	local options='-m --model --data-dir --profile --threads --seed --precision --chat-template --cpu-mask --temperature
		--top-k --top-p --min-p --repeat-penalty --no-warm-start --layer --search --phone --json --plain --incognito --in-context --no-learn
		--second-opinion --color --continue --load --config --dump-config --version --help'

	for ((i = 1; i < COMP_CWORD; i++)); do
		case " ${commands//$'\n'/ } " in *" ${COMP_WORDS[i]} "*) command=${COMP_WORDS[i]}; break ;; esac
	done
	COMPREPLY=()
	case $before in
	-m | --model | --config | --gguf | --lora | --export | --data | --resume | --merge | --text) COMPREPLY=($(compgen -f -- "$word")); return ;;
	--data-dir) COMPREPLY=($(compgen -d -- "$word")); return ;;
	--precision) COMPREPLY=($(compgen -W 'w8a16 fp32' -- "$word")); return ;;
	--color) COMPREPLY=($(compgen -W 'always never auto' -- "$word")); return ;;
	--search) COMPREPLY=($(compgen -W 'read fit gradient published' -- "$word")); return ;;
	--phone) COMPREPLY=($(compgen -W 'k60 k70 oneplus13' -- "$word")); return ;;
	--cpu-mask) COMPREPLY=($(compgen -W 'none avx2 avxvnni avx512 amx neon dotprod i8mm all' -- "$word")); return ;;
	--load) COMPREPLY=($(compgen -W "$(imprint sessions 2>/dev/null | sed -n 's/^\([0-9]*\) .*/\1/p')" -- "$word")); return ;;
	--profile | --threads | --seed | --chat-template | --temperature | --top-k | --top-p | --min-p | --repeat-penalty | \
		--method | --shard | --table | --at | --peer | --suite | --shape | --limit | --steps | --evaluations | --decode | --tokens | --top | --ctx | --stride) return ;;
	esac
	case $command in
	'') COMPREPLY=($(compgen -W "$commands $options" -- "$word")); return ;;
	export) options="$options --gguf --lora --force" ;;
	detect) options="$options --force" ;;
	facts) options="$options --export" ;;
	import) options="$options --force"; COMPREPLY=($(compgen -f -- "$word")) ;;
	bench)
		[ "$before" = bench ] && options='edit speed model npu cost'
		options="$options --data --limit --sequential --together --forget-half --peer --suite --shape --steps --evaluations --verbose
			--method --update --shard --no-cache --resume --merge --table --at --text" ;;
	tokenize) options="$options --special --ids --decode" ;;
	logits) options="$options --special --all-positions --tokens --top" ;;
	perplexity) options="$options --ctx --stride --special"; COMPREPLY=($(compgen -f -- "$word")) ;;
	prove | forget)
		[ "$command" = forget ] && options="$options --purge"
		# The numbers of the facts; the ledger is read, no model is opened.
		[ "$before" = "$command" ] && options="$(imprint facts 2>/dev/null | sed -n 's/^#\([0-9]*\) .*/\1/p') $options" ;;
	esac
	COMPREPLY+=($(compgen -W "$options" -- "$word"))
}
complete -F _imprint imprint
