#!/bin/bash
# scan.sh PROBE IMAGE SHARE: looks into every byte of an image for planted values and for the key ring's slots, after a purge.
# The control in the clear, which was deleted like the rest, must be found: else this scan sees nothing.
set -uo pipefail
probe=$1 image=$2 share=$3
start=$(date +%s)
name="raw scan of the image: 0 of 100 planted values, 0 of 2 slots of the key ring"
if [ "$(cat "$share"/planted "$share"/slots 2>/dev/null | wc -l)" != 102 ]; then
	echo "FAIL $name: the guest did not plant all"
	exit
fi
{ cat "$share"/planted "$share"/slots; echo control-in-the-clear; } >"$share"/sought
found=$("$probe" scan "$image" "$share"/sought | sort | tr '\n' ' ')
if [ "$found" = "control-in-the-clear " ]; then
	echo "ok $name $(($(date +%s) - start))"
else
	echo "FAIL $name: found ${found:-not even the control} (the control alone should be)"
fi
