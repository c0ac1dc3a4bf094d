#!/bin/sh
# The ledger from outside: filters, facts to a file and back, purging to the last byte, rebuilding, a hundred thousand facts.
set -u
. tests/sh_aid.sh
tiny=$root/tiny.gguf
"${IMPRINT%/imprint}/tests/test_learn" --tiny "$tiny" || { echo "no tiny model"; exit 1; }
model=$tiny
line() { printf '{"subject":"%s","relation":"%s","value":"%s","created":%s}\n' "$@"; }

some_facts() {
	{
		line "my dog" name Biscuit 1767225600
		line I home Porto 1770000000
		line "my sister" name "Ana" 1780000000
	} >"$root/in.jsonl"
	exits 0 imprint import "$root/in.jsonl"
}

filters() {
	some_facts
	said "3 facts added"
	exits 0 imprint facts state:queued
	is "queued" "$(wc -l <"$root/out")" 3
	exits 0 imprint facts state:verified
	said "no fact matches"
	exits 0 imprint facts since:2026-01-15 until:2026-03-01
	is "between" "$(wc -l <"$root/out")" 1
	said Porto
	exits 0 imprint facts last:1
	said "Ana"
	said "and 2 older"
	exits 0 imprint facts last:100000000 # room is made for what there is
	is "all" "$(wc -l <"$root/out")" 3
	exits 0 imprint queue biscuit --json
	is "waiting" "$(wc -l <"$root/out")" 1
	exits 0 imprint history last:2 state:queued
	said "Ana"
	for odd in state:odd since:soon until:2026-13-01 last:x; do
		for list in facts queue history; do
			exits 2 imprint $list $odd
			told "${odd#*:}"
		done
	done
}

to_a_file_and_back() {
	some_facts
	exits 0 imprint facts --export "$root/out.jsonl"
	is "0600" "$(stat -c %a "$root/out.jsonl")" 600
	exits 1 imprint facts --export "$root/out.jsonl"
	told "--force"
	exits 1 imprint facts --export "$HOME/.local/share/imprint/../imprint/ledger.db" --force
	told "is the ledger itself"
	exits 0 imprint --profile other import "$root/out.jsonl"
	exits 0 imprint --profile other facts --export -
	cp "$root/out" "$root/again.jsonl"
	ok "the same facts" cmp "$root/out.jsonl" "$root/again.jsonl"
	exits 0 imprint import "$root/out.jsonl"
	said "3 known already"
	line I home Lisbon 5 >"$root/other.jsonl"
	exits 0 imprint import "$root/other.jsonl"
	said "1 contradict"
	exits 0 imprint import --force "$root/other.jsonl"
	said "1 replaced"
}

# What was typed in several lines, with emoji, is what is read back.
typed_words_come_back() {
	printf '%s\n' '{"subject":"my dog","relation":"name","value":"Rex","source":"Hello\n\tmy dog \u2764\ufe0f is called Rex.\u001b"}' \
		>"$root/in.jsonl"
	exits 0 imprint import "$root/in.jsonl"
	exits 0 imprint facts --export "$root/out.jsonl" --force
	ok "the words" grep -qF 'Hello\n\tmy dog ❤\ufe0f is called Rex.\u001b' "$root/out.jsonl"
	exits 0 imprint --profile other import "$root/out.jsonl"
	said "1 facts added"
	printf '%s\n' '{"subject":"my dog","relation":"name","value":"Rex","source":"a\u0000b"}' >"$root/in.jsonl"
	exits 1 imprint import "$root/in.jsonl"
}

# No room for it (a limit on the size of files stands for a full disk): what was there before is there still.
limited() { (trap "" XFSZ; ulimit -f 128; imprint "$@"); }
export_is_whole_or_not_at_all() {
	for i in $(seq 900); do line "person $i" email "$i@some.place.example.org" 5; done >"$root/in.jsonl"
	exits 0 imprint import "$root/in.jsonl"
	mkdir "$root/out.d"
	echo "an older export" >"$root/out.d/facts"
	exits 1 limited facts --export "$root/out.d/facts" --force
	told "File too large"
	is "the older one" "$(head -c 40 "$root/out.d/facts")" "an older export"
	exits 1 limited facts --export "$root/out.d/new"
	is "what is in the folder" "$(ls "$root/out.d")" facts
	exits 0 imprint facts --export "$root/out.d/facts" --force
	is "facts" "$(wc -l <"$root/out.d/facts")" 900
	rm -r "$root/out.d"
}

# Whatever is wrong, the line is named and nothing is taken in.
bad_files() {
	good=$(line "my dog" name Biscuit 5)
	printf '%s\n' '{"subject":"I","relation":"home"}' '[1]' '{"subject":"I","relation":"home","value":"a"' \
		'{"subject":"I","relation":"home","value":"a"} x' '{"subject":"I","relation":"nonsense","value":"a"}' \
		'{"subject":"I","relation":"home","value":"\ud800"}' '{"subject":"I","relation":"home","value":"a\u001b[2J"}' \
		'{"subject":"I","relation":"home","value":""}' '{"subject":"I","subject":"I","relation":"home","value":"a"}' \
		'{"subject":"I","relation":"home","value":"a","confidence":7}' \
		'{"subject":"I","relation":"home","value":"a","x":[[[[[[[[[[1]]]]]]]]]]}' \
		"{\"subject\":\"I\",\"relation\":\"home\",\"value\":\"$(printf '%0300d' 7)\"}" \
		"{\"subject\":\"I\",\"relation\":\"home\",\"value\":\"a\",\"x\":\"$(printf '%070000d' 7)\"}" \
		"$(printf '{"subject":"I","relation":"home","value":"\377"}')" >"$root/bad"
	while read -r odd; do
		printf '%s\n\n%s\n' "$good" "$odd" >"$root/in.jsonl"
		exits 1 imprint import "$root/in.jsonl" </dev/null
		told "in.jsonl:3:"
		exits 0 imprint facts </dev/null
		said "nothing is known"
	done <"$root/bad"
	printf 'a\0b' >"$root/in.jsonl"
	exits 1 imprint import "$root/in.jsonl"
	exits 1 imprint import "$root/none.jsonl"
	exits 2 imprint import
	printf '%s\n' '{"subject":"my dog","relation":"name","value":"Zo\u00eb \ud83d\ude00","more":{"a":[1,null,true,"x"]}}' >"$root/in.jsonl"
	exits 0 imprint import "$root/in.jsonl"
	exits 0 imprint facts
	said "Zoë 😀"
}

