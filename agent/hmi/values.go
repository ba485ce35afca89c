package hmi

import (
	"encoding/json"
	"fmt"
	"maps"

	"github.com/godbus/dbus/v5"
)

// Settings cross the bus with the types of the contract's table and are plain
// Go values inside:
//
//	b bool   y byte   n int16   u uint32   d float64   s string
//	as []string   a{sv} map[string]any   aa{sv} []map[string]any
//
// Besides them the agent's own answers use q, x and t.

// toVariant gives a plain value its D-Bus type. A type that is not in the table
// is a bug of ours.
func toVariant(v any) (dbus.Variant, error) {
	switch v := v.(type) {
	case bool, byte, int16, uint16, uint32, int64, uint64, float64, string, []string:
		return dbus.MakeVariant(v), nil
	case map[string]any:
		m, err := toVariants(v)
		return dbus.MakeVariant(m), err
	case []map[string]any:
		list, err := toVariantList(v)
		return dbus.MakeVariant(list), err
	}
	return dbus.Variant{}, fmt.Errorf("a %T has no D-Bus type here", v)
}

// toVariants is toVariant for each value of m: a{sv}.
func toVariants(m map[string]any) (map[string]dbus.Variant, error) {
	out := make(map[string]dbus.Variant, len(m))
	for key, v := range m {
		variant, err := toVariant(v)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", key, err)
		}
		out[key] = variant
	}
	return out, nil
}

// toVariantList is toVariants for each map of list: aa{sv}.
func toVariantList(list []map[string]any) ([]map[string]dbus.Variant, error) {
	out := make([]map[string]dbus.Variant, 0, len(list))
	for i, m := range list {
		variants, err := toVariants(m)
		if err != nil {
			return nil, fmt.Errorf("item %d: %w", i, err)
		}
		out = append(out, variants)
	}
	return out, nil
}

// toGroups is toVariants for each group of settings: a{sa{sv}}.
func toGroups(groups map[string]map[string]any) (map[string]map[string]dbus.Variant, error) {
	out := make(map[string]map[string]dbus.Variant, len(groups))
	for name, values := range groups {
		variants, err := toVariants(values)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		out[name] = variants
	}
	return out, nil
}

// foreign is a value of a type outside the table. No schema takes it; what it says
// instead names the type that is wanted.
type foreign struct{}

// fromVariant is the plain value of v.
func fromVariant(v dbus.Variant) any {
	switch value := v.Value().(type) {
	case bool, byte, int16, uint32, float64, string, []string:
		return value
	case map[string]dbus.Variant:
		return fromVariants(value)
	case []map[string]dbus.Variant:
		out := make([]map[string]any, 0, len(value))
		for _, item := range value {
			out = append(out, fromVariants(item))
		}
		return out
	}
	return foreign{}
}

// fromVariants is fromVariant for each value of m.
func fromVariants(m map[string]dbus.Variant) map[string]any {
	out := make(map[string]any, len(m))
	for key, v := range m {
		out[key] = fromVariant(v)
	}
	return out
}

// jsonObject is a value that JSON shows as an object of strings and objects, as
// plain values: the car's identity is the same here and in gloveboxd --identity. What
// is null, as the keys of a car without an identity, is left out.
func jsonObject(v any) (map[string]any, error) {
	data, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	var out map[string]any
	err = json.Unmarshal(data, &out)
	maps.DeleteFunc(out, func(_ string, v any) bool { return v == nil })
	return out, err
}
