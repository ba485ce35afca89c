# policy.sh: users of both groups, a stranger and root against every member; activation.
# shellcheck shell=bash disable=SC2317,SC2086,SC2154
members() {
	as "$1" env PROFILE="$PROFILE" /share/probe members /usr/share/dbus-1/interfaces >/tmp/members-"$1" 2>&1
}
everything() {
	members "$1"
	[ "$(wc -l </tmp/members-"$1")" -ge 60 ] || { echo "only $(wc -l </tmp/members-"$1") members"; return 1; }
	is "refused" "" "$(grep -E 'refused|ServiceUnknown|NoReply' /tmp/members-"$1" | head -3 | tr '\n' ';')"
}
nothing() {
	members "$1"
	[ "$(wc -l </tmp/members-"$1")" -ge 60 ] || { echo "only $(wc -l </tmp/members-"$1") members"; return 1; }
	is "allowed" "" "$(grep -v 'refused by the bus' /tmp/members-"$1" | head -3 | tr '\n' ';')"
}
# an app: what the page says, and no member more
app() {
	members media
	cat /tmp/members-media
	local want got
	want=$(grep -oE '^[^ ]+' /tmp/members-headunit | grep -E '^(Session1\.(Inhibit|Permits)|Settings1\.(Get|Set)|org\.freedesktop\.DBus\.(Introspectable\.Introspect|Peer\.Ping|Peer\.GetMachineId))$' | sort)
	got=$(grep -v refused /tmp/members-media | grep -vE '^(Session1\.[A-Z][A-Za-z]* answered|org\.freedesktop\.DBus\.Properties\.GetAll)' | cut -d' ' -f1 | grep -v '^Session1\.\(Inhibit\|Permits\)$' | sort)
	is "methods of an app" "$(echo "$want" | grep -v '^Session1\.' | tr '\n' ' ')" "$(echo "$got" | tr '\n' ' ')"
}
own_name() {
	for u in root headunit media stranger; do
		as $u busctl --system call org.freedesktop.DBus /org/freedesktop/DBus org.freedesktop.DBus RequestName su $AGENT 4 2>&1 | grep -qiE 'denied|not allowed' || { echo "$u may own the name"; return 1; }
	done
}
hears_nothing() {
	as stranger dbus-monitor --system "type='signal'" >/tmp/heard 2>&1 &
	local m=$!
	sleep 2
	login && ctl logout
	sleep 1
	kill $m
	wait $m 2>/dev/null
	grep -q NameAcquired /tmp/heard || { echo "the listener heard nothing at all"; return 1; }
	is "a stranger heard" 0 "$(grep -c 'interface=org.glovebox' /tmp/heard)"
}
activated() {
	systemctl stop gloveboxd
	local at
	at=$(up)
	is "first call" 's "idle"' "$(as headunit busctl --system --timeout=60 get-property $AGENT $OBJECT org.glovebox.Session1 State)" || return
	note "first call to a stopped agent, s" "$(since "$at")"
	active
}
stranger_starts_nothing() {
	systemctl stop gloveboxd
	as stranger busctl --system --timeout=20 call $AGENT $OBJECT org.glovebox.Session1 Permits s radio
	local rc=$?
	is "unit" inactive "$(systemctl is-active gloveboxd)" && [ $rc != 0 ] && systemctl start gloveboxd
}
call_in_restart() {
	kill -9 "$(pid)"
	is "a call right after kill -9" 's "idle"' "$(busctl --system --timeout=60 get-property $AGENT $OBJECT org.glovebox.Session1 State)"
}

login # what a person does for themselves is theirs alone, whoever calls
PROFILE=$(get Session1 Profile)
check "head unit: every member" everything headunit
check "root: every member" everything root
check "app: what the page says, no more" app
check "stranger: nothing" nothing stranger
check "nobody else owns the name" own_name
check "a stranger hears nothing" hears_nothing
check "activation on the first call" activated
check "a stranger activates nothing" stranger_starts_nothing
check "a call right after kill -9 is answered" call_in_restart
