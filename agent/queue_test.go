package agent_test

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"glovebox/agent"
	"glovebox/hal"
	"glovebox/profiles"
	"glovebox/profiles/keyring"
	"glovebox/telemetry/outbox"
	"glovebox/telemetry/outside"
)

// boxed puts what is kept into a real queue.
type boxed struct {
	*courier
	box *outbox.Outbox
}

func (b *boxed) Keep(messages []outside.Released) ([]outside.Released, error) {
	if b.full != nil {
		return nil, b.full
	}
	return b.box.Put(messages)
}

var errFull = errors.New("no space left on device")

// Messages of a removed person waited in memory for a full disk with those of others:
// once there is room the others are kept, each once, and what was refused is dropped.
func TestRefusedIsNotTriedAgain(t *testing.T) {
	dir := t.TempDir()
	ring, err := keyring.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := ring.Add(anna, lea, jonas); err != nil {
		t.Fatal(err)
	}
	var box *outbox.Outbox
	w := startWorld(t, "Taycan", newStore(), func(w *world, n *agent.Needs) {
		box = outbox.New(filepath.Join(dir, "outbox.db"), ring, outbox.Bounds{MaxBytes: 4 << 20, MaxAge: 720 * time.Hour}, n.Now)
		if err := box.Open(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { box.Close(); ring.Close() })
		n.Courier = &boxed{w.courier, box}
	})
	w.Linked(true)
	w.apply(1, w.access(), profiles.BackEnd)
	w.courier.full = errFull
	w.say("Vehicle.Chassis.Brake.IsBrakesWorn", hal.Bool(true))
	w.Tick()
	a := w.access()
	a.Users = append(a.Users[:1:1], a.Users[2])
	w.apply(2, a, profiles.BackEnd)
	if _, err := ring.Remove(lea); err != nil {
		t.Fatal(err)
	}
	w.courier.full = nil
	w.pass(90*time.Second, -1)
	kept, err := box.Next(0, 100)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]int{}
	for _, k := range kept {
		got[k.Released.Mailbox()]++
	}
	if len(kept) != 2 || got[annaBox] != 1 || got[jonasBox] != 1 {
		t.Errorf("%d messages wait, by mailbox %v", len(kept), got)
	}
	if err := w.Stop(agent.Restart); err != nil {
		t.Errorf("still owed: %v", err)
	}
}

// While the disk takes nothing a warning flickers, and readers order: the warning that
// is on all the while is told when there is room, and the gap is one record.
func TestNoWarningIsLostInMemory(t *testing.T) {
	w := enrolled(t)
	w.courier.full = errFull
	w.pass(time.Second, 40)
	w.say("Vehicle.Chassis.Brake.IsBrakesWorn", hal.Bool(true))
	w.Tick()
	for i := range 600 {
		w.order(fresh(anna, uint64(i+1), "lock"))
		if i%10 == 0 {
			w.Linked(false)
			w.pass(10*time.Second, 40)
			w.Linked(true)
		}
		w.Tick()
	}
	w.courier.full = nil
	w.pass(2*time.Minute, 40)
	if got := w.courier.of(t, annaBox, outside.KindAlarms); len(got) != 1 || !strings.Contains(got[0], `"alarm":"brake"`) {
		t.Errorf("anna was told %q", got)
	}
	got := w.courier.of(t, annaBox, outside.KindGaps)
	if len(got) != 3 || !strings.Contains(got[1], `"dropped":60,`) {
		t.Errorf("%d gap records, want one of status, one of 60 positions and one of results: %q", len(got), got)
	}
	if all := strings.Join(got, " "); !strings.Contains(all, `"kind":"ack",`) || !strings.Contains(all, `"dropped":344,"reason":"bytes"`) {
		t.Errorf("of the results that fell out: %q", got)
	}
	if n := len(w.courier.of(t, annaBox, outside.KindAck)); n != 256 {
		t.Errorf("%d results, want the newest 256", n)
	}
}

// A warning waits for a limited reader's full minute when he gets another mailbox: he is
// told there.
func TestWarningReachesANewMailbox(t *testing.T) {
	for _, sharing := range []profiles.Sharing{profiles.Shared, profiles.Limited} {
		w := enrolled(t)
		w.pass(10*time.Second, 40)
		w.say("Vehicle.Chassis.Brake.IsBrakesWorn", hal.Bool(true))
		w.pass(5*time.Second, 40)
		const box = "2222222222222222222222222222222a"
		a := w.access()
		a.Users[2].Sharing, a.Users[2].Mailbox = sharing, box
		w.apply(2, a, profiles.MainUser)
		w.pass(2*time.Minute, 40)
		if got := w.courier.of(t, box, outside.KindAlarms); len(got) != 1 {
			t.Errorf("%v: told %q", sharing, got)
		}
	}
}

// A store that was repaired may have lost what waited: everyone is told once more what
// is on, also where that comes to light only after the start. After any other start
// nobody is.
func TestWarningAfterTheQueueWasRenewed(t *testing.T) {
	disk := newStore()
	w := newWorld(t, "Taycan", disk)
	w.apply(1, w.access(), profiles.BackEnd)
	w.say("Vehicle.Chassis.Brake.IsBrakesWorn", hal.Bool(true))
	w.pass(2*time.Minute, 40)
	for _, row := range []struct {
		name      string
		recovered []string
		late      string
		want      int
	}{{"nothing was repaired", nil, "", 0}, {"before the start", []string{"outbox.db"}, "", 1}, {"after it", nil, "outbox.db", 1}} {
		again := startWorld(t, "Taycan", disk, func(_ *world, n *agent.Needs) { n.Recovered = row.recovered })
		again.Linked(true)
		if row.late != "" {
			again.recover(row.late)
		}
		again.pass(2*time.Minute, -1)
		for _, box := range []string{annaBox, leaBox, jonasBox} {
			n := 0
			for _, text := range again.courier.of(t, box, outside.KindAlarms) {
				if strings.Contains(text, `"brake"`) {
					n++
				}
			}
			if n != row.want {
				t.Errorf("%s: %.2s was told %d times", row.name, box, n)
			}
		}
	}
}

// recover reports a store that was repaired while the agent runs.
func (w *world) recover(name string) {
	found := make(chan string, 1)
	found <- name
	close(found)
	agent.Recover(w.Cabin, found)
}

// A document that is in force is shown in the state, whatever the queue says.
func TestDocumentIsShownOverABrokenQueue(t *testing.T) {
	w := newWorld(t, "Taycan", newStore())
	w.courier.full, w.courier.jammed = errFull, errors.New("input/output error")
	w.apply(1, w.access(), profiles.BackEnd)
	if shown := w.courier.versions; len(shown) == 0 || shown[len(shown)-1] != 1 || w.Roster().Version != 1 {
		t.Errorf("the state shows %d, in force is %d", shown, w.Roster().Version)
	}
}

// A purge that failed at a session's end, and another one was wanted before it is tried
// again: what waits for it learns that it is done.
func TestALaterPurgeCountsForTheOneBefore(t *testing.T) {
	w := enrolled(t)
	w.login(lea)
	w.courier.jammed = errFull
	w.logout()
	if v := w.SessionView(); v.WipeState != "pending" {
		t.Fatalf("before the purge: %s", v.WipeState)
	}
	a := w.access()
	a.Users[1].Restricted = []profiles.Function{"position"}
	w.apply(2, a, profiles.BackEnd)
	w.courier.jammed = nil
	w.pass(3*time.Second, -1)
	if v := w.SessionView(); v.WipeState != "clean" {
		t.Errorf("once the queue is purged: %s", v.WipeState)
	}
}
