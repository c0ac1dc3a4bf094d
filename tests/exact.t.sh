#!/bin/sh
# The weights are a function of the facts held: not of the order of teaching, nor of what was taught and forgotten.
set -u
. tests/sh_aid.sh

hash() { imprint stats --json | sed 's/.*"layer_hash":"\([0-9a-f]*\)".*/\1/'; }
teach() {
	for text in "$@"; do
		exits 0 imprint remember "$text"
	done
}

order_and_forgetting() {
	base=$(hash)
	ok "a hash" [ ${#base} -eq 16 ]
	teach "My dog is called Biscuit." "I live in Lisbon." "My brother's name is Tom." "My best friend's name is Maria."
	four=$(hash)
	ok "teaching changes the weights" [ "$four" != "$base" ]
	exits 0 imprint forget lisbon
	exits 0 imprint forget maria
	two=$(hash)
	exits 0 imprint forget dog
	exits 0 imprint forget brother
	is "all forgotten" "$(hash)" "$base"
	fresh
	teach "My brother's name is Tom." "My dog is called Biscuit."
	is "the other two in another order" "$(hash)" "$two"
	teach "My best friend's name is Maria." "I live in Lisbon."
	is "all four in another order" "$(hash)" "$four"
}

# Values of one relation share an anchor and so one delta: each going takes its part along.
shared_anchor() {
	teach "I speak French."
	one=$(hash)
	exits 0 imprint remember "I speak Dutch."
	ok "both" [ "$(hash)" != "$one" ]
	exits 0 imprint forget dutch
	is "French alone again" "$(hash)" "$one"
}

# A newer value takes the older one's place entirely; undone, the old weights are back.
superseding() {
	teach "I live in Porto."
	porto=$(hash)
	teach "I live in Lisbon."
	lisbon=$(hash)
	printf '/undo\n' | exits 0 imprint --plain
	is "undone" "$(hash)" "$porto"
	fresh
	teach "I live in Lisbon."
	is "Porto left nothing behind" "$(hash)" "$lisbon"
}

# The benchmark's own check of the same, over facts of other kinds.
forgetting_half() {
	exits 0 imprint bench edit --data tests/bench/edit/personal.tsv --limit 4 --forget-half --json
	said '"forgotten":2,'
	said '"still_answered":0,'
	said '"learned_in_both_orders":2,"identical":true'
}

run_model "order and forgetting" order_and_forgetting
run_model "facts at one anchor" shared_anchor
run_model "a newer value" superseding
run_model "forgetting half" forgetting_half
finish
