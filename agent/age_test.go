package agent_test

import (
	"testing"
	"time"

	"glovebox/agent"
	"glovebox/hal"
	"glovebox/profiles"
)

const day = 24 * time.Hour

// sleep lets time go by on either clock, and what is due after it.
func (w *world) sleep(wall, boot time.Duration) {
	w.mu.Lock()
	w.now.UTC, w.now.Boot = w.now.UTC.Add(wall), w.now.Boot+boot
	w.mu.Unlock()
	w.Tick()
}

// shares reports whether Lea, who is shared, is sent the place.
func (w *world) shares() bool {
	w.t.Helper()
	w.login(anna)
	before := w.points(leaBox)
	w.pass(20*time.Second, 50)
	w.park()
	return w.points(leaBox) > before
}

// again starts the agent anew over the same disk, after a clean stop or a power cut, at
// the same time.
func (w *world) again(stop bool) *world {
	w.t.Helper()
	if stop {
		if err := w.Stop(agent.Restart); err != nil {
			w.t.Fatal(err)
		}
	}
	next := startWorld(w.t, "Taycan", w.store, func(next *world, _ *agent.Needs) { next.now = w.now })
	next.begun = next.now.Boot
	next.say("Vehicle.LowVoltageSystemState", hal.Word("OFF"))
	next.Linked(true)
	return next
}

// A document is old by the larger of two ages: since it was issued, by the wall clock,
// and since it was applied, by the boot clock. A document of this minute is fresh
// whatever the uptime.
func TestAgeOfADocument(t *testing.T) {
	for name, row := range map[string]struct {
		wall, boot time.Duration
		fresh      bool
	}{
		"29 days":                      {29 * day, 29 * day, true},
		"31 days":                      {31 * day, 31 * day, false},
		"31 days switched off":         {31 * day, 10 * time.Minute, false},
		"31 days, the wall clock lost": {-20000 * day, 31 * day, false},
		"the wall clock never set":     {-20000 * day, day, true},
	} {
		w := enrolled(t)
		w.sleep(row.wall, row.boot)
		if got := w.shares(); got != row.fresh {
			t.Errorf("%s: fresh %v", name, got)
		}
		w.apply(2, w.access(), profiles.BackEnd)
		if !w.shares() {
			t.Errorf("%s: a document of this minute is old", name)
		}
	}
}

// A document that came early is not the one in force: it refreshes nothing.
func TestEarlyDocumentRefreshesNothing(t *testing.T) {
	w := enrolled(t)
	w.sleep(0, 31*day)
	early := w.access()
	early.Version, early.Previous, early.Hash = 5, profiles.Hash{4}, profiles.Hash{5}
	if err := w.Apply(t.Context(), early, profiles.Signer{Kind: profiles.BackEnd}); err != nil {
		t.Fatal(err)
	}
	if w.shares() {
		t.Error("the document of 31 days ago is fresh")
	}
}

// A wall clock that was wrong for a while takes nobody's rights for longer.
func TestWallClockComesBack(t *testing.T) {
	w := enrolled(t)
	w.sleep(9*365*day, time.Hour)
	if w.shares() {
		t.Error("in the year 2035 the document is fresh")
	}
	w.sleep(-9*365*day, time.Second)
	if !w.shares() {
		t.Error("a second after the clock came back Lea is limited")
	}
}

// A restart makes no document younger, however it came, and none much older.
func TestAgeOverRestarts(t *testing.T) {
	lost := -20000 * day // so that the wall clock says nothing
	for _, stop := range []bool{true, false} {
		w := enrolled(t)
		w.sleep(lost, 0)
		for range 29 {
			w.sleep(0, day-5*time.Minute)
			w.sleep(0, 5*time.Minute)
			w = w.again(stop)
		}
		if !w.shares() {
			t.Errorf("stop %v: limited after 29 days of running", stop)
		}
		w.sleep(0, 20*time.Hour)
		w = w.again(stop)
		if w.sleep(0, 4*time.Hour); w.shares() {
			t.Errorf("stop %v: fresh after 30 days of running", stop)
		}
		w.apply(2, w.access(), profiles.BackEnd)
		if w = w.again(stop); !w.shares() {
			t.Errorf("stop %v: a document of this minute is old after a restart", stop)
		}
	}
}

// Short drives that end with the power count: on disk stands more than has run.
func TestShortDrivesAge(t *testing.T) {
	w := enrolled(t)
	w.sleep(-20000*day, 0)
	ran := time.Duration(0)
	for ran < 30*day {
		w.sleep(0, 4*time.Hour)
		w.sleep(0, 9*time.Minute)
		ran += 4*time.Hour + 9*time.Minute
		w = w.again(false)
	}
	if w.shares() {
		t.Errorf("fresh after %s of drives that ended with the power", ran)
	}
}

// A document whose age cannot be read counts as old until the next one comes.
func TestUnreadableAge(t *testing.T) {
	for fact, fresh := range map[string]bool{
		`{"version":1,"ran_s":60}`: true, `{"version":1,"ran_s":2592001}`: false, `{"version":9,"ran_s":2592001}`: true,
		`{"version":1,"ran_s":-60}`: false, `{"version":1,"ran_s":99999999999999999}`: false, `{`: false, ``: false,
	} {
		w := enrolled(t)
		w.store.Facts["document-age"] = []byte(fact)
		w = w.again(false)
		if got := w.shares(); got != fresh {
			t.Errorf("%q: fresh %v", fact, got)
		}
		w.apply(2, w.access(), profiles.BackEnd)
		if w = w.again(false); !w.shares() {
			t.Errorf("%q: a new document is old", fact)
		}
	}
	w := enrolled(t)
	w = startWorld(t, "Taycan", w.store, func(_ *world, n *agent.Needs) { n.Store = unread{w.store} })
	w.say("Vehicle.LowVoltageSystemState", hal.Word("OFF"))
	w.Linked(true)
	before := w.points(leaBox)
	w.pass(10*time.Minute, -1) // the disk does not give the wrong PINs either
	w.login(anna)
	w.pass(6*time.Minute, 50)
	if w.points(leaBox) > before {
		t.Error("an age that the disk does not give is fresh")
	}
}

// counting is a store that counts how often a fact is written.
type counting struct {
	*store
	writes map[string]int
}

func (c counting) SetCarFact(name string, value []byte) error {
	c.writes[name]++
	return c.store.SetCarFact(name, value)
}

// The age is written every ten minutes and no more often, whatever else waits, and a
// clean stop writes what has run to the second.
func TestAgeIsWrittenSeldom(t *testing.T) {
	disk := counting{enrolledPINs(t, newStore()).store, map[string]int{}}
	w := startWorld(t, "Taycan", disk.store, func(_ *world, n *agent.Needs) { n.Store = disk })
	w.say("Vehicle.LowVoltageSystemState", hal.Word("OFF"))
	if _, err := w.Login(t.Context(), lea, profiles.NewPIN("111112"), false); err == nil {
		t.Fatal("a wrong PIN is right")
	}
	w.pass(time.Hour+time.Second, -1)
	if got := disk.writes["document-age"]; got != 6 || disk.writes["tally"] < 6 {
		t.Errorf("in an hour the age was written %d times, the tally %d times", got, disk.writes["tally"])
	}
	if err := w.Stop(agent.Restart); err != nil {
		t.Fatal(err)
	}
	// enrolled ran for no time, but promised ten minutes
	if got := string(disk.Facts["document-age"]); got != `{"version":1,"ran_s":4201}` {
		t.Errorf("after a clean stop the disk has %s", got)
	}
}
