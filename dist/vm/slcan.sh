#!/bin/bash
# slcan.sh OUT: plays the recorded drive over SLCAN against this commit's agent and keeps what it reads, each value once in a
# row, as OUT/slcan.values. With the log as canplayer takes it, at half the speed, for a virtual machine: OUT/drive/.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
tree=$(cd "$here"/../.. && pwd)
out=$1
rm -rf "$out"/drive && mkdir -p "$out"/drive "$out"/drive.new
"$tree"/bin/gloveboxsim run --patience 4 --out "$out"/drive.new "$here"/drive.txtar >"$out"/drive.log 2>&1 &
sim=$!
bus=$out/drive.new/drive/bus
for _ in $(seq 600); do "$tree"/bin/gloveboxctl --bus unix:path="$bus" status >/dev/null 2>&1 && break; sleep 0.1; done
"$tree"/bin/gloveboxctl --bus unix:path="$bus" watch --json >"$out"/slcan.watch 2>"$out"/slcan.err || true # it ends with the agent
wait $sim
"$here"/guest/values.sh <"$out"/slcan.watch >"$out"/drive/slcan.values
cp "$tree"/sim/scenarios/rav4/{mapping.toml,toyota_rav4.dbc,toyota_adas.dbc} "$out"/drive/
zcat "$tree"/sim/scenarios/rav4/drive.candump.log.gz |
	awk '{t = substr($1, 2) + 0; if (!first) first = t; printf "(%.6f) %s %s\n", (t - first) * 2 + 1, $2, $3}' >"$out"/drive/canplayer.log
rm -rf "$out"/drive.new
