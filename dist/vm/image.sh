#!/bin/bash
# image.sh IMAGE [DEB [PEOPLE]]: an ext4 image of a head unit from the caches, without mounting anything. Needs root.
#   DEB      is installed as an image builder does it: in a chroot, without a running systemd
#   PEOPLE   is the out folder of a scenario: its state becomes /var/lib/glovebox, its car the configuration
#   cut-init (guest/cut-init) is another process 1, for power cuts: vm-init=/cut-init
# In it: users headunit (glovebox-hmi, glovebox-app), media (glovebox-app), stranger; /share from the host; vm-run.service
# runs /share/run.sh and powers off.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
image=$1 deb=${2:-} people=${3:-}
cache=$("$here"/cache.sh)
t=$(mktemp -d "$cache"/tree.XXXXXX)
trap 'rm -rf "$t"' EXIT
cp -a "$cache"/root-*/. "$t"/
cp -a "$cache"/kernel-*/modules/lib/modules "$t"/lib/
printf 'share /share 9p trans=virtio,version=9p2000.L,msize=262144,nofail 0 0\n' >"$t"/etc/fstab
mkdir -p "$t"/share "$t"/etc/systemd/journald.conf.d
echo headunit >"$t"/etc/hostname
printf '127.0.0.1 localhost\n' >"$t"/etc/hosts
echo 0123456789abcdef0123456789abcdef >"$t"/etc/machine-id
printf '[Journal]\nStorage=volatile\n' >"$t"/etc/systemd/journald.conf.d/vm.conf
cat >"$t"/etc/systemd/system/vm-run.service <<'UNIT'
[Unit]
Description=/share/run.sh, then power off
RequiresMountsFor=/share
After=multi-user.target
[Service]
Environment=PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
ExecStart=/bin/sh -c '/bin/bash /share/run.sh >/share/log 2>&1; sync; echo VM-RUN-DONE'
ExecStopPost=/bin/systemctl poweroff --force
StandardOutput=tty
TTYPath=/dev/ttyS0
TimeoutStartSec=infinity
UNIT
wants=$t/etc/systemd/system/vm-run.target.wants
mkdir -p "$wants"
ln -sf ../vm-run.service "$wants"/vm-run.service
printf '[Unit]\nDescription=the trial\nRequires=multi-user.target\nAfter=multi-user.target\n' >"$t"/etc/systemd/system/vm-run.target
ln -sf /etc/systemd/system/vm-run.target "$t"/etc/systemd/system/default.target
for u in apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service fstrim.timer getty@tty1.service \
	serial-getty@ttyS0.service systemd-timesyncd.service systemd-networkd.service mosquitto.service; do
	ln -sf /dev/null "$t"/etc/systemd/system/$u
done
install -m755 "$here"/guest/cut-init "$t"/cut-init
for u in headunit media stranger; do chroot "$t" useradd --system --no-create-home "$u"; done
for g in glovebox-hmi glovebox-app; do chroot "$t" groupadd --system $g; done
chroot "$t" usermod -aG glovebox-hmi,glovebox-app headunit
chroot "$t" usermod -aG glovebox-app media

if [ -n "$deb" ]; then
	cp "$deb" "$t"/glovebox.deb
	chroot "$t" dpkg -i /glovebox.deb >"$image".dpkg 2>&1 || { cat "$image".dpkg >&2; exit 1; }
	rm "$t"/glovebox.deb
fi
if [ -n "$people" ]; then
	mkdir -p "$t"/var/lib/glovebox
	cp "$people"/state/{keys,profiles.db,outbox.db,identity} "$t"/var/lib/glovebox/
	cp "$people"/*.dbc "$people"/mapping.toml "$people"/trust.json "$t"/etc/glovebox/
	cp "$here"/headunit.toml "$t"/etc/glovebox/gloveboxd.toml
	install -Dm644 "$t"/usr/share/glovebox/systemd/60-socketcan.conf -t "$t"/etc/systemd/system/gloveboxd.service.d
	chmod 640 "$t"/etc/glovebox/*.*; chroot "$t" sh -c 'chgrp glovebox /etc/glovebox/*.*'
	chroot "$t" chown -R glovebox:glovebox /var/lib/glovebox
	chmod 700 "$t"/var/lib/glovebox; chmod 600 "$t"/var/lib/glovebox/*
fi
rm -f "$image"
mke2fs -q -t ext4 -E root_owner=0:0 -d "$t" "$image" "${SIZE:-600M}"