purged() {
	data=$HOME/.local/share/imprint state=$HOME/.local/state/imprint
	some_facts
	mkdir -p "$state"
	printf 'I call him Biscuit.\nhello\n' >"$state/history"
	printf 'My dog is called Biscuit.\n/why 1\n' | imprint --plain >"$root/out" 2>&1
	ok "it is in files" grep -rqia biscuit "$HOME"
	exits 7 imprint forget --purge name
	exits 0 imprint forget --purge biscuit
	said "purged #1"
	ok "no byte of it: $(grep -rlia biscuit "$HOME")" sh -c '! grep -rqia biscuit "$0"' "$HOME"
	is "the other lines" "$(cat "$state/history")" hello
	is "0600" "$(stat -c %a "$state/history" "$data/ledger.db" | sort -u)" 600
	exits 6 imprint forget --purge 1
	exits 0 imprint forget 2
	exits 0 imprint forget --purge --json porto # what was only forgotten
	said '"purged":true'
	ok "no byte of it" sh -c '! grep -rqia porto "$0"' "$HOME"
	exits 0 imprint facts
	said Ana
}

# While another program reads, the log cannot be emptied: the next start does, and the entered lines are gone at once.
purged_beside_a_reader() {
	data=$HOME/.local/share/imprint state=$HOME/.local/state/imprint
	some_facts
	mkdir -p "$state"
	printf 'I call him Biscuit.\nhello\n' >"$state/history"
	mkfifo "$root/begun" "$root/end"
	python3 -c 'import sqlite3, sys
c = sqlite3.connect(sys.argv[1])
c.execute("begin")
c.execute("select count(*) from facts").fetchall()
open(sys.argv[2], "w").close()
open(sys.argv[3]).read()' "$data/ledger.db" "$root/begun" "$root/end" &
	: <"$root/begun"
	exits 1 imprint forget --purge biscuit
	told "the next start removes that"
	: >"$root/end"
	wait $!
	is "the other lines" "$(cat "$state/history")" hello
	exits 0 imprint forget 2
	ok "no byte of it: $(grep -rlia biscuit "$HOME")" sh -c '! grep -rqia biscuit "$0"' "$HOME"
}

rebuilt() {
	some_facts
	exits 2 imprint rebuild now
	exits 6 imprint --profile none rebuild
	data=$HOME/.local/share/imprint
	size=$(stat -c %s "$data/ledger.db")
	# the last page belongs to no table of facts
	dd if=/dev/urandom of="$data/ledger.db" bs=4096 seek=$((size / 4096 - 1)) count=1 conv=notrunc 2>/dev/null
	exits 0 imprint rebuild
	said "3 facts saved"
	ok "the damaged one is kept" [ -f "$data/ledger.db.damaged.1" ]
	is "0600" "$(stat -c %a "$data"/ledger.db* | sort -u)" 600
	exits 0 imprint facts
	is "facts" "$(wc -l <"$root/out")" 3
	echo "this is no database at all, though it is a file and has some length" >"$data/ledger.db"
	exits 4 imprint facts
	told "imprint rebuild"
	exits 4 imprint rebuild
	told "restore a copy"
	is "left as it was" "$(head -c 7 "$data/ledger.db")" "this is"
}

# Time to show the lists of a big ledger; processor time, for the machine may be busy.
many() {
	i=0
	while [ $i -lt 1000 ]; do
		i=$((i + 1))
		echo "person $i"
	done >"$root/names"
	awk '{ for (k = 0; k < 100; k++)
		printf "{\"subject\":\"%s the %dth\",\"relation\":\"email\",\"value\":\"%d.%d@example.org\"}\n", $0, k, NR, k }' \
		"$root/names" >"$root/in.jsonl"
	exits 0 imprint import "$root/in.jsonl"
	said "100000 facts added"
	for list in facts history; do
		imprint $list >/dev/null # what it keeps in its cache is made
		ms=$(bash -c "TIMEFORMAT='%U %S'; time '$IMPRINT' -m '$model' $list >/dev/null" 2>&1 |
			awk '{ printf "%d", ($1 + $2) * 1000 }')
		echo "figure: $list of 100,000: $ms ms of processor time"
		ok "$list under 100 ms: $ms" [ "$ms" -lt 100 ]
	done
	exits 0 imprint facts
	said "and 99000 older"
}

run "filters" filters
run "facts to a file and back" to_a_file_and_back
run "typed words come back" typed_words_come_back
run "an export is whole or not at all" export_is_whole_or_not_at_all
run "files that are none" bad_files
run "a purge leaves no byte" purged
run "a purge beside a reader" purged_beside_a_reader
run "a damaged ledger is rebuilt" rebuilt
run "a hundred thousand facts" many
finish
