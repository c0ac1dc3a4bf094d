#!/bin/sh
# Who may include what (the rooms of the house), and that every header compiles alone.
set -u
cc=${1:-cc}
bad=0
# deny FILES-PATTERN REGEX WHY [EXCEPT...]
deny() {
	files=$1 regex=$2 why=$3
	shift 3
	for f in $files; do
		[ -f "$f" ] || continue
		skip=
		for x in "$@"; do case $f in $x) skip=1 ;; esac; done
		[ -n "$skip" ] && continue
		if grep -nE "^[[:space:]]*#[[:space:]]*include[[:space:]]*[<\"]($regex)" "$f" /dev/null; then
			echo "layers: $f: $why"
			bad=1
		fi
	done
}
deny "engine/*.[ch] engine/methods/*.[ch]" '(\.\./)*(memory|tui)/|memory\.h|tui' "engine may include neither memory nor tui"
deny "memory/*.[ch]" '(\.\./)*(engine|tui)/|engine|tui' "memory may include neither engine nor tui"
deny "tui/*.[ch]" '(\.\./)*(engine/)?(engine|edit)\.h|(\.\./)*(memory/)?(memory|detect)\.h' \
	"only turn, learn, cli and main see the engine and the memory" 'tui/turn*' 'tui/learn*' 'tui/cli*' tui/main.c tui/app_int.h
deny "tui/*.[ch]" '.*engine_int\.h|.*memory_int\.h' "private headers stay in their rooms"
deny "tui/*.[ch] engine/*.[ch] memory/*.[ch]" 'ncurses|curses|term\.h' "only screen.c and panes.c see curses" tui/screen.c tui/panes.c 'tui/screen_*' 'tui/panes_*'
deny "tui/*.[ch] engine/*.[ch] memory/*.[ch]" 'readline' "only input.c sees readline" tui/input.c
deny "tui/*.[ch] engine/*.[ch]" 'sqlite3' "only memory sees SQLite"
deny "tui/*.[ch] memory/*.[ch] engine/*.[ch]" 'cjson' "only the readers of JSON see cJSON" tui/bench_json.c tui/bench_record.c tui/cost_record.c tui/facts_file.c
deny "tui/*.[ch] memory/*.[ch] engine/*.[ch]" 'cblas|lapack|openblas' "only solve*.c see BLAS" 'engine/solve*.c'
deny "tui/*.[ch] memory/*.[ch] engine/*.[ch]" '(sys/socket|netdb|arpa/|netinet/)' "no network code"
[ -d common ] && { echo "layers: no common/ folder"; bad=1; }
for h in engine/*.h memory/*.h tui/*.h; do
	[ -f "$h" ] || continue
	"$cc" -std=c11 -D_GNU_SOURCE -I. -fsyntax-only -x c "$h" || { echo "layers: $h does not compile alone"; bad=1; }
done
dup=$(ls engine memory tui engine/methods assets/recipe 2>/dev/null | grep '\.c$' | sort | uniq -d)
[ -z "$dup" ] || { echo "layers: file names used twice: $dup"; bad=1; }
[ $bad -eq 0 ] && echo "layers: ok"
exit $bad
