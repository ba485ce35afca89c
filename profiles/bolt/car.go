package bolt

import (
	"errors"
	"fmt"
	"slices"

	"go.etcd.io/bbolt"

	"glovebox/profiles"
)

var errFactName = errors.New("a fact about the car needs a name")

// CarFact returns what is kept about the car under name, nil if nothing is.
func (s *Store) CarFact(name string) ([]byte, error) {
	var value []byte
	err := s.db.View(func(tx *bbolt.Tx) error {
		if b := tx.Bucket([]byte(carBucket)); b != nil {
			value = slices.Clone(b.Get([]byte("fact/" + name)))
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read a fact about the car: %w", err)
	}
	return value, nil
}

// SetCarFact keeps a fact about the car, in the open: nothing of a person may be
// in it. A nil value deletes it.
func (s *Store) SetCarFact(name string, value []byte) error {
	if name == "" {
		return errFactName
	}
	return s.update("keep a fact about the car", func(c *transaction) error {
		if value == nil {
			return c.delete(carBucket, "fact/"+name)
		}
		return c.put(carBucket, "fact/"+name, value)
	})
}

const identityKey = "identity"

// Identity returns the copy of the car's identity, the zero one if there is none. It is
// sealed under the car's own key of the ring, with which it goes.
func (s *Store) Identity() (identity profiles.Identity, err error) {
	err = s.view(profiles.ID{}, func(b *bbolt.Bucket) error {
		data, err := s.unseal(b, profiles.ID{}, identityKey)
		if err == nil && data != nil {
			identity, err = profiles.DecodeIdentity(data)
		}
		return err
	})
	if err != nil {
		return profiles.Identity{}, fmt.Errorf("read the copy of the identity: %w", err)
	}
	return identity, nil
}

// SetIdentity keeps a copy of the car's identity.
func (s *Store) SetIdentity(identity profiles.Identity) error {
	data, err := identity.Encode()
	if err != nil {
		return err
	}
	return s.updatePerson("keep a copy of the identity", profiles.ID{}, func(c *transaction) error {
		return s.putSealed(c, profiles.ID{}, profiles.ID{}.String(), identityKey, data)
	})
}
