#!/bin/sh
# values.sh: of what `gloveboxctl watch --json` printed, path by path the values of what is handed on with each change, each once
# in a row: the same whatever the speed and the wire, if no frame was lost.
grep -v 'Wheel\|"dropped"' | sed -n 's/.*"path":"\([^"]*\)","value":\("[^"]*"\|[^}]*\)}.*/\1 \2/p' |
	awk '$0 != last[$1] {last[$1] = $0; all[$1] = all[$1] $0 "\n"} END {for (p in all) print all[p]}' | grep . | sort -s -k1,1
