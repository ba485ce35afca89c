package bolt

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.etcd.io/bbolt"

	"glovebox/profiles"
	"glovebox/profiles/keyring"
)

// messagePrefix is before the number of a message, 16 hex digits, in its person's bucket.
const messagePrefix = "message/"

func messageKey(n uint64) string {
	return messagePrefix + hex.EncodeToString(binary.BigEndian.AppendUint64(nil, n))
}

// Messages returns the messages of id, by number. One that its key does not open, or that
// is not whole, is left out.
func (s *Store) Messages(id profiles.ID) (map[uint64]profiles.Message, error) {
	all := map[uint64]profiles.Message{}
	err := s.view(id, func(b *bbolt.Bucket) error {
		c := b.Cursor()
		for k, sealed := c.Seek([]byte(messagePrefix)); strings.HasPrefix(string(k), messagePrefix); k, sealed = c.Next() {
			data, err := s.ring.Open(id, Name, string(k), sealing, sealed)
			if errors.Is(err, keyring.ErrNoKey) || errors.Is(err, keyring.ErrClosed) {
				return err
			}
			if err != nil {
				continue
			}
			number, err := hex.DecodeString(strings.TrimPrefix(string(k), messagePrefix))
			if m, wrong := profiles.DecodeMessage(data); err == nil && wrong == nil && len(number) == 8 {
				all[binary.BigEndian.Uint64(number)] = m
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the messages: %w", err)
	}
	return all, nil
}

// ChangeMessages writes these messages of these people, in one change; nil takes one out.
// Who is not of this car any more gets none.
func (s *Store) ChangeMessages(all map[profiles.ID]profiles.MessageChange) error {
	return s.update("keep messages", func(c *transaction) error {
		for id, change := range all {
			if c.tx.Bucket([]byte(id.String())) == nil || id.IsZero() || !s.ring.Has(id) {
				continue
			}
			for _, n := range slices.Sorted(maps.Keys(change)) {
				var data []byte
				if m := change[n]; m != nil {
					var err error
					if data, err = m.Encode(); err != nil {
						return err
					}
				}
				if err := s.putSealed(c, id, id.String(), messageKey(n), data); err != nil {
					return err
				}
			}
		}
		return nil
	})
}
