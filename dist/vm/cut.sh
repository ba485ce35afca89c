#!/bin/bash
# cut.sh CUTS IMAGES [SEED]: `make vm-cut`. The state is on a disk of its own; the machine boots in a few seconds (guest/cut-init).
#   cuts     the power fails at a random instant of settings, logins, removals, guests and exchanges of the process: kill -9 of
#            qemu's id; the disk goes on into the next round, people are made anew when few are left
#   images   one run with a write log, from which IMAGES disks are made, each cut between two flushes (replay)
#   controls the same with two agents that are wrong: one that does not overwrite the old key, one that does not sync it
# Ends with 1 if there is a violation, or a control that was not caught. Results stay in out/vm/cut.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
tree=$(cd "$here"/../.. && pwd)
cuts=${1:-50} images=${2:-1000} seed=${3:-$RANDOM}
out=${OUT:-$tree/out/vm}
export VM_CACHE=${VM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/glovebox-vm}
dir=$out/cut share=$out/cut/share
"$here"/cache.sh >/dev/null
[ -n "${AGAIN:-}" ] || "$here"/parts.sh "$out"
rm -rf "$dir" && mkdir -p "$share"
cp "$out"/probe "$share"/
cd "$tree"
CGO_ENABLED=0 go build -trimpath -o "$dir"/replay ./dist/vm/replay
cp "$out"/people/trust.json "$dir"/
printf '[vehicle]\nmodel = "Taycan"\nmodel_year = 2024\ncountry = "DE"\n[cloud]\ntrust = "%s"\n' "$dir"/trust.json >"$dir"/config.toml
replay() { "$dir"/replay -agent bin/gloveboxd -people anna,p1,p2,p3,p4,p5 -config "$dir"/config.toml "$@"; }
RANDOM=$seed
echo "seed $seed"

# fresh IMAGE: people on a disk whose last part no file system has: there the marks go.
fresh() {
	rm -rf "$dir"/tree && mkdir "$dir"/tree
	cp "$out"/people/state/{keys,profiles.db,outbox.db,identity,clean} "$dir"/tree/
	rm -f "$1" && truncate -s 128M "$1"
	mke2fs -q -F -t ext4 -E root_owner=0:0 -d "$dir"/tree "$1" 120M
	rm -rf "$dir"/tree
	: >"$share"/said
}

# machine LIMIT DISK...: boots with the state's disk, given as arguments of qemu.
machine() {
	APPEND="vm-init=/cut-init" EXTRA="${*:2}" "$here"/boot.sh "$out"/car.img "$share" "$1" >>"$dir"/boots 2>&1
}

logged() { # logged IMAGE LOG KIND...: one run with a write log
	rm -f "$2" && truncate -s 512M "$2"
	echo "once ${*:3}" >"$share"/work
	machine 900 -blockdev driver=file,filename="$1",node-name=f0 -blockdev driver=raw,file=f0,node-name=r0 \
		-blockdev driver=file,filename="$2",node-name=l0 -blockdev driver=raw,file=l0,node-name=lr0 \
		-blockdev driver=blklogwrites,file=r0,log=lr0,node-name=lw0,log-super-update-interval=1 -device virtio-blk-pci,drive=lw0,addr=0x1e # behind the root's: /dev/vdb
	grep -c . "$share"/said >/dev/null || { echo "the guest said nothing: $dir/share/log" >&2; return 1; }
}

bad=0
kinds=(settings login removal guest exchange)
state=$dir/state.img
fresh "$state"
for n in $(seq "$cuts"); do
	kind=${kinds[$((n % 5))]}
	[ "$(grep -c '^removed' "$share"/said || true)" -lt 4 ] || fresh "$state"
	echo "forever $kind" >"$share"/work
	before=$(grep -c '^now' "$share"/said || true)
	machine 600 -drive file="$state",format=raw,if=virtio,cache=writethrough &
	boot=$!
	for _ in $(seq 3000); do
		[ "$(grep -c '^now' "$share"/said || true)" -le "$before" ] || break
		kill -0 $boot 2>/dev/null || break
		sleep 0.2
	done
	sleep "$(printf "%d.%03d" $((RANDOM % 10)) $((RANDOM % 1000)))" # a login alone takes seconds in here
	kill -9 "$(cat "$share"/qemu.pid)" 2>/dev/null || true
	wait $boot || true
	[ "$(grep -c '^now' "$share"/said || true)" -gt "$before" ] || { echo "violation: round $n, $kind: it did not come up"; bad=$((bad + 1)); }
	replay cut "$state" "$share"/said >"$dir"/round || bad=$((bad + 1))
	sed "s/^/cut $n: /" "$dir"/round
done
echo "== $cuts power cuts: $bad with violations"
result=$bad

if [ "$images" -gt 0 ]; then
	fresh "$state" && cp --sparse=always "$state" "$dir"/base.img
	logged "$state" "$dir"/log settings login removal exchange guest settings exchange
	replay log "$dir"/base.img "$dir"/log "$images" "$seed" | tee "$dir"/images || result=$((result + 1))

	for control in no-erase no-fsync; do
		"$here"/control.sh $control "$share"/gloveboxd
		fresh "$state" && cp --sparse=always "$state" "$dir"/base.img
		logged "$state" "$dir"/log removal
		if replay log "$dir"/base.img "$dir"/log $((images / 25 + 10)) "$seed" >"$dir"/$control; then
			echo "control $control: NOT caught"
			result=$((result + 1))
		else
			echo "control $control: caught, $(grep -c '^violation' "$dir"/$control) violations in $((images / 25 + 10)) images; the first: $(grep -m1 '^violation' "$dir"/$control | cut -c1-110)"
		fi
		rm "$share"/gloveboxd
	done
fi
rm -f "$dir"/*.img "$dir"/log
[ "$result" = 0 ]
