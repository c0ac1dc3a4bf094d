#!/bin/sh
# Figures of a start: seconds to the first prompt, tokens a second, peak memory; with nothing learned and with a few facts.
# usage: tests/bench/startup.sh [-m MODEL]     (IMPRINT: the program, default ./imprint)
set -eu
program=${IMPRINT:-./imprint}
home=$(mktemp -d)
trap 'rm -rf "$home"' EXIT
export HOME="$home" LC_ALL=C.UTF-8
unset XDG_DATA_HOME XDG_CACHE_HOME XDG_STATE_HOME XDG_CONFIG_HOME

now() { date +%s.%N; }
minus() { awk "BEGIN { printf \"%.3f\", $1 - $2 }"; }
field() { sed "s/.*\"$1\":\"\\{0,1\\}\\([^,\"}]*\\).*/\\1/"; }

# Median of five starts to the event that says the model and the ledger are open.
first_prompt() {
	for i in 1 2 3 4 5; do
		a=$(now)
		minus "$("$program" "$@" --json </dev/null | { head -n 1 >/dev/null; now; cat >/dev/null; })" "$a"
		echo
	done | sort -n | sed -n 3p
}

figures() {
	what=$1
	shift
	ready=$(first_prompt "$@")
	stats=$("$program" "$@" stats --json)
	answer=$("$program" "$@" ask --json "Tell me something about the weather.")
	printf '%-22s %8s s %8.0f tokens/s %8.1f MB %s\n' "$what" "$ready" \
		"$(printf '%s\n' "$answer" | awk -F'"tokens":|,"seconds":|}' '{ print $2 / $3 }')" \
		"$(printf '%s\n' "$stats" | field peak_bytes | awk '{ print $1 / 1e6 }')" \
		"$(printf '%s\n' "$stats" | field kernels), $(printf '%s\n' "$stats" | field threads) threads"
}

a=$(now)
"$program" "$@" stats >/dev/null
echo "first start ever (calibration): $(minus "$(now)" "$a") s"
printf '%-22s %10s %17s %11s\n' "" "to prompt" "speed" "memory"
figures "nothing learned" "$@"
for text in "My dog is called Biscuit." "My brother's name is Tom." "I live in Lisbon." "My best friend's name is Maria."; do
	"$program" "$@" remember "$text" >/dev/null 2>&1 || echo "not learned: $text"
done
figures "$("$program" "$@" facts | grep -c ' verified ' || true) facts in the weights" "$@"
