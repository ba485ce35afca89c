package agent

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"glovebox/profiles"
	"glovebox/telemetry"
	"glovebox/telemetry/trip"
)

// Of a person's trips the newest stay, as many as take 2 MiB; what others have does not count.
func TestTripsOfOnePersonAreBounded(t *testing.T) {
	anna, jonas := profiles.ID{1}, profiles.ID{2}
	made := func(n, size int) telemetry.KeptTrip {
		at := time.Date(2026, 11, 1, 0, n, 0, 0, time.UTC)
		k := telemetry.KeptTrip{Trip: trip.Trip{ID: fmt.Sprintf("%032x", n), Start: trip.Point{At: at}, End: trip.Point{At: at}}, Stage: telemetry.TripEnded}
		bare, err := k.Encode()
		if err != nil {
			t.Fatal(err)
		}
		k.Track = strings.Repeat("a", size-len(bare))
		return k
	}
	for _, row := range []struct {
		name    string
		sizes   []int
		dropped int
	}{
		{"2 MiB", []int{maxTripBytes / 2, maxTripBytes / 4, maxTripBytes / 4}, 0},
		{"one byte more", []int{maxTripBytes / 2, maxTripBytes / 4, maxTripBytes/4 + 1}, 1},
		{"the oldest are small", []int{1000, 1000, maxTripBytes - 1000, 1000}, 2},
	} {
		t.Run(row.name, func(t *testing.T) {
			trips := &trips{of: map[profiles.ID][]keptTrip{}, news: &news{}, driver: jonas}
			trips.add(made(0, maxTripBytes))
			trips.driver = anna
			for i, size := range row.sizes {
				k := made(i+1, size)
				if data, err := k.Encode(); err != nil || len(data) != size {
					t.Fatalf("a trip of %d bytes takes %d: %v", size, len(data), err)
				}
				trips.add(k)
			}
			var kept, want []string
			for _, k := range trips.of[anna] {
				kept = append(kept, k.ID)
			}
			for i := row.dropped; i < len(row.sizes); i++ {
				want = append(want, fmt.Sprintf("%032x", i+1))
			}
			if !slices.Equal(kept, want) || len(trips.of[jonas]) != 1 {
				t.Errorf("kept %q, want %q; of Jonas %d", kept, want, len(trips.of[jonas]))
			}
		})
	}
}
