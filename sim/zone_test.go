package sim_test

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"glovebox/sim"
)

// stamp is a time, and what stands where its zone does.
var stamp = regexp.MustCompile(`(\d{4}-\d\d-\d\dT\d\d:\d\d)(?::\d\d(?:\.\d+)?)?([^\d:."]*)`)

// Whatever zone and language the unit is set to, the times that leave the car are UTC and
// say so.
func TestTimesAreUTC(t *testing.T) {
	t.Parallel()
	agent, err := gloveboxd()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	zone, elsewhere := filepath.Join(dir, "kolkata"), filepath.Join(dir, "gloveboxd")
	header := append([]byte("TZif"), make([]byte, 16)...) // RFC 9636, 3.1: version 1, and how many there are of each
	for _, n := range []uint32{0, 0, 0, 0, 1, 4} {
		header = binary.BigEndian.AppendUint32(header, n)
	}
	zoned := append(binary.BigEndian.AppendUint32(header, 19800), "\x00\x00IST\x00"...) // five and a half hours, no summer time, the name
	script := fmt.Sprintf("#!/bin/sh\nTZ=%s LANG=de_DE.UTF-8 LC_ALL=de_DE.UTF-8 exec %s \"$@\"\n", zone, agent)
	if err := errors.Join(os.WriteFile(zone, zoned, 0o600), os.WriteFile(elsewhere, []byte(script), 0o700)); err != nil {
		t.Fatal(err)
	}
	w := startWorld(t, sim.Options{Dir: filepath.Join(dir, "w"), Record: true, Gloveboxd: elsewhere})
	if err := w.Boot(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := w.HMI.Login(t.Context(), id(t, w, "anna"), "480213", false); err != nil {
		t.Fatal(err)
	}
	drive, err := sim.RAV4Drive()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 25*time.Second)
	defer cancel()
	go func() { _ = w.Replay(drive, nil).Play(ctx) }()
	wire := filepath.Join(w.Dir, "wire.jsonl")
	for ctx.Err() == nil && !strings.Contains(string(readFile(t, wire)), "/position") {
		time.Sleep(100 * time.Millisecond)
	}
	if err := errors.Join(w.Stop(), w.Flush()); err != nil {
		t.Error(err)
	}
	stamps := 0
	for line := range strings.Lines(string(readFile(t, wire))) {
		var m struct {
			Payload []byte
		}
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			t.Fatal(err)
		}
		for _, found := range stamp.FindAllSubmatch(m.Payload, -1) {
			if at, err := time.Parse("2006-01-02T15:04", string(found[1])); err != nil || string(found[2]) != "Z" || time.Since(at).Abs() > time.Hour {
				t.Errorf("%s in\n%s", found[0], m.Payload)
			}
			stamps++
		}
	}
	if stamps < 4 { // of a place, and of its values, to two readers
		t.Errorf("%d times were said", stamps)
	}
	if log := string(readFile(t, w.LogFile())); !strings.Contains(log, "+05:30 ") {
		t.Errorf("the zone is not in force: %s", log)
	}
}
