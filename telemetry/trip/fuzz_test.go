package trip_test

import (
	"bytes"
	"testing"
	"time"

	"glovebox/telemetry/trip"
)

// What is read is written again as the same bytes, and is a trip that a finder could have
// made.
func FuzzTrip(f *testing.F) {
	one := trip.Trip{
		ID: "0123456789abcdef0123456789abcdef", Metres: 12000, Seconds: 1200, Track: "_p~iF~ps|U_ulLnnqC",
		Start: trip.Point{At: begun.UTC, Latitude: 54.19, Longitude: 6.62},
		End:   trip.Point{At: begun.UTC.Add(20 * time.Minute), Latitude: 54.2, Longitude: 6.7},
	}
	data, err := one.MarshalBinary()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add(bytes.Replace(data, []byte(`"v":1`), []byte(`"v":2`), 1))
	f.Add(bytes.Replace(data, []byte("54.19"), []byte("94.19"), 1))
	f.Fuzz(func(t *testing.T, data []byte) {
		var read trip.Trip
		if read.UnmarshalBinary(data) != nil {
			return
		}
		if err := read.Check(); err != nil {
			t.Fatal(err)
		}
		if again, err := read.MarshalBinary(); err != nil || !bytes.Equal(again, data) {
			t.Fatalf("%v: %s", err, again)
		}
	})
}

// A polyline that is read has only places on earth.
func FuzzPoints(f *testing.F) {
	f.Add("_p~iF~ps|U_ulLnnqC_mqNvxq`@")
	f.Add("")
	f.Fuzz(func(t *testing.T, text string) {
		points, err := trip.Points(text)
		if err != nil {
			return
		}
		for _, p := range points {
			if p[0] < -90 || p[0] > 90 || p[1] < -180 || p[1] > 180 {
				t.Fatalf("%v", p)
			}
		}
		if len(points) > len(text)/2 {
			t.Fatalf("%d points of %d letters", len(points), len(text))
		}
	})
}
