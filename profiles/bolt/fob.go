package bolt

import (
	"fmt"

	"go.etcd.io/bbolt"

	"glovebox/profiles"
)

const fobsKey = "fobs"

// Fobs returns the fobs that are linked to id.
func (s *Store) Fobs(id profiles.ID) (fobs []profiles.Fob, err error) {
	err = s.view(id, func(b *bbolt.Bucket) error {
		data, err := s.unseal(b, id, fobsKey)
		if err == nil && data != nil {
			fobs, err = profiles.DecodeFobs(data)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the fobs: %w", err)
	}
	return fobs, nil
}

// SetFobs links these fobs to id and no others.
func (s *Store) SetFobs(id profiles.ID, fobs []profiles.Fob) error {
	var data []byte
	if len(fobs) > 0 {
		var err error
		if data, err = profiles.EncodeFobs(fobs); err != nil {
			return fmt.Errorf("keep the fobs: %w", err)
		}
	}
	return s.updatePerson("keep the fobs", id, func(c *transaction) error { return s.putSealed(c, id, id.String(), fobsKey, data) })
}
