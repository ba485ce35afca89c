package agent_test

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"glovebox/agent"
	"glovebox/hal"
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
				w.Observe("body", 1, nil)
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
		stop := loop(func(ctx context.Context) error { return agent.Recover(ctx, w.Cabin, found) })
		synctest.Wait()
		looked := w.screen.looked()
		found <- "outbox"
		found <- "profiles"
		synctest.Wait()
		stop()
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
		stop := loop(func(ctx context.Context) error { return agent.Recover(ctx, w.Cabin, found) })
		found <- "outbox"
		synctest.Wait()
		stop()
		if h := w.VehicleView().Health; len(h) != 1 || h[0].Code != "store-recovered" {
			t.Errorf("%+v", h)
		}
	})
}
