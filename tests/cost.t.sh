#!/bin/sh
# imprint bench cost and imprint bench npu: what they print, that the cache changes no loss, and the table of --merge.
set -u
. tests/sh_aid.sh

usage() {
	for args in "bench cost --steps 0" "bench cost --steps many" "bench cost --evaluations 0" "bench cost --evaluations 61" \
		"bench cost more" "bench npu more" "bench npu --shape gpt" "facts --phone k80"; do
		exits 2 "$IMPRINT" $args
		[ -s "$root/err" ] || ok "$args: a message" false
	done
	for what in cost npu; do
		exits 0 "$IMPRINT" bench $what --help
		said "usage: imprint bench $what"
	done
	exits 3 "$IMPRINT" -m "$root/none.gguf" bench npu
	exits 3 "$IMPRINT" -m "$root/none.gguf" bench cost
}

# value FIELD of the line of stdout that holds WORDS
value() {
	grep -F -- "$2" "$root/out" | sed -n "s/.*\"$1\":\"\{0,1\}\([^,}\"]*\).*/\1/p" | head -n 1
}
is_positive() {
	ok "$1 of $2 is above 0: '$(value "$1" "$2")'" awk -v x="$(value "$1" "$2")" 'BEGIN { exit !(x > 0) }'
}

npu() {
	exits 0 "$IMPRINT" bench npu
	said "Table 11 was found in none of the sources at hand"
	said "1902.88"
	exits 0 "$IMPRINT" bench npu --json
	is "lines that are no objects" "$(grep -cv '^{.*}$' "$root/out")" 0
	is "projections" "$(grep -c '"test":"projection"' "$root/out")" 18
	for field in seconds joules int_ops float_ops bytes passes; do
		is_positive $field '"published, 600 steps (its budget)","phone":"k70"'
	done
	exits 0 "$IMPRINT" --shape llama-3.2-1b bench npu
	begins "Llama-3.2-1B: 16 layers"
}

npu_of_a_file() {
	exits 0 imprint bench npu --json
	is "its layers" "$(value layers '"test":"shape"')" 12
	exits 0 imprint bench npu --shape qwen2.5-0.5b --json
	is "a shape goes before a file" "$(value layers '"test":"shape"')" 24
}

cost() {
	exits 0 imprint bench cost --steps 2 --json
	is "lines that are no objects" "$(grep -cv '^{.*}$' "$root/out")" 0
	for of in '"search":"ours","exact_cache":true' '"search":"published"' '"search":"ours","exact_cache":false'; do
		is "steps of $of" "$(value steps "$of")" 2
		is "evaluations of $of" "$(value evaluations "$of")" 20
		for field in seconds prepare_seconds seconds_per_step evaluations_per_second rows_per_second rows targets peak_bytes edit_bytes \
			work_bytes loss; do
			is_positive $field "$of"
		done
	done
	for field in speed_up seconds_cached seconds_uncached rows_cached; do
		is_positive $field '"test":"cache"'
	done
	ok "there is a loss" test -n "$(value loss_cached '"test":"cache"')"
	is "loss without the cache" "$(value loss_uncached '"test":"cache"')" "$(value loss_cached '"test":"cache"')"
	is "all losses" "$(value identical '"test":"cache"')" true
	ok "the cache saves rows" test "$(value rows_cached '"test":"cache"')" -lt "$(value rows_uncached '"test":"cache"')"
	is_positive seconds '"test":"solve"'
	for field in open_peak_bytes peak_bytes weight_bytes work_bytes key_bytes edit_bytes; do
		is_positive $field '"test":"memory"'
	done
	exits 0 imprint bench cost --steps 20 --evaluations 8
	said "bit-identical: yes"
	said "published  exact      20          161" # and the check after 20 steps
	# what cannot be seen of a model's name is not printed
	LC_ALL=C sed '0,/imprint-base/s/imprint-base/A\xe2\x80\x8bB......./' "$model" >"$root/odd.gguf"
	exits 0 "$IMPRINT" -m "$root/odd.gguf" bench cost --steps 1
	begins "AB[.]*, "
}

# two random models of different sizes, a run of each, one table
merge() {
	for shape in tiny-96 tiny-64; do
		ok "$shape is made" "$mkgguf" $shape q8_0 "$root/$shape.gguf"
		exits 0 "$IMPRINT" -m "$root/$shape.gguf" bench cost --steps 2 --json
		cp "$root/out" "$root/$shape.jsonl"
	done
	is_positive params '"model":"tiny-64"'
	is_positive npu_seconds '"search":"published"'
	is_positive npu_prepare_seconds '"search":"published"'
	exits 0 "$IMPRINT" bench cost --merge "$root/tiny-96.jsonl" "$root/tiny-64.jsonl"
	is "rows" "$(grep -c '^| tiny-' "$root/out")" 2
	is "columns" "$(grep '^|' "$root/out" | awk -F'|' '{ print NF }' | sort -u)" 17
	is "cells without a figure" "$(grep -c '| - |' "$root/out")" 0
	is "the smaller one is first" "$(grep -m 1 -n 'tiny-64' "$root/out" | cut -d: -f1)" 3
	said "taken to these: tiny-64, tiny-96."
	said "projected for the phone k60."
	cat "$root/tiny-64.jsonl" "$root/tiny-96.jsonl" >"$root/both.jsonl"
	mv "$root/out" "$root/table"
	exits 0 "$IMPRINT" bench cost --merge "$root/both.jsonl"
	ok "one file of both gives the same table" cmp -s "$root/out" "$root/table"
	exits 0 "$IMPRINT" bench cost --json --merge "$root/both.jsonl"
	is "objects" "$(grep -c '^{"test":"cost",.*}$' "$root/out")" 2
	exits 2 "$IMPRINT" bench cost --merge "$root/both.jsonl" "$root/tiny-64.jsonl"
	told "this run stands here or in a file before already"
}

merge_usage() {
	printf '{"test":"solve","peak_bytes":1}\n' >"$root/headless"
	for args in "" "$root/none" "$root" "$root/headless" tests/heldout.txt /dev/null; do
		exits 2 "$IMPRINT" bench cost --merge $args
		[ -s "$root/err" ] || ok "--merge $args: a message" false
	done
}

mkgguf=${IMPRINT%/*}/bench/mkgguf
[ -x "$mkgguf" ] || mkgguf=build/release/bench/mkgguf
run "usage" usage
run "merge, usage" merge_usage
if [ -x "$mkgguf" ]; then
	run "merge" merge
else
	skipped=$((skipped + 1))
	echo "skipped: merge: $mkgguf is not built"
fi
run "npu" npu
run_model "npu of a file" npu_of_a_file
run_model "cost" cost
finish
