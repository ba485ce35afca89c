package agent_test

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"glovebox/agent"
	"glovebox/hal"
	"glovebox/profiles"
	"glovebox/telemetry/outside"
)

// loop runs one of the loops beside the test; stop ends it and waits for it.
func loop(run func(ctx context.Context) error) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var on sync.WaitGroup
	on.Go(func() { _ = run(ctx) })
	return func() { cancel(); on.Wait() }
}

// clocked is a world whose clocks go with the bubble's.
func clocked(t *testing.T, boot func(time.Duration) time.Duration) *world {
	begun := time.Now()
	return startWorld(t, "Taycan", newStore(), func(_ *world, n *agent.Needs) {
		n.Now = func() hal.Instant {
			at := time.Since(begun)
			return hal.Instant{UTC: time.Date(2026, 11, 21, 20, 0, 0, 0, time.UTC).Add(at), Boot: time.Hour + boot(at)}
		}
	})
}

func asIs(d time.Duration) time.Duration { return d }

// The watchdog is told at once and then at each interval, whatever else there is to do;
// without one nobody is told.
func TestAliveAtEachInterval(t *testing.T) {
	for _, interval := range []time.Duration{10 * time.Second, 0} {
		synctest.Test(t, func(t *testing.T) {
			w := clocked(t, asIs)
			begun := time.Now()
			var said []time.Duration
			stop := loop(func(ctx context.Context) error {
				return agent.Tick(ctx, w.Cabin, interval, func() { said = append(said, time.Since(begun)) })
			})
			for range 7 { // frames wake the loop in between
				time.Sleep(5 * time.Second)
				w.Observe("body", 1, nil, w.now)
			}
			stop()
			want := []time.Duration{0, 10 * time.Second, 20 * time.Second, 30 * time.Second}
			if interval == 0 {
				want = nil
			}
			if !slices.Equal(said, want) {
				t.Errorf("every %v: told at %v, want %v", interval, said, want)
			}
		})
	}
}

// A boot clock that stands still, or goes at less than half its pace, begins a new epoch:
// nothing that was signed before is known to be fresh. One that goes does not.
func TestBootClockStandsStill(t *testing.T) {
	for name, boot := range map[string]func(time.Duration) time.Duration{
		"goes":         asIs,
		"stands still": func(time.Duration) time.Duration { return 0 },
		"goes slowly":  func(d time.Duration) time.Duration { return d / 4 },
	} {
		synctest.Test(t, func(t *testing.T) {
			w := clocked(t, boot)
			stop := loop(func(ctx context.Context) error { return agent.Tick(ctx, w.Cabin, 0, nil) })
			time.Sleep(time.Hour)
			stop()
			if renewed := len(w.courier.epochs) > 0; renewed == (name == "goes") {
				t.Errorf("%s: epochs %v", name, w.courier.epochs)
			}
		})
	}
}

// A store that is found damaged after the start is shown, and readers are told once.
func TestDamageFoundLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := startWorld(t, "Taycan", newStore(), func(_ *world, n *agent.Needs) { n.Recovered = []string{"keys"}; n.Log = slog.New(slog.DiscardHandler) })
		found := make(chan string)
		go agent.Recover(w.Cabin, found)
		synctest.Wait()
		looked := w.screen.looked()
		found <- "outbox"
		found <- "profiles"
		synctest.Wait()
		close(found)
		if got := w.VehicleView().Recovered; !slices.Equal(got, []string{"keys", "outbox", "profiles"}) {
			t.Errorf("shown: %v", got)
		}
		if w.screen.looked() == looked {
			t.Error("the head unit does not look")
		}
		if h := w.VehicleView().Health; len(h) != 1 || h[0].Code != "store-recovered" || h[0].Severity != "warning" {
			t.Errorf("%+v", h)
		}
	})
}

// A store that is mended at the start, or later, is a warning; else there is none.
func TestNothingDamaged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := startWorld(t, "Taycan", newStore(), nil)
		if v := w.VehicleView(); len(v.Health) != 0 || len(v.Recovered) != 0 {
			t.Errorf("%+v, %v", v.Health, v.Recovered)
		}
		found := make(chan string)
		go agent.Recover(w.Cabin, found)
		found <- "outbox"
		synctest.Wait()
		close(found)
		if h := w.VehicleView().Health; len(h) != 1 || h[0].Code != "store-recovered" {
			t.Errorf("%+v", h)
		}
	})
}

// What is to be told is told as it happens, whatever the loops had planned: a warning, a
// result of an order, a place at its slot, a warning that is on in a new mailbox.
func TestToldAsItHappens(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.login(anna)
		b.drive(3 * time.Second)
		b.observe("Vehicle.Speed", hal.Number(0))
		b.observe("Vehicle.LowVoltageSystemState", hal.Word("OFF"))
		time.Sleep(2*time.Minute + 300*time.Millisecond) // nothing is on its way
		told := func(what, box string, kind outside.Kind, within time.Duration, happens func()) {
			t.Helper()
			synctest.Wait()
			count := func() (n int) {
				b.broker.mu.Lock()
				defer b.broker.mu.Unlock()
				for _, w := range b.broker.wire {
					if strings.Contains(w.Topic, box) && strings.Contains(w.Topic, "/"+string(kind)) {
						n++
					}
				}
				return n
			}
			before := count()
			happens()
			time.Sleep(within)
			synctest.Wait()
			if count() == before {
				t.Errorf("%s: nothing within %v", what, within)
			}
			time.Sleep(7 * time.Second)
		}
		told("a warning", annaBox, outside.KindAlarms, 0, func() { b.observe("Vehicle.Chassis.Brake.IsBrakesWorn", hal.Bool(true)) })
		told("an order", leaBox, outside.KindAck, 0, func() { b.Act(b.action(fresh(lea, 1, "honk")), false) })
		b.observe("Vehicle.LowVoltageSystemState", hal.Word("ON"))
		time.Sleep(time.Minute - b.at()%time.Minute - 1500*time.Millisecond) // before a slot
		b.observe("Vehicle.LowVoltageSystemState", hal.Word("ON"))
		time.Sleep(500 * time.Millisecond)
		told("a place", annaBox, outside.KindPosition, time.Second, func() {
			b.Fix(&hal.Position{Latitude: 54.19, Longitude: 6.62})
		})
		const box = "2222222222222222222222222222222a"
		told("a document", box, outside.KindAlarms, 0, func() {
			a := b.access()
			a.Version, a.Previous, a.Hash = 2, b.Roster().Hash, profiles.Hash{2}
			a.Users[1].Mailbox = box
			if err := b.Apply(t.Context(), a, profiles.Signer{Kind: profiles.MainUser}); err != nil {
				t.Fatal(err)
			}
		})
	})
}

// While the disk does not come back from what it was asked for nobody is told that the
// agent lives: from fifteen seconds on, until it has come back.
func TestNotAliveWhileTheDiskHangs(t *testing.T) {
	withPINs(t, func(t *testing.T, b *bubble) {
		var told []int
		begun := time.Now()
		stop := loop(func(ctx context.Context) error {
			return agent.Tick(ctx, b.Cabin, 4*time.Second, func() { told = append(told, int(time.Since(begun).Seconds())) })
		})
		time.Sleep(time.Second)
		b.disk.make("SetLockout", 40*time.Second, nil)
		b.login(anna) // it writes at 1 s, and again at 41 s
		time.Sleep(10 * time.Second)
		stop()
		if want := []int{0, 4, 8, 12, 16, 44, 48, 52, 56, 84, 88}; !slices.Equal(told, want) {
			t.Errorf("told at %v, want %v", told, want)
		}
	})
}
