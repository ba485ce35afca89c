// Package memory is the people's disk without a disk, for the tests of the agent and of
// noninterference.
package memory

import (
	"maps"
	"slices"
	"strings"
	"sync"

	"glovebox/profiles"
)

// Store refuses what the real one refuses. It outlives a process.
type Store struct {
	sync.Mutex
	People    profiles.Roster
	Values    map[profiles.ID]profiles.Encoded
	Lockouts  map[profiles.ID]profiles.Lockout
	Own       map[profiles.ID]profiles.Verifier
	Linked    map[profiles.ID][]profiles.Fob
	Facts     map[string][]byte
	Kept      map[profiles.ID]map[string][]byte
	TripsFail error // what SetTrips answers
	Written   map[profiles.ID]map[uint64]profiles.Message
	Ledgers   map[profiles.ID]map[string][]byte
	Writes    []string
	Broken    error // what Apply answers
}

// New is the disk of a car in which the main user was logged in before.
func New(main profiles.ID) *Store {
	return &Store{
		Values:   map[profiles.ID]profiles.Encoded{},
		Lockouts: map[profiles.ID]profiles.Lockout{},
		Own:      map[profiles.ID]profiles.Verifier{},
		Linked:   map[profiles.ID][]profiles.Fob{},
		Written:  map[profiles.ID]map[uint64]profiles.Message{},
		Ledgers:  map[profiles.ID]map[string][]byte{},
		Kept:     map[profiles.ID]map[string][]byte{},
		Facts:    map[string][]byte{"main-user-met": []byte(main.String())},
	}
}

func (s *Store) Roster() (profiles.Roster, error) {
	s.Lock()
	defer s.Unlock()
	return s.People, nil
}

func (s *Store) Apply(r profiles.Roster) (receipt profiles.Receipt, err error) {
	s.Lock()
	defer s.Unlock()
	if s.Broken != nil {
		return receipt, s.Broken
	}
	if len(r.People) < len(s.People.People) {
		receipt = profiles.Receipt{Method: "key", Generation: r.Version, Result: "erased"}
	}
	maps.DeleteFunc(s.Ledgers, func(id profiles.ID, _ map[string][]byte) bool { _, ok := r.Find(id); return !ok && !id.IsZero() })
	s.People = r
	return receipt, nil
}

// BreakApply has the disk answer err to Apply from now on.
func (s *Store) BreakApply(err error) {
	s.Lock()
	defer s.Unlock()
	s.Broken = err
}

func (s *Store) Settings(who profiles.ID, groups ...string) (profiles.Encoded, error) {
	s.Lock()
	defer s.Unlock()
	all := profiles.Encoded{}
	for group, values := range s.Values[who] {
		switch {
		case len(groups) == 0 && profiles.IsApp(group):
			all[group] = nil
		case len(groups) == 0 || slices.Contains(groups, group):
			all[group] = maps.Clone(values)
		}
	}
	return all, nil
}

func (s *Store) SetSettings(who profiles.ID, own, vehicle profiles.Encoded) error {
	s.Lock()
	defer s.Unlock()
	for id, kept := range map[profiles.ID]profiles.Encoded{who: own, {}: vehicle} {
		if s.Values[id] == nil {
			s.Values[id] = profiles.Encoded{}
		}
		for group, values := range kept {
			if values == nil || s.Values[id][group] == nil {
				s.Values[id][group] = map[string][]byte{}
			}
			maps.Copy(s.Values[id][group], values)
			maps.DeleteFunc(s.Values[id][group], func(_ string, v []byte) bool { return v == nil })
			if len(s.Values[id][group]) == 0 {
				delete(s.Values[id], group)
			}
		}
	}
	s.Writes = append(s.Writes, "settings "+who.String())
	return nil
}

func (s *Store) Lockout(who profiles.ID) (profiles.Lockout, error) {
	s.Lock()
	defer s.Unlock()
	return s.Lockouts[who], nil
}

func (s *Store) SetLockout(who profiles.ID, l profiles.Lockout) error {
	s.Lock()
	defer s.Unlock()
	s.Lockouts[who] = l
	return nil
}

func (s *Store) OwnVerifier(who profiles.ID) (profiles.Verifier, error) { return s.Own[who], nil }

func (s *Store) SetOwnVerifier(who profiles.ID, v profiles.Verifier) error {
	s.Own[who] = v
	return nil
}

func (s *Store) Messages(who profiles.ID) (map[uint64]profiles.Message, error) {
	s.Lock()
	defer s.Unlock()
	return maps.Clone(s.Written[who]), nil
}

func (s *Store) ChangeMessages(all map[profiles.ID]profiles.MessageChange) error {
	s.Lock()
	defer s.Unlock()
	for who, change := range all {
		if s.Written[who] == nil {
			s.Written[who] = map[uint64]profiles.Message{}
		}
		for n, m := range change {
			if m == nil {
				delete(s.Written[who], n)
			} else {
				s.Written[who][n] = *m
			}
		}
	}
	return nil
}

func (s *Store) Ledger(who profiles.ID, prefixes ...string) (map[string][]byte, error) {
	s.Lock()
	defer s.Unlock()
	all := map[string][]byte{}
	for key, value := range s.Ledgers[who] {
		if slices.ContainsFunc(prefixes, func(prefix string) bool { return strings.HasPrefix(key, prefix) }) {
			all[key] = value
		}
	}
	return all, nil
}

func (s *Store) SetLedger(who profiles.ID, values map[string][]byte) error {
	s.Lock()
	defer s.Unlock()
	if _, ok := s.People.Find(who); !ok && !who.IsZero() {
		return profiles.ErrNoSuchProfile
	}
	if s.Ledgers[who] == nil {
		s.Ledgers[who] = map[string][]byte{}
	}
	maps.Copy(s.Ledgers[who], values)
	maps.DeleteFunc(s.Ledgers[who], func(_ string, v []byte) bool { return v == nil })
	return nil
}

func (s *Store) Trips(who profiles.ID, ids ...string) (map[string][]byte, error) {
	s.Lock()
	defer s.Unlock()
	all := maps.Clone(s.Kept[who])
	if len(ids) > 0 {
		maps.DeleteFunc(all, func(id string, _ []byte) bool { return !slices.Contains(ids, id) })
	}
	return all, nil
}

func (s *Store) SetTrips(all map[profiles.ID]map[string][]byte) error {
	s.Lock()
	defer s.Unlock()
	if s.TripsFail != nil {
		return s.TripsFail
	}
	for who, trips := range all {
		if _, ok := s.People.Find(who); !ok {
			continue
		}
		if s.Kept[who] == nil {
			s.Kept[who] = map[string][]byte{}
		}
		maps.Copy(s.Kept[who], trips)
		maps.DeleteFunc(s.Kept[who], func(_ string, value []byte) bool { return value == nil })
	}
	return nil
}

func (s *Store) Fobs(who profiles.ID) ([]profiles.Fob, error) {
	s.Lock()
	defer s.Unlock()
	return s.Linked[who], nil
}

func (s *Store) SetFobs(who profiles.ID, fobs []profiles.Fob) error {
	s.Lock()
	defer s.Unlock()
	s.Linked[who] = fobs
	return nil
}

func (s *Store) CarFact(name string) ([]byte, error) {
	s.Lock()
	defer s.Unlock()
	return s.Facts[name], nil
}

func (s *Store) SetCarFact(name string, value []byte) error {
	s.Lock()
	defer s.Unlock()
	s.Facts[name] = value
	return nil
}
