#!/bin/sh
# 64-bit ARM: kernels, files, quantiser and forward pass run under qemu, as a processor with every extension and as one of
# plain ARMv8; the logits of small models are those of this processor's tables to the last bit. On ARM itself all that is
# compared natively.
set -u
native=$(dirname "${IMPRINT:-build/release/imprint}")/tests
bare=build/arm64/bare
prefix=/usr/aarch64-linux-gnu # where Debian puts the C library for it
pass=0 fail=0 skip=0
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
ok() { if [ "$1" -eq 0 ]; then pass=$((pass + 1)); else fail=$((fail + 1)); echo "not ok: $2"; fi; }
finish() {
	echo "# passed $pass failed $fail skipped $skip"
	[ "$fail" -eq 0 ]
	exit
}
skip() {
	skip=$((skip + 1))
	echo "skipped: arm: $1"
	finish
}
# same FILE: every line has the hash of the first table here, which is plain C
same() {
	hash=$(sed -n '1s/^scalar //p' "$dir/native")
	[ -n "$hash" ] && [ -s "$1" ] && ! grep -v " $hash\$" "$1"
}
# tables FILE NAMES: the tables that ran are these
tables() {
	got=$(cut -d' ' -f1 "$1" | tr '\n' ' ')
	[ "$got" = "$2 " ] || { echo "tables: $got, not $2"; return 1; }
}

mkdir "$dir/models"
"$native/test_forward" --bits "$dir/models" >"$dir/native"
ok $? "the logits here"
same "$dir/native"
ok $? "the tables of this processor agree"
case $(uname -m) in
x86_64) ;;
aarch64) finish ;; # test_kernels and test_forward have run natively
*) skip "the host is neither x86-64 nor ARM" ;;
esac

[ -x $bare/test_kernels ] || skip "no cross compiler and C library (gcc-aarch64-linux-gnu, libc6-dev-arm64-cross) when the tests were built"
for qemu in qemu-aarch64 qemu-aarch64-static; do
	command -v $qemu >/dev/null 2>&1 && break
done
command -v $qemu >/dev/null 2>&1 || skip "no emulator (Debian package qemu-user)"
# arm CPU PROGRAM ARGUMENTS...
arm() {
	cpu=$1 program=$2
	shift 2
	"$qemu" -cpu "$cpu" -L $prefix $bare/"$program" "$@" >"$dir/out" 2>&1 && return 0
	echo "$program on $cpu:"
	tail -n 20 "$dir/out"
	return 1
}
for cpu in max cortex-a53; do
	arm $cpu test_kernels
	ok $? "the kernels on $cpu"
	arm $cpu test_forward --bits "$dir/models"
	ok $? "the logits on $cpu"
	same "$dir/out"
	ok $? "the logits on $cpu are those of this processor"
	case $cpu in
	max) tables "$dir/out" "scalar neon neon-dotprod neon-i8mm" ;;
	*) tables "$dir/out" "scalar neon" ;;
	esac
	ok $? "the tables of $cpu"
done
for program in test_quant test_gguf "test_forward --small"; do
	arm max $program
	ok $? "$program"
done
finish
