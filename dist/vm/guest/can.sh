# can.sh: SocketCAN on a real vcan, beside can-utils. In /share: socketcan.test, drive/ (the recorded drive, and what came of it
# over SLCAN).
# shellcheck shell=bash disable=SC2317,SC2086,SC2154
# counter PATTERN: the sum of the counters whose names match
counter() { busctl --system call $AGENT $OBJECT org.glovebox.Vehicle1 Statistics | grep -oE "\"($1)\" t [0-9]+" | awk '{n += $3} END {print n + 0}'; }
FRAMES='bus\.powertrain\.frames' LOST='bus\.powertrain\.(lost|overflow|dropped|missed)[a-z]*'
statistics() { busctl --system call $AGENT $OBJECT org.glovebox.Vehicle1 Statistics | grep -o '"[^"]*" t [0-9]*' | tr '\n' ';'; }
buses() { for i in vcan0 vcan1; do ip link show $i >/dev/null 2>&1 || ip link add $i type vcan; ip link set $i down; ip link set $i mtu 72; ip link set $i up; done; }
can_is() { until_ 30 reads Vehicle1 CAN "$1" || reads Vehicle1 CAN "$1"; }
# talking STATE: while both buses say something, CAN gets to be STATE. An interface may be away: what talks on it comes again
talking() {
	local rc i talkers=
	for i in "vcan0 200 0200" "vcan1 212 01"; do
		# shellcheck disable=SC2162 # words are meant
		(trap 'kill $!; exit' TERM; read name id data <<<"$i"; while :; do cangen "$name" -g 200 -I "$id" -L $((${#data} / 2)) -D "$data" >/dev/null 2>&1 & wait $!; sleep 1; done) &
		talkers="$talkers $!"
	done
	until_ 30 reads Vehicle1 CAN "$1"
	rc=$?
	[ $rc = 0 ] || { statistics; reads Vehicle1 CAN "$1"; }
	kill $talkers
	wait $talkers 2>/dev/null
	return $rc
}

own_tests() {
	/share/socketcan.test -test.v -test.count=1 -test.timeout=8m >/tmp/own 2>&1
	local rc=$?
	grep -E '^(---|\s+---)' /tmp/own | sed 's/^\s*--- \([A-Z]*\): \([^ ]*\) .*/\1 \2/' | sort | uniq -c
	tail -5 /tmp/own
	note "hal/socketcan on vcan" "$(grep -c '^--- PASS' /tmp/own) passed, $(grep -c '^--- SKIP' /tmp/own) skipped"
	[ $rc = 0 ] && is "skipped" "" "$(grep '^--- SKIP' /tmp/own)"
}
missing_then_there() {
	ip link del vcan0 2>/dev/null
	ip link del vcan1 2>/dev/null
	mark
	again && can_is down || return
	sleep 12
	is "lines about one missing interface in 12 s" 1 "$(said | grep -c vcan0)" || { said | grep vcan | head -5; return 1; }
	ip link add vcan0 type vcan && ip link add vcan1 type vcan && sleep 12
	[ "$(said | grep -c vcan0)" -le 2 ] || { echo "not quiet: $(said | grep -c vcan0) lines"; said | grep vcan0 | tail -3; return 1; }
	buses
	talking up
}
down_and_up() { ip link set vcan0 down && sleep 3 && talking degraded && ip link set vcan0 up && talking up; }
made_again() { ip link del vcan0 && talking degraded && buses && talking up; }
renamed() {
	ip link set vcan1 down && ip link set vcan1 name vcan7 && ip link set vcan7 up && talking degraded || return
	ip link set vcan7 down && ip link set vcan7 name vcan1 && ip link set vcan1 up && talking up
}
flood() {
	local before lost seen
	before=$(counter "$FRAMES") lost=$(counter "$LOST")
	candump -n 20000 -T 8000 vcan0 >/tmp/flood &
	local d=$!
	sleep 1
	cangen vcan0 -g 0 -n 20000 -I 123 -L 8
	sleep 4
	kill $d 2>/dev/null
	wait $d 2>/dev/null
	seen=$(wc -l </tmp/flood)
	statistics
	note "flood of 20,000: candump, agent, counted as lost" "$seen, $(($(counter "$FRAMES") - before)), $(($(counter "$LOST") - lost))"
	[ $(($(counter "$FRAMES") - before + $(counter "$LOST") - lost)) -ge "$seen" ]
}
actuator() {
	buses && again && login || return
	candump -n 1 -T 20000 vcan1,$1:7FF >/tmp/act &
	local d=$!
	sleep 1
	ctl settings radio volume=11
	wait $d
	cat /tmp/act
	grep -q vcan1 /tmp/act || { echo "candump saw no frame $1"; return 1; }
}
# the recorded drive by canplayer: what it says is what it says over SLCAN
recorded() {
	cp -a /etc/glovebox /tmp/glovebox.kept
	cp /share/drive/{mapping.toml,*.dbc} /etc/glovebox/ && chgrp glovebox /etc/glovebox/*.*
	sed -i 's/^dbc *= *"powertrain.dbc"/dbc = "toyota_rav4.dbc"/; s/^name *= *"body"/name = "radar"/; s/^dbc *= *"body.dbc"/dbc = "toyota_adas.dbc"/' /etc/glovebox/gloveboxd.toml
	buses && again && can_is down || return
	gloveboxctl watch --json >/tmp/watched 2>/tmp/watch.err &
	local w=$! lost rc
	sleep 3
	canplayer -I /share/drive/canplayer.log vcan0=can0 vcan1=can1
	sleep 3
	kill $w
	wait $w
	statistics
	lost=$(counter "$LOST")
	/share/values.sh </tmp/watched >/tmp/values
	cp /tmp/values /share/vcan.values
	note "recorded drive: values over SLCAN, over vcan, lost frames" "$(wc -l </share/drive/slcan.values), $(wc -l </tmp/values), $lost"
	[ -s /tmp/values ] && diff /share/drive/slcan.values /tmp/values >/tmp/diff
	rc=$?
	head -20 /tmp/diff
	rm -rf /etc/glovebox && cp -a /tmp/glovebox.kept /etc/glovebox && again
	return $rc
}

modprobe -a can can-raw vcan
buses
check "hal/socketcan: its tests on vcan" own_tests
check "interface missing, down, up; the log is quiet" missing_then_there
check "down and up: degraded, up" down_and_up
check "made again" made_again
check "renamed, and back" renamed
check "flood: received or counted" flood
check "an actuator, seen by candump" actuator 508
check "the recorded drive by canplayer is that over SLCAN" recorded
