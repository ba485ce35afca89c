# life.sh: what goes wrong in a car's life, and what the head unit sees of it over D-Bus.
# shellcheck shell=bash disable=SC2317,SC2086,SC2154
BOOTED=$(date +%s)
# picker: the agent answers, nobody is at the wheel, Reason is $1
picker() { until_ 60 reads Session1 State idle && reads Session1 State idle && reads Session1 Reason "$1" && reads Session1 WipeState clean; }

killed() {
	again && login || return
	local p
	p=$(pid)
	mark
	kill -9 "$p"
	until_ 60 other "$p" && picker boot && login
}
hangs() {
	again && login || return
	local p at
	p=$(pid) at=$(up)
	kill -STOP "$p"
	until_ 120 other "$p" || return
	note "back after SIGSTOP (WatchdogSec=20s), s" "$(since "$at")"
	picker boot && login
}
stops() {
	again && login || return
	local at
	at=$(up)
	systemctl stop gloveboxd
	note "stop, s" "$(since "$at")"
	is "result" "success 0" "$(unit Result) $(unit ExecMainStatus)" && again && picker boot
}
bus_restarts() {
	again && login || return
	systemctl restart dbus
	until_ 90 reads Session1 State idle && picker boot && login && active
}
broken_configuration() {
	cp -a /etc/glovebox/gloveboxd.toml /tmp/kept.toml
	sed -i '1i wrong = 1' /etc/glovebox/gloveboxd.toml
	mark
	again
	sleep 4
	is "unit" "failed exit-code 78 0" "$(systemctl is-active gloveboxd) $(unit Result) $(unit ExecMainStatus) $(unit NRestarts)" || return
	said | grep -m1 wrong || { echo "the journal does not name the key"; return 1; }
	local at
	at=$(up)
	timeout 100 busctl --system --timeout=90 get-property $AGENT $OBJECT org.glovebox.Session1 State >/tmp/seen 2>&1 && { echo "answered"; return 1; }
	note "broken configuration: a call hears" "$(cut -c1-60 /tmp/seen | head -1)"
	note "broken configuration: it hears so after, s" "$(since "$at")"
}
mended_configuration() { cat /tmp/kept.toml >/etc/glovebox/gloveboxd.toml && again && picker boot && login; }
missing_credential() {
	cp -a /etc/glovebox/gloveboxd.toml /tmp/kept.toml
	printf '\n[mqtt]\nbroker = "mqtts://broker.example"\nca = "ca.pem"\ncert = "car.pem"\nkey = "credential:mqtt_key"\n' >>/etc/glovebox/gloveboxd.toml
	again && picker boot && reads Vehicle1 Cloud off && login
	local rc=$?
	cat /tmp/kept.toml >/etc/glovebox/gloveboxd.toml
	return $rc
}
no_credentials_folder() {
	rmdir /etc/glovebox/credentials && again && picker boot
	local rc=$?
	systemd-tmpfiles --create glovebox.conf
	[ $rc = 0 ] || echo "unit: $(unit Result) $(unit ExecMainStatus)"
	return $rc
}
on_small() {
	systemctl stop gloveboxd
	rm -rf /tmp/state && cp -a /var/lib/glovebox /tmp/state
	mount -t tmpfs -o size=${1}m,mode=700,uid="$(id -u glovebox)",gid="$(id -g glovebox)" small /var/lib/glovebox && cp -a /tmp/state/. /var/lib/glovebox/
}
off_small() { systemctl stop gloveboxd; umount /var/lib/glovebox; rm -rf /tmp/state; again; }
read_only() {
	on_small 64 && mount -o remount,ro /var/lib/glovebox && again && reads Session1 State idle && guest && reads Session1 State guest && ctl logout || return
	local recovered refused
	recovered=$(get Vehicle1 Recovered) refused=$(login 2>&1)
	echo "Recovered: $recovered; login: $refused"
	note "read-only state: Recovered" "$(echo "$recovered" | tr -d '"' | cut -c1-40)"
	[ "${recovered%% *}" != 0 ] && ! reads Session1 State active >/dev/null
}
full_disk() {
	off_small || return
	on_small 64 || return
	dd if=/dev/zero of=/var/lib/glovebox/fill bs=64k status=none 2>/dev/null
	again && reads Session1 State idle && guest && ctl logout || return
	echo "login: $(login 2>&1)"
	ctl logout
	rm /var/lib/glovebox/fill
	again && login
}
whole_again() { off_small && picker boot && login && is "Recovered" 0 "$(get Vehicle1 Recovered)"; }
in_1970() { # no earlier than the machine has run: the kernel refuses that
	date -s @"$(($(cut -d. -f1 /proc/uptime) + 5))" >/dev/null && again && picker boot && login && ctl status >/dev/null && active
	local rc=$?
	date -s @"$((BOOTED + 900))" >/dev/null
	return $rc
}
a_year_on() {
	again && login || return
	local p
	p=$(pid)
	date -s @"$((BOOTED + 31536000))" >/dev/null
	sleep 25 # longer than WatchdogSec
	is "pid" "$p" "$(pid)" && reads Session1 State active && ctl settings radio volume=7 >/dev/null
	local rc=$?
	date -s @"$((BOOTED + 1200))" >/dev/null
	sleep 2
	[ $rc = 0 ] && is "pid" "$p" "$(pid)" && reads Session1 State active
}
# eight starts in two minutes: it stays away, says so at once, and comes back by hand
start_limit() {
	again
	local n=0
	while [ $n -lt 12 ] && [ "$(unit Result)" != start-limit-hit ]; do
		kill -9 "$(pid)" 2>/dev/null
		sleep 1
		until_ 20 other 0
		n=$((n + 1))
		[ "$(systemctl is-active gloveboxd)" = failed ] && break
	done
	is "unit" "failed" "$(systemctl is-active gloveboxd)" || return
	local at
	at=$(up)
	timeout 100 busctl --system --timeout=90 get-property $AGENT $OBJECT org.glovebox.Session1 State >/tmp/seen 2>&1
	note "start limit met: a call hears" "$(cut -c1-60 /tmp/seen | head -1)"
	note "start limit met: it hears so after, s" "$(since "$at")"
	again && picker boot
}

until_ 60 active
check "kill -9: back, at the picker, people there" killed
check "SIGSTOP: the watchdog brings it back" hangs
check "stop and start" stops
check "the bus restarts: on it again" bus_restarts
check "broken configuration: exit 78, no restart" broken_configuration
check "mended configuration: back" mended_configuration
check "missing credential: the cloud is off, no more" missing_credential
check "no folder of credentials" no_credentials_folder
check "read-only state: guests drive, nobody logs in" read_only
check "full disk: it starts, guests drive; room again: all" full_disk
check "state as before: whole" whole_again
check "clock at 1970" in_1970
check "a step of a year: the session goes on" a_year_on
check "start limit: it stays away, back by hand" start_limit
