#!/bin/sh
# Runs every libFuzzer target of a build folder for its share of the seconds, one after the other, each with its own
# corpus (kept: build/fuzz/corpus), and says how much was run. usage: fuzz.sh BUILD-FOLDER DRIVERS-FOLDER SECONDS [NAME..]
# FUZZ_TIMEOUT: seconds, by the wall clock, after which an input counts as hung.
set -u
dir=$1 drivers=$2 seconds=$3
shift 3
[ $# -gt 0 ] || set -- $(cd "$dir/fuzzers" && ls | sed -n 's/^fuzz_\([a-z]*\)$/\1/p')
share=$((seconds / $#))
[ "$share" -gt 0 ] || share=1
export OPENBLAS_NUM_THREADS=1 ASAN_OPTIONS="${ASAN_OPTIONS:-allocator_may_return_null=1:detect_leaks=1}"
[ -w /dev/shm ] && export TMPDIR="${TMPDIR:-/dev/shm}" # targets write small files all the time
log=$(mktemp)
trap 'rm -f "$log"' EXIT
bad=0
for name in "$@"; do
	corpus=$dir/corpus/$name
	mkdir -p "$corpus" "$dir/found"
	"$drivers/tests/fuzz_$name" --write "$corpus" || exit 1
	for f in tests/fuzz/"$name".*; do
		case $f in *.dict | *'*') ;; *) cp "$f" "$corpus/" ;; esac
	done
	dict=
	[ -f "tests/fuzz/$name.dict" ] && dict=-dict=tests/fuzz/$name.dict
	"$dir/fuzzers/fuzz_$name" -max_total_time="$share" -timeout="${FUZZ_TIMEOUT:-60}" -rss_limit_mb=2048 -malloc_limit_mb=512 \
		-use_value_profile=1 -print_final_stats=1 -reload=0 $dict \
		-artifact_prefix="$dir/found/$name." "$corpus" >"$log" 2>&1
	code=$?
	runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
	edges=$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$log" | tail -n 1)
	echo "fuzz $name: ${runs:-?} inputs in $share s, ${edges:-?} edges, corpus of $(ls "$corpus" | wc -l) files"
	if [ "$code" -ne 0 ]; then
		bad=1
		grep -v '^#[0-9]' "$log" | tail -n 60
		echo "fuzz $name: FAILED; the input is in $dir/found. Once it is understood, keep it as tests/fuzz/$name.WHAT"
	fi
done
exit $bad
