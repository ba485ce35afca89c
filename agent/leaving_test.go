package agent_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"glovebox/agent"
	"glovebox/hal"
	"glovebox/profiles"
)

const (
	driversDoor = "Vehicle.Cabin.Door.Row1.DriverSide.IsOpen"
	driversLock = "Vehicle.Cabin.Door.Row1.DriverSide.IsLocked"
	ignition    = "Vehicle.LowVoltageSystemState"
)

// parked is a car with everything closed and unlocked, the ignition off.
func (w *world) parked() {
	w.say(ignition, hal.Word("OFF"))
	w.say(driversDoor, hal.Bool(false))
	w.say(driversLock, hal.Bool(false))
}

// getOut is a driver who gets out and closes the door.
func (w *world) getOut() {
	w.say(driversDoor, hal.Bool(true))
	w.pass(2*time.Second, -1)
	w.say(driversDoor, hal.Bool(false))
}

// Whoever leaves the car ends their session, a guest and a person alike: when the car
// is locked (case L1), or after a while. Until then it goes on.
func TestWhoLeavesEndsTheSession(t *testing.T) {
	for name, begin := range map[string]func(w *world){
		"guest": func(w *world) {
			if _, err := w.StartGuest(w.t.Context(), false); err != nil {
				w.t.Fatal(err)
			}
		},
		"person": func(w *world) { w.login(lea) },
	} {
		t.Run(name, func(t *testing.T) {
			w := enrolled(t)
			w.parked()
			begin(w)
			w.getOut()
			w.pass(5*time.Second, -1)
			if v := w.SessionView(); v.State == "idle" {
				t.Fatal("over before the car is locked")
			}
			w.say(driversLock, hal.Bool(true))
			w.Tick()
			if v := w.SessionView(); v.State != "idle" || v.Reason != "left" || v.WipeState != "clean" {
				t.Errorf("locked: %+v", v)
			}
			if e := w.screen.last(t, 1); e.Reason != "left" || (e.Receipt.Method == "memory") != (name == "guest") {
				t.Errorf("the head unit heard %+v", e)
			}
			w.say(driversLock, hal.Bool(false))
			begin(w)
			w.getOut()
			w.pass(58*time.Second, -1)
			if v := w.SessionView(); v.State == "idle" {
				t.Fatal("over before leave_after")
			}
			w.pass(3*time.Second, -1)
			if v := w.SessionView(); v.State != "idle" || v.Reason != "left" {
				t.Errorf("after leave_after: %+v", v)
			}
		})
	}
}

// A guest who does nothing is gone after idle_after. What a person does on the head
// unit counts; what a program reads does not, however often.
func TestWhatCountsAsASign(t *testing.T) {
	for name, row := range map[string]struct {
		do    func(w *world) error
		stays bool
	}{
		"nothing": {func(*world) error { return nil }, false},
		"Set": {func(w *world) error {
			return w.Set(w.t.Context(), profiles.ID{}, profiles.Values{"radio": {"volume": byte(3)}}, nil)
		}, true},
		"SetLevel":      {func(w *world) error { return w.SetLevel(w.t.Context(), "offline") }, true},
		"CancelPending": {func(w *world) error { return w.CancelPending(w.t.Context()) }, true},
		"a wrong PIN":   {func(w *world) error { w.Login(w.t.Context(), anna, profiles.NewPIN("111112"), false); return nil }, true},
		"a change of the people": {func(w *world) error {
			w.Revise(w.t.Context(), profiles.Remove{Who: lea}, profiles.PIN{})
			return nil
		}, true},
		"reads": {func(w *world) error {
			w.SessionView()
			w.PrivacyView()
			w.Permits("radio")
			_, err := w.Get(profiles.ID{}, "radio")
			return err
		}, false},
		"a lock": {func(w *world) error { _, err := w.Inhibit(); return err }, false},
	} {
		t.Run(name, func(t *testing.T) {
			w := enrolledPINs(t, newStore())
			w.parked()
			if _, err := w.StartGuest(t.Context(), false); err != nil {
				t.Fatal(err)
			}
			w.pass(9*time.Minute, -1)
			if err := row.do(w); err != nil {
				t.Fatal(err)
			}
			w.pass(2*time.Minute, -1)
			if left := w.SessionView().State != "guest"; left == row.stays {
				t.Errorf("left is %v", left)
			}
		})
	}
}

// Case W4: the process stands still for ten minutes, or the unit slept, in a guest's
// session. Whatever comes first afterwards, the guest is gone before it counts.
func TestTheBootClockJumps(t *testing.T) {
	for name, first := range map[string]func(w *world){
		"a tick":  func(w *world) { w.Tick() },
		"a frame": func(w *world) { w.say(ignition, hal.Word("ON")) },
		"a fix": func(w *world) {
			w.Fix(&hal.Position{Latitude: 54.19, Longitude: 6.62, Speed: hal.KilometresPerHour(50)})
		},
		"a call and a tick": func(w *world) {
			_ = w.Set(w.t.Context(), profiles.ID{}, profiles.Values{"radio": {"volume": byte(3)}}, nil)
			w.Tick()
		},
	} {
		for _, stand := range []string{"parked", "driving"} {
			t.Run(name+" "+stand, func(t *testing.T) {
				w := enrolled(t)
				w.parked()
				if _, err := w.StartGuest(t.Context(), false); err != nil {
					t.Fatal(err)
				}
				if stand == "driving" {
					w.pass(10*time.Second, 50)
				}
				w.mu.Lock()
				w.now.UTC, w.now.Boot = w.now.UTC.Add(10*time.Minute+time.Second), w.now.Boot+10*time.Minute+time.Second
				w.mu.Unlock()
				first(w)
				w.CarryOut()
				if v := w.SessionView(); v.State != "idle" || v.Reason != "left" {
					t.Errorf("%s because %s", v.State, v.Reason)
				}
			})
		}
	}
}

