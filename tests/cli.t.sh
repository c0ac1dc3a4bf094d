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
		"--color blue" "-m" "--profile a/b facts" "queue now" "verify 3" "history soon" "bench" "--profile . facts"; do
		exits 2 "$IMPRINT" $args </dev/null
		[ -s "$root/err" ] || ok "$args: a message" false
	done
	for command in ask remember forget prove tokenize; do
		exits 2 imprint $command </dev/null
		exits 2 imprint $command "  " </dev/null
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
	exits 0 imprint tokenize "hello"
	ok "numbers" grep -Eq '^[0-9]+( [0-9]+)*$' "$root/out"
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
	"$IMPRINT" detect <README.md | head -n 1 >/dev/null # a reader that leaves: no noise
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
run "instruction sets" instruction_sets
run "places that cannot be written" places
run "two at once" two_at_once
run "broken tables" broken_tables
run "huge input" huge_input
run "lost output" lost_output
run "signals" signals
finish
