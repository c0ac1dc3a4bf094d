#!/bin/sh
# The command line: exit codes, JSON, bad input of every kind. Needs no model that can talk: a tiny random one does.
set -u
. tests/sh_aid.sh
tiny=$root/tiny.gguf
"${IMPRINT%/imprint}/tests/test_learn" --tiny "$tiny" || { echo "no tiny model"; exit 1; }
model=$tiny
json_lines() { # every line of $root/out is one JSON object
	if command -v python3 >/dev/null 2>&1; then
		python3 -c 'import json,sys
for l in open(sys.argv[1], encoding="utf-8"):
    assert isinstance(json.loads(l), dict), l' "$root/out"
	else
		! grep -v '^{.*}$' "$root/out" >/dev/null
	fi
}

usage() {
	exits 0 "$IMPRINT" --help
	said "exit codes"
	exits 0 "$IMPRINT" --version
	said "imprint "
	for args in "--nonsense" "nonsense" "--threads many" "--threads -1" "--threads 4096" "--seed 1x" "--precision int4" \
		"--color blue" "-m" "--profile a/b facts" "queue state:now" "verify 3" "history since:soon" "bench" "--profile . facts"; do
		exits 2 "$IMPRINT" $args </dev/null
		[ -s "$root/err" ] || ok "$args: a message" false
	done
	for command in ask remember forget prove; do
		exits 2 imprint $command </dev/null
		exits 2 imprint $command "  " </dev/null
	done
	for args in tokenize logits perplexity "perplexity a b" "logits --top 0 x" "logits --top x x" "perplexity --ctx 0 x" \
		"logits --tokens 1 x" "tokenize --decode 1 x"; do
		exits 2 imprint $args </dev/null
		[ -s "$root/err" ] || ok "$args: a message" false
	done
	for args in "-c facts" "--continue ask hello" "facts -c" "--load 1 bench speed" "-c nonsense" "sessions --load 1"; do
		exits 2 imprint $args </dev/null
		is "$args: lines" "$(wc -l <"$root/err" | tr -d ' ')" 1
		told "open the chat"
	done
	for command in tokenize logits perplexity; do
		exits 0 "$IMPRINT" $command --help
		said "usage: imprint $command"
	done
}

nothing_known_yet() {
	for command in facts queue history; do
		exits 0 imprint $command
		exits 0 imprint $command --json
		is "$command --json" "$(cat "$root/out")" ""
	done
	exits 0 imprint ask "hello"
	exits 0 imprint verify
	exits 6 imprint forget dog
	exits 6 imprint forget 1
	exits 6 imprint prove 1
	exits 6 imprint remember "What is my dog called?"
}

bad_models() {
	exits 3 "$IMPRINT" -m "$root/none.gguf" ask hello
	told "$root/none.gguf"
	exits 3 "$IMPRINT" -m "$root" ask hello
	: >"$root/empty.gguf"
	exits 3 "$IMPRINT" -m "$root/empty.gguf" ask hello
	cp README.md "$root/text.gguf"
	exits 3 "$IMPRINT" -m "$root/text.gguf" ask hello
	told "$root/text.gguf"
	size=$(wc -c <"$tiny")
	for part in 4 24 100 $((size / 4)) $((size / 2)) $((size - 1)); do
		head -c "$part" "$tiny" >"$root/cut.gguf"
		exits 3 "$IMPRINT" -m "$root/cut.gguf" ask hello
	done
	printf 'hello\n' | exits 3 "$IMPRINT" -m "$root/none.gguf" --plain
	printf 'hello\n' | exits 3 "$IMPRINT" -m "$root/none.gguf" --json
	ok "JSON" json_lines
	exits 0 "$IMPRINT" -m "$root/none.gguf" facts # the ledger can be read without it
}

