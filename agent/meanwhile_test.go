package agent_test

import (
	"errors"
	"runtime"
	"testing"
	"time"

	"glovebox/agent"
	"glovebox/hal"
	"glovebox/profiles"
	"glovebox/telemetry"
)

// slowly is a store in which something happens while one of its calls is under way.
type slowly struct {
	*store
	happens map[string]func()
}

func (s slowly) meanwhile(call string) {
	if f := s.happens[call]; f != nil {
		delete(s.happens, call)
		f()
	}
}

func (s slowly) Trips(who profiles.ID, ids ...string) (map[string][]byte, error) {
	defer s.meanwhile("Trips")
	return s.store.Trips(who, ids...)
}

func (s slowly) Ledger(who profiles.ID, prefixes ...string) (map[string][]byte, error) {
	defer s.meanwhile("Ledger")
	return s.store.Ledger(who, prefixes...)
}

func (s slowly) SetLockout(who profiles.ID, l profiles.Lockout) error {
	defer s.meanwhile("SetLockout")
	return s.store.SetLockout(who, l)
}

// Whoever has left meanwhile gets nothing more of what they asked for: it would be shown to
// whoever comes.
func TestNothingIsReadOfASessionThatIsOver(t *testing.T) {
	before := enrolled(t)
	before.drives(anna, 5*time.Minute)
	before.pass(10*time.Minute, -1)
	if err := before.Stop(agent.Restart); err != nil {
		t.Fatal(err)
	}
	disk := slowly{before.store, map[string]func(){}}
	w := startWorld(t, "Taycan", before.store, func(_ *world, n *agent.Needs) { n.Store = disk })
	w.now.UTC, w.now.Boot = before.now.UTC, before.now.Boot
	w.say(ignition, hal.Word("OFF"))
	for call, read := range map[string]func() (int, error){
		"Trips": func() (int, error) {
			all, err := agent.Trips{Cabin: w.Cabin}.ListTrips(telemetry.TripFilter{})
			return len(all), err
		},
		"Ledger": func() (int, error) { all, err := w.Ledger(telemetry.LedgerFilter{}); return len(all), err },
	} {
		w.login(anna)
		if n, err := read(); err != nil || n == 0 {
			t.Fatalf("%s: %d, %v", call, n, err)
		}
		out := make(chan error, 1)
		disk.happens[call] = func() {
			go func() { out <- w.Logout(t.Context()) }()
			for w.SessionView().State == "active" {
				runtime.Gosched()
			}
		}
		if n, err := read(); !errors.Is(err, profiles.ErrNotPermitted) || n > 0 {
			t.Errorf("%s: %d, %v", call, n, err)
		}
		if err := <-out; err != nil {
			t.Error(err)
		}
	}
}

// The car drives off while the PIN is looked at: nothing is erased on the move.
func TestNothingIsErasedOnceTheCarDrives(t *testing.T) {
	disk := slowly{newStore(), map[string]func(){}}
	w, e := soldOn(t, disk)
	w.login(anna)
	disk.happens["SetLockout"] = func() {
		w.say(ignition, hal.Word("ON"))
		w.say("Vehicle.Speed", hal.Number(50))
	}
	if _, err := w.erase("480213"); !errors.Is(err, profiles.ErrNotParked) || e.erased > 0 {
		t.Errorf("%v, erased %d times", err, e.erased)
	}
	if v := w.SessionView(); v.State != "active" {
		t.Errorf("%+v", v)
	}
}
