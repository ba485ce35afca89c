package outbox_test

import (
	"testing"
	"time"

	"glovebox/telemetry/outside"
)

const day = 24 * time.Hour

// pass lets time go by on both clocks.
func (b *box) pass(d time.Duration) {
	b.clock.UTC, b.clock.Boot = b.clock.UTC.Add(d), b.clock.Boot+d
}

// waits reports whether the alarm still waits, and whether a gap record stands for it.
func (b *box) waits() (alarm, gap bool) {
	b.t.Helper()
	for _, k := range b.next() {
		alarm = alarm || k.Released.Kind() == outside.KindAlarms
		gap = gap || k.Released.Kind() == outside.KindGaps
	}
	return alarm, gap
}

// What was put in an earlier run has the age that the wall clock says at the start, and
// grows older by the boot clock.
func TestAgeOverARestart(t *testing.T) {
	for _, row := range []struct {
		name        string
		stop, after time.Duration
		kept        bool
	}{
		{"a stop of exactly the age", roomy.MaxAge, 0, true},
		{"a longer stop", roomy.MaxAge + 1, 0, false},
		{"a stop and a run", roomy.MaxAge - day, day + 1, false},
		{"a clock that is behind at the start", -60 * day, day, true},
		{"a clock that is behind at the start, and a long run", -60 * day, roomy.MaxAge + 1, false},
	} {
		b := newBox(t, roomy)
		b.put(alarm(t, anna, "abs", "warning", b.clock))
		b.clock.UTC = b.clock.UTC.Add(row.stop)
		b.reopen()
		b.pass(row.after)
		if kept, gap := b.waits(); kept != row.kept || gap == row.kept {
			t.Errorf("%s: waits %v, gap record %v", row.name, kept, gap)
		}
	}
}

// A wall clock that was never set says nothing, neither of what was put then nor of what
// was put before; once it is set what was put in an earlier run has its age.
func TestClockNotSetYet(t *testing.T) {
	never := time.Date(1970, 1, 1, 0, 0, 30, 0, time.UTC)
	b := newBox(t, roomy)
	set := b.clock.UTC
	b.clock.UTC = never
	b.put(alarm(t, anna, "abs", "warning", b.clock))
	b.clock.UTC = set
	if kept, _ := b.waits(); !kept {
		t.Error("dropped when the clock was set")
	}
	b.reopen()
	if kept, _ := b.waits(); !kept {
		t.Error("dropped at the next start")
	}
	b.clock.UTC = never
	b.reopen()
	b.pass(time.Minute)
	if kept, _ := b.waits(); !kept {
		t.Error("dropped at a start without a clock")
	}
	b.clock.UTC = set.Add(day)
	if kept, _ := b.waits(); !kept {
		t.Error("dropped when the clock was set, a day later")
	}
	b.clock.UTC = never
	b.reopen()
	b.clock.UTC = set.Add(roomy.MaxAge + time.Hour)
	if kept, gap := b.waits(); kept || !gap {
		t.Errorf("a month later: waits %v, gap record %v", kept, gap)
	}
}

// What was put under a clock that was wrong is as young at the next start as it is.
func TestRestartAfterACorrection(t *testing.T) {
	for _, wrong := range []time.Duration{-60 * day, 9 * 365 * day} {
		b := newBox(t, roomy)
		b.clock.UTC = b.clock.UTC.Add(wrong)
		b.reopen()
		b.put(alarm(t, anna, "abs", "warning", b.clock))
		b.settle(nil, []uint64{b.next()[0].ID}, counter(nil))
		b.pass(14 * time.Second)
		b.clock.UTC = b.clock.UTC.Add(-wrong)
		b.next()
		b.reopen()
		b.pass(roomy.MaxAge - 15*time.Second)
		if kept, _ := b.waits(); !kept {
			t.Errorf("wrong by %v: dropped", wrong)
		} else if k := b.next()[0]; k.Seq != 1 || !k.Resend {
			t.Errorf("wrong by %v: its number is %d", wrong, k.Seq)
		}
		b.pass(2 * time.Second)
		if kept, gap := b.waits(); kept || !gap {
			t.Errorf("wrong by %v: still waits after its age", wrong)
		}
	}
}

// A clock that is set does not stumble over what cannot be read any more.
func TestCorrectionWithAPersonGone(t *testing.T) {
	b := newBox(t, roomy)
	b.put(alarm(t, lea, "abs", "warning", b.clock), alarm(t, anna, "abs", "warning", b.clock))
	b.keys.remove(id(t, lea.ID))
	b.clock.UTC = b.clock.UTC.Add(2 * day)
	if kept := b.next(); len(kept) != 1 || kept[0].Released.Mailbox() != anna.Mailbox || b.Len() != 1 {
		t.Errorf("%+v, %d in the index", kept, b.Len())
	}
}

// A wall clock counts as corrected when it jumped by more than an hour; by drift nothing
// is written anew.
func TestCorrectionAtTheEdge(t *testing.T) {
	for _, by := range []time.Duration{time.Hour, -time.Hour, time.Hour + 1, -time.Hour - 1} {
		b := newBox(t, roomy)
		b.put(alarm(t, anna, "abs", "warning", b.clock))
		before := b.Writes()
		b.clock.UTC = b.clock.UTC.Add(by)
		b.next()
		if wrote := b.Writes() != before; wrote != (by.Abs() > time.Hour) {
			t.Errorf("by %v: wrote %v", by, wrote)
		}
		before = b.Writes()
		b.next()
		if b.Writes() != before {
			t.Errorf("by %v: written again", by)
		}
	}
}

// What was put in an earlier run got its age at the start: a clock that was set then and is
// corrected since says nothing of it.
func TestCorrectionOfASetClock(t *testing.T) {
	for _, by := range []time.Duration{60 * day, -60 * day} {
		b := newBox(t, roomy)
		b.put(alarm(t, anna, "abs", "warning", b.clock))
		b.reopen()
		b.clock.UTC = b.clock.UTC.Add(by)
		if kept, gap := b.waits(); !kept || gap {
			t.Errorf("by %v: waits %v, gap record %v", by, kept, gap)
		}
	}
}
