#!/bin/sh
# The include rules hold, and the check notices a breach.
pass=0 fail=0
ok() { if [ "$1" -eq 0 ]; then pass=$((pass + 1)); else fail=$((fail + 1)); echo "not ok: $2"; fi; }
sh tests/layers.sh cc
ok $? "layers"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mkdir -p "$dir/engine" "$dir/tests"
cp tests/layers.sh "$dir/tests/"
printf '#include "../memory/memory.h"\n' >"$dir/engine/bad.c"
(cd "$dir" && sh tests/layers.sh cc >/dev/null 2>&1) && breach=1 || breach=0
ok $breach "a breach is noticed"
echo "# passed $pass failed $fail skipped 0"
[ $fail -eq 0 ]
