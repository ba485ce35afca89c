// Package bolt keeps the people of the car, their settings and what else must
// outlive a restart, in the file profiles.db. What belongs to a person is sealed
// under that person's key; what concerns the car stays open.
//
//	_meta            file 16, ring 16 (ids), schema 4, sum 32 over all other entries
//	_car             roster: version, hash, readers …; fact/NAME
//	<hex id>         sealed: person, verifier, lockout, set/GROUP/KEY, message/NUMBER, trip/ID; identity
//	<hex id>/apps    sealed: sizes, app/ID; apart, so that large stores slow nothing else
//	<hex id>/ledger  sealed: last, head/NUMBER, page/NUMBER; of the zero id day/DATE
//
// The zero id is the car's own bucket, for settings that stay with the vehicle and the
// copy of its identity.
// bbolt does not notice bit rot and panics on worse damage, so a file is opened
// only after a process of its own has checked it (mend.go, check.go).
package bolt

import (
	"errors"
	"fmt"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"glovebox/profiles"
	"glovebox/profiles/keyring"
)

// Name is the file in the state directory.
const Name = "profiles.db"

// schema is the version of this layout (migrate.go); sealing is that of a sealed value,
// part of what each is sealed with.
const (
	schema  = 3
	sealing = 1
)

const (
	metaBucket = "_meta"
	carBucket  = "_car"
)

// Store is the open file. Each change is on disk when its method returns. A
// Store is safe for concurrent use.
type Store struct {
	db        *bbolt.DB
	ring      *keyring.Ring
	recovered bool
}

// Open opens the store in dir. First check looks at the file, in a process of
// its own (ChildCheck); a damaged one is set aside, and its newest sound state
// takes its place, or else an empty store. Buckets of people without a
// key are deleted. The caller keeps ring open as long as the store.
func Open(dir string, ring *keyring.Ring, check func(path string) error) (*Store, error) {
	recovered, err := Mend(dir, Name, check)
	if err != nil {
		return nil, fmt.Errorf("open the profiles: %w", err)
	}
	made, err := create(dir, ring)
	if err != nil {
		return nil, fmt.Errorf("make the profiles file: %w", err)
	}
	db, err := bbolt.Open(join(dir, Name), 0o600, options())
	if err != nil {
		return nil, fmt.Errorf("open the profiles: %w", err)
	}
	if err := migrate(dir, db); err != nil {
		return nil, errors.Join(fmt.Errorf("migrate the profiles: %w", err), db.Close())
	}
	// people have keys only after they stood in a store
	s := &Store{db, ring, recovered || made && !ring.Unused()}
	if err := s.db.View(func(tx *bbolt.Tx) error { return checkMeta(tx, ring) }); err != nil {
		return nil, errors.Join(fmt.Errorf("open the profiles: %w", err), db.Close())
	}
	err = s.deleteKeyless()
	if err == nil {
		_, err = s.erase()
	}
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return s, nil
}

// Recovered reports whether the store was found damaged or lost at Open.
func (s *Store) Recovered() bool { return s.recovered }

// Close waits for the change under way and lets go of the file.
func (s *Store) Close() error { return s.db.Close() }

// deleteKeyless deletes the buckets of people whose key is gone: a removal that a crash
// interrupted. They cannot be read any more; this is hygiene.
func (s *Store) deleteKeyless() error {
	var keyless []string
	err := s.db.View(func(tx *bbolt.Tx) error {
		return tx.ForEach(func(name []byte, _ *bbolt.Bucket) error {
			if id, ok := ownerOf(name); ok && !id.IsZero() && !s.ring.Has(id) {
				keyless = append(keyless, string(name))
			}
			return nil
		})
	})
	if err != nil || len(keyless) == 0 {
		return err
	}
	return s.update("delete what lost its key", func(c *transaction) error {
		for _, name := range keyless {
			if err := c.drop(name); err != nil {
				return err
			}
		}
		return nil
	})
}

// update makes one change of the file, whole or not at all.
func (s *Store) update(what string, do func(*transaction) error) error {
	err := s.db.Update(func(tx *bbolt.Tx) error {
		c := begin(tx)
		if err := do(c); err != nil {
			return err
		}
		return c.finish()
	})
	if errors.Is(err, bolterrors.ErrMaxSizeReached) {
		err = profiles.ErrQuotaExceeded
	}
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// seal seals value as key of id.
func (s *Store) seal(id profiles.ID, key string, value []byte) ([]byte, error) {
	return s.ring.Seal(id, Name, key, sealing, value)
}

// unseal opens what stands under key of id in b; nil if nothing does.
func (s *Store) unseal(b *bbolt.Bucket, id profiles.ID, key string) ([]byte, error) {
	sealed := b.Get([]byte(key))
	if sealed == nil {
		return nil, nil
	}
	return s.ring.Open(id, Name, key, sealing, sealed)
}
