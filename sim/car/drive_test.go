package car_test

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"
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

func TestLoad(t *testing.T) {
	const rmc = "$GNRMC,235959.90,A,3743.25986,N,12228.33832,W,15.207,2.14,311217,,,A*5B\r\n"
	files := fstest.MapFS{}
	for name, text := range map[string]string{
		"good.log":     "(1533226488.232073) can0 260#08\n(1533226488.232073) can1 260#\n",
		"bad.log":      "(1533226488.232073) can0 260#08\nrubbish\n",
		"back.log":     "(1533226488.232073) can0 260#08\n(1533226488.232072) can0 260#08\n",
		"empty.log":    "",
		"false.gz":     "no gzip",
		"midnight":     rmc + "$GNGGA,235959.90,1\r\n$GNGSV,1\r\n" + strings.ReplaceAll(strings.ReplaceAll(rmc, "235959.90", "000000.10"), "311217", "010118"),
		"no date.nmea": "$GNGGA,161448.30,3743.25986,N,12228.33832,W,1,10,0.9,33.4,M,0.0,M,,*60\r\n",
		"bad.nmea":     strings.ReplaceAll(rmc, "311217", "3112"),
	} {
		files[name] = &fstest.MapFile{Data: []byte(text)}
	}
	bad := []struct{ name, can, nmea, says string }{
		{"malformed line", "bad.log", "", "bad.log line 2: candump"},
		{"stamps go back", "back.log", "", "back.log line 2: stamp goes back by 1µs"},
		{"nothing in it", "empty.log", "", "nothing in"},
		{"no gzip", "false.gz", "", "unpack false.gz"},
		{"no such file", "missing.log", "", "missing.log"},
		{"time before the first date", "good.log", "no date.nmea", "line 1: GGA before the first RMC"},
		{"malformed date", "good.log", "bad.nmea", "line 1: date of RMC"},
	}
	for _, tt := range bad {
		if _, err := car.Load(files, tt.can, tt.nmea); err == nil || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: %v, want %q in it", tt.name, err, tt.says)
		}
	}
	d, err := car.Load(files, "", "midnight")
	if err != nil {
		t.Fatal(err)
	}
	var at []time.Duration
	for _, s := range d.Sentences {
		at = append(at, s.At-d.Start())
	}
	if want := []time.Duration{0, 0, 0, 200 * time.Millisecond}; !slices.Equal(at, want) {
		t.Errorf("over midnight %v, want %v", at, want)
	}
}
