package telemetry_test

import (
	"bytes"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"glovebox/profiles"
	"glovebox/telemetry"
	"glovebox/telemetry/trip"
)

var (
	tripDriver, tripMain, tripOther = profiles.ID{1}, profiles.ID{2}, profiles.ID{3}

	aTrip = telemetry.KeptTrip{
		Trip: trip.Trip{
			ID: strings.Repeat("ab", 16), Metres: 12500, Seconds: 900, Track: "_p~iF~ps|U",
			Start: trip.Point{At: time.UnixMilli(1795000000123).UTC(), Latitude: 54.19, Longitude: 6.62},
			End:   trip.Point{At: time.UnixMilli(1795000900123).UTC(), Latitude: 54.23, Longitude: 6.62},
		},
		Stage: telemetry.TripTold, Whole: []profiles.ID{tripMain}, Stub: []profiles.ID{tripOther},
		Assigned: []telemetry.Assigned{{To: tripOther, By: tripMain, At: time.Unix(1795001000, 0).UTC(), Told: true}, {To: tripDriver, By: tripDriver, At: time.Unix(1795001001, 0).UTC()}},
	}
)

// A kept trip is read as it was written, private or not; what nothing wrote is refused.
func TestKeptTripComesBack(t *testing.T) {
	private := telemetry.KeptTrip{Trip: aTrip.Trip, Private: true, Stage: telemetry.TripDone}
	for _, k := range []telemetry.KeptTrip{aTrip, private} {
		data, err := k.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if got, err := telemetry.DecodeTrip(data); err != nil || !reflect.DeepEqual(got, k) {
			t.Errorf("%+v came back, %v", got, err)
		}
		for name, bad := range map[string][]byte{
			"another version": bytes.Replace(data, []byte(`"v":1`), []byte(`"v":2`), 1),
			"a later stage":   bytes.Replace(data, []byte(fmt.Sprintf(`"stage":%d`, k.Stage)), []byte(`"stage":4`), 1),
			"half":            data[:len(data)/2],
			"no point":        bytes.Replace(data, []byte(`"latitude"`), []byte(`"height"`), 1),
		} {
			if got, err := telemetry.DecodeTrip(bad); err == nil {
				t.Errorf("%s: %+v", name, got)
			}
		}
	}
	data, _ := aTrip.Encode()
	if got, err := telemetry.DecodeTrip(bytes.ReplaceAll(data, []byte(tripOther.String()), []byte("somebody"))); err == nil {
		t.Errorf("of somebody: %+v", got)
	}
}

// A trip is news where it was told further than before, or to somebody more; who was told
// stays so, and the trip that it was made from stays as it was.
func TestTripIsTold(t *testing.T) {
	untold := telemetry.KeptTrip{Stage: telemetry.TripTold, Assigned: []telemetry.Assigned{{To: tripOther}, {To: tripMain}}}
	for _, row := range []struct {
		name     string
		stage    telemetry.TripStage
		assigned int
		news     bool
		want     telemetry.TripStage
		waits    string
	}{
		{"nothing more", telemetry.TripTold, 0, false, telemetry.TripTold, "[3 2]"},
		{"further", telemetry.TripDone, 0, true, telemetry.TripDone, "[3 2]"},
		{"less far", 0, 0, false, telemetry.TripTold, "[3 2]"},
		{"further, and to one", telemetry.TripDone, 1, true, telemetry.TripDone, "[2]"},
		{"to one", telemetry.TripTold, 1, true, telemetry.TripTold, "[2]"},
		{"to all", telemetry.TripTold, 2, true, telemetry.TripTold, "[]"},
		{"to more than there are", telemetry.TripTold, 3, true, telemetry.TripTold, "[]"},
	} {
		k := untold
		news := k.Told(row.stage, row.assigned)
		waits := []byte{}
		for _, id := range k.Waits() {
			waits = append(waits, id[0])
		}
		if news != row.news || k.Stage != row.want || fmt.Sprint(waits) != row.waits {
			t.Errorf("%s: news %v, stage %v, %v wait", row.name, news, k.Stage, waits)
		}
		if k.Told(row.stage, row.assigned) {
			t.Errorf("%s: news twice", row.name)
		}
		if len(untold.Waits()) != 2 {
			t.Fatalf("%s: the trip before was changed", row.name)
		}
	}
}

