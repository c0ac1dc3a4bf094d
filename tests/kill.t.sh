#!/bin/sh
# Twenty times kill -9 at an arbitrary moment of a teaching session. Every fact that was acknowledged ("noted") is there
# afterwards, the ledger opens, and the weights are those that the facts call for.
set -u
. tests/sh_aid.sh
kills=${KILLS:-20}

# The line said in a round: first new facts, then newer values of them.
line() {
	set -- "My dog is called Biscuit." "I live in Porto." "My brother's name is Tom." "My cat is called Momo." \
		"My best friend's name is Maria." "I live in Lisbon." "My brother's name is Paul." "My dog is called Rex." \
		"My sister's name is Anna." "My favorite color is blue." "I work as a nurse." "My dog is called Biscuit."
	eval "printf '%s\n' \"\${$(((round - 1) % $# + 1))}\""
}

# A number below $1 that differs from round to round and from run to run.
random() { echo $(($(od -An -N2 -tu2 /dev/urandom) % $1)); }

# What became of "noted #ID: TEXT" in a round's output: it must be in the ledger, whatever came after.
acknowledged_is_kept() {
	sed -n 's/^noted #\([0-9]*\): \(.*\)$/\1 \2/p' "$root/said" >>"$root/noted"
	imprint facts --json >"$root/facts" 2>"$root/err" || ok "facts after kill $round: $(cat "$root/err")" false
	while read -r id text; do
		grep -q "^{\"id\":$id,.*\"value\":\"[^\"]*\"" "$root/facts" || ok "kill $round: #$id ($text) is kept" false
	done <"$root/noted"
}

# Every other round goes on until the fact is noted, so that edits are hit too, not only loading and noting.
wait_for_note() {
	n=0
	until grep -q '^noted\|^known' "$root/said" || [ $n -ge 100 ]; do
		sleep 0.05
		n=$((n + 1))
	done
}

killed_session() {
	: >"$root/noted"
	mkfifo "$root/in"
	round=0
	while [ $round -lt "$kills" ]; do
		round=$((round + 1))
		"$IMPRINT" -m "$model" --plain <"$root/in" >"$root/said" 2>"$root/err" &
		pid=$!
		exec 3>"$root/in"
		line >&3
		[ $((round % 2)) -eq 0 ] && wait_for_note
		sleep "$(printf '0.%03d' "$(random 1000)")"
		kill -9 $pid
		wait $pid 2>/dev/null
		exec 3>&-
		acknowledged_is_kept
	done
	echo "figure: $kills kills, $(sort -u "$root/noted" | wc -l) facts acknowledged"
	ok "something was acknowledged" [ -s "$root/noted" ]
}

# What waited is worked off at the next start; verified facts hold; a second solve from the ledger gives the same weights.
sound_afterwards() {
	HOME=$killed
	exits 0 timeout 60 "$IMPRINT" -m "$model" --plain </dev/null
	first=$(imprint stats --json | sed 's/.*"layer_hash":"\([0-9a-f]*\)".*/\1/')
	second=$(imprint stats --json | sed 's/.*"layer_hash":"\([0-9a-f]*\)".*/\1/')
	is "weights" "$second" "$first"
	imprint facts >"$root/facts"
	imprint verify >"$root/verify"
	ok "some facts were learned" grep -q ' verified ' "$root/facts"
	for id in $(awk '$2 == "verified" { print $1 }' "$root/facts"); do
		ok "$id holds: $(grep "^$id " "$root/verify")" grep -q "^$id *holds" "$root/verify"
	done
	exits 0 imprint history
}

# Of the facts that came through, taught anew in an empty ledger without a kill, the weights are the same.
same_as_untroubled() {
	HOME=$killed
	wanted=$(imprint stats --json | sed 's/.*"layer_hash":"\([0-9a-f]*\)".*/\1/')
	awk '$2 == "verified" { $1 = $2 = $NF = $(NF - 1) = ""; print }' "$root/facts" |
		sed 's/^ *your/My/; s/^ *you /I /; s/ *$/./' | sort >"$root/again"
	fresh
	while read -r text; do
		imprint remember "$text" >/dev/null 2>"$root/err" || ok "$text: $(tail -n 1 "$root/err")" false
	done <"$root/again"
	is "weights of $(wc -l <"$root/again") facts" \
		"$(imprint stats --json | sed 's/.*"layer_hash":"\([0-9a-f]*\)".*/\1/')" "$wanted"
}

run_model "no acknowledged fact is lost" killed_session
killed=$HOME
run_model "the weights are sound" sound_afterwards
run_model "the weights are as without kills" same_as_untroubled
finish
