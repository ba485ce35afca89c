package scenario_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"glovebox/headunit"
	"glovebox/sim/scenario"
)

// Every check holds of a world in which it is true, and of no world in which one thing
// is otherwise; one that says it could not look does not hold.
func TestEveryCheckFails(t *testing.T) {
	for _, c := range checkControls {
		t.Run(c.check, func(t *testing.T) {
			w := trueWorld(t, c.check)
			then := *w
			if ok, got, _, _, err := w.Judge(t, c.check, before(c.check, &then)); !ok || err != nil {
				t.Errorf("of the true world it does not hold: %s, %v", got, err)
			}
			for _, name := range slices.Sorted(maps.Keys(c.wrong)) {
				w := trueWorld(t, c.check)
				then := *w
				since := before(c.check, &then)
				if since != nil {
					since.Keep(t)
				}
				c.wrong[name](w)
				if ok, got, _, _, _ := w.Judge(t, c.check, since); ok {
					t.Errorf("%s: holds, got %s", name, got)
				}
			}
		})
	}
}

// before is what a check compares with: itself, where it asks whether something
// changed, else the beginning.
func before(check string, w *scenario.World) *scenario.World {
	if check == "disk unchanged" {
		return w
	}
	return nil
}

// Each row of the table of checks has such a control.
func TestEveryCheckHasAControl(t *testing.T) {
	for _, row := range scenario.Rows() {
		if row.Before != "expect " {
			continue
		}
		if !slices.ContainsFunc(checkControls, func(c control) bool { return scenario.UsageOf(c.check) == row.Usage && len(c.wrong) > 0 }) {
			t.Errorf("expect %s: no control", row.Usage)
		}
	}
}

// What happened before a label does not count behind it, nor before its line for a
// never.
func TestEarlierDoesNotCount(t *testing.T) {
	for _, c := range checkControls {
		w := trueWorld(t, c.check)
		word, _, _ := strings.Cut(c.check, " ")
		if event := slices.Contains([]string{"place", "first", "backfill", "wire"}, word); !event && !scenario.AsksSince(c.check) || c.late {
			continue
		}
		then := *w
		then.Keep(t)
		if ok, got, _, _, err := w.Judge(t, c.check, &then); ok != (c.check == "disk unchanged") {
			t.Errorf("%s: holds %t of what was before: %s, %v", c.check, ok, got, err)
		}
	}
}

// A place from within a spell at a lower level is filled in too.
func TestBackfillFromALowerLevel(t *testing.T) {
	w := trueWorld(t, "backfill lea")
	w.Offline, w.Outages = w.Outages, nil
	if ok, got, _, _, err := w.Judge(t, "backfill lea", nil); !ok || err != nil {
		t.Errorf("does not hold: %s, %v", got, err)
	}
}

// What the agent may have kept without an answer it must go on to keep, once it was
// seen.
func TestAcknowledgedStays(t *testing.T) {
	w := trueWorld(t, "settings acknowledged")
	w.Maybe = map[string]string{"radio volume": "28"}
	if got := fmt.Sprint(w.Acknowledged(t, "radio", "volume", 27, 27, 28)); got != "[true true false]" {
		t.Errorf("the value that was answered: %s", got)
	}
	w.Maybe = map[string]string{"radio volume": "28"}
	if got := fmt.Sprint(w.Acknowledged(t, "radio", "volume", 28, 28, 27)); got != "[true true false]" {
		t.Errorf("the value that was not: %s", got)
	}
}

// A counter of an agent that started anew since the label counts from nothing.
func TestStatisticAfterARestart(t *testing.T) {
	w := trueWorld(t, "statistic documents.applied 2")
	then := *w
	then.Counters = map[string]any{"documents.applied": uint64(9)}
	for check, want := range map[string]bool{"statistic documents.applied 2": true, "statistic documents.applied 3": false} {
		if ok, got, _, _, err := w.Judge(t, check, &then); ok != want || err != nil {
			t.Errorf("%s: %t, %s, %v", check, ok, got, err)
		}
	}
}

