#!/bin/sh
# A model file that somebody shortens or overwrites while it is open: one line says so, nothing that was told is lost, and the
# conversation goes on once there is a model again.
set -u
. tests/sh_aid.sh
tiny=$root/model.gguf
"${IMPRINT%/imprint}/tests/test_learn" --tiny "$tiny" || { echo "no tiny model"; exit 1; }
cp "$tiny" "$root/whole.gguf"

# until_said WORDS: waits for a line of the running chat.
until_said() {
	n=0
	until grep -q -- "$1" "$root/said" || [ $n -ge 300 ]; do
		sleep 0.1
		n=$((n + 1))
	done
	ok "it said '$1': $(tail -n 3 "$root/said")" grep -q -- "$1" "$root/said"
}

# chat_meanwhile COMMAND: it spoils $tiny.
chat_meanwhile() {
	cp "$root/whole.gguf" "$tiny"
	mkfifo "$root/in"
	: >"$root/said"
	"$IMPRINT" -m "$tiny" --plain --json <"$root/in" >"$root/said" 2>"$root/err" &
	pid=$!
	exec 3>"$root/in"
	until_said '"event":"start"'
	echo "/pause" >&3
	echo "My dog is called Biscuit." >&3
	until_said '"event":"fact","id":1'
	"$@"
	echo "Hello there." >&3
	until_said 'model.gguf was cut short or written to while it was open'
	echo "/facts" >&3
	until_said 'Biscuit  '
	echo "/model $root/whole.gguf" >&3
	until_said 'the conversation goes on'
	echo "/resume" >&3
	echo "Hello again." >&3
	exec 3>&-
	wait $pid
	is "exit code" $? 0
	is "complaints on stderr" "$(cat "$root/err")" ""
	is "answers" "$(grep -c '"event":"message_end","code":[02]' "$root/said")" 2
	rm "$root/in"
	exits 0 "$IMPRINT" facts
	said "your dog's name is Biscuit"
}
cut() { head -c 100 "$root/whole.gguf" >"$tiny"; }
emptied() { : >"$tiny"; }
overwritten() { tr '\000-\177' '\001-\200' <"$root/whole.gguf" >"$tiny"; }

cut_short() { chat_meanwhile cut; }
cut_to_nothing() { chat_meanwhile emptied; }
written_to() { chat_meanwhile overwritten; }

run "cut short" cut_short
run "cut to nothing" cut_to_nothing
run "written to" written_to
echo "# passed $passed failed $failed skipped $skipped"
