package profiles

import (
	"fmt"
	"maps"
	"slices"
)

// Values are settings by group and key. Where they are set, nil takes a key back and
// a nil group all of its keys: what was never set has its default.
type Values map[string]map[string]any

// Clone is a copy that has the same values.
func (v Values) Clone() Values {
	c := make(Values, len(v))
	for group, values := range v {
		c[group] = maps.Clone(values)
	}
	return c
}

// Encoded are settings as they are kept, by group and key, with nil as in Values.
type Encoded map[string]map[string][]byte

// Edit is what is set at once, over any number of groups: checked, and split by what
// it stays with. What stays for one driving cycle is on no disk.
type Edit struct {
	Values                 Values
	Person, Vehicle, Cycle Encoded
}

// NewEdit checks values and copies them. It refuses the whole when one is refused, with
// ErrInvalid, the key and what to do; the error holds no value.
func NewEdit(values Values) (Edit, error) {
	e := Edit{Values{}, Encoded{}, Encoded{}, Encoded{}}
	for _, group := range slices.Sorted(maps.Keys(values)) {
		g, err := GroupByName(group)
		if err != nil {
			return Edit{}, err
		}
		given := values[group]
		if given == nil && IsApp(group) {
			e.Values[group], e.Person[group] = nil, nil
			continue
		}
		if given == nil {
			given = map[string]any{}
			for _, name := range g.KeyNames() {
				given[name] = nil
			}
		}
		e.Values[group] = make(map[string]any, len(given))
		for _, name := range slices.Sorted(maps.Keys(given)) {
			if err := e.add(g, name, given[name]); err != nil {
				return Edit{}, err
			}
		}
	}
	return e, nil
}

// add checks one value, nil to take it back.
func (e Edit) add(g Group, name string, v any) error {
	s, err := g.Setting(name)
	if err != nil {
		return err
	}
	var data []byte
	if v != nil {
		if v, err = s.Check(v); err != nil {
			return err
		}
		if data, err = encodeJSON(v); err != nil {
			return fmt.Errorf("encode %s: %w", s.Name, err)
		}
	}
	e.Values[g.Name][name] = v
	into := e.Person
	switch s.Scope {
	case OfVehicle:
		into = e.Vehicle
	case OfCycle:
		into = e.Cycle
	}
	if into[g.Name] == nil {
		into[g.Name] = map[string][]byte{}
	}
	into[g.Name][name] = data
	return nil
}

// Encoded is one of its values as it is kept, nil where that is taken back.
func (e Edit) Encoded(group, key string) []byte {
	for _, kept := range []Encoded{e.Person, e.Vehicle, e.Cycle} {
		if data := kept[group][key]; data != nil {
			return data
		}
	}
	return nil
}

// Apply makes the edit in values, which hold every key of the head unit's groups. What
// is taken back gets its default.
func (e Edit) Apply(values Values) {
	for group, set := range e.Values {
		g, _ := GroupByName(group) // NewEdit found it
		if set == nil {
			delete(values, group)
			continue
		}
		if values[group] == nil {
			values[group] = map[string]any{}
		}
		for name, v := range set {
			switch s, _ := g.Setting(name); {
			case v != nil:
				values[group][name] = v
			case IsApp(group):
				delete(values[group], name)
			default:
				values[group][name] = s.Default()
			}
		}
	}
}

// DecodeAll returns every key of the head unit's groups: the defaults, and over them
// what a person kept. What cannot be read keeps its default and is named, so that the
// head unit always starts; what a newer version kept is left alone.
func DecodeAll(person Encoded) (values Values, unread []string) {
	values = Values{}
	for _, g := range Groups() {
		values[g.Name] = g.Defaults()
	}
	return values, values.overlay(person, OfPerson)
}

// Share puts what the vehicle kept over values, which have every key.
func (v Values) Share(vehicle Encoded) (unread []string) { return v.overlay(vehicle, OfVehicle) }

func (v Values) overlay(kept Encoded, scope Scope) (unread []string) {
	for _, g := range Groups() {
		for _, s := range g.Settings {
			data, there := kept[g.Name][s.Name]
			if !there || s.Scope != scope {
				continue
			}
			value, err := s.Decode(data)
			if err != nil {
				unread = append(unread, g.Name+" "+s.Name)
				continue
			}
			v[g.Name][s.Name] = value
		}
	}
	return unread
}

// EndCycle takes back what was chosen for one driving cycle.
func EndCycle() Edit {
	e := Edit{Values: Values{}}
	for _, g := range Groups() {
		for _, s := range g.Settings {
			if s.Scope != OfCycle {
				continue
			}
			if e.Values[g.Name] == nil {
				e.Values[g.Name] = map[string]any{}
			}
			e.Values[g.Name][s.Name] = nil
		}
	}
	return e
}

// DecodeSet returns what was set and nothing else, apps' stores too.
func DecodeSet(kept Encoded) (values Values, unread []string) {
	values = Values{}
	for _, group := range slices.Sorted(maps.Keys(kept)) {
		g, err := GroupByName(group)
		if err != nil {
			continue // a newer version's
		}
		for _, name := range slices.Sorted(maps.Keys(kept[group])) {
			s, err := g.Setting(name)
			if err != nil || s.Scope != OfPerson {
				continue
			}
			v, err := s.Decode(kept[group][name])
			if err != nil && IsApp(group) {
				unread = append(unread, group) // its keys are no business of a log
				continue
			} else if err != nil {
				unread = append(unread, group+" "+name)
				continue
			}
			if values[group] == nil {
				values[group] = map[string]any{}
			}
			values[group][name] = v
		}
	}
	return values, unread
}
