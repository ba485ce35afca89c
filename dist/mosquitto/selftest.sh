#!/bin/sh
# selftest.sh HOST PORT PKI CAR FOREIGN: does the broker keep a foreign certificate out of each topic of a car? PKI holds
# ca.pem, and a .pem and a .key of both; CAR is a vehicle id of no real car, with a certificate for this test alone. Each says
# something on every topic of CAR, in the place of every sender. Exit 0 if each heard only their own, 1 if not.
# Lists that let through too much look no different from outside: run it at each start of the broker, and for new lists.
set -eu
host=$1 port=$2 pki=$3 car=$4 foreign=$5
box=00000000000000000000000000000000
dir=$(mktemp -d)
pids=
trap 'kill $pids 2>/dev/null || :; rm -rf "$dir"' EXIT

as() { # NAME PROGRAM ARGUMENT...
	name=$1
	shift
	"$@" -h "$host" -p "$port" --cafile "$pki/ca.pem" --cert "$pki/$name.pem" --key "$pki/$name.key" -q 1
}
listen() { # NAME FILTER...: what NAME hears, a topic and a word a line
	who=$1
	shift
	for filter; do set -- "$@" -t "$filter"; shift; done
	set -- "$@" -F '%t %p' -W 60
	as "$who" exec mosquitto_sub "$@" >"$dir/$who" &
	pids="$pids $!"
}
said() { as "$1" mosquitto_pub -t "$2" -m "$1-$3" || :; }
heard() { # NAME WORD: says WORD to itself, where anybody may, until it is heard
	tries=0
	until grep -aq "^gb/1/$1/to/$box/messages $1-$2\$" "$dir/$1"; do
		tries=$((tries + 1))
		[ $tries -le 20 ] || { echo "$1 cannot hear itself: is its certificate refused?" >&2; exit 1; }
		said "$1" "gb/1/$1/to/$box/messages" "$2"
		sleep 0.1
	done
}

listen "$foreign" 'gb/1/#' "gb/1/$car/#"
listen "$car" "gb/1/$car/#"
heard "$foreign" begin
heard "$car" begin
for topic in state policy act ask "ack/$box" "to/$box/messages" "to/$box/status" "to/$box/status/gz" "to/$box/position" "to/$box/position/hpke" \
	"to/$box/trips" "to/$box/trips/hpke" "to/$box/alarms" "to/$box/gaps"; do
	said "$car" "gb/1/$car/$topic" probe
	said "$foreign" "gb/1/$car/$topic" probe
done
heard "$foreign" end
heard "$car" end
bad=$(grep -av "^gb/1/$foreign/" "$dir/$foreign" || :)
bad=$bad$(grep -a " $foreign-" "$dir/$car" || :)
[ -z "$bad" ] || { echo "what is not theirs was heard: $bad" >&2; exit 1; }
echo "a foreign certificate is kept out of 14 topics, both ways"
