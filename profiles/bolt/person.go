package bolt

import (
	"encoding/json"
	"fmt"
	"time"

	"go.etcd.io/bbolt"

	"glovebox/profiles"
)

// lockout is the kept form of a profiles.Lockout.
type lockout struct {
	Failures  int           `json:"failures"`
	Remaining time.Duration `json:"remaining_ns"`
}

// Lockout returns how often the PIN of id was wrong, as SetLockout kept it.
func (s *Store) Lockout(id profiles.ID) (profiles.Lockout, error) {
	var kept lockout
	err := s.view(id, func(b *bbolt.Bucket) error {
		data, err := s.unseal(b, id, lockoutKey)
		if err != nil || data == nil {
			return err
		}
		return json.Unmarshal(data, &kept)
	})
	if err != nil {
		return profiles.Lockout{}, fmt.Errorf("read the lockout: %w", err)
	}
	return profiles.Lockout(kept), nil
}

// SetLockout keeps l. It is on disk when this returns, hence before the PIN is
// looked at.
func (s *Store) SetLockout(id profiles.ID, l profiles.Lockout) error {
	if l == (profiles.Lockout{}) {
		now, err := s.Lockout(id)
		if err == nil && now == l {
			return nil // nothing to clear, nothing to write
		}
		return s.updatePerson("clear the lockout", id, func(c *transaction) error { return s.putSealed(c, id, id.String(), lockoutKey, nil) })
	}
	data, err := json.Marshal(lockout(l))
	if err != nil {
		return fmt.Errorf("keep the lockout: %w", err)
	}
	return s.updatePerson("keep the lockout", id, func(c *transaction) error { return s.putSealed(c, id, id.String(), lockoutKey, data) })
}

// OwnVerifier returns the car's own PIN verifier of id, zero if there is none:
// then the document's counts.
func (s *Store) OwnVerifier(id profiles.ID) (profiles.Verifier, error) {
	var v profiles.Verifier
	err := s.view(id, func(b *bbolt.Bucket) error {
		data, err := s.unseal(b, id, verifierKey)
		if err == nil {
			v, err = profiles.ParseVerifier(string(data))
		}
		return err
	})
	if err != nil {
		return profiles.Verifier{}, fmt.Errorf("read the PIN verifier: %w", err)
	}
	return v, nil
}

// SetOwnVerifier keeps the car's own PIN verifier of id; the zero Verifier takes
// it back. A document that brings a different verifier ends it (Apply).
func (s *Store) SetOwnVerifier(id profiles.ID, v profiles.Verifier) error {
	var data []byte
	if !v.IsZero() {
		data = []byte(v.Reveal())
	}
	return s.updatePerson("keep the PIN verifier", id, func(c *transaction) error { return s.putSealed(c, id, id.String(), verifierKey, data) })
}

// view reads in the bucket of id. The vehicle may have none yet; a person who
// has none, or no key, is not of this car.
func (s *Store) view(id profiles.ID, read func(*bbolt.Bucket) error) error {
	return s.db.View(func(tx *bbolt.Tx) error {
		b := tx.Bucket([]byte(id.String()))
		switch {
		case b != nil && (id.IsZero() || s.ring.Has(id)):
			return read(b)
		case id.IsZero():
			return nil
		}
		return profiles.ErrNoSuchProfile
	})
}

// updatePerson writes in the bucket of id, as view reads.
func (s *Store) updatePerson(what string, id profiles.ID, do func(*transaction) error) error {
	return s.update(what, func(c *transaction) error {
		if !id.IsZero() && (c.tx.Bucket([]byte(id.String())) == nil || !s.ring.Has(id)) {
			return profiles.ErrNoSuchProfile
		}
		return do(c)
	})
}

// putSealed seals value under key of id in one of their buckets; nil deletes it.
func (s *Store) putSealed(c *transaction, id profiles.ID, bucket, key string, value []byte) error {
	if value == nil {
		return c.delete(bucket, key)
	}
	sealed, err := s.seal(id, key, value)
	if err != nil {
		return err
	}
	return c.put(bucket, key, sealed)
}
