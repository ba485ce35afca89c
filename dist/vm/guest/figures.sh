# figures.sh: what the boot and the unit cost, in the guest's own time, beside a unit without a sandbox.
# shellcheck shell=bash disable=SC2317,SC2086,SC2154,SC2059
# ready UNIT: milliseconds from exec to READY of its newest start
ready() { systemctl show $1 -p ExecMainStartTimestampMonotonic -p ActiveEnterTimestampMonotonic | cut -d= -f2 | tr '\n' ' ' | awk '{d = $1 - $2; printf "%d", (d < 0 ? -d : d) / 1000}'; }
job() { systemctl show $1 -p InactiveExitTimestampMonotonic -p ActiveEnterTimestampMonotonic | cut -d= -f2 | tr '\n' ' ' | awk '{d = $1 - $2; printf "%d", (d < 0 ? -d : d) / 1000}'; }
middle() { sort -n | awk '{a[NR] = $1} END {print a[int((NR + 1) / 2)]}'; }

at_boot() {
	note "boot: READY after exec, ms" "$(ready gloveboxd)"
	note "boot: the whole start of the unit (blame)" "$(systemd-analyze blame --no-pager | awk '/gloveboxd.service/{print $1}')"
	note "boot: the whole machine" "$(systemd-analyze time | grep -o '= .*' | head -1 | cut -c3-)"
	systemd-analyze plot >/share/boot.svg && [ "$(wc -c </share/boot.svg)" -gt 20000 ] && grep -q 'gloveboxd.service' /share/boot.svg
}
beside_bare() {
	local with='' bare='' unit=/lib/systemd/system/gloveboxd.service
	grep -E '^(\[|Type|NotifyAccess|ExecStart|User|Group|SupplementaryGroups|UMask|(State|Runtime|Configuration)Directory|LoadCredential|WatchdogSec)' $unit |
		sed '/^\[Install\]/,$d' >/run/systemd/system/bare.service
	systemctl daemon-reload
	trap 'systemctl stop bare; again; trap - RETURN' RETURN
	for _ in 1 2 3; do
		systemctl stop gloveboxd && systemctl start bare || return
		bare="$bare$(ready bare) $(job bare)\n"
		systemctl stop bare && again || return
		with="$with$(ready gloveboxd) $(job gloveboxd)\n"
	done
	note "start, the median of 3: READY after exec, ms, bare and with its sandbox" "$(printf "$bare" | cut -d' ' -f1 | middle), $(printf "$with" | cut -d' ' -f1 | middle)"
	note "start, the median of 3: the whole start, ms, bare and with its sandbox" "$(printf "$bare" | cut -d' ' -f2 | middle), $(printf "$with" | cut -d' ' -f2 | middle)"
	rm /run/systemd/system/bare.service && systemctl daemon-reload
}
check "boot figures and a picture of the boot" at_boot
check "beside a unit without a sandbox" beside_bare
