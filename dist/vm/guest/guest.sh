# guest.sh: what is left of a guest in memory, in a core, in swap; a sleep; calls over the exchange of the process.
# shellcheck shell=bash disable=SC2013,SC2016,SC2046,SC2086,SC2154,SC2317
# The values lie in a file of the host, and in programs that have ended: never in this shell, which may be swapped.
(for i in $(seq 20); do printf 'guest-%02d-%s ' "$i" "$(head -c 6 /dev/urandom | od -An -tx1 | tr -d ' \n')"; done) >/share/words

drives() (
	guest || exit
	for w in $(cat /share/words); do all="${all:-}{\"name\":\"$w\",\"latitude\":54.19,\"longitude\":6.62},"; done
	ctl settings navigation favourites="[${all%,}]" >/dev/null
)
in_memory() ( /share/probe memory "$(pid)" $(cat /share/words) | awk '/^found/{n += $3} END{print n + 0}' )
secret_memory() {
	again && drives || return
	/share/probe memory "$(pid)" nothing | tee /tmp/mappings
	grep -q 'secretmem.*input/output' /tmp/mappings || { echo "no mapping of memfd_secret, or root reads it"; return 1; }
}
# the control: while the guest is there copies pass through ordinary memory, and the scan finds them
found_while_there() { [ "$(in_memory)" -gt 0 ] || { echo "the scan finds nothing: it is blind"; return 1; }; }
gone_with_the_guest() {
	ctl logout && until_ 30 reads Session1 WipeState clean && is "values in memory" 0 "$(in_memory)" &&
		is "values in /proc" 0 "$(cat /proc/"$(pid)"/{cmdline,environ,maps,smaps,status,stat,comm,mountinfo} 2>/dev/null | tr '\0' '\n' | grep -c 'guest-[0-9][0-9]-')" &&
		is "values in files" "" "$(grep -rl 'guest-[0-9][0-9]-' /var/lib/glovebox /run/glovebox /run/glovebox-session /tmp /var/log /run/log 2>/dev/null)" &&
		is "values in the journal" 0 "$(journalctl -b -u gloveboxd --no-pager -o export | grep -c 'guest-[0-9][0-9]-')"
}
core() {
	echo '|/bin/sh /share/core.sh %p' >/proc/sys/kernel/core_pattern
	printf 'cat >/var/tmp/core.$1\n' >/share/core.sh
	# the control: a program that may dump leaves its core
	(ulimit -c unlimited && CONTROL=guest-control exec sleep 100) &
	local p=$!
	sleep 1
	kill -ABRT $p
	wait $p 2>/dev/null
	sleep 2
	grep -qa guest-control /var/tmp/core.$p || { echo "the control left no core"; return 1; }
	drives || return
	p=$(pid)
	prlimit --core=unlimited --pid "$p"
	kill -ABRT "$p"
	until_ 60 other "$p" || return
	is "core of the agent" "" "$(find /var/tmp /var/lib/glovebox -name "core*$p*")" && is "state" idle "$(get Session1 State)"
	rm -f /var/tmp/core*
}
# holders: the programs that have a value in their memory
holders() (
	for p in /proc/[0-9]*; do
		/share/probe memory "${p#/proc/}" $(cat /share/words) 2>/dev/null | grep -q '^found' && echo "a value lies in $(cat "$p"/comm), swapped: $(awk '/VmSwap/{print $2}' "$p"/status) KiB"
	done
)
swapped() {
	CONTROL=swap-control-5417 sleep 600 & # idle, and so the first to be swapped
	local held=$!
	systemctl set-property --runtime dbus.service MemorySwapMax=0 # 60-dbus.conf
	modprobe zram && echo 128M >/sys/block/zram0/disksize && mkswap -q /dev/zram0 && swapon /dev/zram0 && drives || return
	sysctl -q vm.swappiness=100
	# more than there is of memory, for a moment
	timeout 60 head -c "$(($(awk '/MemAvailable/{print $2}' /proc/meminfo) * 1024 + 40000000))" /dev/zero 2>/dev/null | timeout 60 tail -c 400000000 >/dev/null 2>&1
	local used
	used=$(awk '/zram/{print $4}' /proc/swaps)
	[ "${used:-0}" -gt 1000 ] || { echo "nothing was swapped at all: $used"; return 1; }
	grep -qa swap-control-5417 /dev/zram0 || { echo "the control was not swapped, of $used KiB"; return 1; }
	is "swapped of the agent" 0 "$(awk '/VmSwap/{print $2}' /proc/"$(pid)"/status)" && is "values in swap" "" "$(grep -ao 'guest-[0-9][0-9]-[0-9a-f]*' /dev/zram0 | head -1)"
	local rc=$?
	[ $rc = 0 ] || holders
	note "swapped of others, MiB" "$((used >> 10))"
	kill $held
	ctl logout >/dev/null
	swapoff /dev/zram0
	return $rc
}
delay_lock() { busctl --system call org.freedesktop.login1 /org/freedesktop/login1 org.freedesktop.login1.Manager ListInhibitors | grep -oi '"sleep[a-z:]*" "[^"]*glovebox[^"]*"\|"shutdown:sleep" "[^"]*" "[^"]*" "delay"' | head -1 | grep .; }
sleeps() {
	until_ 60 delay_lock || { echo "logind gave no delay lock: $(journalctl -b -u gloveboxd -o cat | grep -i sleep | tail -1)"; return 1; }
	drives || return
	local dir
	dir=$(get Session1 RuntimeDirectory)
	echo x >"$dir"/file
	dmesg -C
	echo freezer >/sys/power/pm_test
	systemctl suspend
	until_ 90 sh -c 'dmesg | grep -q "suspend exit\|suspend debug: Waiting"' || { dmesg | tail -3; echo "it did not sleep"; return 1; }
	until_ 60 reads Session1 WipeState clean
	until_ 60 reads Session1 State idle
	# ended before the machine slept, not after
	reads Session1 Reason suspend && is "session's directory" "" "$(ls -d "$dir" 2>/dev/null)" && is "values in memory" 0 "$(in_memory)"
	local rc=$?
	journalctl -b --no-pager -o short-monotonic | grep -E 'PM: suspend entry|gloveboxd.*(suspend|sleep|ended)' | tail -4
	until_ 60 delay_lock
	return $rc
}
many_calls() { /share/probe calls 200 | tail -3 | tee /tmp/calls; note "over the exchange of the process" "$(tail -1 /tmp/calls)"; grep -q ', 0 failed' /tmp/calls; }
same_pid() {
	local p n
	p=$(pid) n=$(unit NRestarts)
	guest && ctl logout && until_ 30 reads Session1 WipeState clean && is "pid, restarts" "$p $n" "$(pid) $(unit NRestarts)" && is "unit" "active running" "$(unit ActiveState) $(unit SubState)"
}

until_ 60 active
check "memfd_secret in use, unreadable to root" secret_memory
check "control: the scan finds a guest's values while they drive" found_while_there
check "a guest's values: 0 in memory, /proc, files, journal" gone_with_the_guest
check "the exchange keeps PID and unit" same_pid
check "200 calls over the exchange answered" many_calls
check "no core, though forced" core
check "nothing of the agent in swap" swapped
check "a sleep ends the guest's session first" sleeps
