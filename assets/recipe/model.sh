#!/bin/sh
# Makes the built-in model from the corpus folder: tokenizer, documents, training, GGUF. Every step is skipped when its
# result is there, and training goes on from its checkpoint, so it may be stopped and started again.
#   model.sh TOOLS CORPUS WORK [TOKENS [train options...]]
set -eu
tools=$1 corpus=$2 work=$3 tokens=${4:-130000000}
[ $# -le 4 ] && shift $# || shift 4
here=$(dirname "$0")
vocab=${VOCAB:-6144}
[ -d "$corpus" ] || { echo "model.sh: no corpus folder at $corpus: give it with CORPUS=..." >&2; exit 2; }
mkdir -p "$work"
tools_abs=$(cd "$tools" && pwd) work_abs=$(cd "$work" && pwd)
# What evaluations ask stays out of the documents.
set_aside=
for f in "$here"/../../tests/bench/model/*.tsv "$here"/../../tests/bench/model/dev*/*.tsv; do
	[ -f "$f" ] && set_aside="$set_aside $f"
done
make_documents() { # PREFIX TOKENS SEED [--valid]
	p=$1 n=$2 seed=$3
	shift 3
	[ -s "$p.tok" ] || "$tools/corpus" --relations "$here/../relations.txt" --grammar "$here/grammar" --source "$corpus" \
		--tokenizer "$work/tok.txt" --out "$p" --tokens "$n" --seed "$seed" "$@" \
		${set_aside:+--exclude $set_aside}
}
if [ ! -s "$work/tok.txt" ]; then
	"$tools/corpus" --relations "$here/../relations.txt" --grammar "$here/grammar" --source "$corpus" --seed 99 \
		--raw 16000000 >"$work/raw.txt"
	"$tools/bpe" --vocab "$vocab" --out "$work/tok.txt" "$work/raw.txt"
	rm -f "$work/raw.txt"
fi
make_documents "$work/train" "$tokens" 11
make_documents "$work/valid" 200000 5 --valid
mkdir -p "$work/run"
resume=
[ -s "$work/run/ckpt.bin" ] && resume=--resume
"$tools/train" --data "$work/train" --valid "$work/valid" --out "$work/run" --vocab "$vocab" --ffn 1536 --muon \
	--lr 1.5e-3 $resume --tokens "$tokens" "$@"
"$tools/recipe_export" --ckpt "$work/run/ckpt.bin" --tokenizer "$work/tok.txt" --out "$work/imprint-base.gguf"
(cd "$here/../.." && "$tools_abs/recipe_moment" --model "$work_abs/imprint-base.gguf" --data "$work_abs/train")
echo "made $work/imprint-base.gguf and $work/imprint-base.value.gguf: copy both to assets/ if they measure better"
