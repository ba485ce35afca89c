#!/bin/sh
# lists.sh VID INBOX BACKEND-MAILBOX [NAME MAILBOX]...: Mosquitto's access lists for one car. The patterns stand once for
# the whole fleet; the rest is written anew from each access document.
set -eu
vid=$1 inbox=$2 own=$3
shift 3
cat <<LISTS
pattern write gb/1/%u/state
pattern write gb/1/%u/to/#
pattern write gb/1/%u/ack/+
pattern read gb/1/%u/act
pattern read gb/1/%u/ask
pattern read gb/1/%u/policy
pattern read gb/1/%u/to/+/messages

user backend
topic read gb/1/+/state
topic write gb/1/+/policy
topic write gb/1/+/to/+/messages
topic read gb/1/$vid/to/$own/#
topic read gb/1/$vid/ack/$own
topic read gb/1/$vid/ack/$inbox
LISTS
while [ $# -gt 1 ]; do
	cat <<LISTS

user $1
topic read gb/1/$vid/to/$2/#
topic read gb/1/$vid/ack/$2
topic write gb/1/$vid/act
topic write gb/1/$vid/ask
LISTS
	shift 2
done
