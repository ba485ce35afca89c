#!/bin/sh
# bench.sh runs every benchmark that stands beside a peer or a floor, in one run of
# some minutes, and prints the figures with their ratios and goals; all of it goes
# to out/bench.txt. BENCH=CPU runs only what matches, BENCHTIME=5s measures longer.
set -eu
cd "$(dirname "$0")/.."
mkdir -p out
{
	echo "machine: $(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -1), $(nproc) cores, $(uname -sr), $(go version | cut -d' ' -f3)"
	go test -p 1 -timeout 30m -run '^$' -bench "${BENCH:-.}" -benchtime "${BENCHTIME:-1s}" \
		./hal/slcan ./hal/socketcan ./hal/dbc ./hal/mapping ./hal/nmea ./telemetry/outside ./telemetry/outbox ./profiles/bolt ./agent/hmi/fence ./cmd/gloveboxd
} | tee out/bench.txt
echo
awk '
	/^pkg:/ { pkg = $2; sub("glovebox/", "", pkg) }
	/^Benchmark/ {
		name = $1; sub(/^Benchmark/, "", name); sub(/-[0-9]+$/, "", name)
		for (i = 3; i < NF; i += 2) v[pkg "/" name, $(i+1)] = $i
	}
	# pair: here and beside it are two benchmarks, and both have the unit.
	function pair(what, ours, peer, unit, goal, hot) {
		if (!((ours, unit) in v)) return
		printf "| %s | %.4g %s | %.4g | %.2f | %s |%s\n", what, v[ours, unit], unit, v[peer, unit], v[peer, unit] / v[ours, unit],
			goal, hot && v[ours, "allocs/op"] + 0 ? " ALLOCATES" : ""
	}
	# turns: one benchmark measured both in turn, and reports the median ratio.
	function turns(what, from, ours, peer, ratio, unit, goal) {
		if (!(from ~ "/")) from = "cmd/gloveboxd/" from
		if (!((from, ours) in v)) return
		printf "| %s | %.4g %s | %s | %s | %s |\n", what, v[from, ours], unit,
			(from, peer) in v ? sprintf("%.4g", v[from, peer]) : "", (from, ratio) in v ? sprintf("%.2f", v[from, ratio]) : "", goal
	}
	END {
		print "| what | here | beside it | beside / here | goal |"
		print "| --- | --- | --- | --- | --- |"
		pair("SLCAN stream decode, beside strconv", "hal/slcan/Decode/stream", "hal/slcan/Decode/strconv", "ns/frame", "40 ns a frame, no allocation", 1)
		pair("SLCAN bytes to changed readings, beside the stream decode alone", "cmd/gloveboxd/Drive/readings", "cmd/gloveboxd/Drive/frames-only", "ns/frame", "150 ns a frame, no allocation", 1)
		pair("NMEA sentences, beside go-nmea", "hal/nmea/Decode/stream", "hal/nmea/Decode/go-nmea", "ns/sentence", "", 0)
		pair("a decision, beside the way of a reading between slots, eight readers", "telemetry/outside/Decide", "telemetry/outside/Reading/between-slots", "ns/op", "no allocation", 1)
		pair("the whole way of a reading, eight readers, beside three", "telemetry/outside/Reading/readers=8", "telemetry/outside/Reading/readers=3", "ns/reading", "", 0)
		pair("a sealed position message, beside one in the clear", "telemetry/outside/Seal/sealed", "telemetry/outside/Seal/clear", "ns/op", "", 0)
		pair("a refused call of a flood over 200 connections, beside one over one", "agent/hmi/fence/Flood/programs=200", "agent/hmi/fence/Flood/programs=1", "ns/call", "", 0)
		print ""
		print "| what | here | beside it | ratio | goal |"
		print "| --- | --- | --- | --- | --- |"
		turns("signal decode, all signals, under go.einride.tech/can", "hal/dbc/Signal/all", "mask-ns", "einride-ns", "einride/mask", "ns", "3 times faster, no allocation")
		turns("signal decode, without one-bit flags", "hal/dbc/Signal/numbers", "mask-ns", "einride-ns", "einride/mask", "ns", "4 times faster")
		turns("two full CAN buses as interfaces, received all at once, beside a read for each frame", "hal/socketcan/TwoBuses", "batch-%core", "single-%core", "single/batch", "% of a core", "")
		turns("kept queue, one message a commit, beside bbolt", "telemetry/outbox/Put/batch=1", "outbox-us", "bbolt-us", "bbolt/outbox", "µs", "0.7 or more")
		turns("kept queue, 32 messages a commit, beside bbolt", "telemetry/outbox/Put/batch=32", "outbox-us", "bbolt-us", "bbolt/outbox", "µs", "0.7 or more")
		turns("a sample on the wire, ten fixes a message, gzipped, beside one topic for each signal", "telemetry/outside/Bytes", "gz-B", "topics-B", "topics/gz", "bytes", "10 bytes or less")
		turns("the same beside a JSON object for each", "telemetry/outside/Bytes", "gz-B", "json-B", "json/gz", "bytes", "10 bytes or less")
		turns("processor time on the recorded drive, beside a C program that only reads", "CPU", "agent-%core", "floor-%core", "agent/floor", "% of a core", "2.3 times or less, stretch 2")
		turns("parked, silent, nobody there", "Idle", "agent-%core", "", "", "% of a core", "0.1 %")
		turns("exec to name owned after a clean stop, beside bbolt and a name alone", "Start", "clean-ms", "bare-ms", "clean/bare", "ms", "2.5 times or less")
		turns("exec to name owned after a power cut", "Start", "cut-ms", "bare-ms", "cut/bare", "ms", "4 times or less")
		turns("the same start with 10,000 messages waiting, beside none", "Growth", "start-10000-ms", "start-0-ms", "start-10000/0", "ms", "1.1 times or less")
		turns("exec to name with 2 MiB of trips for each of six people, beside none", "TripsStart", "trips-full-ms", "trips-empty-ms", "trips-full/empty", "ms", "1.1 times or less")
		turns("durable Set over D-Bus, beside a bare service that commits and answers", "Set", "set-ms", "bare-set-ms", "set/bare", "ms", "1.15 times or less")
		turns("Permits, beside a bare service that answers", "Set", "permits-ms", "echo-ms", "permits/echo", "ms", "")
		turns("level lowered with 10,000 waiting, beside none", "Growth", "lower-10000-ms", "lower-0-ms", "", "ms", "5 ms, flat")
		turns("level raised with 10,000 waiting, beside none", "Growth", "raise-10000-ms", "raise-0-ms", "", "ms", "no more than with none")
		turns("logout with 10,000 waiting, beside none", "Growth", "logout-10000-ms", "logout-0-ms", "", "ms", "5 ms, flat")
		turns("login with 10,000 waiting, beside none", "Growth", "login-10000-ms", "login-0-ms", "", "ms", "5 ms more at most")
		turns("login without the PIN hash, p99 of six people and full stores; median ratio beside empty ones", "Session", "login-p99-ms", "", "login-full/empty", "ms", "5 ms")
		turns("switch, p99", "Session", "switch-p99-ms", "", "switch-full/empty", "ms", "")
		turns("guest start, p99", "Session", "guest-p99-ms", "", "guest-full/empty", "ms", "1 ms")
		turns("wipe without the fresh process, p99", "Session", "wipe-p99-ms", "", "wipe-full/empty", "ms", "10 ms")
		turns("durable Set in the cabin, p99", "Session", "set-p99-ms", "", "set-full/empty", "ms", "")
		turns("resident a minute after a login, parked", "Memory", "parked-MB", "", "", "MB", "14 MB")
		turns("resident a minute after a login, driving", "Memory", "driving-MB", "", "", "MB", "14 MB")
		turns("gloveboxd, static and stripped", "Memory", "program-MB", "", "", "MB", "12 MB")
	}' out/bench.txt | tee out/bench.md
