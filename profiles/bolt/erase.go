package bolt

import (
	"fmt"

	"go.etcd.io/bbolt"

	"glovebox/profiles"
	"glovebox/profiles/keyring"
)

// erase erases those whom a ceiling removed and who are still here. The receipt is of
// them; zero if nobody was.
func (s *Store) erase() (receipt profiles.Receipt, err error) {
	var left []profiles.ID
	err = s.db.View(func(tx *bbolt.Tx) error {
		car := tx.Bucket([]byte(carBucket))
		if car == nil || car.Get([]byte(rosterKey)) == nil {
			return nil
		}
		roster, err := profiles.DecodeRoster(car.Get([]byte(rosterKey)), nil, nil)
		for _, e := range roster.Erased {
			if b := tx.Bucket([]byte(e.ID.String())); b != nil && b.Get([]byte(personKey)) != nil {
				left = append(left, e.ID)
			}
		}
		return err
	})
	if err != nil {
		return receipt, fmt.Errorf("erase people: %w", err)
	}
	if len(left) == 0 {
		return receipt, nil
	}
	removed, err := s.ring.Remove(left...)
	receipt = receiptOf(removed, err)
	if err != nil {
		return receipt, fmt.Errorf("erase people: %w", err)
	}
	return receipt, s.update("erase people", func(c *transaction) error { return drop(c, left, removed) })
}

// drop deletes what was sealed with the keys of those who are gone.
func drop(c *transaction, gone []profiles.ID, receipt keyring.Receipt) error {
	if len(gone) == 0 {
		return nil
	}
	for _, id := range gone {
		for _, bucket := range []string{id.String(), appsBucket(id), ledgerBucket(id)} {
			if err := c.drop(bucket); err != nil {
				return err
			}
		}
	}
	return putRemoval(c, receipt.Generation)
}