// FuzzDecodeTrip: what is read is written as what is read again.
func FuzzDecodeTrip(f *testing.F) {
	data, _ := aTrip.Encode()
	f.Add(data)
	f.Fuzz(func(t *testing.T, data []byte) {
		k, err := telemetry.DecodeTrip(data)
		if err != nil {
			return
		}
		again, err := k.Encode()
		if err != nil {
			return // a year that has more than four digits
		}
		if got, err := telemetry.DecodeTrip(again); err != nil || !reflect.DeepEqual(got, k) {
			t.Errorf("%+v, %v, was %+v", got, err, k)
		}
	})
}

// Who sees what of a trip in the car: each row by who they are, and for others the trip's.
func TestWhoSeesWhat(t *testing.T) {
	private := aTrip
	private.Private = true
	unassigned := aTrip
	unassigned.Assigned = nil
	of := func(k telemetry.KeptTrip, whole, stub []profiles.ID) telemetry.KeptTrip {
		k.Whole, k.Stub = whole, stub
		return k
	}
	other := []profiles.ID{tripOther}
	for _, row := range []struct {
		name string
		v    telemetry.TripViewer
		k    telemetry.KeptTrip
		want string
	}{
		{"who drove", telemetry.TripViewer{Who: tripDriver}, unassigned, "whole []"},
		{"who drove, private", telemetry.TripViewer{Who: tripDriver}, private, "whole [me]"},
		{"the main user", telemetry.TripViewer{Who: tripMain, Main: true}, aTrip, "whole [3 1]"},
		{"the main user, private", telemetry.TripViewer{Who: tripMain, Main: true}, private, "nothing"},
		{"assigned", telemetry.TripViewer{Who: tripOther}, aTrip, "whole [me]"},
		{"assigned, private", telemetry.TripViewer{Who: tripOther}, private, "nothing"},
		{"limited then and now", telemetry.TripViewer{Who: tripOther}, unassigned, "10-25"},
		{"limited then", telemetry.TripViewer{Who: tripOther, Shared: true}, unassigned, "10-25"},
		{"shared then and now", telemetry.TripViewer{Who: tripOther, Shared: true}, of(unassigned, other, nil), "whole []"},
		{"shared then", telemetry.TripViewer{Who: tripOther}, of(unassigned, other, nil), "10-25"},
		{"not told", telemetry.TripViewer{Who: tripOther, Shared: true}, of(unassigned, nil, nil), "nothing"},
	} {
		row.v.Band = func(int64) string { return "10-25" }
		view, ok := row.v.See(row.k, tripDriver)
		got := "nothing"
		switch {
		case ok && view.Whole == nil:
			got = view.Band
		case ok:
			got = "whole ["
			for i, to := range view.Assigned {
				word := fmt.Sprint(to[0])
				if len(view.Assigned) == 1 && to == row.v.Who {
					word = "me"
				}
				got += strings.Repeat(" ", min(i, 1)) + word
			}
			got += "]"
		}
		if got != row.want {
			t.Errorf("%s sees %s, want %s", row.name, got, row.want)
		}
		if ok && view.Whole != nil && view.Band != "" || ok && view.Private != row.k.Private {
			t.Errorf("%s: %+v", row.name, view)
		}
	}
}

// Days are taken with both ends.
func TestTripFilter(t *testing.T) {
	day := aTrip.Day()
	for filter, want := range map[telemetry.TripFilter]bool{
		{}: true, {Trip: aTrip.ID}: true, {Trip: "t"}: false,
		{From: day, To: day}: true, {From: "9"}: false, {To: "2026-01-01"}: false,
	} {
		if got := filter.Takes(aTrip.Trip); got != want {
			t.Errorf("%+v: %v", filter, got)
		}
	}
	if err := (telemetry.TripFilter{From: "2026-02-30"}).Check(); err == nil {
		t.Error("a day that there is not")
	}
}
