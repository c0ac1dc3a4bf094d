#!/bin/sh
# Runs every test program of a build folder and every tests/*.t.sh, adds up their closing lines
# "# passed P failed F skipped S", and closes with "N passed, N failed, N skipped". A program that dies counts as failed.
set -u
dir=${1:?usage: run.sh BUILD-FOLDER}
out=$(mktemp)
trap 'rm -f "$out"' EXIT
passed=0 failed=0 skipped=0
run() {
	name=$1
	shift
	"$@" >"$out" 2>&1 </dev/null
	code=$?
	line=$(grep '^# passed [0-9]* failed [0-9]* skipped [0-9]*$' "$out" | tail -n 1)
	if [ -z "$line" ]; then
		failed=$((failed + 1))
		echo "FAILED $name: ended with code $code and no closing line"
		tail -n 30 "$out"
		return
	fi
	set -- $line
	passed=$((passed + $3)) failed=$((failed + $5)) skipped=$((skipped + $7))
	if [ "$5" -ne 0 ] || [ "$code" -ne 0 ]; then
		[ "$5" -ne 0 ] || failed=$((failed + 1))
		echo "FAILED $name:"
		tail -n 60 "$out"
	else
		grep '^skipped:' "$out"
		grep '^figure:' "$out" # measured figures worth seeing
		echo "ok $name: $3 passed"
	fi
}
for t in "$dir"/tests/test_* "$dir"/tests/fuzz_*; do
	[ -x "$t" ] && [ -f "$t" ] || continue
	case $t in *.o | *.d) continue ;; esac
	run "${t##*/}" "$t"
done
export IMPRINT="$dir/imprint"
for t in tests/*.t.sh; do
	[ -f "$t" ] && run "${t##*/}" sh "$t"
done
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
