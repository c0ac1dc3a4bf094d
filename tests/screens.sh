#!/bin/sh
# screens.sh BUILD-FOLDER: puts the program's screens into the README, between the lines that name them.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
"$1/tests/bench_screens" ./imprint "$dir/learning" "$dir/proving"
awk -v dir="$dir" '
	/^<!-- screen: .* -->$/ {
		print
		print ""
		while ((getline line <(dir "/" $3)) > 0)
			print (line == "" ? "" : "    ") line
		print ""
		skip = 1
	}
	/^<!-- end of screen -->$/ { skip = 0 }
	!skip { print }
	/^<!-- screen: .* -->$/ { next }
' README.md >"$dir/README"
cat "$dir/README" >README.md
