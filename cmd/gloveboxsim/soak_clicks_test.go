//go:build soak

package main

import (
	"cmp"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// walked is where random clicking begins: slots a second apart, so that what lasts longer is decided in
// each play, and a line that is back at once.
var walked = []string{
	"title Clicked at random", "car Taycan 2024 odo=12500km soc=62", "policy quick.csv", "speed 10x", "config mqtt.reconnect_max 1s",
	"users anna:main lea:shared jonas:limited", "boot",
	"-- quick.csv --",
	"class,main,shared,limited,limited_assigned,workshop,backend,guest_driving,no_position,offline,action_detail,reason",
	"position,allow,allow,withhold,withhold,withhold,withhold,withhold,withhold,withhold,topic=position seal=yes every=1s sample=1s max_age=20s retain=never,test",
	"@slot.main,withhold,withhold,withhold,withhold,withhold,withhold,withhold,withhold,withhold,every=1s pad=0,test",
	"@slot.shared,withhold,withhold,withhold,withhold,withhold,withhold,withhold,withhold,withhold,every=1s pad=0,test",
	"@slot.limited,withhold,withhold,withhold,withhold,withhold,withhold,withhold,withhold,withhold,every=1s alarms=1s pad=1024 kinds=all,test",
	"@slot.workshop,withhold,withhold,withhold,withhold,withhold,withhold,withhold,withhold,withhold,every=1s pad=0,test",
	"@slot.backend,withhold,withhold,withhold,withhold,withhold,withhold,withhold,withhold,withhold,every=1s pad=0,test",
	"@rule.grid5,withhold,withhold,withhold,withhold,withhold,withhold,withhold,withhold,withhold,every=1s,test",
	"@rule.answer5,withhold,withhold,withhold,withhold,withhold,withhold,withhold,withhold,withhold,every=1s while=in-use,test",
}

// Minutes of clicking at random, recorded and played again without a page, decide the same:
// SOAK_CONSOLE is how many, SEED which.
func TestClicksRepeat(t *testing.T) {
	minutes, _ := strconv.ParseFloat(cmp.Or(os.Getenv("SOAK_CONSOLE"), "10"), 64)
	seed, _ := strconv.ParseUint(cmp.Or(os.Getenv("SEED"), "1"), 10, 64)
	t.Logf("seed %d", seed)
	program := programs(t)
	first := serve(program, t.TempDir(), write(t, walked...))
	b := first.start(t, io.Discard)
	clicked, read := b.follow()
	w := newWalk(b, seed)
	w.about(time.Duration(minutes * float64(time.Minute)))
	recorded := b.ask("/api/export", "")
	_ = first.Process.Signal(syscall.SIGINT)
	first.end(t)
	read()

	file := filepath.Join(t.TempDir(), "recorded.txtar")
	if err := os.WriteFile(file, []byte(recorded), 0o644); err != nil {
		t.Fatal(err)
	}
	again := serve(program, t.TempDir(), file)
	b = again.start(t, io.Discard)
	played, read := b.follow()
	for !b.runs()[0].Over {
		time.Sleep(time.Second)
		if failed := b.runs()[0].Failed; failed != "" {
			b.ask("/api/play", "go")
		}
	}
	if failed := b.runs()[0].Failed; failed != "" {
		t.Errorf("again: %s", failed)
	}
	_ = again.Process.Signal(syscall.SIGINT)
	_ = again.Wait()
	read()
	if err := errors.Join(clicked.err, played.err); err != nil {
		t.Error(err)
	}
	for _, row := range clicked.but(played) {
		t.Errorf("not decided again: %s", row)
	}
	for _, row := range played.but(clicked) {
		t.Errorf("decided when it was played again alone: %s", row)
	}
	t.Logf("%d clicks, %d decisions, %d when it was played again", w.lines, len(clicked.rows), len(played.rows))
	if t.Failed() {
		t.Logf("%s", recorded)
	}
}
