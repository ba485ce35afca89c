package outside_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"glovebox/telemetry/outside"
)

// tunnel drives a car with a link that dies at 12:20:03 and is found dead 40 s later;
// the line is back at 12:27:00. What left before the tunnel the broker has, and nothing
// after it; hidden says whether the gate closes over the tunnel. It returns the gaps
// that each reader is told.
func tunnel(t *testing.T, hidden bool) map[string][]string {
	c := newCar(t, outside.Builtin(), outside.Options{})
	c.link(true)
	c.inUse(true)
	c.say(charge, 60)
	var flying []outside.Released
	drive := func(until string, dead bool) {
		for boot := c.now.Boot + time.Second; boot <= at(until).Boot; boot += time.Second {
			c.run(boot)
			if dead && hidden {
				c.out.Fix(nil, c.now)
			} else {
				c.fix(54.19, 6.62)
			}
			c.take()
			for _, r := range c.released {
				if dead {
					flying = append(flying, r)
				} else {
					c.out.Taken(r)
				}
			}
			c.released = nil
		}
	}
	drive("12:20:03", false)
	drive("12:20:43", true)
	c.out.Lost(outside.Released{})
	for _, r := range flying {
		c.out.Lost(r)
	}
	c.link(false)
	drive("12:27:00", true)
	c.link(true)
	drive("12:31:00", false)
	told := map[string][]string{}
	for _, r := range family {
		for _, w := range c.of(r.Mailbox, outside.KindGaps) {
			var g struct {
				Kind, From, To, Reason string
				Dropped                int
			}
			if err := json.Unmarshal([]byte(w.payload), &g); err != nil {
				t.Fatal(err)
			}
			told[r.ID] = append(told[r.ID], fmt.Sprintf("%d %s from %.8s to %.8s", g.Dropped, g.Kind, g.From[11:], g.To[11:]))
		}
	}
	return told
}

// Slots whose message was handed to a line that was dead already count as those after
// it was found dead, whether or not there was a place: a tunnel and a spell offline are
// the same gap, to the slot.
func TestSlotsOfADeadLineCount(t *testing.T) {
	want := map[string][]string{
		"anna":    {"6 status from 12:21:00 to 12:26:00", "41 position from 12:20:10 to 12:26:50"},
		"lea":     {"6 status from 12:21:00 to 12:26:00", "41 position from 12:20:10 to 12:26:50"},
		"jonas":   {"1 status from 12:25:00 to 12:25:00"},
		"backend": {"1 status from 12:25:00 to 12:25:00"},
	}
	for _, hidden := range []bool{false, true} {
		if got := tunnel(t, hidden); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("hidden %v:\n got %v\nwant %v", hidden, got, want)
		}
	}
}

// A link that ends with nothing on the way has missed nothing yet.
func TestNothingIsLostOnAnIdleLine(t *testing.T) {
	c := newCar(t, outside.Builtin(), outside.Options{})
	c.link(true)
	c.say(charge, 60)
	c.at("12:20:43")
	for _, r := range c.released {
		c.out.Taken(r)
	}
	c.link(false)
	c.link(true)
	c.at("12:31:00")
	if n := len(c.of(boxMain, outside.KindGaps)) + len(c.of(boxLimited, outside.KindGaps)); n != 0 {
		t.Errorf("%d gaps", n)
	}
}

// Of one slot a reader's message may have passed and the next one's not.
func TestALineDiesWithinASlot(t *testing.T) {
	c := newCar(t, outside.Builtin(), outside.Options{})
	c.link(true)
	c.say(charge, 60)
	c.at("12:03:00")
	for _, r := range c.released {
		if r.Mailbox() == boxShared && r.Slot().Boot == c.now.Boot {
			c.out.Lost(r)
		} else {
			c.out.Taken(r)
		}
	}
	c.link(false)
	c.at("12:04:03")
	c.link(true)
	for box, want := range map[string]string{boxMain: `"dropped":1,`, boxShared: `"dropped":2,`} {
		if got := c.of(box, outside.KindGaps); len(got) == 0 || !strings.Contains(got[0].payload, `"kind":"status"`) || !strings.Contains(got[0].payload, want) {
			t.Errorf("%.4s: %v, want %s", box, got, want)
		}
	}
}
