package hmi

import (
	"context"

	"github.com/godbus/dbus/v5"

	"glovebox/hal"
)

func (f *Face) vehicle1() map[string]member {
	return map[string]member{
		"Health":     {run: f.health},
		"Statistics": {run: f.statistics},
		"Signals":    {run: f.signals},
		"Watch":      {run: f.watch},
	}
}

func (f *Face) health(context.Context, *call) ([]any, error) {
	notices := []map[string]dbus.Variant{}
	for _, h := range f.cabin.VehicleView().Health {
		notices = append(notices, map[string]dbus.Variant{
			"code":     dbus.MakeVariant(h.Code),
			"severity": dbus.MakeVariant(h.Severity),
			"active":   dbus.MakeVariant(h.Active),
			"since":    dbus.MakeVariant(h.Since.UTC.Unix()),
		})
	}
	return []any{notices}, nil
}

func (f *Face) statistics(context.Context, *call) ([]any, error) {
	counters := map[string]dbus.Variant{}
	for name, n := range f.cabin.Statistics() {
		counters[name] = dbus.MakeVariant(n)
	}
	return []any{counters}, nil
}

// signals leaves out what is absent: absent is not a value.
func (f *Face) signals(context.Context, *call) ([]any, error) {
	list := []map[string]dbus.Variant{}
	for _, s := range f.cabin.Signals() {
		if s.Value.Absent() {
			continue
		}
		list = append(list, map[string]dbus.Variant{
			"path":   dbus.MakeVariant(s.Path),
			"value":  signalVariant(s.Value),
			"age_ms": dbus.MakeVariant(uint64(max(s.Age.Milliseconds(), 0))),
		})
	}
	return []any{list}, nil
}

func signalVariant(v hal.Value) dbus.Variant {
	if n, ok := v.Float(); ok {
		return dbus.MakeVariant(n)
	}
	if v.IsBool() {
		return dbus.MakeVariant(v.IsTrue())
	}
	return dbus.MakeVariant(v.String())
}

func vehicleProperties(v hal.VehicleView, identity dbus.Variant) map[string]dbus.Variant {
	return map[string]dbus.Variant{
		"Model":          dbus.MakeVariant(v.Model),
		"ModelYear":      dbus.MakeVariant(v.ModelYear),
		"Country":        dbus.MakeVariant(v.Country),
		"Moving":         dbus.MakeVariant(v.Moving),
		"Parked":         dbus.MakeVariant(v.Parked),
		"GuestAvailable": dbus.MakeVariant(v.GuestAvailable),
		"CAN":            dbus.MakeVariant(v.CAN),
		"GNSS":           dbus.MakeVariant(v.GNSS),
		"Cloud":          dbus.MakeVariant(v.Cloud),
		"Recovered":      words(v.Recovered),
		"Identity":       identity,
	}
}
