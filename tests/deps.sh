#!/bin/sh
# Installs the Debian packages named as arguments that are missing, after saying so. Quiet when nothing is missing.
# --try before them: what is only nice to have; asks for no password.
set -u
ask=
[ "${1-}" != --try ] || { ask=-n; shift; }
command -v dpkg-query >/dev/null 2>&1 || exit 0 # not Debian: the compiler's messages must do
missing=
for p in "$@"; do
	case $(dpkg-query -W -f '${Status}' "$p" 2>/dev/null) in
	*" installed") ;;
	*) case "$p" in
	   gcc) command -v "${CC:-cc}" >/dev/null 2>&1 && continue ;;
	   pkg-config) command -v pkg-config >/dev/null 2>&1 && continue ;;
	   qemu-user) command -v qemu-aarch64-static >/dev/null 2>&1 && continue ;;
	   esac
	   missing="$missing $p" ;;
	esac
done
[ -n "$missing" ] || exit 0
sudo=
[ "$(id -u)" = 0 ] || sudo="sudo $ask"
[ -z "$ask" ] || [ -z "$sudo" ] || $sudo true 2>/dev/null || exit 1
echo "imprint needs these Debian packages and installs them now:$missing"
if [ -n "$sudo" ] && ! command -v sudo >/dev/null 2>&1; then
	echo "no root rights: run  apt-get install$missing  as root, then make again" >&2
	exit 1
fi
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
if ! { $sudo apt-get install -y --no-install-recommends $missing >"$log" 2>&1 ||
	{ $sudo apt-get update >"$log" 2>&1 &&
	  $sudo apt-get install -y --no-install-recommends $missing >>"$log" 2>&1; }; }; then
	tail -n 5 "$log" >&2
	rm -f "$log"
	echo "the packages could not be installed: run  apt-get install$missing  as root, then make again" >&2
	exit 1
fi
rm -f "$log"
