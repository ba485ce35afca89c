package car_test

import (
	"context"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"glovebox/sim/car"
)

// The car's time runs as fast as it is told to, stands still while it is held, and each of its
// moments is found again.
func TestPaceChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begun, p := time.Now(), car.NewPace(1)
		after := func(d, want time.Duration) {
			t.Helper()
			if time.Sleep(d); p.Time() != want {
				t.Errorf("%v after the begin it is %v, want %v", time.Since(begun), p.Time(), want)
			}
		}
		after(2*time.Second, 2*time.Second)
		p.Set(10)
		after(time.Second, 12*time.Second)
		p.Hold(true)
		after(time.Minute, 12*time.Second)
		p.Set(0.5) // as soon as it runs again
		after(time.Minute, 12*time.Second)
		if p.Hold(false); p.Factor() != 0.5 {
			t.Errorf("it runs %v times as fast", p.Factor())
		}
		after(4*time.Second, 14*time.Second)
		for at, want := range map[time.Duration]time.Duration{
			0: 0, time.Second: time.Second, 7 * time.Second: 2500 * time.Millisecond,
			12 * time.Second: 3 * time.Second, 13 * time.Second: 125 * time.Second, 15 * time.Second: 129 * time.Second,
		} {
			if got := p.When(at).Sub(begun); got != want {
				t.Errorf("%v was after %v, want %v", at, got, want)
			}
		}
		if p.Steady(10*time.Second) || !p.Steady(12*time.Second) {
			t.Error("it changed last at 12s")
		}
	})
}

// A vehicle that is held says nothing more, and a drive of it lasts as much longer.
func TestHeldVehicle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v, l := live(t, car.Setup{})
		ready(t, v)
		time.Sleep(time.Second)
		arrived, block := make(chan error, 1), route(t, "block")
		go func() { arrived <- v.Drive(t.Context(), block, 0) }()
		time.Sleep(10 * time.Second)
		v.Pace().Hold(true)
		time.Sleep(time.Second)
		heard := func() int {
			l.mu.Lock()
			defer l.mu.Unlock()
			return len(l.said) + len(l.frames[256])
		}
		before := heard()
		if time.Sleep(time.Minute); heard() != before {
			t.Errorf("it said %d things in a minute in which it stood still", heard()-before)
		}
		select {
		case err := <-arrived:
			t.Fatalf("it arrived while it stood still: %v", err)
		default:
		}
		v.Pace().Hold(false)
		v.Pace().Set(60)
		begun := time.Now()
		if err := <-arrived; err != nil || time.Since(begun) > 5*time.Second {
			t.Errorf("sixty times as fast the rest took %v: %v", time.Since(begun), err)
		}
	})
}

// A recording that is held plays on where it was.
func TestHeldReplay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &car.Drive{Frames: []car.Frame{{Bus: "can0"}, {Bus: "can0", At: 10 * time.Second}}}
		pace, begun := car.NewPace(1), time.Now()
		time.AfterFunc(4*time.Second, func() { pace.Hold(true) })
		time.AfterFunc(64*time.Second, func() { pace.Hold(false) })
		r := &car.Replay{Drive: d, Buses: map[string]io.Writer{"can0": io.Discard}, Pace: pace}
		if err := r.Play(context.Background()); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(begun); took < 70*time.Second || took > 71*time.Second {
			t.Errorf("10 s, and a minute in which it was held, took %v", took)
		}
	})
}
