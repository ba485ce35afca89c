# sandbox.sh: the unit as systemd runs it, and what its sandbox lets through.
# shellcheck shell=bash disable=SC2317,SC2086,SC2154
runs() { until_ 60 active && is "sub-state" running "$(unit SubState)" && reads Session1 State idle; }
score() {
	local s
	s=$(systemd-analyze security gloveboxd --no-pager 2>/dev/null | grep -o 'gloveboxd.service: [0-9.]*' | cut -d' ' -f2)
	note "systemd-analyze security" "$s"
	echo "$s" | awk '{exit !($1 > 0 && $1 <= 2)}' || { echo "exposure $s"; return 1; }
}
limits() {
	local p
	p=$(pid)
	is "core" 0 "$(awk '/core file/{print $5}' /proc/"$p"/limits)" && is "locked" 8388608 "$(awk '/locked memory/{print $4}' /proc/"$p"/limits)" &&
		is "capabilities" 0000000000000000 "$(awk '/CapBnd/{print $2}' /proc/"$p"/status)" && is "seccomp" 2 "$(awk '/^Seccomp:/{print $2}' /proc/"$p"/status)" &&
		is "new privileges" 1 "$(awk '/NoNewPrivs/{print $2}' /proc/"$p"/status)" && is "memory, swap, tasks" "134217728 0 64" "$(unit MemoryMax) $(unit MemorySwapMax) $(unit TasksMax)"
	note "memory of the unit, MiB" "$(($(unit MemoryCurrent) >> 20))"
}
# the probe in the agent's place, in its unit: what it may do, and what not
probed() {
	sed -e 's#^ExecStart=.*#ExecStart=/share/probe sandbox#' -e 's/^Type=.*/Type=oneshot/' -e '/^BusName/d;/^WatchdogSec/d;/^Restart/d;/^NotifyAccess/d;/^StartLimit/d' \
		/lib/systemd/system/gloveboxd.service >/run/systemd/system/probe.service
	rm -rf /run/systemd/system/probe.service.d
	[ -z "${1:-}" ] || { mkdir -p /run/systemd/system/probe.service.d && cp "$1" /run/systemd/system/probe.service.d/; }
	systemctl daemon-reload
	systemctl start probe
	journalctl -b -u probe --no-pager -o cat | grep -E ' (yes|no)' >/tmp/probe
	cat /tmp/probe
}
may() { for n in "$@"; do grep -q "^$n yes" /tmp/probe || { echo "may not: $(grep "^$n " /tmp/probe)"; return 1; }; done; }
may_not() { for n in "$@"; do grep -q "^$n no" /tmp/probe || { echo "may: $n"; return 1; }; done; }
lets_through() {
	probed
	may memfd_secret mlock socket-unix socket-inet write/var/lib/glovebox write/run/glovebox write/run/glovebox-session read/etc/glovebox/gloveboxd.toml
}
keeps_out() {
	may_not executable-memory socket-can socket-netlink socket-packet read/dev/vda write/etc/glovebox write/var write/usr \
		read/etc/glovebox/credentials read/proc/1/status mount new-namespace set-clock
}
socketcan() { probed /usr/share/glovebox/systemd/60-socketcan.conf && may socket-can && may_not socket-netlink socket-packet; }
quiet() { is "refused calls" "" "$(journalctl -b -k --no-pager -o cat | grep -E 'audit.*type=1326|seccomp' | head -3)"; }

check "unit runs under its sandbox" runs
check "systemd-analyze security 2 or less, live" score
check "limits, capabilities, seccomp" limits
check "what the sandbox lets through" lets_through
check "what the sandbox keeps out" keeps_out
check "SocketCAN by its drop-in, no netlink" socketcan
check "no refused system call" quiet
