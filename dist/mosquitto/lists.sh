#!/bin/sh
# lists.sh VID INBOX BACKEND-MAILBOX [NAME MAILBOX]...: what stands behind acl for one car, written anew from each of its
# access documents.
set -eu
vid=$1 inbox=$2 own=$3
shift 3
cat <<LISTS

user backend
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
