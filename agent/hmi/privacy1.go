package hmi

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/godbus/dbus/v5"

	"glovebox/telemetry"
)

func (f *Face) privacy1() map[string]member {
	return map[string]member{
		"SetLevel": {in: "sa{sv}", run: f.setLevel},
		"Ledger":   {in: "a{sv}", run: f.ledger},
		"Why":      {in: "t", run: f.why},
	}
}

func (f *Face) setLevel(ctx context.Context, c *call) ([]any, error) {
	if err := options(c.args[1], nil); err != nil {
		return nil, err
	}
	return nil, f.cabin.SetLevel(ctx, c.args[0].(string))
}

func (f *Face) ledger(_ context.Context, c *call) ([]any, error) {
	var filter telemetry.LedgerFilter
	var from, to int64
	err := options(c.args[0], map[string]any{
		"after": &filter.After, "before": &filter.Before, "from": &from, "to": &to, "class": &filter.Class, "reader": &filter.Reader,
		"kind": &filter.Kind, "outcome": &filter.Outcome, "limit": &filter.Limit, "totals": &filter.Totals,
	})
	if err != nil {
		return nil, err
	}
	if filter.Totals && (filter.After != 0 || filter.Before != 0 || filter.Class != "" || filter.Outcome != "") {
		return nil, invalid("totals are by day, reader and kind")
	}
	if from != 0 {
		filter.From = time.Unix(from, 0)
	}
	if to != 0 {
		filter.To = time.Unix(to, 0)
	}
	entries, err := f.cabin.Ledger(filter)
	if err != nil {
		return nil, err
	}
	out := make([]map[string]dbus.Variant, 0, len(entries))
	for _, e := range entries {
		entry := entryVariants(e)
		if filter.Totals {
			maps.DeleteFunc(entry, func(name string, _ dbus.Variant) bool { return slices.Contains(ofEntriesAlone, name) })
		}
		out = append(out, entry)
	}
	return []any{out}, nil
}

func (f *Face) why(_ context.Context, c *call) ([]any, error) {
	id := c.args[0].(uint64)
	if id == 0 {
		return nil, invalid("entries are counted from 1")
	}
	entries, err := f.cabin.Ledger(telemetry.LedgerFilter{ID: id})
	if err != nil {
		return nil, err
	}
	return []any{entryVariants(entries[0])}, nil
}

// ofEntriesAlone are the members that totals do not have.
var ofEntriesAlone = []string{"id", "class", "rule", "limited_by"}

func entryVariants(e telemetry.Entry) map[string]dbus.Variant {
	return map[string]dbus.Variant{
		"id":         dbus.MakeVariant(e.ID),
		"from":       dbus.MakeVariant(e.From.Unix()),
		"to":         dbus.MakeVariant(e.To.Unix()),
		"class":      dbus.MakeVariant(e.Class),
		"reader":     dbus.MakeVariant(e.Reader),
		"kind":       dbus.MakeVariant(e.Kind),
		"outcome":    dbus.MakeVariant(e.Outcome),
		"rule":       dbus.MakeVariant(e.Rule),
		"limited_by": words(e.LimitedBy),
		"count":      dbus.MakeVariant(e.Count),
	}
}

// privacyProperties leaves the names of the readers out while a guest is at the
// wheel: who else uses this car is no business of a guest.
func privacyProperties(v telemetry.PrivacyView, guest bool) map[string]dbus.Variant {
	readers := []map[string]dbus.Variant{}
	for _, r := range v.Readers {
		name := r.Name.Reveal()
		if guest {
			name = ""
		}
		readers = append(readers, map[string]dbus.Variant{
			"name":     dbus.MakeVariant(name),
			"role":     dbus.MakeVariant(r.Role),
			"receives": words(r.Receives),
		})
	}
	return map[string]dbus.Variant{
		"Level":          dbus.MakeVariant(v.Level),
		"EffectiveLevel": dbus.MakeVariant(v.EffectiveLevel),
		"LimitedBy":      words(v.LimitedBy),
		"LocationInUse":  dbus.MakeVariant(v.LocationInUse),
		"Readers":        dbus.MakeVariant(readers),
		"Policy":         dbus.MakeVariant(v.Policy),
		"OpensIn":        dbus.MakeVariant(uint32((v.OpensIn + time.Second - 1) / time.Second)),
	}
}

// LedgerChanged announces the newest entry's id. Many in a row may be told as one.
func (f *Face) LedgerChanged(last uint64) {
	f.events.add(event{RootPath, privacy1 + ".LedgerChanged", []any{last}})
}
