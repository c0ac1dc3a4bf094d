#!/bin/sh
# Perplexity of a model on held-out documents of each kind (values that no training document holds), W8A16 and fp32.
#   perplexity.sh TOOLS CORPUS IMPRINT MODEL
set -eu
[ $# = 4 ] || { echo "usage: perplexity.sh TOOLS CORPUS IMPRINT MODEL" >&2; exit 2; }
here=$(dirname "$0")
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
echo "| kind | perplexity, W8A16 | fp32 |"
echo "|---|---:|---:|"
for kind in unknown context people talk world prose; do # of "value" the answers stand in no text
	"$1/corpus" --relations "$here/../relations.txt" --grammar "$here/grammar" --source "$2" --seed 5 --valid --kind $kind \
		--raw 120000 --exclude "$here"/../../tests/bench/model/*.tsv "$here"/../../tests/bench/model/dev*/*.tsv \
		>"$dir/text" 2>/dev/null
	for precision in w8a16 fp32; do
		"$3" perplexity -m "$4" --special --precision $precision "$dir/text" |
			sed -n 's/^perplexity *\([0-9.]*\).*/\1/p' >"$dir/$precision"
	done
	echo "| $kind | $(cat "$dir/w8a16") | $(cat "$dir/fp32") |"
done
