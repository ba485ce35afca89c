package agent

import (
	"maps"
	"slices"

	"glovebox/profiles"
)

// sitting are the settings of whoever is at the wheel. What a guest sets is encoded in the
// arena, and read out only for the call that needs it. The zero one is nobody's. It is a
// plain value without a lock: the cabin owns it.
type sitting struct {
	values profiles.Values // of a person, apps only named; for a guest what they found
	guest  bool
	own    belongings // what a guest set
}

func (s *sitting) begin(settings profiles.Values, guest bool) {
	s.values, s.guest = settings.Clone(), guest
}

// group is a copy of a group, or at least of these keys of it, defaults included.
func (s *sitting) group(group string, keys ...string) map[string]any {
	values := maps.Clone(s.values[group])
	if !s.guest {
		return values
	}
	if values == nil {
		values = map[string]any{}
	}
	g, _ := profiles.GroupByName(group) // whoever asks has found it
	for key, data := range s.own.of(group, keys...) {
		setting, err := g.Setting(key)
		if err != nil {
			continue
		}
		if v, err := setting.Decode(data); err == nil {
			values[key] = v
		}
	}
	return values
}

// apply makes an edit, all of it or nothing, and returns what the head unit is told and
// the groups of the head unit that it names as they are then. Of a person's app only the
// name is held.
func (s *sitting) apply(edit profiles.Edit) (told []Event, after profiles.Values, err error) {
	look := func() profiles.Values {
		groups := profiles.Values{}
		for group, set := range edit.Values {
			if !profiles.IsApp(group) {
				groups[group] = s.group(group, slices.Collect(maps.Keys(set))...)
			}
		}
		return groups
	}
	before := look()
	if s.guest {
		err = s.own.put(edit)
	} else {
		edit.Apply(s.values)
	}
	if err != nil {
		return nil, nil, err
	}
	after = look()
	for _, group := range slices.Sorted(maps.Keys(edit.Values)) {
		keys := slices.Sorted(maps.Keys(edit.Values[group]))
		if !profiles.IsApp(group) {
			if keys = differ(before[group], after[group], keys); len(keys) > 0 {
				told = append(told, SettingsChanged{group, keys})
			}
			continue
		}
		if told = append(told, SettingsChanged{group, keys}); !s.guest && edit.Values[group] != nil {
			s.values[group] = map[string]any{}
		}
	}
	return told, after, nil
}

// endCycle ends what was chosen for one driving cycle, by whoever is at the wheel.
func (s *sitting) endCycle() []Event {
	if s.values == nil {
		return nil
	}
	told, _, _ := s.apply(profiles.EndCycle()) // nothing comes in that could be too much
	return told
}

// end drops them. It returns what the head unit may still take for them, of what a guest
// set the names alone; how many that were, and how many bytes of them are left.
func (s *sitting) end() (before profiles.Values, count, left int) {
	before = s.values
	for r := range s.own.each() {
		group := string(r.group)
		if before[group] == nil {
			before[group] = map[string]any{}
		}
		if count++; !profiles.IsApp(group) {
			before[group][string(r.key)] = forgotten{}
		}
	}
	if s.values = nil; s.guest {
		left = s.own.wipe()
	}
	s.guest = false
	return before, count, left
}
