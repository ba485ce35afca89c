package profiles

import (
	"fmt"
	"maps"
	"slices"
)

// Scope says with what a value stays.
type Scope string

const (
	OfPerson  Scope = "person"
	OfVehicle Scope = "vehicle"
	OfCycle   Scope = "cycle" // one driving cycle
)

// Stage says when a value is applied.
type Stage string

const (
	BeforePIN Stage = "before-pin"
	AfterPIN  Stage = "after-pin"
)

// Setting is one key of a group. Its values are plain Go values: string for the
// D-Bus type s, bool for b, byte for y, uint32 for u, float64 for d, []string for
// as, map[string]any for a{sv}, []map[string]any for aa{sv}.
type Setting struct {
	Name  string
	Type  string // D-Bus signature
	Unit  string // empty where there is none
	Scope Scope
	Stage Stage
	Range string // what is allowed, for people

	schema  schema
	initial any
}

// Check returns a copy of v that shares nothing with it, or why v is refused.
func (s Setting) Check(v any) (any, error) {
	checked, err := s.schema.check(v)
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrInvalid, s.Name, err)
	}
	return checked, nil
}

// Encode checks v and returns the bytes in which it is kept: JSON, equal values
// give equal bytes.
func (s Setting) Encode(v any) ([]byte, error) {
	checked, err := s.Check(v)
	if err != nil {
		return nil, err
	}
	data, err := encodeJSON(checked)
	if err != nil {
		return nil, fmt.Errorf("encode %s: %w", s.Name, err)
	}
	return data, nil
}

// Decode reads what Encode wrote; the value has the types of the schema again.
func (s Setting) Decode(data []byte) (any, error) {
	v, err := s.schema.decode(data)
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrInvalid, s.Name, err)
	}
	return s.Check(v)
}

// Default returns a fresh copy of the value before anybody set one.
func (s Setting) Default() any {
	v, err := s.schema.check(s.initial)
	if err != nil {
		panic(fmt.Sprintf("profiles: default of %s: %v", s.Name, err))
	}
	return v
}

// Group is a set of settings that is read and written together.
type Group struct {
	Name     string
	Settings []Setting
}

// Groups lists all groups.
func Groups() []Group { return []Group{Radio(), Navigation()} }

// GroupByName finds a group; the error names it.
func GroupByName(name string) (Group, error) {
	for _, g := range Groups() {
		if g.Name == name {
			return g, nil
		}
	}
	return Group{}, fmt.Errorf("%w: there is no settings group %.40q", ErrInvalid, name)
}

// KeyNames lists the keys in the order of the contract.
func (g Group) KeyNames() []string {
	names := make([]string, len(g.Settings))
	for i, s := range g.Settings {
		names[i] = s.Name
	}
	return names
}

// Setting finds a key.
func (g Group) Setting(name string) (Setting, error) {
	for _, s := range g.Settings {
		if s.Name == name {
			return s, nil
		}
	}
	return Setting{}, fmt.Errorf("%w: %s has no setting %.40q", ErrInvalid, g.Name, name)
}

// Validate checks all values and returns copies that share nothing with them. It
// refuses the whole when one is refused, with ErrInvalid, the key and what to do;
// the error holds no value.
func (g Group) Validate(values map[string]any) (map[string]any, error) {
	checked := make(map[string]any, len(values))
	for _, name := range slices.Sorted(maps.Keys(values)) {
		s, err := g.Setting(name)
		if err != nil {
			return nil, err
		}
		if checked[name], err = s.Check(values[name]); err != nil {
			return nil, err
		}
	}
	return checked, nil
}

// Defaults returns fresh copies of all values before anybody set one.
func (g Group) Defaults() map[string]any {
	values := make(map[string]any, len(g.Settings))
	for _, s := range g.Settings {
		values[s.Name] = s.Default()
	}
	return values
}

// EncodeAll checks values and returns the bytes of each.
func (g Group) EncodeAll(values map[string]any) (map[string][]byte, error) {
	encoded := make(map[string][]byte, len(values))
	for _, name := range slices.Sorted(maps.Keys(values)) {
		s, err := g.Setting(name)
		if err == nil {
			encoded[name], err = s.Encode(values[name])
		}
		if err != nil {
			return nil, err
		}
	}
	return encoded, nil
}

// DecodeAll returns the defaults with what was kept laid over them. What cannot be
// read keeps its default and is named, so that the head unit always starts.
func (g Group) DecodeAll(kept map[string][]byte) (values map[string]any, unread []string) {
	values = g.Defaults()
	for _, name := range slices.Sorted(maps.Keys(kept)) {
		s, err := g.Setting(name)
		if err == nil {
			var v any
			if v, err = s.Decode(kept[name]); err == nil {
				values[name] = v
			}
		}
		if err != nil {
			unread = append(unread, name)
		}
	}
	return values, unread
}