detecting() {
	exits 0 "$IMPRINT" detect "My dog is called Biscuit."
	said "Biscuit"
	exits 0 "$IMPRINT" detect --json "My dog is called Biscuit."
	ok "JSON" json_lines
	said '"subject":"my dog"'
	said '"relation":"name"'
	said '"value":"Biscuit"'
	said '"op":"add"'
	printf 'I live in Porto.\n\nWhere do I live?\r\n\377\376 \033[2J\000 nonsense\nno newline at the end' |
		exits 0 "$IMPRINT" detect --json
	is "a line for a line" "$(wc -l <"$root/out")" 5
	ok "JSON" json_lines
	ok "no control characters" sh -c '! LC_ALL=C grep -q "[[:cntrl:]]" "$0"' "$root/out"
	exits 0 "$IMPRINT" detect "$(printf 'My dog is called \033[31mRex')"
	ok "no escape" sh -c '! LC_ALL=C grep -q "$(printf "\033")" "$0"' "$root/out"
}

remembering() {
	exits 5 imprint remember --json "My dog is called Biscuit."
	ok "JSON" json_lines
	for key in id fact subject relation value state steps evaluations seconds p_before p_after npu_seconds; do
		said "\"$key\":"
	done
	told "noted #1: your dog's name is Biscuit"
	exits 0 imprint facts --json
	ok "JSON" json_lines
	said '"state":"failed"'
	exits 0 imprint facts
	said "your dog's name is Biscuit"
	exits 0 imprint facts biscuit
	said "Biscuit"
	exits 0 imprint facts lion
	exits 0 imprint history --json
	ok "JSON" json_lines
	exits 0 imprint queue --json
	is "queue" "$(cat "$root/out")" ""
	exits 5 imprint verify --json
	ok "JSON" json_lines
	said '"holds":false'
	exits 0 imprint prove 1
	said "What"
	exits 0 imprint stats --json
	ok "JSON" json_lines
	for key in model hash facts learned layer_hash load_seconds peak_bytes; do
		said "\"$key\":"
	done
	exits 0 imprint --incognito stats
	exits 6 imprint forget lion
	exits 0 imprint forget --json 1
	ok "JSON" json_lines
	said '"forgotten":true'
	exits 6 imprint forget 1
	exits 0 imprint prove 1
	exits 0 imprint verify
}

ambiguous() {
	exits 5 imprint remember "My dog is called Biscuit. My cat is called Momo."
	exits 7 imprint forget name
	said "#1"
	said "#2"
	exits 0 imprint forget cat
	said "Momo"
}

asking() {
	exits 0 imprint ask --json "hello"
	ok "JSON" json_lines
	said '"answer":'
	said '"tokens":'
	said '"seconds":'
	echo "hello" | exits 0 imprint ask
}

sampling() {
	for args in "--temperature hot" "--temperature -1" "--top-k 1.5" "--top-p 0" "--min-p 2" "--repeat-penalty 0" "--temp nan"; do
		exits 2 imprint ask hello $args
		told "takes a"
	done
	exits 0 imprint ask hello --temp 3 --top-k 0 --min-p 0 --seed 7
	cp "$root/out" "$root/seven"
	exits 0 imprint ask hello --temp 3 --top-k 0 --min-p 0 --seed 7 --cpu-mask none --threads 1
	ok "the same seed, the same text, on any instruction set" cmp -s "$root/out" "$root/seven"
	exits 0 imprint ask hello --temp 3 --top-k 0 --min-p 0 --seed 8
	ok "another seed, another text" sh -c '! cmp -s "$1" "$2"' - "$root/out" "$root/seven"
	printf '/set\n/set temperature 0.5\n/set top-p 2\n/set sing 1\n/set second-opinion on\n/stats\n' | exits 0 imprint --plain
	said "temperature 0: always the likeliest token"
	said "temperature 0.5, top-k 40, top-p 0.95"
	said "error: top-p takes a number above 0"
	said "error: /set learn auto|ask|off"
	said "sampling  temperature 0.5"
	case $model in *imprint-base.gguf) said "error: the built-in model cannot tell" ;; esac
	exits 0 imprint detect --second-opinion "I live in Porto"
	said "the model says yes at"
	exits 0 imprint detect --second-opinion --json "I live in Porto"
	said '"opinions":['
}

