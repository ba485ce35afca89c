package hmi_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"

	"glovebox/hal"
)

// openWatch returns the reading end of a new stream.
func openWatch(t *testing.T, c *dbus.Conn) *os.File {
	t.Helper()
	var fd dbus.UnixFD
	if err := ask(c, "Vehicle1.Watch").Store(&fd); err != nil {
		t.Fatal(err)
	}
	f := os.NewFile(uintptr(fd), "watch")
	t.Cleanup(func() { f.Close() })
	return f
}

func reading(i int) hal.Reading {
	return hal.Reading{Path: "Vehicle.Speed", Value: hal.Number(float64(i)), At: hal.Instant{Boot: 812250 * time.Millisecond}}
}

// Each watcher reads each reading from its own beginning on, in order, as JSON lines.
func TestWatchersReadEverything(t *testing.T) {
	w := start(t)
	c := w.dial(t)
	streams := []*os.File{openWatch(t, c), openWatch(t, c)}
	for i := range 500 {
		w.cabin.offer(reading(i))
	}
	w.cabin.offer(hal.Reading{Path: "Vehicle.Speed"})
	w.cabin.offer(hal.Reading{Path: "Vehicle.Say", Value: hal.Word(`"quoted"`)})
	for _, stream := range streams {
		lines := bufio.NewScanner(stream)
		for i := range 500 {
			lines.Scan()
			if want := fmt.Sprintf(`{"t":812.250000,"path":"Vehicle.Speed","value":"%d"}`, i); lines.Text() != want {
				t.Fatalf("read %s, want %s", lines.Text(), want)
			}
		}
		for _, want := range []string{
			`{"t":0.000000,"path":"Vehicle.Speed","value":null}`, `{"t":0.000000,"path":"Vehicle.Say","value":"\"quoted\""}`,
		} {
			if lines.Scan(); lines.Text() != want {
				t.Errorf("read %s, want %s", lines.Text(), want)
			}
		}
	}
}

// A reader that does not read holds nobody up. What it then reads is the newest
// there was room for, and it is told how many it missed.
func TestSlowWatcherLosesTheOldest(t *testing.T) {
	w := start(t)
	c := w.dial(t)
	slow, quick := openWatch(t, c), bufio.NewScanner(openWatch(t, c))
	const n = 20000
	missed := 0
	for i := range n {
		w.cabin.offer(reading(i))
		if i%1000 == 999 { // the quick one keeps up
			for last := ""; last != fmt.Sprint(i); {
				if !quick.Scan() {
					t.Fatal("the quick reader's stream ended")
				}
				last, missed = parse(t, quick.Text(), missed)
			}
		}
	}
	if missed > 0 {
		t.Errorf("the quick reader missed %d", missed)
	}
	seen, lost, next := 0, 0, 0
	for lines := bufio.NewScanner(slow); next < n; {
		if !lines.Scan() {
			t.Fatal("the slow reader's stream ended")
		}
		value, dropped := parse(t, lines.Text(), 0)
		lost, next = lost+dropped, next+dropped
		if dropped == 0 {
			if value != fmt.Sprint(next) {
				t.Fatalf("read %s, want %d: a gap that was not told", value, next)
			}
			seen, next = seen+1, next+1
		}
	}
	if lost == 0 || seen+lost != n {
		t.Errorf("of %d readings %d seen and %d lost", n, seen, lost)
	}
}

// parse returns a line's value, or adds what it says was dropped to missed.
func parse(t *testing.T, line string, missed int) (string, int) {
	t.Helper()
	var v struct {
		Value   *string
		Dropped int
	}
	if err := json.NewDecoder(strings.NewReader(line)).Decode(&v); err != nil {
		t.Fatalf("%q: %v", line, err)
	}
	if v.Value == nil {
		return "", missed + v.Dropped
	}
	return *v.Value, missed
}

// Who closes the stream is forgotten, and with the last one the readings are no
// longer asked for. Seventeen at once are too many.
func TestWatchersThatLeaveAreForgotten(t *testing.T) {
	w := start(t)
	c := w.dial(t)
	var open []*os.File
	for range 16 {
		open = append(open, openWatch(t, c))
	}
	if got := name(ask(c, "Vehicle1.Watch").Err); got != "org.freedesktop.DBus.Error.LimitsExceeded" {
		t.Errorf("the seventeenth: %q", got)
	}
	for _, f := range open {
		f.Close()
	}
	for deadline := time.Now().Add(patience); w.cabin.offer(reading(1)) > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("still tapped")
		}
	}
	openWatch(t, c)
}

// When the agent stops its watchers see the end of the stream.
func TestStreamEndsWithTheAgent(t *testing.T) {
	w := start(t)
	stream := openWatch(t, w.dial(t))
	if err := w.stop(); err != nil {
		t.Fatal(err)
	}
	if n, err := stream.Read(make([]byte, 1)); n != 0 || err == nil {
		t.Errorf("read %d, %v", n, err)
	}
}
