package hmi_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"

	"glovebox/profiles"
	"glovebox/telemetry"
	"glovebox/telemetry/trip"
)

// trips are those of every cabin: one whole, one of which only a band is seen.
var trips = []telemetry.TripView{
	{ID: "t1", Day: "2026-11-21", Private: true, Assigned: []profiles.ID{jonas}, Whole: &trip.Trip{
		ID: "t1", Metres: 5012, Seconds: 360, Track: "_p~iF",
		Start: trip.Point{At: time.Unix(1795000000, 5e8), Latitude: 54.19, Longitude: 6.62}, End: trip.Point{At: time.Unix(1795000360, 0), Latitude: 54.23, Longitude: 6.62},
	}},
	{ID: "t2", Day: "2026-11-22", Band: "10-25"},
}

func (c *cabin) ListTrips(filter telemetry.TripFilter) ([]telemetry.TripView, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(trips), c.note("list %+v", filter)
}

func (c *cabin) AssignTrips(_ context.Context, which telemetry.TripFilter, to []profiles.ID) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.note("assign %+v %v", which, to)
}

func (c *cabin) DeleteTrip(_ context.Context, id string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.note("delete %s", id)
}

// Who may see a trip whole gets all of it, who may not a day and a distance band.
func TestTripsAreListed(t *testing.T) {
	w := start(t)
	call := ask(w.dial(t), "Trips1.List", bag("from", "2026-11-01", "to", "2026-11-30", "limit", uint32(5)))
	var got []map[string]dbus.Variant
	if err := call.Store(&got); err != nil || len(got) != 2 {
		t.Fatalf("%v, %v", got, err)
	}
	start := got[0]["start"].Value().(map[string]dbus.Variant)
	shown := fmt.Sprint(got[0]["trip"], got[0]["distance_m"], got[0]["duration_s"], got[0]["track"], got[0]["private"], got[0]["assigned"], start["time"], start["latitude"])
	want := `"t1" @x 5012 @x 360 "_p~iF" true @ao ["` + string(dbusPath(jonas)) + `"] @x 1795000000 @d 54.19`
	if shown != want {
		t.Errorf("shown %s, want %s", shown, want)
	}
	if got[1]["day"].Value() != "2026-11-22" || got[1]["distance_km"].Value() != "10-25" || len(got[1]) != 3 {
		t.Errorf("the other is %v", got[1])
	}
	if want := "list {Trip: From:2026-11-01 To:2026-11-30 Limit:5}"; !slices.Contains(w.cabin.asked(), want) {
		t.Errorf("asked %q", w.cabin.asked())
	}
}

// A trip, or all of a span, is assigned to people of this car, and to nobody else.
func TestTripsAreAssigned(t *testing.T) {
	w := start(t)
	c := w.dial(t)
	both := []dbus.ObjectPath{dbusPath(anna), dbusPath(jonas)}
	for _, row := range []struct {
		name  string
		args  []any
		asked string
		fault string
	}{
		{"one to two", []any{"t1", both, none}, fmt.Sprintf("assign {Trip:t1 From: To: Limit:0} %v", []profiles.ID{anna, jonas}), ""},
		{"a span", []any{"", both[1:], bag("from", "2026-11-01", "to", "2026-11-30")}, fmt.Sprintf("assign {Trip: From:2026-11-01 To:2026-11-30 Limit:0} %v", []profiles.ID{jonas}), ""},
		{"both", []any{"t1", both, bag("from", "2026-11-01")}, "", "InvalidArgument"},
		{"a stranger", []any{"t1", []dbus.ObjectPath{dbusPath(foreign)}, none}, "", "NoSuchProfile"},
		{"the car", []any{"t1", []dbus.ObjectPath{"/org/glovebox/Agent1"}, none}, "", "NoSuchProfile"},
		{"another option", []any{"t1", both, bag("limit", uint32(1))}, "", "InvalidArgument"},
	} {
		before := len(w.cabin.asked())
		got := name(ask(c, "Trips1.Assign", row.args...).Err)
		asked := strings.Join(w.cabin.asked()[before:], " ")
		if got != row.fault || asked != row.asked {
			t.Errorf("%s: %q, asked %q", row.name, got, asked)
		}
	}
	if err := ask(c, "Trips1.Delete", "t1", none).Err; err != nil || !slices.Contains(w.cabin.asked(), "delete t1") {
		t.Errorf("%v, asked %q", err, w.cabin.asked())
	}
}
