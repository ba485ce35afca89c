package bolt

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.etcd.io/bbolt"

	"glovebox/profiles"
)

// A person's ledger is values in a bucket of its own: what each is called and holds is
// the ledger's business. The zero id's are the counters of the car's mailboxes, sealed
// under the car's own key.
func ledgerBucket(id profiles.ID) string { return id.String() + "/ledger" }

// Ledger returns what stands in the ledger of id below these prefixes. A value that its
// key does not open is empty, which no value is.
func (s *Store) Ledger(id profiles.ID, prefixes ...string) (map[string][]byte, error) {
	all := map[string][]byte{}
	err := s.db.View(func(tx *bbolt.Tx) error {
		if !id.IsZero() && (tx.Bucket([]byte(id.String())) == nil || !s.ring.Has(id)) {
			return profiles.ErrNoSuchProfile
		}
		b := tx.Bucket([]byte(ledgerBucket(id)))
		if b == nil {
			return nil
		}
		c := b.Cursor()
		for _, prefix := range prefixes {
			for k, sealed := c.Seek([]byte(prefix)); strings.HasPrefix(string(k), prefix); k, sealed = c.Next() {
				value, err := s.ring.Open(id, Name, string(k), sealing, sealed)
				if err != nil {
					value = []byte{}
				}
				all[string(k)] = value
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the ledger: %w", err)
	}
	return all, nil
}

// SetLedger keeps these values, all or none; nil takes one back.
func (s *Store) SetLedger(id profiles.ID, values map[string][]byte) error {
	return s.updatePerson("keep the ledger", id, func(c *transaction) error {
		for _, key := range slices.Sorted(maps.Keys(values)) {
			if err := s.putSealed(c, id, ledgerBucket(id), key, values[key]); err != nil {
				return err
			}
		}
		return nil
	})
}
