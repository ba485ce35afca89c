package bolt

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.etcd.io/bbolt"

	"glovebox/profiles"
	"glovebox/profiles/keyring"
)

// tripPrefix is before the id of a trip in the bucket of who drove it. What a trip holds is
// not the store's business.
const tripPrefix = "trip/"

// Trips returns trips of id, by their ids: these, or with none all. One that its key does
// not open is left out.
func (s *Store) Trips(id profiles.ID, trips ...string) (map[string][]byte, error) {
	all := map[string][]byte{}
	err := s.view(id, func(b *bbolt.Bucket) error {
		open := func(key string, sealed []byte) error {
			data, err := s.ring.Open(id, Name, key, sealing, sealed)
			if errors.Is(err, keyring.ErrNoKey) || errors.Is(err, keyring.ErrClosed) {
				return err
			}
			if err == nil {
				all[strings.TrimPrefix(key, tripPrefix)] = data
			}
			return nil
		}
		for _, trip := range trips {
			if sealed := b.Get([]byte(tripPrefix + trip)); sealed != nil {
				if err := open(tripPrefix+trip, sealed); err != nil {
					return err
				}
			}
		}
		if len(trips) > 0 {
			return nil
		}
		c := b.Cursor()
		for k, sealed := c.Seek([]byte(tripPrefix)); strings.HasPrefix(string(k), tripPrefix); k, sealed = c.Next() {
			if err := open(string(k), sealed); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the trips: %w", err)
	}
	return all, nil
}

// SetTrips keeps these trips of these people, in one change; nil takes one out. Who is not
// of this car any more has none.
func (s *Store) SetTrips(all map[profiles.ID]map[string][]byte) error {
	return s.update("keep trips", func(c *transaction) error {
		for id, trips := range all {
			if id.IsZero() || c.tx.Bucket([]byte(id.String())) == nil || !s.ring.Has(id) {
				continue
			}
			for _, trip := range slices.Sorted(maps.Keys(trips)) {
				if err := s.putSealed(c, id, id.String(), tripPrefix+trip, trips[trip]); err != nil {
					return err
				}
			}
		}
		return nil
	})
}
