package profiles

import "fmt"

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
// D-Bus type s, bool for b, byte for y, int16 for n, uint32 for u, float64 for d,
// []string for as, map[string]any for a{sv}, []map[string]any for aa{sv}. Those of
// an app are Typed.
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

// Decode reads what an Edit has of a value; it has the types of the schema again.
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
	Settings []Setting // of an app's store none: it may have any key
}

// groups is made once, and never changed.
var groups = []Group{Radio(), Navigation(), Climate(), Display(), Sound(), Services(), Seat()}

// Groups lists the groups of the head unit; those of apps are made by name.
func Groups() []Group { return groups }

// GroupByName finds a group, or makes that of an app; the error names it.
func GroupByName(name string) (Group, error) {
	for _, g := range Groups() {
		if g.Name == name {
			return g, nil
		}
	}
	if IsApp(name) {
		return Group{Name: name}, nil
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
	if IsApp(g.Name) {
		return appSetting(name)
	}
	for _, s := range g.Settings {
		if s.Name == name {
			return s, nil
		}
	}
	return Setting{}, fmt.Errorf("%w: %s has no setting %.40q", ErrInvalid, g.Name, name)
}

// Defaults returns fresh copies of all values before anybody set one.
func (g Group) Defaults() map[string]any {
	values := make(map[string]any, len(g.Settings))
	for _, s := range g.Settings {
		values[s.Name] = s.Default()
	}
	return values
}
