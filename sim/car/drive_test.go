package car_test

import (
	"testing"
	"time"

	"glovebox/sim/car"
	"glovebox/sim/scenarios"
)

func load(tb testing.TB) *car.Drive {
	tb.Helper()
	d, err := car.Load(scenarios.Files, scenarios.DriveCAN, scenarios.DriveNMEA)
	if err != nil {
		tb.Fatal(err)
	}
	return d
}

// The numbers are those of sim/scenarios/rav4/truth.md.
func TestRecordedDrive(t *testing.T) {
	d := load(t)
	n := map[string]int{}
	for _, f := range d.Frames {
		n[f.Bus]++
	}
	if n["can0"] != 53_800 || n["can1"] != 45_000 || len(n) != 2 {
		t.Errorf("frames %v", n)
	}
	if start := time.Unix(0, int64(d.Start())).UTC(); !start.Equal(time.Date(2018, 8, 2, 16, 14, 48, 232073000, time.UTC)) {
		t.Errorf("starts at %v", start)
	}
	if d.Length() != 59992699*time.Microsecond {
		t.Errorf("lasts %v", d.Length())
	}
	first, last := d.Sentences[0], d.Sentences[len(d.Sentences)-1]
	if len(d.Sentences) != 2*579 || first.At-d.Start() != 67927*time.Microsecond || last.At-d.Start() != 59767927*time.Microsecond {
		t.Errorf("%d sentences from %v to %v", len(d.Sentences), first.At-d.Start(), last.At-d.Start())
	}
	if s := string(first.Text); s != "$GNRMC,161448.30,A,3743.25986,N,12228.33832,W,15.207,2.14,020818,,,A*5B\r\n" {
		t.Errorf("first sentence %q", s)
	}
}
