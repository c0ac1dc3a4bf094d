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
	is "newest first, as on the screen" "$(sed 's/ .*//' "$root/out" | tr '\n' ,)" "#3,#2,#1,"
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

# Order, pause, cancel, retry, undo, why: by hand, in line mode, over two starts.
queue_by_hand() {
	printf '%s\n' /pause "my cat is called Momo" "I live in Porto" "my dog is called Rex" /queue | exits 0 imprint --plain
	said "editing is paused: /resume"
	queue=$(imprint queue | grep queued | tr -s ' ' | cut -d' ' -f1 | tr '\n' ' ')
	is "in the order told" "$queue" "#1 #2 #3 "
	printf '%s\n' "/cancel 2" /queue | exits 0 imprint --plain # still paused: nothing is edited
	said "the edit of #2 is cancelled"
	is "without it" "$(imprint queue | grep -c queued)" 2
	printf '%s\n' "/retry 2" "/retry 1" "/cancel 9" /why "/why 2" | exits 0 imprint --plain
	said "you said: I live in Porto"
	said 'the rule "live-in"'
	is "its errors" "$(grep -c '^error: ' "$root/out")" 3
	queue=$(imprint queue | grep queued | tr -s ' ' | cut -d' ' -f1 | tr '\n' ' ')
	is "at the end" "$queue" "#1 #3 #2 "
	printf '%s\n' "/queue first 2" "/queue down 2" "/queue last 1" | exits 0 imprint --plain
	said "the edit of #2 is number 2 of the 3 that wait"
	said "the edit of #2 is the next"
	queue=$(imprint queue | grep queued | tr -s ' ' | cut -d' ' -f1 | tr '\n' ' ')
	is "as they were moved" "$queue" "#2 #3 #1 "
	printf '%s\n' /undo "/undo 1" "no, Mimi" | exits 0 imprint --plain
	said "undone: #3 is out"
	said "undone: #1 is out"
	is "one is left" "$(imprint queue | grep -c queued)" 1
	exits 0 imprint --profile other facts
	said "nothing is known" # of another profile
}

# With --layer what was learned is that layer's, after /model too: the edit stays cancelled.
layer_is_kept() {
	printf '%s\n' /pause "my cat is called Momo" "/cancel 1" "/model $model" | exits 0 imprint --plain --layer 0
	said "the edit of #1 is cancelled"
	exits 0 imprint --layer 0 history
	is "edits" "$(grep -c '#1 ' "$root/out")" 1
	printf '%s\n' "/model $model" /queue | exits 0 imprint --plain --layer 0
	ok "nothing waits: $(cat "$root/out")" sh -c '! grep -q "queued" "$1"' - "$root/out"
}

# A secret is kept only when asked for by name, and the user is told so.
secrets_are_told() {
	echo "my wifi password is bluekettle77" | exits 0 imprint --plain
	said "not noted: that is a secret"
	exits 0 imprint facts
	said "nothing is known"
	printf '%s\n' /pause "/remember my wifi password is bluekettle77" | exits 0 imprint --plain
	said "careful: whoever can use this profile"
	exits 0 imprint facts
	said "bluekettle77"
}

