package outside_test

import (
	"strings"
	"testing"
	"time"

	"glovebox/telemetry/outside"
)

func times(messages []wire) (out []string) {
	for _, w := range messages {
		out = append(out, start.UTC.Add(w.at-start.Boot).Format("15:04:05.000"))
	}
	return out
}

// Main learns of a light at once, a limited reader at the next full minute,
// the workshop and the back end at their slots.
func TestAlarmSlots(t *testing.T) {
	car := newCar(t, outside.Builtin(), outside.Options{})
	car.link(true)
	car.at("12:01:10.5")
	car.light("oil-pressure", true)
	car.at("13:00:01")
	for box, want := range map[string]string{
		boxMain: "12:01:10.500", boxShared: "12:01:10.500", boxLimited: "12:02:00.000",
		boxShop: "13:00:00.000", boxBack: "12:05:00.000",
	} {
		if got := times(car.of(box, outside.KindAlarms)); len(got) != 1 || got[0] != want {
			t.Errorf("%s: alarms at %v: want %s", box, got, want)
		}
	}
	main, limited := car.of(boxMain, outside.KindAlarms)[0].payload, car.of(boxLimited, outside.KindAlarms)[0].payload
	if want := `{"epoch":"` + epoch + `","seq":1,"resend":false,"alarm":"oil-pressure","severity":"warning","active":true,"minute":"2026-11-21T12:01Z"}`; main != want {
		t.Errorf("main: %s\nwant  %s", main, want)
	}
	if !strings.Contains(limited, `"minute":"2026-11-21T12:02Z"`) || len(limited) != 1024 {
		t.Errorf("limited: %q", limited)
	}
}

// A light that rose and fell within a minute is shown once to a limited
// reader, as not active; main sees both. What is as it was is no news.
func TestAlarmRoseAndFell(t *testing.T) {
	car := newCar(t, outside.Builtin(), outside.Options{})
	car.link(true)
	car.light("brake", false)
	car.at("12:02:10")
	car.light("brake", true)
	car.light("brake", true)
	car.at("12:02:50")
	car.light("brake", false)
	car.at("12:10:00")
	limited, main := car.of(boxLimited, outside.KindAlarms), car.of(boxMain, outside.KindAlarms)
	if len(limited) != 1 || !strings.Contains(limited[0].payload, `"active":false`) || len(main) != 2 {
		t.Errorf("limited %v\nmain %v", limited, main)
	}
}

// A light that went out and came back within a minute stays as it was shown.
func TestAlarmFlickered(t *testing.T) {
	car := newCar(t, outside.Builtin(), outside.Options{})
	car.link(true)
	car.light("brake", true)
	car.at("12:03:10")
	car.light("brake", false)
	car.light("brake", true)
	car.at("12:10:00")
	if limited := car.of(boxLimited, outside.KindAlarms); len(limited) != 1 {
		t.Errorf("limited %v: want one", limited)
	}
}

// One that did so before a slot at which a reader is to be told everything once more is told.
func TestAlarmFlickeredBeforeARetelling(t *testing.T) {
	car := newCar(t, outside.Builtin(), outside.Options{})
	car.link(true)
	car.light("brake", true)
	car.at("12:03:10")
	car.light("brake", false)
	car.light("brake", true)
	car.out.Retell(car.now)
	car.at("12:10:00")
	if got := times(car.of(boxLimited, outside.KindAlarms)); len(got) != 2 || got[1] != "12:04:00.000" {
		t.Errorf("told at %v", got)
	}
}

// An alarm at the full minute waits for the next one; a moment before it leaves.
func TestAlarmMinuteEdges(t *testing.T) {
	for _, c := range []struct{ at, want string }{
		{"12:02:59.999999999", "12:03:00.000"}, {"12:03:00", "12:04:00.000"}, {"12:03:00.000000001", "12:04:00.000"},
	} {
		for _, ticking := range []bool{true, false} {
			car := newCar(t, outside.Builtin(), outside.Options{})
			car.link(true)
			if ticking {
				car.at(c.at)
			} else {
				car.now = at(c.at)
			}
			car.light("abs", true)
			car.at("12:04:30")
			if got := times(car.of(boxLimited, outside.KindAlarms)); len(got) != 1 || got[0] != c.want {
				t.Errorf("at %s, ticking %v: shown at %v: want %s", c.at, ticking, got, c.want)
			}
		}
	}
}

