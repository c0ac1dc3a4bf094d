#!/bin/sh
# The recipe of the built-in model on a toy scale: tokenizer, documents, a few hundred thousand tokens of training, GGUF.
# The loss has to fall, the tokenizer to be the file's, and the program to load the result.
pass=0 fail=0
ok() { if [ "$1" -eq 0 ]; then pass=$((pass + 1)); else fail=$((fail + 1)); echo "not ok: $2"; fi; }
corpus=${CORPUS:-../shared/corpus}
if [ ! -d "$corpus" ]; then
	echo "skipped: recipe: no corpus folder at $corpus"
	echo "# passed 0 failed 0 skipped 1"
	exit 0
fi
tools=$(dirname "$IMPRINT")/recipe
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
printf 'Hello!\tyes|no\nHi // Hello! // What is the capital of France?\tParis\nname a planet\n' >"$dir/aside.tsv"
for seed in 1 2; do
	"$tools/corpus" --relations assets/relations.txt --grammar assets/recipe/grammar --source "$corpus" --seed $seed \
		--text 6000 --exclude "$dir/aside.tsv" >"$dir/text.$seed"
	ok $? "corpus --exclude ends well"
done
grep -qix 'U: hi[!.]*' "$dir/text.1"
ok $? "other greetings are there, a dialogue's first turn too"
cat "$dir"/text.* | grep -qix 'U: yes[!.]*'
ok $? "the keys of a prompt are not taken for prompts"
! cat "$dir"/text.* | tr -d '.!?,' | grep -qixE 'U: (hello|what is the capital of france|name a planet) *'
ok $? "an excluded prompt is in no document"
# What was asked for is told briefly, with the pronoun that fits.
"$tools/corpus" --relations assets/relations.txt --grammar assets/recipe/grammar --source "$corpus" --kind context --text 12000 |
	awk '/^A: .*your (brother|father|son|husband|uncle|nephew|grandfather)(.s name| called)/ { he = NR }
	NR == he + 1 && /^U: (She|He)(.s| is) (called|named)|^U: (Her|His) name|^U: [Ww]e call (her|him)/ {
		n++
		bad += /She|Her|her/
	}
	END { exit !(n > 2 && !bad) }'
ok $? "men are told of as men"
VOCAB=1024 sh assets/recipe/model.sh "$tools" "$corpus" "$dir" 400000 --hidden 128 --layers 2 --heads 2 --kv-heads 1 \
	--ffn 256 --edit-layer 0 --lr 4e-3 --warmup 20000 --log-every 10 --batch-windows 4 >"$dir/log" 2>&1
ok $? "model.sh ends well"
[ "$fail" -eq 0 ] || tail -n 5 "$dir/log"
first=$(sed -n 's/^step 1 loss \([0-9.]*\).*/\1/p' "$dir/log" | head -n 1)
last=$(sed -n 's/^step [0-9]* loss [0-9.]* ema \([0-9.]*\).*/\1/p' "$dir/log" | tail -n 1)
echo "figure: toy recipe: loss ${first:-?} at the first step, ${last:-?} at the last"
awk -v a="${first:-0}" -v b="${last:-9}" 'BEGIN { exit !(b > 0 && b < 0.75 * a) }'
ok $? "the loss falls by a quarter"
"$IMPRINT" -m "$dir/imprint-base.gguf" --data-dir "$dir/data" tokenize "my dog is called Biscuit" >"$dir/ids" 2>"$dir/err"
ok $? "the program loads the model: $(cat "$dir/err")"
[ "$(wc -w <"$dir/ids")" -ge 4 ]
ok $? "the tokenizer works"
# The way back: the shipped files give a checkpoint and the tokenizer; a larger network computes the same.
"$tools/recipe_import" --model "$dir/imprint-base.gguf" --ckpt "$dir/back.bin" --tokenizer "$dir/tok.back"
ok $? "import"
cmp -s "$dir/tok.txt" "$dir/tok.back"
ok $? "the tokenizer comes back as it was"
"$tools/grow" --from "$dir/back.bin" --out "$dir/wide.bin" --hidden 192 --ffn 320 --layers 3 >"$dir/grown"
ok $? "grow"
"$tools/grow" --from "$dir/back.bin" --out "$dir/none.bin" --layers 4 2>"$dir/err"
[ $? -eq 1 ] && [ ! -e "$dir/none.bin" ]
ok $? "a layer is doubled once"
"$tools/blend" --from "$dir/back.bin" --with "$dir/back.bin" --share 0.25 --out "$dir/same.bin" >"$dir/blended"
ok $? "blend"
cmp -s "$dir/back.bin" "$dir/same.bin"
ok $? "a network blended with itself is what it was"
"$tools/blend" --from "$dir/back.bin" --with "$dir/wide.bin" --share 0.5 --out "$dir/none.bin" 2>"$dir/err"
[ $? -eq 1 ] && [ ! -e "$dir/none.bin" ]
ok $? "networks of two sizes do not blend"
for n in back wide; do
	"$tools/recipe_export" --ckpt "$dir/$n.bin" --tokenizer "$dir/tok.back" --out "$dir/$n.gguf" --f32 >/dev/null
	"$IMPRINT" -m "$dir/$n.gguf" --data-dir "$dir/data" --precision fp32 --json perplexity --ctx 256 "$dir/text.1" \
		>"$dir/$n.json" 2>"$dir/err"
	ok $? "perplexity of $n: $(cat "$dir/err")"
done
a=$(sed -n 's/.*"perplexity":\([0-9.]*\).*/\1/p' "$dir/back.json") b=$(sed -n 's/.*"perplexity":\([0-9.]*\).*/\1/p' "$dir/wide.json")
awk -v a="${a:-0}" -v b="${b:-9}" 'BEGIN { exit !(a > 1 && a / b < 1.001 && b / a < 1.001) }'
ok $? "grown from 128 to 192 wide, 2 to 3 layers: perplexity ${a:-?} and ${b:-?}"
"$tools/corpus" --relations assets/relations.txt --grammar assets/recipe/grammar --source "$corpus" --valid --kind world \
	--text 40 >"$dir/text"
[ "$(grep -c '^== world$' "$dir/text")" = 40 ] && [ "$(grep -c '^==' "$dir/text")" = 40 ]
ok $? "documents of one kind"
sh assets/recipe/perplexity.sh "$tools" "$corpus" "$IMPRINT" "$dir/imprint-base.gguf" >"$dir/table" 2>&1
[ "$(grep -cE '^\| [a-z]+ \| [0-9.]+ \| [0-9.]+ \|$' "$dir/table")" = 6 ]
ok $? "perplexity of each kind: $(cat "$dir/table")"
echo "# passed $pass failed $fail skipped 0"
[ $fail -eq 0 ]
