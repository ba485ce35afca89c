package agent_test

import (
	"maps"
	"slices"
	"strings"
	"sync"

	"glovebox/profiles"
)

// store is a disk in memory, of a car in which Anna was logged in before.
type store struct {
	mu        sync.Mutex
	roster    profiles.Roster
	settings  map[profiles.ID]profiles.Encoded
	lockouts  map[profiles.ID]profiles.Lockout
	own       map[profiles.ID]profiles.Verifier
	fobs      map[profiles.ID][]profiles.Fob
	facts     map[string][]byte
	trips     map[profiles.ID]map[string][]byte
	tripsFail error // what SetTrips answers
	messages  map[profiles.ID]map[uint64]profiles.Message
	ledgers   map[profiles.ID]map[string][]byte
	writes    []string
	broken    error // what Apply answers
}

func newStore() *store {
	return &store{
		settings: map[profiles.ID]profiles.Encoded{},
		lockouts: map[profiles.ID]profiles.Lockout{},
		own:      map[profiles.ID]profiles.Verifier{},
		fobs:     map[profiles.ID][]profiles.Fob{},
		messages: map[profiles.ID]map[uint64]profiles.Message{},
		ledgers:  map[profiles.ID]map[string][]byte{},
		trips:    map[profiles.ID]map[string][]byte{},
		facts:    map[string][]byte{"main-user-met": []byte(anna.String())},
	}
}

func (s *store) Roster() (profiles.Roster, error) { return s.roster, nil }

func (s *store) Apply(r profiles.Roster) (receipt profiles.Receipt, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.broken != nil {
		return receipt, s.broken
	}
	if len(r.People) < len(s.roster.People) {
		receipt = profiles.Receipt{Method: "key", Generation: r.Version, Result: "erased"}
	}
	maps.DeleteFunc(s.ledgers, func(id profiles.ID, _ map[string][]byte) bool { _, ok := r.Find(id); return !ok && !id.IsZero() })
	s.roster = r
	return receipt, nil
}

// breakApply has the disk answer err to Apply from now on.
func (s *store) breakApply(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.broken = err
}

func (s *store) Settings(who profiles.ID, groups ...string) (profiles.Encoded, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := profiles.Encoded{}
	for group, values := range s.settings[who] {
		switch {
		case len(groups) == 0 && profiles.IsApp(group):
			all[group] = nil
		case len(groups) == 0 || slices.Contains(groups, group):
			all[group] = maps.Clone(values)
		}
	}
	return all, nil
}

func (s *store) SetSettings(who profiles.ID, own, vehicle profiles.Encoded) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, kept := range map[profiles.ID]profiles.Encoded{who: own, {}: vehicle} {
		if s.settings[id] == nil {
			s.settings[id] = profiles.Encoded{}
		}
		for group, values := range kept {
			if values == nil || s.settings[id][group] == nil {
				s.settings[id][group] = map[string][]byte{}
			}
			maps.Copy(s.settings[id][group], values)
			maps.DeleteFunc(s.settings[id][group], func(_ string, v []byte) bool { return v == nil })
			if len(s.settings[id][group]) == 0 {
				delete(s.settings[id], group)
			}
		}
	}
	s.writes = append(s.writes, "settings "+who.String())
	return nil
}

func (s *store) Lockout(who profiles.ID) (profiles.Lockout, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lockouts[who], nil
}

func (s *store) SetLockout(who profiles.ID, l profiles.Lockout) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lockouts[who] = l
	return nil
}

func (s *store) OwnVerifier(who profiles.ID) (profiles.Verifier, error) { return s.own[who], nil }

func (s *store) SetOwnVerifier(who profiles.ID, v profiles.Verifier) error {
	s.own[who] = v
	return nil
}

func (s *store) Messages(who profiles.ID) (map[uint64]profiles.Message, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.messages[who]), nil
}

func (s *store) ChangeMessages(all map[profiles.ID]profiles.MessageChange) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for who, change := range all {
		if s.messages[who] == nil {
			s.messages[who] = map[uint64]profiles.Message{}
		}
		for n, m := range change {
			if m == nil {
				delete(s.messages[who], n)
			} else {
				s.messages[who][n] = *m
			}
		}
	}
	return nil
}

func (s *store) Ledger(who profiles.ID, prefixes ...string) (map[string][]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := map[string][]byte{}
	for key, value := range s.ledgers[who] {
		if slices.ContainsFunc(prefixes, func(prefix string) bool { return strings.HasPrefix(key, prefix) }) {
			all[key] = value
		}
	}
	return all, nil
}

func (s *store) SetLedger(who profiles.ID, values map[string][]byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.roster.Find(who); !ok && !who.IsZero() {
		return profiles.ErrNoSuchProfile
	}
	if s.ledgers[who] == nil {
		s.ledgers[who] = map[string][]byte{}
	}
	maps.Copy(s.ledgers[who], values)
	maps.DeleteFunc(s.ledgers[who], func(_ string, v []byte) bool { return v == nil })
	return nil
}

func (s *store) Trips(who profiles.ID, ids ...string) (map[string][]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := maps.Clone(s.trips[who])
	if len(ids) > 0 {
		maps.DeleteFunc(all, func(id string, _ []byte) bool { return !slices.Contains(ids, id) })
	}
	return all, nil
}

func (s *store) SetTrips(all map[profiles.ID]map[string][]byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tripsFail != nil {
		return s.tripsFail
	}
	for who, trips := range all {
		if _, ok := s.roster.Find(who); !ok {
			continue
		}
		if s.trips[who] == nil {
			s.trips[who] = map[string][]byte{}
		}
		maps.Copy(s.trips[who], trips)
		maps.DeleteFunc(s.trips[who], func(_ string, value []byte) bool { return value == nil })
	}
	return nil
}

func (s *store) CarFact(name string) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.facts[name], nil
}

func (s *store) SetCarFact(name string, value []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.facts[name] = value
	return nil
}
