#!/bin/bash
# cache.sh: a Debian root and a kernel into the cache folder, once for each list of packages; prints that folder. Needs root.
#   CACHE/root-HASH/       a minimal Debian with systemd, as a tree
#   CACHE/kernel-HASH/    vmlinuz, initrd, modules/ (a tree to lay into the root)
set -euo pipefail
cache=${VM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/glovebox-vm}
suite=bookworm
packages=systemd,systemd-sysv,dbus,udev,kmod,iproute2,procps,polkitd,can-utils,mosquitto,mosquitto-clients,openssl,argon2
early="virtio_pci virtio_blk ext4 crc32c_generic"
later="9p 9pnet_virtio can can-raw vcan slcan virtio_console virtio-rng autofs4 unix_diag zram"
hash() { printf '%s' "$*" | sha256sum | cut -c1-12; }
root=$cache/root-$(hash "$suite $packages") kernel=$cache/kernel-$(hash "2 $early $later")
mkdir -p "$cache"

if [ ! -d "$root" ]; then
	rm -rf "$cache"/root-*
	echo "cache: a Debian root, about 3 minutes" >&2
	sources=/etc/apt/sources.list.d/debian.sources
	[ -e "$sources" ] && grep -q "$suite" "$sources" || sources=
	mmdebstrap --quiet --variant=minbase --mode=root --include="$packages" --aptopt='Apt::Install-Recommends "false"' \
		--dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-exclude=/usr/share/doc/*' \
		--dpkgopt='path-include=/usr/share/doc/glovebox*' --dpkgopt='path-include=/usr/share/man/man*/glovebox*' \
		--format=directory "$suite" "$root.new" ${sources:+"$sources"} >&2
	rm -rf "$root.new"/var/cache/apt/* "$root.new"/var/lib/apt/lists/*
	mv "$root.new" "$root"
fi

# need DIR VERSION MODULE ... prints the files of modules and of what they need, in the order to load them.
need() {
	for m in "${@:3}"; do modprobe -d "$1" -S "$2" --show-depends "$m" 2>/dev/null | awk '$1=="insmod"{print $2}' || true; done | awk '!seen[$0]++'
}

if [ ! -d "$kernel" ]; then
	rm -rf "$cache"/kernel-*
	echo "cache: a kernel, about 30 seconds" >&2
	mkdir -p "$kernel.new"/i/{bin,proc,sys,dev,new} && cd "$kernel.new"
	package=$(apt-cache depends linux-image-amd64 | awk '/Depends:/{print $2; exit}')
	apt-get download -qq "$package" busybox-static >&2
	dpkg-deb -x "$package"_*.deb x
	dpkg-deb -x busybox-static_*.deb b
	v=${package#linux-image-}
	mv x/boot/vmlinuz-"$v" vmlinuz
	depmod -b x "$v"
	n=10
	# shellcheck disable=SC2086 # words are meant
	for f in $(need x "$v" $early); do cp "$f" i/$n-"$(basename "$f")"; n=$((n + 1)); done
	# shellcheck disable=SC2086
	for f in $(need x "$v" $early $later); do
		install -Dm644 "$f" modules/lib/modules/"${f#*/lib/modules/}"
	done
	cp x/lib/modules/"$v"/modules.{order,builtin,builtin.modinfo} modules/lib/modules/"$v"/
	depmod -b modules "$v"
	cp b/bin/busybox i/bin/busybox
	cat >i/init <<'INIT'
#!/bin/busybox sh
b=/bin/busybox
$b mount -t proc p /proc; $b mount -t sysfs s /sys; $b mount -t devtmpfs d /dev
for m in /[0-9]*.ko; do $b insmod $m || echo "insmod $m failed"; done
i=0; while [ ! -b /dev/vda ] && [ $i -lt 200 ]; do $b sleep 0.1; i=$((i+1)); done
$b mount -t ext4 -o rw,data=ordered /dev/vda /new || { echo "VM-NO-ROOT"; $b poweroff -f; }
init=/sbin/init
for w in $($b cat /proc/cmdline); do case $w in vm-init=*) init=${w#vm-init=} ;; esac; done
$b umount /proc; $b umount /sys
$b mount --move /dev /new/dev
exec $b switch_root /new $init
INIT
	chmod +x i/init
	(cd i && find . | cpio -o -H newc --quiet | gzip -1) >initrd
	rm -rf x b i ./*.deb
	mv "$kernel.new" "$kernel"
fi
echo "$cache"
