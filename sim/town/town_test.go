package town_test

import (
	"flag"
	"fmt"
	"hash/crc32"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"glovebox/sim/town"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares with a file of testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs: look at the town, then go test -update", name)
	}
}

// towns are those of the seeds 1 to 50.
var towns = sync.OnceValue(func() (all []*town.Town) {
	for seed := range uint64(50) {
		all = append(all, town.New(seed+1))
	}
	return all
})

// The same seed makes the same town, today and on every machine; another seed another.
func TestSeedMakesTheTown(t *testing.T) {
	var all strings.Builder
	for i, made := range towns() {
		_, roads := made.Crossings()
		fmt.Fprintf(&all, "%d: %d streets, %d crossings, %08x\n", i+1, len(made.Streets()), len(roads), crc32.ChecksumIEEE([]byte(made.SVG())))
	}
	golden(t, "towns.txt", all.String())
}

// Each town is one: whole, named, of a size that one can live in, and at sea.
func TestTownsArePleasant(t *testing.T) {
	for i, made := range towns() {
		seed := i + 1
		at, roads := made.Crossings()
		dead, ways := 0, 0
		for i, n := range roads {
			ways += n
			if n == 1 {
				dead++
			}
			if lat, lon := at[i][0], at[i][1]; lat < 54.14 || lat > 54.24 || lon < 6.5 || lon > 6.74 {
				t.Errorf("town %d: a crossing at %.4f %.4f, out of the box at sea", seed, lat, lon)
			}
		}
		if n := made.Reached(); n != len(roads) {
			t.Errorf("town %d: of %d crossings %d can be reached", seed, len(roads), n)
		}
		if made.Nameless() {
			t.Errorf("town %d: a road without a name", seed)
		}
		if n := len(made.Streets()); n < 140 || n > 220 {
			t.Errorf("town %d: %d streets", seed, n)
		}
		if n := len(roads); n < 1100 || n > 1700 {
			t.Errorf("town %d: %d crossings", seed, n)
		}
		// Of each crossing three or four roads; ends only on quays and off the map.
		if mean := float64(ways) / float64(len(roads)); mean < 3 || mean > 4 || dead > 20 {
			t.Errorf("town %d: %.2f roads a crossing, %d dead ends", seed, mean, dead)
		}
	}
}

// A position is the same after the way to metres and back, wherever the town stands.
func TestMetresAndDegrees(t *testing.T) {
	places := []struct{ lat, lon float64 }{{town.OriginLat, town.OriginLon}, {-47.3, -21.8}, {-31.2, 179.999}, {12.4, -179.999}}
	rapid.Check(t, func(t *rapid.T) {
		at := rapid.SampledFrom(places).Draw(t, "origin")
		made := somewhere(at.lat, at.lon)
		x, y := rapid.Float64Range(-7000, 7000).Draw(t, "east"), rapid.Float64Range(-4800, 4800).Draw(t, "south")
		lat, lon := made.LatLon(x, y)
		if lon < -180 || lon >= 180 || (y > 0) != (lat < at.lat) && math.Abs(y) > 1 {
			t.Fatalf("%v %v is at %v %v", x, y, lat, lon)
		}
		if gotX, gotY := made.XY(lat, lon); math.Hypot(gotX-x, gotY-y) > 1e-3 {
			t.Fatalf("%v %v came back as %v %v", x, y, gotX, gotY)
		}
	})
}

var cache = map[[2]float64]*town.Town{}

// somewhere is a town at a place, made once.
func somewhere(lat, lon float64) *town.Town {
	key := [2]float64{lat, lon}
	if cache[key] == nil {
		cache[key] = town.NewAt(1, lat, lon)
	}
	return cache[key]
}

// On a street one is told its name; at sea there is none.
func TestNearest(t *testing.T) {
	made := town.Musterhafen()
	if got := made.Nearest(made.LatLon(0, -4000)); got != "" {
		t.Errorf("at sea: %q", got)
	}
	for x := -4000.0; x < 4000; x += 97 {
		for y := -2500.0; y < 3000; y += 89 {
			lat, lon := made.LatLon(x, y)
			street, far := made.Nearest(lat, lon), made.Away(lat, lon, "")
			if (street == "") != (far >= 60) {
				t.Fatalf("%.0f m from a street: %q", far, street)
			}
			if street != "" && made.Away(lat, lon, street) > far {
				t.Fatalf("%s is %.0f m away, another one %.0f m", street, made.Away(lat, lon, street), far)
			}
		}
	}
}

// How long it takes to make a town: under 50 ms, or a page would wait for it.
func BenchmarkNew(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		town.New(7)
	}
}
