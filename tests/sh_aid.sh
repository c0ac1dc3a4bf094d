# sh_aid: what the *.t.sh tests share. Source it first: . tests/sh_aid.sh
# A test is a line `run NAME function`; inside, `ok WHAT command...` records a failure and goes on. The closing line is the
# one tests/run.sh adds up. Every test starts with an empty home of its own ($HOME, XDG variables unset).
: "${IMPRINT:=./imprint}"
case $IMPRINT in /*) ;; *) IMPRINT=$PWD/$IMPRINT ;; esac
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
passed=0 failed=0 skipped=0 bad=0 home=0
unset XDG_DATA_HOME XDG_CACHE_HOME XDG_STATE_HOME XDG_CONFIG_HOME IMPRINT_MODEL IMPRINT_ASSETS
export LC_ALL=C.UTF-8

# The model under test: IMPRINT_TEST_MODEL, or the built-in one.
model=${IMPRINT_TEST_MODEL:-$PWD/assets/imprint-base.gguf}
cache=$root/cache # calibration is made once

# ok WHAT COMMAND...: the command must succeed.
ok() {
	what=$1
	shift
	"$@" && return 0
	echo "$name: not true: $what"
	bad=$((bad + 1))
	return 1
}
# is WHAT GOT WANTED
is() {
	[ "$2" = "$3" ] && return 0
	echo "$name: $1: \"$2\" is not \"$3\""
	bad=$((bad + 1))
	return 1
}
# exits CODE COMMAND...: stdout goes to $root/out, stderr to $root/err.
exits() {
	want=$1
	shift
	"$@" >"$root/out" 2>"$root/err"
	got=$?
	[ "$got" -eq "$want" ] && return 0
	echo "$name: exit code $got, not $want: $*"
	head -c 600 "$root/err"
	bad=$((bad + 1))
	return 1
}
# said/told WORDS: what the last `exits` command wrote to stdout / stderr holds them. begins: a line of stdout does with it.
said() { ok "stdout says '$1': $(head -c 300 "$root/out")" grep -qF -- "$1" "$root/out"; }
begins() { ok "a line begins with '$1': $(head -c 300 "$root/out")" grep -q -- "^$1" "$root/out"; } # a pattern
told() { ok "stderr says '$1': $(head -c 300 "$root/err")" grep -qF -- "$1" "$root/err"; }
fresh() {
	home=$((home + 1))
	export HOME="$root/home$home" XDG_CACHE_HOME="$cache"
	mkdir -p "$HOME"
}
run() {
	name=$1 bad=0
	fresh
	"$2"
	if [ "$bad" -eq 0 ]; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
}
# run_model NAME function: needs a model that has learned to talk.
run_model() {
	if [ -f "$model" ]; then
		run "$@"
	else
		skipped=$((skipped + 1))
		echo "skipped: $1: no model at $model"
	fi
}
finish() {
	echo "# passed $passed failed $failed skipped $skipped"
	[ "$failed" -eq 0 ]
	exit
}
imprint() { "$IMPRINT" -m "$model" "$@"; }
