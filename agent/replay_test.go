package agent_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"glovebox/agent"
	"glovebox/profiles"
)

// counted is the counters of the replay matrix, after 100 and 90 were used.
var counted = []struct {
	ctr  uint64
	free func(ordered, soon bool) bool
}{
	{101, func(bool, bool) bool { return true }},
	{200, func(bool, bool) bool { return true }},
	{100, func(bool, bool) bool { return false }},
	{99, func(ordered, soon bool) bool { return !ordered && soon }},
	{90, func(bool, bool) bool { return false }},
	{68, func(ordered, soon bool) bool { return !ordered && soon }}, // the last of the window
	{67, func(bool, bool) bool { return false }},
}

// Replay matrix: epoch 3 × counter 7 × expiry 7 × role 3 × action 9, a hundred seconds into
// the epoch. No row is accepted a second time. A limited reader has spent the look of the
// slot: what has not been used before waits, and the answer is not to be seen from its time.
func TestReplayMatrix(t *testing.T) {
	rows, accepted := 0, 0
	for _, epoch := range []string{"now", "before", "never"} {
		for _, count := range counted {
			t.Run(fmt.Sprint(epoch, " ", count.ctr), func(t *testing.T) { // what a world holds is given back after each
				for _, exp := range []int64{99, 100, 101, 130, 131, 160, 161} {
					for who, box := range map[profiles.ID]string{anna: annaBox, lea: leaBox, jonas: jonasBox} {
						for _, act := range profiles.Verbs() {
							w := enrolled(t)
							agent.Renew(w.Cabin)
							w.turn(100 * time.Second)
							for _, used := range []uint64{100, 90} {
								o := fresh(who, used, profiles.Locate)
								o.epoch, o.exp = w.epoch(), 110
								w.Act(w.action(o), false)
								w.CarryOut()
							}
							o := fresh(who, count.ctr, act)
							o.exp = exp
							o.epoch = map[string]string{"now": w.epoch(), "before": firstEpoch, "never": strings.Repeat("0", 32)}[epoch]
							want := "silent"
							switch {
							case epoch != "now" || exp < 100 || exp > 160:
								want = "expired"
							case !count.free(act.Ordered(), exp <= 130):
							case act == profiles.Assign && who == lea:
								want = "not-permitted"
							case act == profiles.Locate || act == profiles.SendMessage || act == profiles.Book:
								want = "not-now"
							default:
								want = "accepted"
								accepted++
							}
							again := want == "expired"
							if who == jonas && want != "silent" {
								want = "accepted" // for the slot
							}
							row := fmt.Sprintf("epoch %s ctr %d exp %d %s %s", epoch, count.ctr, exp, box[:2], act)
							if got := w.considered(o, box); got != want {
								t.Fatalf("%s: %s, want %s", row, got, want)
							}
							if got := w.considered(o, box); got != "silent" && (!again || got != want) {
								t.Fatalf("%s, again: %s", row, got)
							}
							rows++
						}
					}
				}
			})
		}
	}
	t.Logf("%d rows, %d accepted once", rows, accepted)
	if rows != 3969 || accepted == 0 || accepted == rows {
		t.Errorf("%d rows, %d accepted", rows, accepted)
	}
}

// considered is what becomes of an order before it is carried out: silent, accepted
// or the reason its sender is told.
func (w *world) considered(o ordered, box string) string {
	w.t.Helper()
	before := len(w.courier.sent)
	outcome := w.Act(w.action(o), false)
	w.CarryOut()
	switch sent := w.courier.sent[before:]; {
	case outcome.Accepted() && len(sent) == 0:
		return "accepted"
	case len(sent) == 0:
		return "silent"
	}
	told := w.told(box)
	return told[len(told)-1][strings.LastIndex(told[len(told)-1], " ")+1:]
}
