package hmi

import (
	"context"

	"github.com/godbus/dbus/v5"

	"glovebox/profiles"
	"glovebox/telemetry"
	"glovebox/telemetry/trip"
)

func (f *Face) trips1() map[string]member {
	return map[string]member{
		"List":   {in: "a{sv}", run: f.listTrips},
		"Assign": {in: "saoa{sv}", run: f.assignTrips},
		"Delete": {in: "sa{sv}", run: f.deleteTrip},
	}
}

func (f *Face) listTrips(_ context.Context, c *call) ([]any, error) {
	var filter telemetry.TripFilter
	err := options(c.args[0], map[string]any{"trip": &filter.Trip, "from": &filter.From, "to": &filter.To, "limit": &filter.Limit})
	if err != nil {
		return nil, err
	}
	views, err := f.cabin.ListTrips(filter)
	if err != nil {
		return nil, err
	}
	out := make([]map[string]dbus.Variant, 0, len(views))
	for _, v := range views {
		out = append(out, tripVariants(v))
	}
	return []any{out}, nil
}

// tripVariants is a trip as its viewer may see it.
func tripVariants(v telemetry.TripView) map[string]dbus.Variant {
	out := map[string]dbus.Variant{"trip": dbus.MakeVariant(v.ID), "day": dbus.MakeVariant(v.Day)}
	if v.Whole == nil {
		out["distance_km"] = dbus.MakeVariant(v.Band)
		return out
	}
	assigned := []dbus.ObjectPath{}
	for _, who := range v.Assigned {
		assigned = append(assigned, pathOf(who))
	}
	out["distance_m"] = dbus.MakeVariant(v.Whole.Metres)
	out["duration_s"] = dbus.MakeVariant(v.Whole.Seconds)
	out["start"] = pointVariant(v.Whole.Start)
	out["end"] = pointVariant(v.Whole.End)
	out["track"] = dbus.MakeVariant(v.Whole.Track)
	out["assigned"] = dbus.MakeVariant(assigned)
	out["private"] = dbus.MakeVariant(v.Private)
	return out
}

func pointVariant(p trip.Point) dbus.Variant {
	return dbus.MakeVariant(map[string]dbus.Variant{
		"time":      dbus.MakeVariant(p.At.Unix()),
		"latitude":  dbus.MakeVariant(p.Latitude),
		"longitude": dbus.MakeVariant(p.Longitude),
	})
}

func (f *Face) assignTrips(ctx context.Context, c *call) ([]any, error) {
	which := telemetry.TripFilter{}
	err := options(c.args[2], map[string]any{"from": &which.From, "to": &which.To})
	if err != nil {
		return nil, err
	}
	if which.Trip = c.args[0].(string); which.Trip != "" && which.From+which.To != "" {
		return nil, invalid("want a trip or a span of days, not both")
	}
	var to []profiles.ID
	for _, path := range c.args[1].([]dbus.ObjectPath) {
		at, who := resolve(path)
		if at != person || !f.exists(who) {
			return nil, profiles.ErrNoSuchProfile
		}
		to = append(to, who)
	}
	return nil, f.cabin.AssignTrips(ctx, which, to)
}

func (f *Face) deleteTrip(ctx context.Context, c *call) ([]any, error) {
	if err := options(c.args[1], nil); err != nil {
		return nil, err
	}
	return nil, f.cabin.DeleteTrip(ctx, c.args[0].(string))
}

// TripsChanged announces that List has something else.
func (f *Face) TripsChanged() { f.events.add(event{RootPath, trips1 + ".Changed", nil}) }
