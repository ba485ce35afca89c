package console_test

import (
	"encoding/json"
	"fmt"
	"math"
	"runtime"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"glovebox/sim/console"
)

// Ids count from 1, and what a view does not see is not among what it is given.
func TestSince(t *testing.T) {
	l := console.NewLog()
	if events, reset, _ := l.Since(0, "console"); len(events) != 0 || !reset {
		t.Fatalf("an empty log has %v, %v", events, reset)
	}
	l.Append("truth", "", nil, map[string]any{"lat": 54.19})
	l.Append("wheel", "", []string{"hmi"}, map[string]any{"state": "idle"})
	l.Append("clock", "", []string{console.All}, map[string]any{"since": 1})
	l.Append("wheel", "", []string{"hmi"}, map[string]any{"state": "active"})
	for _, tt := range []struct {
		name  string
		id    uint64
		view  string
		want  []uint64
		reset bool
	}{
		{"from the beginning: of each key the newest", 0, "console", []uint64{1, 3, 4}, true},
		{"after the first", 1, "console", []uint64{2, 3, 4}, false},
		{"of a view", 1, "hmi", []uint64{2, 3, 4}, false},
		{"what everybody sees", 1, "phone/jonas", []uint64{3}, false},
		{"a page that was just opened", 0, "phone/jonas", []uint64{3}, true},
		{"nothing new", 4, "console", nil, false},
		{"an id of another world", 5, "hmi", []uint64{3, 4}, true},
	} {
		events, reset, _ := l.Since(tt.id, tt.view)
		if got := ids(events); fmt.Sprint(got) != fmt.Sprint(tt.want) || reset != tt.reset {
			t.Errorf("%s: %v, %v, want %v, %v", tt.name, got, reset, tt.want, tt.reset)
		}
	}
}

func ids(events []console.Event) []uint64 {
	var all []uint64
	for _, e := range events {
		all = append(all, e.ID)
	}
	return all
}

// Who waits is woken by an event of its own view alone.
func TestSinceWaits(t *testing.T) {
	l := console.NewLog()
	woken := func(wait <-chan struct{}) bool {
		select {
		case <-wait:
			return true
		default:
			return false
		}
	}
	_, _, phone := l.Since(0, "phone/anna")
	_, _, all := l.Since(0, "console")
	l.Append("truth", "", nil, 1)
	if woken(phone) || !woken(all) {
		t.Fatalf("the truth woke the phone: %v, the console: %v", woken(phone), woken(all))
	}
	l.Append("phone", "anna", []string{"phone/anna"}, 1)
	if !woken(phone) {
		t.Error("its own event did not wake the phone")
	}
	_, _, phone = l.Since(2, "phone/anna")
	if l.Append("clock", "", []string{console.All}, 1); !woken(phone) {
		t.Error("what all see did not wake the phone")
	}
}

// Who falls behind the ring begins anew, but not for what it would not have seen.
func TestBehindTheRing(t *testing.T) {
	l := console.NewLog()
	l.Append("phone", "jonas", []string{"phone/jonas"}, 1)
	for i := range 10_000 {
		l.Append("wire", strconv.Itoa(i), nil, i)
	}
	if events, reset, _ := l.Since(1, "console"); reset || len(events) != 10_000 {
		t.Fatalf("%d events, reset %v: the ring is shorter than 10,000", len(events), reset)
	}
	l.Append("wire", "more", nil, 0)
	events, reset, _ := l.Since(1, "console")
	if !reset || len(events) != 201 || events[0].Kind != "phone" {
		t.Errorf("reset %v with %d events, want the 200 newest of the wire and the phone", reset, len(events))
	}
	if events, reset, _ := l.Since(1, "phone/jonas"); reset || len(events) != 0 {
		t.Errorf("the phone missed nothing, and begins anew: %v", reset)
	}
}

// Data is what it was when it was appended, also where it is no JSON.
func TestAppendMarshals(t *testing.T) {
	l := console.NewLog()
	data := map[string]any{"v": 1}
	l.Append("signal", "a", nil, data)
	data["v"] = 2
	l.Append("signal", "b", nil, math.NaN())
	events, _, _ := l.Since(0, "console")
	if got := string(events[0].Data.(json.RawMessage)); got != `{"v":1}` {
		t.Errorf("got %s", got)
	}
	if !json.Valid(events[1].Data.(json.RawMessage)) {
		t.Errorf("got %s", events[1].Data)
	}
}

// However a reader is cut off and comes back, what it holds in the end is, of each key, the
// newest.
func TestResume(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := console.NewLog()
		newest, state := map[string]string{}, map[string]string{}
		var at uint64
		follow := func(most int) {
			events, reset, _ := l.Since(at, "hmi")
			if reset {
				clear(state)
			}
			for _, e := range events[:min(most, len(events))] {
				if e.ID <= at && !reset {
					t.Fatalf("event %d after %d", e.ID, at)
				}
				state[e.Kind+e.Key], at = string(e.Data.(json.RawMessage)), e.ID
			}
		}
		n := 0
		for range rapid.IntRange(1, 8).Draw(t, "rounds") {
			for range rapid.SampledFrom([]int{0, 1, 7, 300, 11_000}).Draw(t, "events") {
				n++
				key, views := strconv.Itoa(n%13), []string{"hmi"}
				if n%3 == 0 {
					views = nil
				} else {
					newest["settings"+key] = strconv.Itoa(n)
				}
				l.Append("settings", key, views, n)
				if n%3 == 0 {
					l.Append("settings", key, []string{"hmi"}, n)
					newest["settings"+key] = strconv.Itoa(n)
				}
			}
			follow(rapid.IntRange(0, 100_000).Draw(t, "read before the cut"))
		}
		follow(math.MaxInt)
		if fmt.Sprint(state) != fmt.Sprint(newest) {
			t.Fatalf("got %v, want %v", state, newest)
		}
	})
}

// A million events, with keys that never come twice and some that are large, take no more
// than the first hundred thousand.
func TestLogIsFlat(t *testing.T) {
	l := console.NewLog()
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	large := make([]byte, 20_000)
	kinds := []string{"ledger", "plot", "wire", "dbus", "log", "breach", "frame", "signal", "reset"}
	var early uint64
	for i := range 1_000_000 {
		var data any = i
		if i%100 == 0 {
			data = large
		}
		l.Append(kinds[i%len(kinds)], strconv.Itoa(i), nil, data)
		if i == 100_000 {
			early = heap()
		}
	}
	if late := heap(); late > early+early/2 {
		t.Errorf("%d MB after a million events, %d MB after the first hundred thousand", late>>20, early>>20)
	}
	events, _, _ := l.Since(0, "console")
	count := map[string]int{}
	for _, e := range events {
		count[e.Kind]++
	}
	for kind, want := range map[string]int{"ledger": 2000, "plot": 1200, "wire": 200, "dbus": 200, "log": 200, "breach": 50, "reset": 0} {
		if count[kind] != want {
			t.Errorf("%d of %s are retained, want %d", count[kind], kind, want)
		}
	}
}

// Large events leave the ring sooner, so that it never holds more than 32 MB.
func TestLargeEventsAreFewer(t *testing.T) {
	l := console.NewLog()
	l.Append("truth", "", nil, 0)
	large := make([]byte, 100_000)
	for range 400 {
		l.Append("phone", "anna", nil, large)
	}
	if events, reset, _ := l.Since(1, console.Console); !reset || len(events) != 2 {
		t.Errorf("reset %v with %d events: 50 MB are in the ring", reset, len(events))
	}
}
