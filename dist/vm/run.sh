#!/bin/bash
# run.sh [GROUP...]: `make vm`. Builds what it needs, boots a Debian VM for each group of guest scripts, prints one table, ends
# with 1 if a line of it is FAIL. Results, logs and consoles stay in out/vm. Groups: unit, car, install, docs; all if none is named.
# SCRIPTS="guest" runs these alone of a group.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
tree=$(cd "$here"/../.. && pwd)
out=${OUT:-$tree/out/vm}
limit=${LIMIT:-1500} # seconds for one boot: a machine four times slower and busy must do
export VM_CACHE=${VM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/glovebox-vm}
[ "$(id -u)" = 0 ] || { echo "make vm builds a root file system: run it as root" >&2; exit 1; }
declare -A scripts=([docs]="docs" [install]="install" [unit]="figures sandbox policy life" [car]="can guest")
[ $# -gt 0 ] || set -- unit car install docs

"$here"/cache.sh >/dev/null
start=$(date +%s)
[ -n "${AGAIN:-}" ] || "$here"/parts.sh "$out" # AGAIN=1: with the parts of last time

# boot GROUP: its table is in out/vm/GROUP
boot() {
	local group=$1 share
	share=$out/$group
	rm -rf "$share" && mkdir -p "$share"
	cp "$here"/guest/*.sh "$out"/probe "$share"/
	{
		echo 'cd /share && . /share/lib.sh'
		for s in ${SCRIPTS:-${scripts[$group]}}; do echo "echo \"##### $s\"; . /share/$s.sh"; done
		echo 'echo "the end" >>/share/table'
	} >"$share"/run.sh
	: >"$share"/table
	if [ "$group" = install ]; then
		cp "$out"/glovebox.deb "$out"/glovebox-next.deb "$share"/ && mkdir "$share"/people && cp "$out"/people/state/{keys,profiles.db,outbox.db,identity} "$share"/people/
		cp "$out"/bare.img "$out"/install.img
		KEEP=1 "$here"/boot.sh "$out"/install.img "$share" "$limit" || true
		"$here"/scan.sh "$out"/probe "$out"/install.img "$share" >>"$share"/table
		rm -f "$out"/install.img
	elif [ "$group" = docs ]; then
		cp -r "$out"/glovebox.deb "$out"/bin "$share"/ && cp "$tree"/docs/install.md "$share"/way
		"$here"/boot.sh "$out"/bare.img "$share" "$limit" || true
	else
		[ "$group" != car ] || cp -r "$out"/socketcan.test "$out"/drive "$share"/
		"$here"/boot.sh "$out"/car.img "$share" "$limit" || true
	fi
	grep -q '^the end' "$share"/table || echo "FAIL $group: the guest did not come to its end: see out/vm/$group/log and console" >>"$share"/table
}
# Side by side: each is one thread, and a guest's clock goes by what it has computed.
for group in "$@"; do boot "$group" & done
wait

echo
for group in "$@"; do
	echo "== $group"
	sed -E '/^the end/d; s/^ok (.*) ([0-9.]+)$/ok    \1\t\2 s/; s/^FAIL /FAIL  /; s/^note ([^:]*): /      \1\t/' "$out/$group"/table |
		awk -F'\t' '{if (NF > 1) printf "%-66s %s\n", $1, $2; else print}'
done | tee "$out"/table
echo "== make vm: $(($(date +%s) - start)) s, $(grep -c '^ok' "$out"/table) ok, $(grep -c '^FAIL' "$out"/table) failed"
! grep -q '^FAIL' "$out"/table
