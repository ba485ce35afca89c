package main

import (
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"

	"glovebox/profiles"
	"glovebox/profiles/bolt"
	"glovebox/profiles/keyring"
	"glovebox/telemetry"
	"glovebox/telemetry/outside"
)

// unusable are the stores of a directory that cannot be used, for why: a read-only
// file system, a full disk. Who can be read of it stands on the picker.
func unusable(dir string, why error, check func(path string) error, log *slog.Logger) stores {
	s := stores{dir: dir, log: log, off: fmt.Errorf("stores: %w", why), recovered: []string{keysFile, bolt.Name, outboxFile}}
	var err error
	if s.identity, err = keyring.Identity(dir); err != nil {
		s.recover(keyring.IdentityName)
	}
	readable := &readable{facts: map[string][]byte{}, why: fmt.Errorf("the disk cannot be used: %w", why)}
	if ordered(dir) {
		err = errors.New("everything is to be erased")
	} else if err = check(filepath.Join(dir, bolt.Name)); err == nil {
		readable.roster, err = bolt.ReadRoster(dir)
	}
	if err != nil {
		log.Warn("nobody can be read", "error", err)
	}
	s.people = readable
	return s
}

// readable is a store that keeps nothing of anybody: there is no PIN to try where no
// try can be counted. Facts about the car and messages last as long as the agent runs.
type readable struct {
	roster profiles.Roster
	why    error

	mu    sync.Mutex
	facts map[string][]byte // guarded by mu
}

func (r *readable) Roster() (profiles.Roster, error) { return r.roster, nil }

func (r *readable) Apply(profiles.Roster) (profiles.Receipt, error) {
	return profiles.Receipt{}, r.why
}

func (r *readable) Settings(profiles.ID, ...string) (profiles.Encoded, error) { return nil, r.why }

func (r *readable) SetSettings(profiles.ID, profiles.Encoded, profiles.Encoded) error { return r.why }

func (r *readable) Lockout(profiles.ID) (profiles.Lockout, error) { return profiles.Lockout{}, nil }

func (r *readable) SetLockout(profiles.ID, profiles.Lockout) error { return r.why }

func (r *readable) OwnVerifier(profiles.ID) (profiles.Verifier, error) {
	return profiles.Verifier{}, nil
}

func (r *readable) SetOwnVerifier(profiles.ID, profiles.Verifier) error { return r.why }

func (r *readable) Fobs(profiles.ID) ([]profiles.Fob, error) { return nil, nil }

func (r *readable) SetFobs(profiles.ID, []profiles.Fob) error { return r.why }

func (r *readable) Messages(profiles.ID) (map[uint64]profiles.Message, error) { return nil, nil }

func (r *readable) ChangeMessages(map[profiles.ID]profiles.MessageChange) error { return nil }

func (r *readable) Ledger(profiles.ID, ...string) (map[string][]byte, error) { return nil, nil }

func (r *readable) SetLedger(profiles.ID, map[string][]byte) error { return r.why }

func (r *readable) Trips(profiles.ID, ...string) (map[string][]byte, error) { return nil, nil }

func (r *readable) SetTrips(map[profiles.ID]map[string][]byte) error { return r.why }

func (r *readable) CarFact(name string) ([]byte, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.facts[name], nil
}

func (r *readable) SetCarFact(name string, value []byte) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.facts[name] = value
	return nil
}

// nowhere is the queue of a car whose disk cannot be used: with the cloud off nothing
// would ever leave it.
type nowhere struct{}

func (nowhere) Put([]outside.Released) ([]outside.Released, error) { return nil, nil }

func (nowhere) Next(uint64, int) ([]telemetry.Kept, error) { return nil, nil }

func (nowhere) Settle([]uint64, []uint64, func(string) (string, uint64)) ([]telemetry.Kept, error) {
	return nil, nil
}

func (nowhere) Purge(func(outside.Tag, int) bool) (int, error) { return 0, nil }
