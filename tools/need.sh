#!/bin/sh
# need.sh PROGRAM-OR-FILE:PACKAGE ... installs what is missing, or says in one line what to install.
set -u
missing=
for pair in "$@"; do
	command -v "${pair%%:*}" >/dev/null 2>&1 || [ -e "${pair%%:*}" ] || missing="$missing ${pair#*:}"
done
[ -z "$missing" ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
	echo "installing$missing"
	apt-get update -qq >/dev/null && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null && exit 0
fi
echo "please install:$missing   (on Debian: sudo apt-get install$missing)" >&2
exit 1
