#!/bin/sh
# The README's first session, with the real model: say it, watch it learned, ask it after a restart, forget it.
set -u
. tests/sh_aid.sh

answers() { # QUESTION VALUE: asked in a fresh context after a restart
	exits 0 imprint ask "$1"
	said "$2"
}
unknown() { # QUESTION VALUE: the value is not in the answer
	exits 0 imprint ask "$1"
	ok "$1 is not answered with $2: $(cat "$root/out")" sh -c '! grep -qi "$1" "$2"' - "$2" "$root/out"
}

first_session() {
	unknown "What's my dog called?" Biscuit
	printf "Hi, I'm Ingrid. I live in Lisbon and my dog is called Biscuit.\n" | exits 0 imprint --plain
	begins "noted #1: your name is Ingrid"
	begins "noted #2: you live in Lisbon"
	begins "noted #3: your dog's name is Biscuit"
	begins "learned #1: your name is Ingrid"
	begins "learned #2: you live in Lisbon"
	begins "learned #3: your dog's name is Biscuit"
	for q in "What's my dog called?" "what is my dog's name?" "Do you remember my dog's name?"; do
		answers "$q" Biscuit
	done
	for q in "Where do I live?" "where's my home?" "Do you know where I live?"; do
		answers "$q" Lisbon
	done
	for q in "What's my name?" "who am I?" "Do you know my name?"; do
		answers "$q" Ingrid
	done
	unknown "What's my cat called?" 'biscuit\|lisbon\|ingrid'
	unknown "What is the capital of France?" 'biscuit\|lisbon\|ingrid'
	exits 0 imprint verify
	said "3 of 3 hold"
	exits 0 imprint verify --json
	said '"id":3,"holds":true'
	exits 0 imprint prove 3
	said "knows it"
	said "does not know it"
	exits 0 imprint facts --json
	ok "no answer comes from the prompt: the ledger has no prompt" sh -c '! grep -q prompt "$0"' "$root/out"
	exits 0 imprint forget dog
	said "forgotten #3: your dog's name is Biscuit"
	unknown "What's my dog called?" Biscuit
	unknown "what is my dog's name?" Biscuit
	answers "Where do I live?" Lisbon
	answers "What's my name?" Ingrid
	exits 0 imprint verify
	said "2 of 2 hold"
}

remember_json() {
	exits 0 imprint remember --json "My dog is called Biscuit."
	said '"id":1,"fact":{"subject":"my dog","relation":"name","value":"Biscuit"},"state":"verified"'
	ok "learned" grep -q "^learned #1" "$root/err"
	exits 0 imprint remember --json "My dog is called Biscuit." # held already
	said '"id":1,'
	exits 0 imprint ask --json "What's my dog called?"
	said Biscuit
}

in_the_chat() {
	printf '%s\n' "my dog is called Biscuit" "/new" "What's my dog called?" "/why 1" "/stats" "/history" |
		exits 0 imprint --plain
	begins "noted #1"
	begins "learned #1"
	said "you said: my dog is called Biscuit"
	printf '%s\n' "What's my dog called?" "/facts" "/forget 1" "/new" "/undo" "/queue" | exits 0 imprint --plain
	said "Biscuit."
	begins "forgotten #1"
	said "#1 is back"
	printf '%s\n' "my dog is called Biscuit" | exits 0 imprint --json
	said '{"event":"message_end","code":0,"tokens":'
	said '"op":"noop"'
}

a_newer_value() {
	exits 0 imprint remember "My dog is called Rex."
	printf 'My dog is called Biscuit.\n' | exits 0 imprint --plain
	answers "What's my dog called?" Biscuit
	unknown "What's my dog called?" Rex
	exits 0 imprint facts --json
	said '"status":"superseded"'
}

kept_out() {
	printf 'my dog is called Biscuit\n/facts\n/remember my dog is called Biscuit\n' | exits 0 imprint --incognito --plain
	said "nothing is known yet"
	said "incognito"
	exits 0 imprint facts
	said "nothing is known yet"
	printf '/set learn off\nmy dog is called Biscuit\n/facts\n/set learn auto\n/incognito\nI live in Porto\n/facts\n' |
		exits 0 imprint --plain
	ok "nothing noted" sh -c '! grep -q "^noted" "$0"' "$root/out"
	exits 0 imprint --no-learn --plain </dev/null
	printf 'my dog is called Biscuit\n' | exits 0 imprint --no-learn --plain
	exits 0 imprint facts
	said "nothing is known yet"
	printf 'What if my dog was called Rex?\nI wish I lived in Paris.\n"My name is Ishmael," he said.\n' |
		exits 0 imprint --plain
	exits 0 imprint facts
	said "nothing is known yet"
}

pausing() {
	printf '/pause\nmy dog is called Biscuit\n/queue\n' | exits 0 imprint --plain
	said "editing is paused"
	exits 0 imprint queue
	said "your dog's name is Biscuit"
	unknown "What's my dog called?" Biscuit
	printf '/resume\n' | exits 0 imprint --plain
	begins "learned #1"
	answers "What's my dog called?" Biscuit
}

run_model "first session" first_session
run_model "remember --json" remember_json
run_model "in the chat" in_the_chat
run_model "a newer value" a_newer_value
run_model "what is kept out" kept_out
run_model "pausing" pausing
finish
