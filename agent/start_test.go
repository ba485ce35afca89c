package agent_test

import (
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"glovebox/agent"
	"glovebox/hal"
	"glovebox/profiles"
)

// stand lets the parked car's receiver say the same place for a while.
func (w *world) stand(d time.Duration) {
	for range int(d / time.Second) {
		w.mu.Lock()
		w.now.UTC, w.now.Boot = w.now.UTC.Add(time.Second), w.now.Boot+time.Second
		w.mu.Unlock()
		w.Fix(&hal.Position{Latitude: 54.19, Longitude: 6.62})
		w.Tick()
	}
}

// A login just after a start waits until it is known whether the car is parked: a bus
// that says so answers it at once, one that is silent after two seconds.
func TestLoginWaitsUntilParkedIsKnown(t *testing.T) {
	for name, row := range map[string]struct {
		happens func(*world)
		want    error
	}{
		"off":    {func(w *world) { w.say("Vehicle.LowVoltageSystemState", hal.Word("OFF")) }, nil},
		"on":     {func(w *world) { w.say("Vehicle.LowVoltageSystemState", hal.Word("ON")) }, profiles.ErrNotParked},
		"silent": {func(w *world) { w.pass(2*time.Second, -1) }, nil},
	} {
		for _, guest := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				disk := enrolled(t).store
				w := startWorld(t, "Taycan", disk, nil)
				w.Observe("body", 0, nil, w.now) // it opened
				if w.VehicleView().Parked || w.SessionView().Parked {
					t.Errorf("%s: parked before anything is known", name)
				}
				entered := make(chan error, 1)
				go func() {
					var err error
					if guest {
						_, err = w.StartGuest(t.Context(), false)
					} else {
						_, err = w.Login(t.Context(), anna, profiles.PIN{}, false)
					}
					entered <- err
				}()
				synctest.Wait()
				w.pass(time.Second, -1)
				synctest.Wait()
				if len(entered) != 0 {
					t.Errorf("%s: answered %v before anything is known", name, <-entered)
					return
				}
				row.happens(w)
				if err := <-entered; !errors.Is(err, row.want) {
					t.Errorf("%s: %v, want %v", name, err, row.want)
				}
			})
		}
	}
}

// A car without a bus is known at once.
func TestNoBusIsKnownAtOnce(t *testing.T) {
	w := startWorld(t, "Taycan", enrolled(t).store, func(_ *world, n *agent.Needs) { n.Buses = nil })
	w.login(anna)
}

// With nobody at the wheel after a start no place leaves until the car was seen parked.
func TestNobodyAfterAStart(t *testing.T) {
	for name, row := range map[string]struct {
		says func(*world)
		want bool
	}{
		"nothing":      {func(*world) {}, false},
		"two minutes":  {func(w *world) { w.stand(2 * time.Minute) }, true},
		"ignition on":  {func(w *world) { w.say("Vehicle.LowVoltageSystemState", hal.Word("ON")) }, false},
		"ignition off": {func(w *world) { w.say("Vehicle.LowVoltageSystemState", hal.Word("OFF")) }, true},
		"gear P": {func(w *world) {
			w.say("Vehicle.Powertrain.Transmission.SelectedGear", hal.Number(126))
		}, true},
		"on a ferry": {func(w *world) {
			for range 121 {
				w.pass(time.Second, -1)
				w.Fix(&hal.Position{Latitude: 54.19 + w.now.Boot.Seconds()/1e5, Longitude: 6.62, Speed: hal.KilometresPerHour(20)})
			}
		}, false},
	} {
		w := startWorld(t, "Taycan", enrolled(t).store, nil)
		w.Linked(true)
		row.says(w)
		w.stand(15 * time.Second)
		view := w.PrivacyView()
		if got := w.points(annaBox) > 0; got != row.want || slices.Contains(view.LimitedBy, "waiting") == row.want {
			t.Errorf("%s: a place left %v, want %v; limited by %v", name, got, row.want, view.LimitedBy)
		}
	}
}