// A person who waits for the car to park is not kept waiting by who left.
func TestLoginAfterLeaving(t *testing.T) {
	w := enrolled(t)
	w.parked()
	w.login(anna)
	w.getOut()
	w.say(driversLock, hal.Bool(true))
	w.login(lea)
	if v := w.SessionView(); v.Profile != lea {
		t.Errorf("at the wheel: %+v", v)
	}
}

// Whatever happens in whatever order: of each session that begins the head unit hears one
// end, a session has its own directory as long as it lasts, and nothing is left of it.
func TestRandomEvents(t *testing.T) {
	for seed := range uint64(3) {
		inBubble(t, func(t *testing.T, b *bubble) {
			random := rand.New(rand.NewPCG(seed, 1))
			pick := func(list ...string) string { return list[random.IntN(len(list))] }
			ctx := context.Background()
			var locks []func()
			seen := map[string]bool{}
			version := uint64(1)
			for n := range 300 {
				before := b.SessionView()
				switch what := pick("login", "guest", "logout", "door", "lock", "ignition", "wait", "wait", "inhibit", "release", "set", "level", "sleep", "remove", "minutes", "gear"); what {
				case "login":
					b.Login(ctx, []profiles.ID{anna, lea, jonas}[random.IntN(3)], profiles.PIN{}, random.IntN(2) == 0)
				case "guest":
					b.StartGuest(ctx, random.IntN(2) == 0)
				case "logout":
					b.Logout(ctx)
				case "door":
					b.observe(driversDoor, hal.Bool(random.IntN(2) == 0))
				case "lock":
					b.observe(driversLock, hal.Bool(random.IntN(2) == 0))
				case "ignition":
					b.observe(ignition, hal.Word(pick("ON", "OFF", "OFF")))
				case "gear":
					b.observe("Vehicle.Powertrain.Transmission.SelectedGear", hal.Number([]float64{126, 1}[random.IntN(2)]))
				case "wait":
					time.Sleep(time.Duration(random.IntN(10_000)) * time.Millisecond)
				case "minutes":
					time.Sleep(time.Duration(random.IntN(12)) * time.Minute)
				case "inhibit":
					if release, err := b.Inhibit(); err == nil {
						locks = append(locks, release)
					}
				case "release":
					if len(locks) > 0 {
						locks[0]()
						locks = locks[1:]
					}
				case "set":
					b.Set(ctx, profiles.ID{}, profiles.Values{"radio": {"volume": byte(random.IntN(100))}}, nil)
				case "level":
					b.SetLevel(ctx, pick("share", "no-position", "offline"))
				case "sleep":
					b.Stop(agent.Suspend)
				case "remove":
					a := b.access()
					version++
					a.Version, a.Previous, a.Hash = version, b.Roster().Hash, profiles.Hash{byte(version), byte(version >> 8)}
					if random.IntN(2) == 0 {
						a.Users = a.Users[:2]
					}
					b.Apply(ctx, a, profiles.Signer{Kind: profiles.BackEnd, Key: "x"})
				}
				synctest.Wait()
				v := b.SessionView()
				driving := v.State == "guest" || v.State == "active"
				if driving != (v.RuntimeDirectory != "") || !driving && v.State != "idle" && v.State != "leaving" {
					t.Fatalf("seed %d, event %d: %+v", seed, n, v)
				}
				if _, err := b.Get(profiles.ID{}, "radio"); (err == nil) != driving {
					t.Fatalf("seed %d, event %d: %s, and settings answer %v", seed, n, v.State, err)
				}
				if v.RuntimeDirectory != before.RuntimeDirectory && seen[v.RuntimeDirectory] {
					t.Fatalf("seed %d, event %d: a directory comes again: %s", seed, n, v.RuntimeDirectory)
				}
				seen[v.RuntimeDirectory] = v.RuntimeDirectory != ""
				if v.State != "leaving" && v.WipeState != "clean" {
					t.Fatalf("seed %d, event %d: %+v", seed, n, v)
				}
			}
			b.Logout(ctx)
			synctest.Wait()
			b.folders.mu.Lock()
			made, gone := b.folders.made, slices.Clone(b.folders.gone)
			b.folders.mu.Unlock()
			if slices.Sort(gone); made != len(gone) || made != len(slices.Compact(gone)) {
				t.Errorf("seed %d: %d directories made, %d removed", seed, made, len(gone))
			}
			ends, waits := 0, false
			for _, line := range b.screen.said() {
				ended := line[:6] == "ended "
				if waits && !ended {
					t.Errorf("seed %d: an end that waits is followed by %q", seed, line)
				}
				if waits = !ended; ended {
					ends++
				}
			}
			began := 0 // a request that a newer one overtook has made its directory in vain
			for directory := range seen {
				began += len(directory[:min(1, len(directory))])
			}
			if waits || ends < began || ends > made || ends < 15 {
				t.Errorf("seed %d: of %d to %d sessions %d ends were heard", seed, began, made, ends)
			}
		})
	}
}

// What the car says costs no memory, with somebody at the wheel and with nobody.
func TestObserveAllocatesNothing(t *testing.T) {
	w := enrolled(t)
	w.parked()
	said := []hal.Reading{{Path: ignition, Value: hal.Word("OFF"), At: w.now}, {Path: driversDoor, Value: hal.Bool(false), At: w.now}}
	for _, who := range []string{"nobody", "somebody"} {
		if n := testing.AllocsPerRun(1000, func() { w.Observe("body", 1, said, w.now) }); n > 0 {
			t.Errorf("%s is at the wheel: %v allocations", who, n)
		}
		w.login(anna)
	}
}
