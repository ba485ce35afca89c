package car_test

import (
	"math"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"glovebox/hal"
	"glovebox/sim/car"
)

// since returns what the receiver said from its nth word on.
func (l *listener) since(n int) []*hal.Position {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]*hal.Position(nil), l.fixes[n:]...)
}

// A receiver says ten positions a second, near where the car is but not quite,
// wandering slowly; the same seed wanders the same way.
func TestReceiverNoise(t *testing.T) {
	var runs [][]*hal.Position
	for _, seed := range []uint64{5, 5, 6} {
		synctest.Test(t, func(t *testing.T) {
			v, l := live(t, car.Setup{Seed: seed})
			time.Sleep(10*time.Minute + time.Millisecond)
			fixes := l.since(0)
			if n := len(fixes); n < 5999 || n > 6001 {
				t.Fatalf("%d fixes in ten minutes", n)
			}
			sum, jump := 0.0, 0.0
			for i, p := range fixes {
				sum += math.Pow(v.Place().DistanceTo(*p), 2)
				if i > 0 {
					jump = max(jump, p.DistanceTo(*fixes[i-1]))
					if p.Time.Sub(fixes[i-1].Time) != 100*time.Millisecond {
						t.Fatalf("%v after %v", p.Time, fixes[i-1].Time)
					}
				}
				if p.Speed > 1 || !math.IsNaN(p.Course) {
					t.Fatalf("a car that stands: %v m/s, course %v", p.Speed, p.Course)
				}
			}
			if rms := math.Sqrt(sum / float64(len(fixes))); rms < 0.8 || rms > 4 || jump > 2 {
				t.Errorf("%.2f m off, jumps of %.2f m", rms, jump)
			}
			if s := l.nmea.Stats(); s.Bad+s.None+s.Cut+s.Stray+s.Refused+s.Lost > 0 {
				t.Errorf("%+v", s)
			}
			runs = append(runs, fixes)
		})
	}
	same := func(a, b []*hal.Position) bool {
		for i := range min(len(a), len(b)) {
			if a[i].Latitude != b[i].Latitude || a[i].Longitude != b[i].Longitude {
				return false
			}
		}
		return true
	}
	if !same(runs[0], runs[1]) || same(runs[0], runs[2]) {
		t.Error("the seed does not decide")
	}
}

// Without sky there is no place; with it again there is one two seconds later. A
// cold start takes as long as it is said to, and tells a wrong time meanwhile.
func TestReceiverLoss(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v, l := live(t, car.Setup{Cold: 27 * time.Second, ClockOff: -1024 * 7 * 24 * time.Hour})
		// phase waits and returns how many words were a fix, and how many none.
		phase := func(d time.Duration) (fixes, none int) {
			n := len(l.since(0))
			time.Sleep(d)
			for _, p := range l.since(n) {
				if p == nil {
					none++
				} else {
					fixes++
				}
			}
			return fixes, none
		}
		if fixes, none := phase(26 * time.Second); fixes > 0 || none < 255 {
			t.Errorf("cold: %d fixes, %d times none", fixes, none)
		}
		l.mu.Lock()
		told := string(l.told)
		l.mu.Unlock()
		if want := "," + l.begun.UTC().AddDate(0, 0, -1024*7).Format("020106") + ",,,N"; !strings.Contains(told, want) || strings.Contains(told, ",A,") {
			t.Errorf("no %q in %q", want, told[:200])
		}
		if fixes, _ := phase(10 * time.Second); fixes < 85 || fixes > 92 {
			t.Errorf("%d fixes in the ten seconds around the first", fixes)
		}
		first := l.since(0)[len(l.since(0))-1]
		if off := time.Until(first.Time).Abs(); off > time.Second {
			t.Errorf("the clock is %v off with a fix", off)
		}
		v.GNSS(true)
		time.Sleep(100 * time.Millisecond)
		if fixes, none := phase(10 * time.Second); fixes > 0 || none < 99 {
			t.Errorf("lost: %d fixes, %d times none", fixes, none)
		}
		v.GNSS(false)
		if fixes, _ := phase(time.Second); fixes > 0 {
			t.Errorf("%d fixes at once", fixes)
		}
		if fixes, _ := phase(3 * time.Second); fixes < 18 || fixes > 22 {
			t.Errorf("%d fixes in the three seconds around regaining it", fixes)
		}
	})
}

// On a drive the receiver's places follow the route, its speed the car's, and its
// course points along.
func TestReceiverFollows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v, l := live(t, car.Setup{Seed: 2})
		ready(t, v)
		r := route(t, "block")
		arrived := make(chan error)
		go func() { arrived <- v.Drive(t.Context(), r, 0) }()
		time.Sleep(9 * time.Second) // north, at 50 km/h
		for range 20 {
			p := l.since(len(l.since(0)) - 1)[0]
			here := v.Place()
			if way := here.DistanceTo(*p); way > 8 {
				t.Errorf("%.1f m off", way)
			}
			if math.Abs(float64(p.Speed-here.Speed)) > 0.5 {
				t.Errorf("%v m/s, the car %v", p.Speed, here.Speed)
			}
			if off := math.Abs(math.Mod(p.Course-here.Course+540, 360) - 180); off > 3 || here.Speed < 5 {
				t.Errorf("course %v, the car's %v at %v m/s", p.Course, here.Course, here.Speed)
			}
			time.Sleep(100 * time.Millisecond)
		}
		if err := <-arrived; err != nil {
			t.Fatal(err)
		}
	})
}
