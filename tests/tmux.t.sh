#!/bin/sh
# The chat in tmux, as a user has it: what is told is noted and learned, a resize and a list on the way, and the shell is back
# afterwards.
set -u
. tests/sh_aid.sh

if ! command -v tmux >/dev/null 2>&1; then
	echo "skipped: tmux: not installed"
	echo "# passed 0 failed 0 skipped 1"
	exit 0
fi
program=$(cd "$(dirname "$IMPRINT")" && pwd)/imprint
tm() { tmux -L "imprint$$" -f /dev/null "$@"; }
trap 'tm kill-server 2>/dev/null; rm -rf "$root"' EXIT

# Waits until the screen holds a text: a minute at most, for a busy machine.
shows() {
	for i in $(seq 600); do
		tm capture-pane -p -t chat >"$root/screen" 2>/dev/null
		grep -qF "$1" "$root/screen" && break
		sleep 0.1
	done
	ok "shows: $1" grep -qF "$1" "$root/screen"
}

# The other way round; a lone Esc must not be read as the beginning of what comes next.
shows_no() {
	for i in $(seq 600); do
		tm capture-pane -p -t chat >"$root/screen" 2>/dev/null
		grep -qF "$1" "$root/screen" || return
		sleep 0.1
	done
	ok "still shows: $1" false
}

in_tmux() {
	tm new-session -d -s chat -x 80 -y 24 "env HOME=$HOME LC_ALL=C.UTF-8 sh"
	tm send-keys -t chat "'$program'" Enter
	shows "F1 help"
	tm send-keys -t chat "my dog is called Biscuit" Enter
	shows "your dog's name is Biscuit (learned)"
	tm resize-window -t chat -x 60 -y 16
	tm send-keys -t chat F2
	shows "Enter opens"
	shows "Biscuit"
	tm send-keys -t chat Escape
	shows_no "Enter opens"
	tm resize-window -t chat -x 120 -y 40
	tm send-keys -t chat "/new" Enter
	tm send-keys -t chat "What is my dog's name?" Enter
	shows "Your dog's name is Biscuit."
	tm send-keys -t chat "/quit" Enter
	tm send-keys -t chat "echo back-\$((40 + 2))" Enter
	shows "back-42"
}

run "in tmux" in_tmux
finish