// With the link down main's alarm is made for the queue, a limited reader's
// waits for a full minute with the link up and shows the newest state.
func TestAlarmWithoutLink(t *testing.T) {
	car := newCar(t, outside.Builtin(), outside.Options{})
	car.link(true)
	car.at("12:02:10")
	car.link(false)
	car.light("engine", true)
	car.at("12:04:10")
	car.light("engine", false)
	if n := len(car.of(boxMain, outside.KindAlarms)); n != 2 {
		t.Errorf("%d alarms to main: want 2", n)
	}
	if n := len(car.of(boxLimited, outside.KindAlarms)); n != 0 {
		t.Errorf("%d alarms to limited while the link is down", n)
	}
	car.at("12:05:30")
	car.link(true)
	car.at("12:07:00")
	if got := times(car.of(boxLimited, outside.KindAlarms)); len(got) != 1 || got[0] != "12:06:00.000" {
		t.Errorf("limited: %v", got)
	}
}

// A light that was on before a restart, or whose reader still waits, is not
// forgotten: it goes off for everybody, and the waiting reader is told.
func TestAlarmOverRestart(t *testing.T) {
	car := newCar(t, outside.Builtin(), outside.Options{})
	car.link(true)
	car.at("12:02:10")
	car.light("airbag", true)
	held := car.out.Held()

	next := newCar(t, outside.Builtin(), outside.Options{})
	if err := next.out.Restore(held); err != nil {
		t.Fatal(err)
	}
	next.link(true)
	next.at("12:02:01")
	if got := times(next.of(boxLimited, outside.KindAlarms)); len(got) != 1 || got[0] != "12:02:00.000" {
		t.Errorf("waiting alarm shown at %v", got)
	}
	next.light("airbag", true) // the sensor says what is known
	next.light("airbag", false)
	if main := next.of(boxMain, outside.KindAlarms); len(main) != 1 || !strings.Contains(main[0].payload, `"active":false`) {
		t.Errorf("main after the restart: %v", main)
	}
}

// After a gap each reader is told how many slots fell into it: main and shared
// at once, after the newest state; the others at their next slot.
func TestGaps(t *testing.T) {
	car := newCar(t, outside.Builtin(), outside.Options{})
	car.say(weight, 1)
	car.at("12:04:00") // before the link was up for the first time: no promise
	car.link(true)
	if first := car.sent[0]; first.suffix != "status" {
		t.Fatalf("first message %+v", first)
	}
	if n := len(car.of(boxMain, outside.KindGaps)); n != 0 {
		t.Fatalf("%d gaps before any", n)
	}
	car.at("12:09:55")
	car.link(false)
	car.at("12:12:05")
	n := len(car.sent)
	car.link(true)
	if after := car.sent[n:]; after[0].suffix != "status" || after[1].suffix != "status" || after[2].suffix != "gaps" {
		t.Errorf("after the gap: %v", after)
	}
	car.at("12:15:00")
	want := map[string][]string{
		boxMain: {
			`"kind":"status","from":"2026-11-21T12:10:00.000Z","to":"2026-11-21T12:12:00.000Z","dropped":3,"reason":"age"}`,
			`"kind":"position","from":"2026-11-21T12:10:00.000Z","to":"2026-11-21T12:12:00.000Z","dropped":13,"reason":"age"}`,
		},
		boxLimited: {`"kind":"status","from":"2026-11-21T12:10:00.000Z","to":"2026-11-21T12:10:00.000Z","dropped":1,"reason":"age"}`},
		boxBack:    {`"kind":"status","from":"2026-11-21T12:10:00.000Z","to":"2026-11-21T12:10:00.000Z","dropped":1,"reason":"age"}`},
		boxShop:    nil,
	}
	for box, want := range want {
		got := car.of(box, outside.KindGaps)
		if len(got) != len(want) {
			t.Errorf("%s: gaps %v: want %v", box, got, want)
			continue
		}
		for i := range want {
			if !strings.HasSuffix(strings.TrimRight(got[i].payload, " "), want[i]) {
				t.Errorf("%s: %s\nwant %s", box, got[i].payload, want[i])
			}
		}
	}
	if got := times(car.of(boxLimited, outside.KindGaps)); got[0] != "12:15:00.000" {
		t.Errorf("limited is told at %v", got)
	}
}

