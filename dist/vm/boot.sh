#!/bin/bash
# boot.sh IMAGE SHARE SECONDS: boots IMAGE, SHARE is /share in the guest: run.sh is run as root, its output is SHARE/log, the
# console SHARE/console. The guest powers off; after SECONDS its qemu is killed by its id. Prints how long it ran. The guest's clock
# counts its instructions (icount, 2 ns each): a host that is slow or busy slows the guest's clock with it, so no limit in the
# guest is missed for that, and seconds in the table are those of a board with 500 million instructions a second.
#   KEEP=1      writes to the image stay (else to an overlay that is thrown away)
#   DRIVE=ARGS  instead of -drive for IMAGE, EXTRA=ARGS more arguments, APPEND=WORDS more for the kernel
set -uo pipefail
image=$1 share=$2 limit=$3
kernel=$(echo "${VM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/glovebox-vm}"/kernel-*)
snapshot=on
[ "${KEEP:-}" = 1 ] && snapshot=off
drive=${DRIVE:--drive file=$image,format=raw,if=virtio,cache=${CACHE:-unsafe},snapshot=$snapshot}
tmp=/var/tmp
[ ! -d /dev/shm ] || tmp=/dev/shm # the overlay: what is thrown away need not reach a disk
: >"$share"/console
start=$(date +%s)
# shellcheck disable=SC2086 # words are meant
TMPDIR=$tmp qemu-system-x86_64 -accel tcg -icount shift=${ICOUNT:-1},sleep=on -cpu max -smp 1 -m 512 -nodefaults -no-reboot -display none -serial file:"$share"/console \
	-kernel "$kernel"/vmlinuz -initrd "$kernel"/initrd $drive ${EXTRA:-} \
	-virtfs local,path="$share",mount_tag=share,security_model=none -device virtio-rng-pci \
	-append "console=ttyS0 quiet panic=-1 systemd.show_status=0 net.ifnames=0 secretmem.enable=1 ${APPEND:-}" &
pid=$!
echo $pid >"$share"/qemu.pid
(
	for _ in $(seq "$limit"); do kill -0 $pid 2>/dev/null || exit; sleep 1; done
	echo "no end after $limit s" >"$share"/late
	kill -9 $pid
) &
guard=$!
wait $pid
rc=$?
kill $guard 2>/dev/null
wait $guard 2>/dev/null
echo "qemu exit $rc after $(($(date +%s) - start)) s"
