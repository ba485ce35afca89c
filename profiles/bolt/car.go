package bolt

import (
	"errors"
	"fmt"
	"slices"

	"go.etcd.io/bbolt"
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