// A limited reader cannot tell one long gap from two that miss the same slots,
// nor see one that misses none.
func TestGapsBetweenSlotsAreNotSeen(t *testing.T) {
	see := func(changes ...string) []wire {
		car := newCar(t, outside.Builtin(), outside.Options{})
		car.say(weight, 1)
		car.link(true)
		up := true
		for _, when := range changes {
			car.at(when)
			up = !up
			car.link(up)
		}
		car.at("12:30:01")
		return append(car.of(boxLimited, outside.KindStatus), car.of(boxLimited, outside.KindGaps)...)
	}
	long := see("12:04:00", "12:13:30")
	for name, other := range map[string][]wire{
		"two gaps":          see("12:04:10", "12:06:00", "12:08:20", "12:11:00"),
		"a gap more":        see("12:04:10", "12:10:20", "12:16:20", "12:19:59"),
		"as long, elsewhen": see("12:04:59", "12:14:59"),
	} {
		if len(other) != len(long) {
			t.Errorf("%s: %d messages, %d of the long gap", name, len(other), len(long))
			continue
		}
		for i := range long {
			if other[i] != long[i] {
				t.Errorf("%s: message %d differs:\n%+v\n%+v", name, i, other[i], long[i])
			}
		}
	}
	if len(long) != 5 {
		t.Errorf("%d messages: want 4 states and a gap", len(long))
	}
}

// A gap record of the queue goes to the reader it is for, padded if limited.
func TestGapRecord(t *testing.T) {
	r := outside.GapRecord(family[2], outside.KindAlarms, start.UTC, start.UTC.Add(time.Hour), 7, outside.ReasonBytes)
	suffix, payload, err := r.Encode(outside.Seq{Epoch: epoch, N: 3, Resend: true})
	if err != nil || suffix != "gaps" || len(payload) != 1024 {
		t.Fatalf("%s, %d bytes, %v", suffix, len(payload), err)
	}
	want := `{"epoch":"` + epoch + `","seq":3,"resend":true,"kind":"alarms","from":"2026-11-21T12:01:07.250Z","to":"2026-11-21T13:01:07.250Z","dropped":7,"reason":"bytes"}`
	if got := strings.TrimRight(string(payload), " "); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	if r.Live() || r.Mailbox() != boxLimited || r.Reader() != "jonas" || r.Kind() != outside.KindGaps {
		t.Errorf("%+v", r)
	}
}

// What is sent again to a limited reader leaves at a slot too: alarms within half a
// second of a full minute, all else of a slot; what is live only at its own. Main and
// shared readers do not wait.
func TestTimely(t *testing.T) {
	car := newCar(t, outside.Builtin(), outside.Options{})
	car.link(true)
	car.say("Vehicle.Powertrain.TractionBattery.StateOfCharge.Displayed", 60)
	car.at("12:01:10")
	car.light("brake", true)
	car.at("12:05:00")
	car.link(false)
	car.at("12:12:00")
	car.link(true)
	car.at("12:20:00")
	released := map[string]outside.Released{}
	for _, r := range car.released {
		released[r.Mailbox()+string(r.Kind())] = r
	}
	for _, row := range []struct {
		what, at string
		want     bool
	}{
		{boxLimited + "alarms", "12:02:02", true}, // its own slot: a slow disk
		{boxLimited + "alarms", "12:02:02.001", false},
		{boxLimited + "alarms", "12:20:59.999", false},
		{boxLimited + "alarms", "12:21:00", true},
		{boxLimited + "alarms", "12:21:00.5", true},
		{boxLimited + "alarms", "12:21:00.501", false},
		{boxLimited + "gaps", "12:21:00", false},
		{boxLimited + "gaps", "12:25:00", true},
		{boxMain + "alarms", "12:21:13", true},
		{boxMain + "gaps", "12:21:13", true},
		{boxLimited + "status", "12:20:02", true},
		{boxLimited + "status", "12:20:02.001", false},
		{boxLimited + "status", "12:25:00", false},
		{boxMain + "status", "12:21:13", true},
	} {
		r, ok := released[row.what]
		if !ok {
			t.Fatalf("nothing was released as %s: %v", row.what, released)
		}
		if got := car.out.Timely(r, at(row.at)); got != row.want {
			t.Errorf("%s at %s: %v", row.what, row.at, got)
		}
	}
}