# A relation of the user's own: found, noted, asked back; each mistake in it is named by file and line.
own_relations() {
	own=$HOME/.config/imprint/relations.txt
	mkdir -p "${own%/*}"
	cat >"$own" <<-'END'
		# what my library needs
		relation shelf mark
		subject I
		cardinality one
		sensitivity normal
		value word
		say My shelf mark is {v}.
		ask What is [my shelf mark]?
		ask What's [my shelf mark]?
		ask Do you know [my shelf mark]?
		test Remind me of [my shelf mark].
		answer Your shelf mark is {v}.
		unknown your shelf mark
		note your shelf mark is {v}
	END
	exits 0 imprint detect "My shelf mark is QX-12."
	said "I | shelf mark | QX-12"
	echo "My shelf mark is QX-12." | exits 0 imprint --plain
	said "noted #1: your shelf mark is QX-12"
	cp "$own" "$root/good"
	for odd in 3:subject:subjekt 4:one:several 5:normal:loud '6:value:valu' '8:\[my:my' '12:{v}:it'; do
		line=${odd%%:*} rest=${odd#*:}
		sed "${line}s/${rest%:*}/${rest##*:}/" "$root/good" >"$own"
		ok "changed line $line" [ "$(cmp -s "$own" "$root/good" || echo differs)" = differs ]
		exits 1 imprint detect "My shelf mark is QX-12."
		told "relations.txt:"
	done
	sed 4s/one/several/ "$root/good" >"$own"
	exits 1 imprint facts
	told "$own:4:"
}

# What cannot be written whole leaves the file that is there as it was, and nothing beside it.
no_room_for_the_file() {
	mkdir "$root/there"
	seq 600 | awk '{ printf "{\"subject\":\"I\",\"relation\":\"like\",\"value\":\"thing number %d of many\"}\n", $1 }' >"$root/in.jsonl"
	exits 0 imprint import "$root/in.jsonl"
	echo old >"$root/there/f"
	(
		trap '' XFSZ
		ulimit -f 80 # of 512 bytes: enough for the files of the ledger, not for 600 facts
		imprint facts --export "$root/there/f" --force >"$root/there.out" 2>&1
		echo $? >"$root/there.code"
	) 2>/dev/null
	is "exit code" "$(cat "$root/there.code" 2>/dev/null)" 1
	ok "says why: $(cat "$root/there.out")" grep -q "could not be written" "$root/there.out"
	is "the old file" "$(cat "$root/there/f")" old
	is "beside it" "$(ls "$root/there")" f
	exits 0 imprint facts --export "$root/there/f" --force
	is "all of them" "$(wc -l <"$root/there/f")" 600
	is "0600" "$(stat -c %a "$root/there/f")" 600
	mkdir "$root/there/d"
	exits 1 imprint facts --export "$root/there/d" --force
	exits 1 imprint facts --export "$root/none/f"
}

# Whatever is wrong, the line is named and nothing is taken in.
bad_files() {
	good=$(line "my dog" name Biscuit 5)
	printf '%s\n' '{"subject":"I","relation":"home"}' '[1]' '{"subject":"I","relation":"home","value":"a"' \
		'{"subject":"I","relation":"home","value":"a"} x' '{"subject":"I","relation":"nonsense","value":"a"}' \
		'{"subject":"I","relation":"home","value":"\ud800"}' '{"subject":"I","relation":"home","value":"a\u001b[2J"}' \
		'{"subject":"I","relation":"home","value":""}' '{"subject":"I","subject":"I","relation":"home","value":"a"}' \
		'{"subject":"I","relation":"home","value":"a","confidence":7}' \
		"{\"subject\":\"I\",\"relation\":\"home\",\"value\":\"a\",\"x\":$(printf '%02000d' 0 | tr 0 '[')}" \
		'{"subject":"I","relation":"home","value":"a\u0000b"}' '{"subject":"I","relation":"home","value":7}' \
		'{"subject":"I","relation":"home","value":"a","created":-1}' \
		"$(printf '{"subject":"I","relation":"home","value":"a","x":"\377"}')" \
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
	printf 'Give Biscuit his' >"$state/draft"
	printf 'My dog is called Biscuit.\n/why 1\n' | imprint --plain >"$root/out" 2>&1
	ok "it is in files" grep -rqia biscuit "$HOME"
	exits 7 imprint forget --purge name
	exits 0 imprint forget --purge biscuit
	said "purged #1"
	ok "no byte of it: $(grep -rlia biscuit "$HOME")" sh -c '! grep -rqia biscuit "$0"' "$HOME"
	is "the other lines" "$(cat "$state/history")" hello
	is "0600" "$(stat -c %a "$state/history" "$data/ledger.db" | sort -u)" 600
	exits 6 imprint forget --purge 1
	printf 'something else' >"$state/draft"
	exits 0 imprint forget 2
	exits 0 imprint forget --purge --json porto # what was only forgotten
	said '"purged":true'
	ok "no byte of it" sh -c '! grep -rqia porto "$0"' "$HOME"
	is "another draft" "$(cat "$state/draft")" "something else"
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
run "the queue by hand" queue_by_hand
run "the layer is kept" layer_is_kept
run "secrets are told" secrets_are_told
run "relations of one's own" own_relations
run "facts to a file and back" to_a_file_and_back
run "typed words come back" typed_words_come_back
run "no room for the file" no_room_for_the_file
run "files that are none" bad_files
run "a purge leaves no byte" purged
run "a purge beside a reader" purged_beside_a_reader
run "a damaged ledger is rebuilt" rebuilt
run "a hundred thousand facts" many
finish
