#!/bin/sh
# The completions name every command and option of --help, bash's gives the right words, and they are installed.
. tests/sh_aid.sh
dir=assets/completions

# Options and commands of the help of the program and of the commands that have their own.
help_options() {
	for c in "" tokenize logits perplexity "bench npu" "bench cost" "bench model" "bench speed" "bench edit"; do
		"$IMPRINT" $c --help
	done 2>&1 | grep -oE -- '(^|[][ (|])--[a-z][a-z0-9-]*' | grep -oE -- '--[a-z0-9-]*' | sort -u
}

naming() {
	help_options >"$root/options"
	ok "help names options" grep -qx -- --repeat-penalty "$root/options"
	while read -r option; do
		word=${option#--}
		ok "bash names $option" grep -qE -- "(^|[^a-z0-9-])$option([^a-z0-9-]|\$)" $dir/imprint.bash
		ok "zsh names $option" grep -qE -- "(^|[^a-z0-9-])$option([^a-z0-9-]|\$)" $dir/_imprint
		ok "fish names $option" grep -qE -- "-l $word( |\$)" $dir/imprint.fish
	done <"$root/options"
	for command in ask remember forget facts queue history sessions detect verify prove export stats bench tokenize logits perplexity; do
		"$IMPRINT" --help >"$root/help"
		ok "help names $command" grep -qE "^  .*$command" "$root/help"
		for file in imprint.bash _imprint imprint.fish; do
			ok "$file names $command" grep -qw "$command" $dir/$file
		done
	done
}

# completes WORDS...: what bash offers for the last word goes to $root/out.
completes() {
	bash -c '. assets/completions/imprint.bash; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _imprint; printf "%s\n" "${COMPREPLY[@]}"' \
		bash "$@" >"$root/out"
}

completing() {
	completes imprint rem
	is "rem" "$(cat "$root/out")" remember
	completes imprint --precision ""
	is "precisions" "$(tr '\n' ' ' <"$root/out")" "w8a16 fp32 "
	completes imprint bench ""
	ok "bench edit" grep -qx edit "$root/out"
	completes imprint export --g
	is "export --g" "$(cat "$root/out")" --gguf
	completes imprint ask --g
	is "ask --g" "$(cat "$root/out")" ""
	ok "the script is bash" bash -n $dir/imprint.bash
	! command -v zsh >/dev/null || ok "the script is zsh" zsh -n $dir/_imprint
	! command -v fish >/dev/null || ok "the script is fish" fish -n $dir/imprint.fish
}

installing() {
	make -n install DESTDIR="$root/dest" PREFIX=/usr >"$root/out" 2>&1
	for file in share/bash-completion/completions/imprint share/zsh/site-functions/_imprint \
		share/fish/vendor_completions.d/imprint.fish; do
		ok "$file" grep -q "$root/dest/usr/$file" "$root/out"
	done
}

run naming naming
run completing completing
run installing installing
finish
