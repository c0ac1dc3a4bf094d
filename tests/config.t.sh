#!/bin/sh
# The configuration file, what wins over it, and conversations gone on with: by the tiny model that cannot talk.
. tests/sh_aid.sh
tiny=$root/tiny.gguf
"${IMPRINT%/imprint}/tests/test_learn" --tiny "$tiny" || { echo "no tiny model"; exit 1; }
model=$tiny

# config LINE...: the file of this home.
config() {
	mkdir -p "$HOME/.config/imprint"
	printf '%s\n' "$@" >"$HOME/.config/imprint/config"
}
in_force() { # NAME: its value in the dump
	sed -n "s/^$1  *//p" "$root/out"
}

reading() {
	exits 0 "$IMPRINT" --dump-config
	is "learn without a file" "$(in_force learn)" auto
	config '# mine' '' 'theme = light' 'learn	ask' 'temperature=0.5' '  threads   2  ' 'data-dir ~/else' 'clipboard on' 'second-opinion on' 'color never' 'cpu-mask none'
	exits 0 "$IMPRINT" --dump-config
	is theme "$(in_force theme)" light
	is learn "$(in_force learn)" ask
	is temperature "$(in_force temperature)" 0.5
	is threads "$(in_force threads)" 2
	is data-dir "$(in_force data-dir)" "$HOME/else"
	is clipboard "$(in_force clipboard)" on
	is second-opinion "$(in_force second-opinion)" on
	is color "$(in_force color)" never
	is cpu-mask "$(in_force cpu-mask)" none
	# what is dumped can be read, and says the same
	cp "$root/out" "$root/dumped"
	exits 0 "$IMPRINT" --config "$root/dumped" --dump-config
	is "dumped again" "$(sed 1d "$root/out")" "$(sed 1d "$root/dumped")"
	# and does nothing to a terminal
	config "$(printf 'model /a\033[2Jb\033]0;title\007c.gguf')"
	exits 0 "$IMPRINT" --dump-config
	is model "$(in_force model)" /abc.gguf
}

what_wins() {
	config 'model /nowhere.gguf' 'threads 2' 'color always'
	exits 0 "$IMPRINT" --threads 3 --dump-config
	is threads "$(in_force threads)" 3
	is model "$(in_force model)" /nowhere.gguf
	exits 0 env IMPRINT_MODEL=/env.gguf NO_COLOR=1 "$IMPRINT" --dump-config
	is model "$(in_force model)" /env.gguf
	is color "$(in_force color)" never
	exits 0 "$IMPRINT" -m /line.gguf --dump-config
	is model "$(in_force model)" /line.gguf
	exits 3 "$IMPRINT" ask hello
	told /nowhere.gguf
	exits 0 "$IMPRINT" --config=/dev/null --dump-config
	is threads "$(in_force threads)" 0
}

mistakes() {
	for line in 'theme blue' 'threads many' 'nonsense 1' 'threads' 'learn maybe' 'clipboard' 'json on' 'temperature -3'; do
		config '' "$line"
		exits 2 "$IMPRINT" facts
		told "config:2: "
	done
	exits 2 "$IMPRINT" --config "$root/none" facts
	told "$root/none"
	head -c 70000 /dev/zero | tr '\0' '#' >"$root/big"
	exits 2 "$IMPRINT" --config "$root/big" facts
	printf 'theme\0dark\n' >"$root/bytes"
	exits 2 "$IMPRINT" --config "$root/bytes" facts
	exits 2 "$IMPRINT" --config "$root" facts
	cp "$root/bytes" "$HOME/.config/imprint/config" # where it need not be, it has to be right all the same
	exits 2 "$IMPRINT" facts
	cp "$root/big" "$HOME/.config/imprint/config"
	exits 2 "$IMPRINT" facts
}

mistakes_and_help() {
	config 'theme blue'
	for args in --help -h -ch --version --vers "facts --help" "bench edit --help" "--config $root/none --version"; do
		exits 0 "$IMPRINT" $args
		is "$args says on stderr" "$(cat "$root/err")" ""
		[ -s "$root/out" ] || ok "$args says something" false
	done
	for args in --dump-config "facts -- --help" "-m --help facts" "--nonsense --help"; do
		exits 2 "$IMPRINT" $args
		told "config:1: "
	done
	config 'theme light'
	exits 2 "$IMPRINT" --threads many --help # a mistake in front of it is told as ever
	told "--threads takes a number"
	exits 0 "$IMPRINT" facts -- --json # a word stays a word, though the options are looked through twice
	[ -s "$root/out" ] || ok "--json is a word" false
}

conversations() {
	exits 0 imprint sessions
	said "no conversation is kept yet"
	printf 'first words\n/new\nsecond words\n' | imprint >"$root/chat" 2>&1
	exits 0 imprint sessions
	is "newest first" "$(sed 's/.*  //' "$root/out" | tr '\n' ,)" "second words,first words,"
	exits 0 imprint sessions --json first
	said '"title":"first words"'
	is "one line" "$(wc -l <"$root/out" | tr -d ' ')" 1
	printf '/context\n' | imprint -c >"$root/chat" 2>&1
	ok "the last one goes on" grep -q '^> second words' "$root/chat"
	ok "it is in view" grep -q 'in view   2 messages' "$root/chat"
	printf '' | imprint --load 1 --json >"$root/chat" 2>&1
	ok "the first one as JSON" grep -q '"event":"past","role":"user","text":"first words"' "$root/chat"
	printf '/sessions --delete 1\n' | imprint >"$root/chat" 2>&1
	exits 0 imprint sessions first
	said "no conversation has those words"
	for i in $(seq 50); do printf 'many %d\n/new\n' "$i"; done | imprint >"$root/chat" 2>&1
	exits 0 imprint sessions
	is "the newest" "$(grep -c '  many ' "$root/out")" 50
	said "and older ones"
	exits 0 imprint sessions --json
	is "all of them" "$(wc -l <"$root/out" | tr -d ' ')" 51
	echo 'unheard' | exits 1 imprint --load 1 # a deleted one is missed
	told "there is no conversation 1"
	is "nothing is said" "$(cat "$root/out")" ""
	printf '/context now\n' | imprint -c >"$root/chat" 2>&1
	ok "a word too many" grep -q '^error: /context takes no words' "$root/chat"
	printf 'not kept\n/save %s\n' "$root/saved.md" | imprint --incognito >"$root/chat" 2>&1
	ok "incognito can be saved" grep -q '^not kept' "$root/saved.md"
	exits 0 imprint sessions kept
	said "no conversation has those words"
}

run reading reading
run what_wins what_wins
run mistakes mistakes
run mistakes_and_help mistakes_and_help
run conversations conversations
finish
