#!/bin/sh
# bench.sh runs every benchmark that stands beside a peer or a floor, in one run,
# and prints the figures with their ratios and goals; all of it goes to out/bench.txt.
set -eu
cd "$(dirname "$0")/.."
mkdir -p out
{
	echo "machine: $(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -1), $(nproc) cores, $(uname -sr), $(go version | cut -d' ' -f3)"
	go test -run '^$' -bench . -benchtime "${BENCHTIME:-1s}" \
		./hal/slcan ./hal/dbc ./hal/mapping ./hal/nmea ./telemetry/outside ./telemetry/outbox ./profiles/bolt ./cmd/gloveboxd
} | tee out/bench.txt
echo
awk '
	/^pkg:/ { pkg = $2; sub("glovebox/", "", pkg) }
	/^Benchmark/ {
		name = $1; sub(/^Benchmark/, "", name); sub(/-[0-9]+$/, "", name)
		value = $3; unit = "ns/op"; allocs = ""
		for (i = 4; i < NF; i++) {
			if ($(i+1) ~ /^(ns\/(frame|signal|sentence)|ms\/start|µs\/set)$/) { value = $i; unit = $(i+1) }
			if ($(i+1) == "allocs/op") allocs = $i
		}
		v[pkg "/" name] = value; u[pkg "/" name] = unit; a[pkg "/" name] = allocs
	}
	function row(what, ours, peer, goal, hot) {
		printf "| %s | %.4g %s | %.4g | %.2f | %s |%s\n", what, v[ours], u[ours], v[peer], v[peer] / v[ours], goal, hot && a[ours] + 0 ? " ALLOCATES" : ""
	}
	END {
		print "| what | here | beside it | beside / here | goal |"
		print "| --- | --- | --- | --- | --- |"
		row("SLCAN stream decode, beside strconv", "hal/slcan/Decode/stream", "hal/slcan/Decode/strconv", "40 ns a frame, no allocation", 1)
		row("signal decode, all signals, beside go.einride.tech/can", "hal/dbc/Signal/all/mask", "hal/dbc/Signal/all/einride", "3 times faster, no allocation", 1)
		row("signal decode, numbers alone", "hal/dbc/Signal/numbers/mask", "hal/dbc/Signal/numbers/einride", "", 1)
		row("SLCAN bytes to changed readings, beside the stream decode alone", "cmd/gloveboxd/Drive/readings", "cmd/gloveboxd/Drive/frames-only", "150 ns a frame, no allocation", 1)
		row("NMEA sentences, beside go-nmea", "hal/nmea/Decode/stream", "hal/nmea/Decode/go-nmea", "", 0)
		row("exec to bus name owned, six people, beside bbolt and a name alone", "cmd/gloveboxd/Start/gloveboxd", "cmd/gloveboxd/Start/bare", "10 ms", 0)
		row("durable Set over D-Bus, beside a bare bbolt commit", "cmd/gloveboxd/Set/over-dbus", "cmd/gloveboxd/Set/bare-bbolt", "", 0)
		row("kept queue, 32 at once, beside bbolt", "telemetry/outbox/Put/outbox/batch=32", "telemetry/outbox/Put/bbolt/batch=32", "", 0)
	}' out/bench.txt | tee out/bench.md
