package nmea_test

import (
	"bytes"
	"math"
	"testing"
	"time"

	"glovebox/hal"
	"glovebox/hal/nmea"

	peer "github.com/adrianmo/go-nmea"
)

func drive(tb testing.TB) []byte {
	tb.Helper()
	return unzipped(tb, "../../sim/scenarios/rav4/drive.nmea.gz")
}

// The recorded drive; the numbers are those of sim/scenarios/rav4/truth.md.
func TestRecordedDrive(t *testing.T) {
	var d nmea.Decoder
	var fixes []hal.Position
	d.Feed(drive(t), func(p *hal.Position) {
		if p == nil {
			t.Error("the fix was lost")
			return
		}
		fixes = append(fixes, *p)
	})
	if s := d.Stats(); s != (nmea.Stats{Counts: nmea.Counts{Good: 2 * 579}, Fixes: 579}) {
		t.Fatalf("%+v", s)
	}
	first, last := fixes[0], fixes[len(fixes)-1]
	near := func(what string, got, want, by float64) {
		if !(math.Abs(got-want) <= by) {
			t.Errorf("%s %v, want %v", what, got, want)
		}
	}
	near("first latitude", first.Latitude, 37.720998, 5e-7)
	near("first longitude", first.Longitude, -122.472305, 5e-7)
	near("first speed", first.Speed.KilometresPerHour(), 28.16, 0.005)
	near("last latitude", last.Latitude, 37.730081, 5e-7)
	near("last longitude", last.Longitude, -122.471816, 5e-7)
	near("last speed", last.Speed.KilometresPerHour(), 43.97, 0.005)
	if want := time.Date(2018, 8, 2, 16, 14, 48, 300e6, time.UTC); !first.Time.Equal(want) {
		t.Errorf("first at %v, want %v", first.Time, want)
	}
	if want := time.Date(2018, 8, 2, 16, 15, 48, 0, time.UTC); !last.Time.Equal(want) {
		t.Errorf("last at %v, want %v", last.Time, want)
	}
	way, missing, low, high := 0.0, 0, math.Inf(1), math.Inf(-1)
	for i, p := range fixes[1:] {
		way += fixes[i].DistanceTo(p)
		switch p.Time.Sub(fixes[i].Time) {
		case 100 * time.Millisecond:
		case 200 * time.Millisecond:
			missing++
		default:
			t.Errorf("step of %v", p.Time.Sub(fixes[i].Time))
		}
		low, high = math.Min(low, p.Altitude), math.Max(high, p.Altitude)
	}
	near("distance", way, 1011.0, 0.05)
	near("lowest", low, 22.3, 0)
	near("highest", high, 40.0, 0) // the 40.1 of the last GGA comes after the last RMC
	if missing != 19 {
		t.Errorf("%d fixes missing, want 19", missing)
	}
	if !math.IsNaN(first.Altitude) || first.Course != 2.14 {
		t.Errorf("first fix %+v", first)
	}
}

// A library reads the same from every sentence of the drive.
func TestLibraryAgrees(t *testing.T) {
	var d nmea.Decoder
	for line := range bytes.SplitAfterSeq(drive(t), []byte("\n")) {
		if len(line) == 0 {
			continue
		}
		s, err := peer.Parse(string(bytes.TrimSpace(line)))
		if err != nil {
			t.Fatal(err)
		}
		m, isRMC := s.(peer.RMC)
		n := 0
		d.Feed(line, func(p *hal.Position) {
			n++
			clock := time.Date(2000+m.Date.YY, time.Month(m.Date.MM), m.Date.DD,
				m.Time.Hour, m.Time.Minute, m.Time.Second, m.Time.Millisecond*1e6, time.UTC)
			if math.Abs(p.Latitude-m.Latitude) > 1e-12 || math.Abs(p.Longitude-m.Longitude) > 1e-12 ||
				p.Speed != hal.Knots(m.Speed) || p.Course != m.Course || !p.Time.Equal(clock) {
				t.Errorf("%s%+v\nlibrary %+v", line, p, m)
			}
		})
		if (n == 1) != isRMC {
			t.Errorf("%s%d positions", line, n)
		}
	}
}

// A position is given away and so costs its own memory; nothing else does.
func TestDecodingAllocatesPositionsOnly(t *testing.T) {
	stream := []byte(sentence(gga) + sentence("GNRMC,161448.30,V,,,,,,,,,,N") + sentence("GNGSV,1") + "\x00\xffbinary$cut\x01\r\n$bad*00\r\n")
	var d nmea.Decoder
	emit := func(*hal.Position) {}
	if n := testing.AllocsPerRun(100, func() { d.Feed(stream, emit) }); n != 0 {
		t.Errorf("without a fix: %v allocations", n)
	}
	stream = append([]byte(sentence(rmc)), sentence(at("161448.40"))...)
	if n := testing.AllocsPerRun(100, func() { d.Feed(stream, emit) }); n != 2 {
		t.Errorf("two fixes: %v allocations", n)
	}
}

// How long does a sentence of the drive take, beside the usual library?
func BenchmarkDecode(b *testing.B) {
	log := drive(b)
	const sentences = 2 * 579
	perSentence := func(b *testing.B) {
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/sentences, "ns/sentence")
	}
	b.Run("stream", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			var d nmea.Decoder
			d.Feed(log, func(*hal.Position) {})
		}
		perSentence(b)
	})
	b.Run("go-nmea", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			for line := range bytes.SplitSeq(log, []byte("\r\n")) {
				if len(line) == 0 {
					continue
				}
				if _, err := peer.Parse(string(line)); err != nil {
					b.Fatal(err)
				}
			}
		}
		perSentence(b)
	})
}