# A dialogue that outgrows the context, and a message that cannot fit.
long_chat() {
	i=0
	while [ $i -lt 30 ]; do
		echo "this is line $i of a long conversation"
		i=$((i + 1))
	done >"$root/talk"
	head -c 9000 /dev/zero | tr '\0' 'q' >>"$root/talk"
	printf '\nand on\n/stats\n/statz\n/help\n' >>"$root/talk"
	exits 0 imprint --json <"$root/talk"
	ok "JSON" json_lines
	said '{"event":"notice","text":"the conversation outgrew the context of '
	said '{"event":"message_end","code":-'
	said 'tokens too long: it takes '
	is "the others are answered" "$(grep -c '"message_end","code":[0-2].*"tokens":[0-9]*,"prompt_tokens":[0-9]*,"read":' "$root/out")" 31
	exits 0 imprint --plain <"$root/talk"
	begins "the conversation outgrew the context"
	begins "error: the message is [0-9]* tokens too long"
	said "first token after "
}

tokenizing() {
	exits 0 imprint tokenize --ids "hello"
	ok "numbers" grep -Eq '^[0-9]+( [0-9]+)*$' "$root/out"
	ids=$(cat "$root/out")
	exits 0 imprint tokenize --decode "$ids"
	is "decoded" "$(cat "$root/out")" hello
	printf 'a\n\000\033[2J\377' >"$root/bytes"
	exits 0 imprint tokenize <"$root/bytes"
	is "a line a byte" "$(tr -s ' ' <"$root/out" | tr '\n' '|')" \
		" 97 'a'| 10 '\\n'| 0 '\\x00'| 27 '\\x1b'| 91 '['| 50 '2'| 74 'J'| 255 '\\xff'|"
	exits 0 imprint tokenize --json <"$root/bytes"
	ok "JSON" json_lines
	said '{"id":255,"piece":"'
	said '"hex":"ff"'
	exits 0 imprint tokenize --ids --json <"$root/bytes"
	is "ids" "$(cat "$root/out")" '{"n":8,"ids":[97,10,0,27,91,50,74,255]}'
	exits 0 imprint tokenize "<|im_end|>"
	ok "spelled out" [ "$(wc -l <"$root/out")" -gt 1 ]
	exits 0 imprint tokenize --special --ids "<|im_end|>"
	end=$(cat "$root/out")
	exits 0 imprint tokenize --decode "97,$end"
	is "a control token has no text" "$(cat "$root/out")" a
	exits 0 imprint tokenize --decode "97,$end" --special
	is "unless it is wanted" "$(cat "$root/out")" "a<|im_end|>"
	exits 0 "$IMPRINT" -m tests/vectors/vocab-gpt-2.gguf tokenize "no tensors"
	for wrong in x -1 999999 "1;2" 1.5 ""; do
		exits 2 imprint tokenize --decode "$wrong"
	done
	exits 3 "$IMPRINT" -m "$root/none.gguf" tokenize hello
}

logits() {
	exits 0 imprint logits --tokens 97,98,99
	n=$(sed -n 's/^logits //p' "$root/out")
	is "header, logits, end" "$(wc -l <"$root/out")" "$((n + 6))"
	is "ids" "$(sed -n 4p "$root/out")" "97 98 99"
	cp "$root/out" "$root/last"
	exits 0 imprint logits --threads 1 --cpu-mask none --tokens 97,98,99
	ok "the same figures from plain C on one thread" cmp -s "$root/out" "$root/last"
	exits 0 imprint logits --tokens 97,98,99 --top 4 --all-positions
	said "top4 3"
	best=$(sed -n '6,$p' "$root/last" | awk '$1 != "end" && (NR == 1 || $1 > m) { m = $1; i = NR - 1 } END { print i, m }')
	ok "the best of the last position: $best" grep -q "^2 $best " "$root/out"
	exits 0 imprint logits --tokens 97,98,99 --json
	ok "JSON" json_lines
	exits 0 imprint logits --tokens 97,98,99 --json --all-positions --top 2
	ok "JSON" json_lines
	is "a line a position" "$(wc -l <"$root/out")" 3
	said '"piece":'
	exits 0 imprint logits --top 10000 --tokens 1 # more than there are
	exits 0 env XDG_CACHE_HOME="$root/cache-new" "$IMPRINT" -m "$tiny" logits --tokens 1
	ok "the calibration is kept where nothing was before" test -n "$(find "$root/cache-new" -name 'calibration-*')"
	exits 2 imprint logits --top 100000 --tokens 1
	exits 2 imprint logits --tokens "1,bad"
	exits 3 "$IMPRINT" -m tests/vectors/vocab-gpt-2.gguf logits hello
	head -c 20000 /dev/zero | tr '\0' 'q' | exits 1 imprint logits
	told "tokens; the model holds"
}

