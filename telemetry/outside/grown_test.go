package outside_test

import (
	"testing"
	"time"

	"glovebox/telemetry/outside"
)

// A gap record makes an older one of its mailbox, kind and reason needless once it counts
// both; an alarm one of its code; and nothing else anything.
func TestReplaces(t *testing.T) {
	early, late := start.UTC, start.UTC.Add(time.Hour)
	anna, lea := family[0], family[1]
	record := func(to outside.Reader, kind outside.Kind, reason outside.Reason) outside.Released {
		return outside.GapRecord(to, kind, early, late, 1, reason)
	}
	light := func(to string, code string, on bool) outside.Released {
		c := newCar(t, outside.Builtin(), outside.Options{})
		c.light(code, true)
		c.light(code, on)
		for i := len(c.released) - 1; i >= 0; i-- {
			if c.released[i].Mailbox() == to {
				return c.released[i]
			}
		}
		t.Fatalf("no alarm for %s", to)
		return outside.Released{}
	}
	status := record(anna, outside.KindStatus, outside.ReasonAge)
	for _, row := range []struct {
		name     string
		r, older outside.Released
		want     bool
	}{
		{"the same gap", status, status, true},
		{"another reader's", status, record(lea, outside.KindStatus, outside.ReasonAge), false},
		{"another kind", status, record(anna, outside.KindAlarms, outside.ReasonAge), false},
		{"another reason", status, record(anna, outside.KindStatus, outside.ReasonBytes), false},
		{"a light that went out", light(boxMain, "abs", false), light(boxMain, "abs", true), true},
		{"another light", light(boxMain, "abs", true), light(boxMain, "brake", true), false},
		{"another reader's light", light(boxMain, "abs", true), light(boxShared, "abs", true), false},
		{"a light after a gap", light(boxMain, "abs", true), record(anna, outside.KindAlarms, outside.ReasonAge), false},
		{"a gap after a light", record(anna, outside.KindAlarms, outside.ReasonAge), light(boxMain, "abs", true), false},
	} {
		if got := row.r.Replaces(row.older); got != row.want {
			t.Errorf("%s: %v", row.name, got)
		}
	}
	if g := light(boxMain, "abs", true); g.Grown(status).Head() != g.Head() {
		t.Error("a light has grown")
	}
	if _, ok := light(boxMain, "abs", true).Gap(); ok {
		t.Error("a light is a gap")
	}
	if g, ok := status.Grown(light(boxMain, "abs", true)).Gap(); !ok || g.Dropped != 1 {
		t.Errorf("grown by a light: %+v", g)
	}
}

// A record that has grown spans both and counts both, whichever is the older.
func TestGrown(t *testing.T) {
	at := func(minutes int) time.Time {
		return start.UTC.Truncate(time.Minute).Add(time.Duration(minutes) * time.Minute)
	}
	for _, row := range []struct{ first, last, otherFirst, otherLast, wantFirst, wantLast int }{
		{10, 20, 30, 40, 10, 40}, {30, 40, 10, 20, 10, 40}, {10, 40, 20, 30, 10, 40}, {20, 30, 10, 40, 10, 40}, {10, 10, 10, 10, 10, 10},
	} {
		r := outside.GapRecord(family[0], outside.KindStatus, at(row.first), at(row.last), 3, outside.ReasonBytes)
		old := outside.GapRecord(family[0], outside.KindStatus, at(row.otherFirst), at(row.otherLast), 4, outside.ReasonBytes)
		g, ok := r.Grown(old).Gap()
		want := outside.Gap{Kind: outside.KindStatus, First: at(row.wantFirst), Last: at(row.wantLast), Dropped: 7, Reason: outside.ReasonBytes}
		if !ok || g != want {
			t.Errorf("%+v: %+v, want %+v", row, g, want)
		}
		if before, _ := r.Gap(); before.Dropped != 3 {
			t.Errorf("%+v: the record itself was changed", row)
		}
	}
}

// Topics are as in docs/contract.md, MQTT: what is for one reader lies under the mailbox,
// what answers beside it.
func TestTopics(t *testing.T) {
	for got, want := range map[string]string{
		outside.StateTopic("v"): "gb/1/v/state", outside.PolicyTopic("v"): "gb/1/v/policy",
		outside.ActTopic("v"): "gb/1/v/act", outside.AskTopic("v"): "gb/1/v/ask",
		outside.Topic("v", "m", "status"): "gb/1/v/to/m/status", outside.Topic("v", "m", "alarms/abs"): "gb/1/v/to/m/alarms/abs",
		outside.Topic("v", "m", "ack"): "gb/1/v/ack/m",
	} {
		if got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

// A document takes a kind away under its function's name; what it may not take away has none.
func TestFunctionOfAKind(t *testing.T) {
	for kind, want := range map[outside.Kind]string{
		outside.KindStatus: "vehicle-status", outside.KindPosition: "position", outside.KindAlarms: "alerts",
		outside.KindGaps: "", outside.KindAck: "", "": "", "other": "",
	} {
		if got := kind.Function(); got != want {
			t.Errorf("%q: %q, want %q", kind, got, want)
		}
	}
}
