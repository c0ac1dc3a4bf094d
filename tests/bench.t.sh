#!/bin/sh
# imprint bench edit on two or three facts of the built-in model: what it prints, that a run cut off and gone on with, and
# one in parts, are the same as one run, and that bad lists and options are refused.
set -u
. tests/sh_aid.sh
list=$root/list.tsv
printf 'probe: What is the capital of France?\nprobe: Hello!\n' >"$list"
printf 'ask: my\tname\t%s\nfar: I\thome\t%s\n' "What have you got down as {s}'s {r}?" \
	"In what town would you find my front door?" >>"$list"
printf 'my dog\tname\tBiscuit\tMax\nI\thome\tLisbon\tPorto\nI\tage\t47\n' >>"$list"

edit() { imprint bench edit "$@"; }
untimed() { # a file of records without what differs from run to run
	sed 's/,"seconds":[^,]*//; s/,"peak_bytes":[^,]*//' "$1"
}

learning() {
	exits 0 edit --data "$list" --limit 2 --update --json
	is "records and summaries" "$(grep -c '"fact"' "$root/out") $(grep -c '"summary"' "$root/out")" "2 1"
	said '"subject":"my dog","relation":"name","value":"Biscuit","state":"verified"'
	said '"data":"list.tsv","method":"ours","precision":"w8a16","search":"read"'
	said '"own":1,"paraphrase":' # of the summary: every question taught
	said '"far":'
	said '"forced_own":1,'
	said '"unrelated":1,'
	said '"updated":1,"outdated":0,'
	ok "no bar without a terminal: $(head -c 200 "$root/err")" [ ! -s "$root/err" ]
	exits 0 edit --data "$list" --limit 1 --verbose --no-warm-start
	told "ours: my dog name: Biscuit: verified; own "
	begins "| ours | w8a16 | read, from zero | 1 | 100.0 | 100.0 | 100.0 |"
	for table in "Table 1" "Table 3" "Table 4" "Table 6" "Evaluations"; do said "**$table"; done
	said "- ours: this project"
}

gone_on_with() {
	run="edit --data $list --method none,in-context --table 1"
	exits 0 $run --resume "$root/whole.jsonl"
	cp "$root/out" "$root/table"
	is "records" "$(wc -l <"$root/whole.jsonl")" 6
	begins "| none | w8a16 |  | 3 | 0.0 | 0.0 |"
	begins "| in-context | w8a16 |  | 3 | 100.0 |"
	head -n 4 "$root/whole.jsonl" >"$root/cut.jsonl"
	sed -n 5p "$root/whole.jsonl" | head -c 99 >>"$root/cut.jsonl"
	exits 0 $run --resume "$root/cut.jsonl"
	ok "the same tables" cmp -s "$root/out" "$root/table"
	untimed "$root/whole.jsonl" >"$root/a"
	untimed "$root/cut.jsonl" >"$root/b"
	ok "the same records" cmp -s "$root/a" "$root/b"
	sed -i 's/"value":"Biscuit"/"value":"Rex"/' "$root/cut.jsonl"
	exits 1 $run --resume "$root/cut.jsonl"
	told "list.tsv: line 5: the file of --resume has another fact here"
	echo nonsense >"$root/bad.jsonl"
	exits 2 $run --resume "$root/bad.jsonl"
	told "$root/bad.jsonl:1: no JSON object"
	is "it was left alone" "$(cat "$root/bad.jsonl")" nonsense

	exits 0 $run --shard 1/2 --resume "$root/1.jsonl"
	exits 0 $run --shard 2/2 --resume "$root/2.jsonl"
	is "parts" "$(wc -l <"$root/1.jsonl") $(wc -l <"$root/2.jsonl")" "4 2"
	exits 0 edit --merge "$root/1.jsonl" "$root/2.jsonl" --table 1
	ok "the same tables again" cmp -s "$root/out" "$root/table"
	exits 0 edit --merge "$root/1.jsonl" --json
	told "none, w8a16, list.tsv: 2 of 3 facts only"
	said '"summary":"in-context w8a16 "'
	exits 2 edit --merge "$root/1.jsonl" "$root/whole.jsonl"
	told "$root/whole.jsonl:1: this fact of this run"
	exits 2 edit --merge
	exits 2 edit --merge "$root/none.jsonl"
	told "$root/none.jsonl: No such file"
}

in_one_model() {
	exits 0 edit --data "$list" --sequential --at 1,2 --json --method ours
	is "sizes" "$(grep -c '"at"' "$root/out")" 3
	begins '{"at":1,"method":"ours","precision":"w8a16","verified":1,"own":1,'
	begins '{"at":3,'
	said '"perplexity":'
	ok "a text was read" sh -c '! grep -q "\"perplexity\":null" "$0"' "$root/out"
	is "facts and summaries" "$(grep -c '"fact"' "$root/out") $(grep -c '"summary"' "$root/out")" "3 1"
	exits 0 edit --data "$list" --together --at 2 --json
	begins '{"at":3,"method":"ours","precision":"w8a16","verified":1,"own":1,'
	exits 0 edit --data "$list" --limit 2 --at 2 --method none --text "$list"
	begins "| 2 | 0.0 | 0.0 | 0.0 | 0.0 | 100.0 | [0-9.]* | 0.00 |"
	exits 1 edit --data "$list" --limit 1 --sequential --method none --text "$root/none.txt"
	told "$root/none.txt: No such file"
}

# Nothing is taught, so the figures are known: nothing is answered, and all is as it was.
published_lists() {
	for form in zsre counterfact knowedit; do
		exits 0 edit --data "tests/bench/edit/sample-$form.json" --method none --json
		said "\"data\":\"sample-$form.json\",\"method\":\"none\""
		said '"own":0,"paraphrase":0,"unrelated":1,'
		said '"exact":0,'
		said '"forced_unrelated":1'
	done
	said '"portability":0,'
	exits 0 edit --data tests/bench/edit/sample-zsre.json --method in-context --json
	told "sample-zsre.json: 1 of 3 records left out: their prompt does not hold the subject (first: 3)"
	echo '[{"src":"x","subject":"x"}]' >"$root/bad.json"
	exits 2 edit --data "$root/bad.json"
	told "$root/bad.json: record 1: no \"alt\""
}

refused() {
	for args in "" "--data $list --method nobody" "--data $list --shard 3/2" "--data $list --shard x" "--data $list --table 2" \
		"--data $list --at 5,1" "--data $list --sequential --resume $root/x" "--data $list --method ,"; do
		exits 2 edit $args
		is "$args: lines of the message" "$(wc -l <"$root/err")" 1
	done
	told "--method takes all, or names of: ours, "
	exits 2 edit --data "$root/none.tsv"
	told "$root/none.tsv: No such file"
	printf 'I\tname\tAnn\nI\tnonsense\tx\n' >"$root/bad.tsv"
	exits 2 edit --data "$root/bad.tsv"
	told "$root/bad.tsv:2: not"
	exits 3 "$IMPRINT" -m "$root/none.gguf" bench edit --data "$list"
	exits 0 "$IMPRINT" bench edit --help
	said "usage: imprint bench edit"
}

run_model "a fact and a newer value" learning
run_model "gone on with, and in parts" gone_on_with
run_model "many facts in one model" in_one_model
run_model "published lists" published_lists
run "bad lists and options" refused
finish
