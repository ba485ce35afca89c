# lib.sh: what every guest script has at hand. A check is `check NAME COMMAND ARGUMENTS`; its line goes to /share/table:
# shellcheck shell=bash disable=SC2317,SC2086,SC2154
# `ok NAME SECONDS` or `FAIL NAME: why`, where why is the last line that the command printed.
# shellcheck shell=bash
AGENT=org.glovebox.Agent1
OBJECT=/org/glovebox/Agent1
export GLOVEBOX_BUS=system PIN=480213

up() { cut -d' ' -f1 /proc/uptime; }
since() { echo "$(up) $1" | awk '{printf "%.1f", $1-$2}'; }

check() {
	local name=$1 start out code
	shift
	start=$(up)
	echo "=== $name"
	out=$("$@" 2>&1)
	code=$?
	echo "$out"
	if [ $code = 0 ]; then
		echo "ok $name $(since "$start")" >>/share/table
	else
		echo "FAIL $name: $(echo "$out" | grep -v '^$' | tail -1)" >>/share/table
	fi
}

# is WHAT WANTED GOT: equal, or says what is not.
is() { [ "$2" = "$3" ] || { echo "$1: want $2, got $3"; return 1; }; }

# note NAME TEXT: a figure, for the table.
note() { echo "note $1: $2" >>/share/table; }

# until_ SECONDS COMMAND: tries once a second until it holds.
until_() {
	local end
	end=$(($(cut -d. -f1 /proc/uptime) + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "$(cut -d. -f1 /proc/uptime)" -lt "$end" ] || { echo "never: $*"; return 1; }
		sleep 1
	done
}

pid() { systemctl show -P MainPID gloveboxd; }
unit() { systemctl show -P "$1" gloveboxd; }
active() { [ "$(systemctl is-active gloveboxd)" = active ]; }
other() { active && [ "$(pid)" != "$1" ]; }
as() { setpriv --reuid "$1" --regid "$1" --init-groups "${@:2}"; }
get() { busctl --system get-property $AGENT $OBJECT org.glovebox."$1" "$2" 2>&1 | sed 's/^[a-z(){}]* //; s/^"\(.*\)"$/\1/'; }
reads() { is "$1.$2" "$3" "$(get "$1" "$2")"; }
ctl() { gloveboxctl "$@"; }
# login NAME: the car counts as moving for two seconds after a start
login() { until_ 20 enter "${1:-anna}" || enter "${1:-anna}"; }
enter() { echo "$PIN" | gloveboxctl login "$1" --pin-stdin; }
guest() { until_ 20 ctl guest || ctl guest; }

# what the journal says of the agent since mark
mark() { journalctl -b -n 0 --show-cursor -q | sed 's/-- cursor: //' >/tmp/mark; }
said() { journalctl -b -u gloveboxd --no-pager -o "${1:-cat}" --after-cursor="$(cat /tmp/mark)"; }
# drop TEXT: a drop-in for the unit, until undrop
drop() { mkdir -p /run/systemd/system/gloveboxd.service.d; printf '%b' "$1" >/run/systemd/system/gloveboxd.service.d/90-trial.conf; systemctl daemon-reload; }
undrop() { rm -f /run/systemd/system/gloveboxd.service.d/90-trial.conf; systemctl daemon-reload; }
again() { systemctl reset-failed gloveboxd; timeout 60 systemctl restart gloveboxd; }
