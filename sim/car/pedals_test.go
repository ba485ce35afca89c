package car_test

import (
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"glovebox/hal"
	"glovebox/sim/car"
)

// Whatever the feet do, the car stops as a driver would, stands as long as they want, and arrives
// once they let it.
func TestPedalsAreBelieved(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := &car.Route{Points: []car.Waypoint{{Speed: 30}, {At: 300, Speed: 0, Stop: 2 * time.Second}, {At: 800, Speed: 12}, {At: 1500}}}
		m := car.NewMotion(r, 0)
		drive := func(steps int) {
			for range steps {
				was := m.Speed()
				m.Go()
				if a := float64(m.Speed()-was) / car.Step.Seconds(); a > mostPull || a < -mostBrake {
					t.Fatalf("%.2f m/s²", a)
				}
			}
		}
		for range rapid.IntRange(0, 4).Draw(t, "times") {
			m.Pedals(0, true)
			drive(rapid.IntRange(1, 2000).Draw(t, "driven"))
			foot := rapid.SampledFrom([]float64{0.5, 3, 8}).Draw(t, "brake")
			for range rapid.IntRange(0, 2500).Draw(t, "braked") {
				m.Pedals(foot, false)
				drive(1)
			}
		}
		m.Pedals(0, true)
		for n := 0; !m.Done(); n++ {
			if drive(1); n > 60_000 {
				t.Fatal("it does not arrive")
			}
		}
		if off := r.Length() - m.Driven(); off > 0.3 || off < -0.3 {
			t.Errorf("it stands %.2f m from the end", off)
		}
	})
}

// A foot on the brake stops the car, which stands until one is on the accelerator; in P the drive is
// over. The pedals say what the feet do, and else what the driver does.
func TestPedals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v, l := live(t, car.Setup{})
		ready(t, v)
		over := make(chan error, 1)
		go func() { over <- v.Drive(t.Context(), route(t, "commute"), 0) }()
		press := func(pedal string, percent float64) {
			t.Helper()
			if err := v.Set("Vehicle.Chassis."+pedal+".PedalPosition", hal.Number(percent)); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(20 * time.Second)
		if v.Dash().Speed < 5 {
			t.Fatalf("it drives at %v m/s", v.Dash().Speed)
		}
		press("Brake", 40)
		time.Sleep(20 * time.Second)
		l.want(t, "Speed", "0")
		l.want(t, "Chassis.Brake.PedalPosition", "40")
		press("Brake", 0)
		time.Sleep(10 * time.Second)
		l.want(t, "Speed", "0")
		press("Accelerator", 40)
		time.Sleep(100 * time.Millisecond)
		l.want(t, "Chassis.Accelerator.PedalPosition", "40")
		press("Accelerator", 0)
		time.Sleep(20 * time.Second)
		if v.Dash().Speed < 1 {
			t.Errorf("it drives on at %v m/s", v.Dash().Speed)
		}
		press("Brake", 100)
		time.Sleep(20 * time.Second)
		if err := v.Gear("P"); err != nil {
			t.Error(err)
		}
		if err := <-over; err != nil {
			t.Error(err)
		}
	})
}
