package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/godbus/dbus/v5"

	"glovebox/profiles"
)

// plain is a value from the bus as JSON shows it; a path is the last element,
// the id of a profile.
func plain(v any) any {
	switch v := v.(type) {
	case dbus.Variant:
		return plain(v.Value())
	case dbus.ObjectPath:
		return lastElement(v)
	case map[string]dbus.Variant:
		out := map[string]any{}
		for key, value := range v {
			out[key] = plain(value)
		}
		return out
	case []map[string]dbus.Variant:
		out := []any{}
		for _, m := range v {
			out = append(out, plain(m))
		}
		return out
	}
	return v
}

// named is a set of properties with the names that JSON uses: LocationInUse is
// location_in_use.
func named(props map[string]dbus.Variant) map[string]any {
	out := map[string]any{}
	for name, v := range props {
		out[snake(name)] = plain(v)
	}
	return out
}

func snake(name string) string {
	var out strings.Builder
	lower := false
	for _, r := range name {
		if unicode.IsUpper(r) && lower {
			out.WriteByte('_')
		}
		lower = unicode.IsLower(r)
		out.WriteRune(unicode.ToLower(r))
	}
	return out.String()
}

// inline is a value as the text output shows it: words as they are, the rest as
// JSON.
func inline(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	if list, ok := v.([]string); ok {
		return strings.Join(list, ", ")
	}
	data, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(data)
}

// typed reads a value of a setting as the command line has it: JSON, but texts
// without quotes, and lists of words with commas if that is easier.
func typed(group, key, value string) (dbus.Variant, error) {
	g, err := profiles.GroupByName(group)
	if err != nil {
		return dbus.Variant{}, refused(err)
	}
	s, err := g.Setting(key)
	if err != nil {
		return dbus.Variant{}, refused(err)
	}
	data := []byte(value)
	switch {
	case s.Type == "s":
		data, err = json.Marshal(value)
	case s.Type == "as" && !strings.HasPrefix(value, "["):
		data, err = json.Marshal(strings.FieldsFunc(value, func(r rune) bool { return r == ',' || r == ' ' }))
	}
	if err != nil {
		return dbus.Variant{}, refused(err)
	}
	v, err := s.Decode(data)
	if err != nil {
		return dbus.Variant{}, refused(err)
	}
	return variant(v), nil
}

func refused(err error) error { return failure{exitRefused, "InvalidArgument", err.Error()} }

// variant gives a plain value of a setting its D-Bus type.
func variant(v any) dbus.Variant {
	switch v := v.(type) {
	case map[string]any:
		return dbus.MakeVariant(variants(v))
	case []map[string]any:
		list := []map[string]dbus.Variant{}
		for _, m := range v {
			list = append(list, variants(m))
		}
		return dbus.MakeVariant(list)
	}
	return dbus.MakeVariant(v)
}

func variants(m map[string]any) map[string]dbus.Variant {
	out := map[string]dbus.Variant{}
	for key, v := range m {
		out[key] = variant(v)
	}
	return out
}

// sortPeople puts the main user first, the others by name.
func sortPeople(all []person) {
	slices.SortFunc(all, func(p, q person) int {
		return cmp.Or(
			cmp.Compare(text(p.props["Role"]), text(q.props["Role"])),
			cmp.Compare(p.name(), q.name()),
			cmp.Compare(p.id, q.id))
	})
}