# One window against its own logits, in awk: the definition of --help, word for word.
perplexity() {
	printf 'Where do I live and what is my dog called today, he asked' >"$root/text"
	ids=$(imprint tokenize --ids <"$root/text")
	n=$(echo $ids | wc -w)
	imprint logits --tokens "$ids" --all-positions --top 10000 --precision fp32 >"$root/rows"
	figure=$(awk -v ids="$ids" -v n="$n" 'BEGIN { split(ids, id, " ") }
		NR > 5 && $1 >= int(n / 2) && $1 < n - 1 {
			sum = 0
			for (i = 2; i < NF; i += 2) { sum += exp($(i + 1)); if ($i == id[$1 + 2]) mine = $(i + 1) }
			nll += log(sum) - mine; scored++
		}
		END { printf "%.17g %d", exp(nll / scored), scored }' "$root/rows")
	exits 0 imprint perplexity --ctx "$n" --precision fp32 "$root/text"
	ok "one window: $figure: $(cat "$root/out")" awk -v figure="${figure% *}" -v scored="${figure#* }" '
		/^perplexity/ { off = $2 / figure - 1 } /^scored/ { n = $2 }
		END { exit !(n == scored && off < 1e-5 && off > -1e-5) }' "$root/out"
	exits 1 imprint perplexity --ctx "$((n + 1))" "$root/text"
	told "$n tokens do not fill one window of $((n + 1))"
	printf '<|im_start|>user\nWhere do I live?<|im_end|>\n' >"$root/turn"
	m=$(imprint tokenize --special --ids <"$root/turn" | wc -w)
	exits 0 imprint perplexity --ctx "$m" --special "$root/turn"
	exits 1 imprint perplexity --ctx "$((m + 1))" --special "$root/turn"
	told "$m tokens do not fill"
	exits 0 imprint perplexity --ctx 8 --stride 3 --json "$root/text"
	ok "JSON" json_lines
	said "\"windows\":$(((n - 8) / 3 + 1)),\"scored\":$(((n - 8) / 3 * 3 + 3)),"
	yes 'Where do I live? My dog is called Biscuit, and I live in Porto.' | head -c 600000 >"$root/long"
	exits 0 imprint perplexity --ctx 128 --json "$root/long"
	cp "$root/out" "$root/once"
	exits 0 imprint perplexity --ctx 128 --json - <"$root/long"
	is "from stdin" "$(sed 's/"seconds".*//' "$root/out")" "$(sed 's/"seconds".*//' "$root/once")"
	is "every window" "$(sed 's/.*"windows":\([0-9]*\).*/\1/' "$root/out")" \
		"$(($(imprint tokenize --ids <"$root/long" | wc -w) / 128))"
	is "no noise" "$(cat "$root/err")" ""
	exits 2 imprint perplexity --ctx 100000 "$root/text"
	exits 2 imprint perplexity --ctx 8 --stride 8 "$root/text"
	exits 1 imprint perplexity "$root/nothing"
	told "No such file"
	exits 1 imprint perplexity "$root"
	told "directory"
	: >"$root/empty"
	exits 1 imprint perplexity "$root/empty"
	told "0 tokens"
	exits 1 imprint perplexity "$tiny"
	told "is no text"
	printf 'caf\351 au lait' >"$root/latin"
	exits 1 imprint perplexity "$root/latin"
	told "no UTF-8 at byte 3"
}

# An interrupt ends it, with what was found so far.
perplexity_interrupted() {
	yes 'Where do I live? My dog is called Biscuit, and I live in Porto.' | head -c 60000000 >"$root/endless"
	"$IMPRINT" -m "$tiny" perplexity --ctx 128 "$root/endless" >"$root/out" 2>"$root/err" &
	pid=$!
	sleep 1
	kill -INT $pid
	wait $pid
	is "SIGINT" $? 130
	is "no figure" "$(cat "$root/out")" ""
	rm "$root/endless"
}

# Every table of kernels, calibrated with it too, answers the same.
instruction_sets() {
	used=
	for set in none avx2 avxvnni avx512 amx neon dotprod i8mm all avx2,neon; do
		exits 0 env XDG_CACHE_HOME="$root/cache-$set" "$IMPRINT" -m "$tiny" --cpu-mask $set ask "hello there"
		[ $set != none ] || cp "$root/out" "$root/plain"
		ok "the answer with $set" cmp "$root/out" "$root/plain"
		exits 0 imprint --cpu-mask $set stats --json
		used="$used $(sed 's/.*"kernels":"\([^"]*\)".*/\1/' "$root/out")"
	done
	ok "an answer" [ -s "$root/plain" ]
	ok "plain C is 'none': $used" [ "${used#" scalar "}" != "$used" ]
	case $(uname -m) in
	x86_64 | aarch64) ok "'all' is better: $used" [ "$(echo "$used" | cut -d' ' -f10)" != scalar ] ;;
	esac
	exits 0 imprint stats --cpu-mask none
	said "scalar"
	for set in avx3 "" avx2, 7; do
		exits 2 imprint --cpu-mask "$set" stats
		told "'${set#avx2,}'"
		told "none, avx2, avxvnni, avx512, amx, neon, dotprod, i8mm, all"
		is "lines of the message" "$(wc -l <"$root/err")" 1
	done
}

# The figures are the machine's; that there are some, in the form promised, is checked, and what a peer says is read.
speed() {
	exits 0 imprint bench speed --json
	ok "JSON" json_lines
	said '"test":"prefill","n":24,'
	said '"test":"decode"'
	said '"test":"load"'
	cat >"$root/peer" <<-'EOF'
		#!/bin/sh
		[ "$1" = -m ] && [ -r "$2" ] || exit 1
		echo '{"n_prompt": 24, "n_gen": 0, "avg_ts": 0.5}'
		echo '{"n_prompt": 0, "n_gen": 32, "avg_ts": 0.25}'
	EOF
	chmod +x "$root/peer"
	exits 0 imprint bench speed --json --peer "$root/peer"
	said '"peer_tokens_per_second":0.50,"ratio":'
	said '"peer_tokens_per_second":0.25,"ratio":'
	exits 1 imprint bench speed --peer "$root/none"
	told "names a llama-bench program"
}

# What the suites hold is checked by test_judge; here, that they are run and reported, and that bad ones are refused.
model_suites() {
	mkdir "$root/suites"
	printf 'zzz\nhello\n' >"$root/suites/words.txt"
	printf 'judge: talk\n# a comment\nHi there // @ // And you?\thello\nBye\thello\n' >"$root/suites/chat.tsv"
	printf 'judge: answer\nWhat is two and two?\tfour|4\n' >"$root/suites/sums.tsv"
	for precision in w8a16 fp32; do
		exits 0 imprint bench model --data "$root/suites" --json --precision $precision
		ok "JSON" json_lines
		is "prompts and suites" "$(grep -c '"reply"' "$root/out") $(grep -c '"summary"' "$root/out")" "3 3"
		said '"suite":"chat","line":3,"turns":["Hi there","@","And you?"],"reply":"'
		said '"summary":"sums","model":"'
		said "\"precision\":\"$precision\",\"n\":1,"
	done
	exits 0 imprint bench model --data "$root/suites" --verbose --suite sums
	begins "suite  *n  *right"
	begins "sums  *1  0.000  0.000-0.793"
	begins "sums:2: "
	begins "    U: What is two and two?"
	is "no other suite" "$(grep -c '^chat\|^all\|in corpus' "$root/out")" 0
	exits 2 imprint bench model --data "$root/suites" --suite none
	told "none.tsv: no such suite"
	mkdir "$root/suites/below"
	cp "$root/suites/sums.tsv" "$root/suites/below"
	exits 0 imprint bench model --data "$root/suites/below"
	begins "sums  *1  0.000"
	printf 'judge: answer\ncorpus: holds\nTwo and two?\t4\ncorpus: lacks\nOne and one?\t2\n' >"$root/suites/below/sums.tsv"
	exits 0 imprint bench model --data "$root/suites/below"
	begins "sums  *2  0.000"
	begins "  in corpus  *1  0.000"
	exits 0 imprint bench model --data "$root/suites/below" --json
	ok "JSON" json_lines
	said '"in_corpus":true,"tokens"'
	said '"in_corpus":false,"tokens"'
	said ',"in_corpus":{"n":1,"right":0.0000,'
	printf 'judge: talk\nHi\n' >"$root/suites/bad.tsv"
	exits 2 imprint bench model --data "$root/suites"
	told "$root/suites/bad.tsv:2: no tab"
	rm "$root/suites/bad.tsv" "$root/suites/words.txt"
	exits 2 imprint bench model --data "$root/suites"
	told "$root/suites/words.txt: No such file"
	exits 0 "$IMPRINT" bench model --help
	said "usage: imprint bench model"
}

# What a file or its name holds is shown, never obeyed.
no_escapes() {
	bad_name=$(printf "$root/x\033]0;title\a\033[31m")
	printf 'my dog\tna\033[31mme\tRex\n' >"$bad_name"
	exits 2 "$IMPRINT" bench edit --data "$bad_name"
	told "of a known relation"
	ok "no escape" sh -c '! LC_ALL=C grep -q "$(printf "[\033\007]")" "$0"' "$root/err"
	exits 2 "$IMPRINT" bench edit --data "$bad_name.none"
	told "No such file"
	ok "no escape" sh -c '! LC_ALL=C grep -q "$(printf "[\033\007]")" "$0"' "$root/err"
	printf 'hello\n' | exits 3 "$IMPRINT" --plain -m "$bad_name"
	ok "no escape" sh -c '! LC_ALL=C grep -q "$(printf "[\033\007]")" "$0"' "$root/err"
}

places() {
	: >"$root/file"
	exits 4 imprint --data-dir "$root/file" facts
	for dir in "$root/file" "$root/file/below" /proc/imprint; do
		"$IMPRINT" -m "$tiny" --data-dir "$dir" remember "I live in Porto." >"$root/out" 2>"$root/err"
		code=$?
		ok "remember in $dir: $code" [ $code -eq 4 ]
		told "$dir"
	done
	mkdir -p "$root/broken"
	echo "this is no database, but it is long enough to be looked at" >"$root/broken/ledger.db"
	exits 4 imprint --data-dir "$root/broken" facts
	exits 4 imprint --data-dir "$root/broken" remember "I live in Porto."
	is "left as it was" "$(head -c 7 "$root/broken/ledger.db")" "this is"
	exits 5 imprint --data-dir "$root/new/deep" --profile work remember "I live in Porto."
	exits 0 env -u HOME -u XDG_CACHE_HOME "$IMPRINT" -m "$tiny" --data-dir "$root/new/deep" ask hello
	exits 0 imprint facts
	said "nothing is known" # not in the default profile
	ok "0700" [ "$(stat -c %a "$root/new/deep")" = 700 ]
	ok "0600" sh -c 'for f in $(find "$0" -type f); do [ $(stat -c %a "$f") = 600 ] || exit 1; done' "$root/new"
}

two_at_once() {
	mkfifo "$root/in"
	"$IMPRINT" -m "$tiny" --plain <"$root/in" >"$root/first" 2>&1 &
	pid=$!
	exec 3>"$root/in"
	echo "/stats" >&3
	n=0
	until grep -q "ledger" "$root/first" || [ $n -ge 100 ]; do
		sleep 0.1
		n=$((n + 1))
	done
	exits 4 imprint remember "I live in Porto."
	told "pid $pid"
	echo "hello" | exits 4 imprint --plain
	told "pid $pid"
	exits 0 imprint facts # readers work beside a writer
	exits 0 imprint ask hello
	exec 3>&-
	ok "the first ends well" wait $pid
}

broken_tables() {
	mkdir -p "$root/assets" "$HOME/.config/imprint"
	cp assets/calibration.txt "$root/assets/"
	sed 's/^cardinality one$/cardinality some/' assets/relations.txt >"$root/assets/relations.txt"
	line=$(grep -n 'cardinality some' "$root/assets/relations.txt" | head -n 1 | cut -d: -f1)
	exits 1 env IMPRINT_ASSETS="$root/assets" "$IMPRINT" detect "I live in Porto."
	told "relations.txt:$line"
	printf 'relation shield\nsubject I\ncardinality one\n' >"$HOME/.config/imprint/relations.txt"
	exits 1 "$IMPRINT" detect "I live in Porto."
	told "relations.txt:"
	exits 1 env IMPRINT_ASSETS="$root/nowhere" "$IMPRINT" detect "I live in Porto."
	told "relations.txt"
}

huge_input() {
	head -c 1000000 /dev/zero | tr '\0' 'a' >"$root/a"
	yes 'My dog is called Biscuit and I live in Porto. ' | head -c 1000000 | tr '\n' ' ' >"$root/words"
	head -c 1000000 /dev/urandom | tr '\n' ' ' >"$root/noise"
	head -c 5000000 /dev/zero >"$root/zeros"
	for f in a words noise; do
		exits 1 timeout 20 "$IMPRINT" -m "$tiny" ask <"$root/$f"
		told "tokens too long"
		exits 0 timeout 20 "$IMPRINT" detect --json <"$root/$f"
		ok "JSON of $f" json_lines
		exits 0 timeout 20 "$IMPRINT" -m "$tiny" --plain <"$root/$f"
	done
	exits 2 imprint ask <"$root/zeros"
	{ cat "$root/a"; printf '\n/facts\n'; } >"$root/long"
	exits 0 timeout 20 "$IMPRINT" -m "$tiny" --plain <"$root/long"
	said "256 KiB"
	said "nothing is known"
}

lost_output() {
	exits 1 sh -c '"$1" --help >/dev/full' - "$IMPRINT"
	exits 1 sh -c '"$1" --help >&-' - "$IMPRINT"
	exits 1 sh -c '"$1" -m "$2" ask hello >/dev/full' - "$IMPRINT" "$tiny"
	exits 1 sh -c '"$1" -m "$2" ask hello >&-' - "$IMPRINT" "$tiny"
	exits 1 sh -c 'echo hello | "$1" -m "$2" --plain >/dev/full' - "$IMPRINT" "$tiny"
	exits 0 sh -c '"$1" -m "$2" --plain <&-' - "$IMPRINT" "$tiny"
	exits 2 sh -c '"$1" -m "$2" ask <&-' - "$IMPRINT" "$tiny"
	exits 1 sh -c '"$1" ask hello -m /nowhere >&- 2>&- <&-; [ $? -eq 3 ] && exit 1' - "$IMPRINT"
	yes 'hello there' | head -c 600000 >"$root/many"
	for command in detect "-m $tiny tokenize"; do # a reader that leaves: no noise
		"$IMPRINT" $command <"$root/many" 2>"$root/err" | head -n 1 >/dev/null
		is "$command | head" "$(cat "$root/err")" ""
	done
}

signals() {
	for s in INT:130 TERM:143 HUP:143; do
		mkfifo "$root/in$s"
		# dash starts background commands with SIGINT ignored; a handler is installed all the same
		"$IMPRINT" -m "$tiny" --plain <"$root/in$s" >"$root/out$s" 2>&1 &
		pid=$!
		exec 3>"$root/in$s"
		echo "/stats" >&3
		n=0
		until grep -q "ledger" "$root/out$s" || [ $n -ge 100 ]; do
			sleep 0.1
			n=$((n + 1))
		done
		kill -"${s%:*}" $pid
		wait $pid
		is "SIG${s%:*}" $? "${s#*:}"
		exec 3>&-
	done
}

run "usage" usage
run "nothing known yet" nothing_known_yet
run "bad models" bad_models
run "detect" detecting
run "remember and forget" remembering
run "several match" ambiguous
run "ask" asking
run "sampling" sampling
run "a long chat" long_chat
run "tokenize" tokenizing
run "logits" logits
run "perplexity" perplexity
run "speed" speed
run "suites of prompts" model_suites
run "perplexity interrupted" perplexity_interrupted
run "instruction sets" instruction_sets
run "places that cannot be written" places
run "no escapes" no_escapes
run "two at once" two_at_once
run "broken tables" broken_tables
run "huge input" huge_input
run "lost output" lost_output
run "signals" signals
finish