// hiddenEnd is the disk after a drive that ended at no-position.
func hiddenEnd(t *testing.T) *store {
	t.Helper()
	w := enrolled(t)
	w.login(anna)
	w.pass(20*time.Second, 40)
	if err := w.SetLevel(t.Context(), "no-position"); err != nil {
		t.Fatal(err)
	}
	w.pass(20*time.Second, 40)
	w.park()
	return w.store
}

// unread is a store whose facts about the car cannot be read.
type unread struct{ *store }

func (unread) CarFact(string) ([]byte, error) { return nil, errors.New("input/output error") }

// What is not known of the last drive's end is hidden, and from then on said so on disk.
func TestGateFactFailsClosed(t *testing.T) {
	open := func(t *testing.T) *store { return enrolled(t).store }
	without := func(value []byte) func(*testing.T) *store {
		return func(t *testing.T) *store {
			disk := open(t)
			disk.Facts["gate"] = value
			return disk
		}
	}
	for name, row := range map[string]struct {
		disk   func(*testing.T) *store
		needs  func(*world, *agent.Needs)
		hidden bool
	}{
		"a drive that ended open":        {open, func(_ *world, n *agent.Needs) { n.Fresh = false }, false},
		"a drive that ended hidden":      {hiddenEnd, func(_ *world, n *agent.Needs) { n.Fresh = false }, true},
		"no fact, nobody ever":           {without(nil), nil, false},
		"no fact, somebody once":         {without(nil), func(_ *world, n *agent.Needs) { n.Fresh = false }, true},
		"an unknown word":                {without([]byte("opne")), nil, true},
		"a repaired store":               {open, func(_ *world, n *agent.Needs) { n.Doubtful = true }, true},
		"a new store, nobody ever":       {without(nil), func(_ *world, n *agent.Needs) { n.Doubtful = true }, true},
		"unreadable, nobody ever":        {open, func(_ *world, n *agent.Needs) { n.Store = unread{n.Store.(*store)} }, true},
		"unreadable after a hidden end":  {hiddenEnd, func(_ *world, n *agent.Needs) { n.Store = unread{n.Store.(*store)} }, true},
		"the fact of an older agent: no": {without([]byte{}), nil, true},
	} {
		disk := row.disk(t)
		w := startWorld(t, "Taycan", disk, row.needs)
		w.CarryOut() // before anything is said
		if got, want := string(disk.Facts["gate"]), map[bool]string{true: "hidden-end", false: "open"}[row.hidden]; got != want {
			t.Errorf("%s: the disk has %q, want %q", name, got, want)
		}
		w.Linked(true)
		w.say("Vehicle.LowVoltageSystemState", hal.Word("OFF"))
		w.stand(15 * time.Second)
		if got := w.points(annaBox) == 0; got != row.hidden {
			t.Errorf("%s: hidden %v", name, got)
		}
	}
}

// A disk that is full when the driver lowers has the fact as soon as it takes one, and
// only the newest; until then the gate in memory holds.
func TestGateFactIsTriedAgain(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.login(anna)
		b.drive(5 * time.Second)
		b.disk.make("SetCarFact gate", 0, errors.New("no space left on device"))
		if err := b.SetLevel(t.Context(), "no-position"); err != nil {
			t.Fatal(err)
		}
		called := b.at()
		b.drive(20 * time.Second)
		time.Sleep(10 * time.Second) // parked
		if err := b.SetLevel(t.Context(), "share"); err != nil {
			t.Fatal(err)
		}
		for range 30 {
			b.Fix(&hal.Position{Latitude: 54.19, Longitude: 6.62})
			time.Sleep(time.Second)
		}
		if got, _ := b.store.CarFact("gate"); string(got) != "open" {
			t.Errorf("the full disk has %q", got)
		}
		b.disk.make("SetCarFact gate", 0, nil)
		time.Sleep(2 * time.Second)
		if got, _ := b.store.CarFact("gate"); string(got) != "hidden-end" {
			t.Errorf("two seconds after the disk has room it has %q", got)
		}
		for _, at := range b.samples(annaBox) {
			if at > called {
				t.Errorf("a fix of %s left, the level was lowered at %s", at, called)
				break
			}
		}
	})
}