// Of nobody's values nobody can say that they are as they were.
func TestUnchangedOfNobody(t *testing.T) {
	w := trueWorld(t, "disk unchanged")
	if err := os.Remove(filepath.Join(w.StateDir, "profiles.db")); err != nil {
		t.Fatal(err)
	}
	if ok, got, _, _, err := w.Judge(t, "disk unchanged", w); ok || err != nil {
		t.Errorf("holds: %s, %v", got, err)
	}
}

// A track says why it is none.
func TestTrackSays(t *testing.T) {
	w := trueWorld(t, "track lea")
	oneElsewhere(w)
	if _, got, _, _, _ := w.Judge(t, "track lea", nil); !strings.Contains(got, "is no recorded fix") {
		t.Error(got)
	}
}

// What cannot be asked or read makes no check hold. How long a check
// waits before it looks again is what those it asks can bear: the head unit may call
// twenty times a second, and files are large.
func TestLooking(t *testing.T) {
	for _, c := range checkControls {
		w := trueWorld(t, c.check)
		_, _, read, pace, _ := w.Judge(t, c.check, nil)
		want := map[string]time.Duration{"head unit": 150 * time.Millisecond, "files": 600 * time.Millisecond, "": 25 * time.Millisecond}[read]
		if strings.HasPrefix(c.check, "frame ") || strings.HasPrefix(c.check, "signal") {
			want = 150 * time.Millisecond // one bus; and what Watch has told
		}
		if pace != want {
			t.Errorf("%s: looks again after %v, want %v as it reads %q", c.check, pace, want, read)
		}
		w.Silent, w.Unread = true, errors.New("the disk is full")
		if ok, got, _, _, err := w.Judge(t, c.check, nil); ok && read != "" {
			t.Errorf("%s: holds, but its %s cannot be read: %s, %v", c.check, read, got, err)
		}
	}
}

// An expectation that does not hold says what the ledger knows of that reader.
func TestFailingExpectationAsksTheLedger(t *testing.T) {
	for check, want := range map[string]string{
		"publish jonas status Vehicle.Nothing": "the ledger has doors withheld by doors/limited 3 times",
		"messages lea position 1000":           "the ledger has doors withheld by doors/shared 1 times, position sent by position/shared 1 times",
		"points anna 1000":                     "; the ledger has nothing of it",
		"level offline":                        "no-position, effective no-position",
	} {
		w := trueWorld(t, check)
		if got := w.Why(t, check); !strings.HasSuffix(got, want) {
			t.Errorf("%s: %s, want %s", check, got, want)
		}
	}
	w := trueWorld(t, "messages")
	w.Silent = true
	if got := w.Why(t, "messages jonas gaps 1000"); !strings.HasSuffix(got, "the ledger is closed: nobody answers") {
		t.Error(got)
	}
}

// An order that the car does not answer ends in an error with a name, and the end of
// the scenario is none.
func TestUnansweredOrder(t *testing.T) {
	err := scenario.Unanswered(t.Context(), fmt.Errorf("no answer to action 1 of anna: %w", context.DeadlineExceeded))
	if headunit.RefusedAs(err) != "Offline" {
		t.Errorf("ends in %v", err)
	}
	other := errors.New("other")
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if got := scenario.Unanswered(t.Context(), other); got != other {
		t.Errorf("another error ends in %v", got)
	}
	if got := scenario.Unanswered(ended, context.DeadlineExceeded); headunit.RefusedAs(got) != "" {
		t.Errorf("the end of all ends in %v", got)
	}
}

// An expectation waits as long as it says, times the patience with a slow machine.
func TestPatience(t *testing.T) {
	const check = "points anna 1000"
	w := trueWorld(t, check)
	synctest.Test(t, func(t *testing.T) {
		for patience, want := range map[int]time.Duration{0: 3 * time.Second, 1: 3 * time.Second, 4: 12 * time.Second} {
			if got := w.Waits(t, check, 3*time.Second, patience); got != want {
				t.Errorf("patience %d: waited %v, want %v", patience, got, want)
			}
		}
	})
}
