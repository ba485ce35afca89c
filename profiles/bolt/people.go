package bolt

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"go.etcd.io/bbolt"

	"glovebox/profiles"
	"glovebox/profiles/keyring"
)

const (
	rosterKey   = "roster"
	removalKey  = "removal"
	personKey   = "person"
	verifierKey = "verifier"
	lockoutKey  = "lockout"
)

// Roster returns the people of the car. It is the zero Roster, without a vehicle
// id, until one was applied. Who has no key any more is not in it.
func (s *Store) Roster() (profiles.Roster, error) {
	var roster profiles.Roster
	err := s.db.View(func(tx *bbolt.Tx) error {
		var err error
		roster, err = readRoster(tx, s.ring)
		return err
	})
	if err != nil {
		return profiles.Roster{}, fmt.Errorf("read the roster: %w", err)
	}
	return roster, nil
}

func readRoster(tx *bbolt.Tx, ring *keyring.Ring) (profiles.Roster, error) {
	car := tx.Bucket([]byte(carBucket))
	if car == nil || car.Get([]byte(rosterKey)) == nil {
		return profiles.Roster{}, nil
	}
	var people []profiles.Person
	err := tx.ForEach(func(name []byte, b *bbolt.Bucket) error {
		id, err := profiles.ParseID(string(name))
		if err != nil || id.IsZero() {
			return nil // _meta, _car, the car's own
		}
		data, err := ring.Open(id, Name, personKey, schema, b.Get([]byte(personKey)))
		if errors.Is(err, keyring.ErrNoKey) {
			return nil
		}
		if err != nil {
			return err
		}
		person, err := profiles.DecodePerson(data)
		if err == nil && person.ID != id {
			err = fmt.Errorf("the entry of %s names %s", id, person.ID)
		}
		people = append(people, person)
		return err
	})
	if err != nil {
		return profiles.Roster{}, err
	}
	return profiles.DecodeRoster(car.Get([]byte(rosterKey)), people)
}

// Apply replaces the people of the car by those of next, with its version, in
// one change. Newcomers get their keys first. The keys of those who left are
// destroyed before the change is made; if that does not finish, the error is
// profiles.ErrEraseFailed and the roster stays as it was. A PIN verifier that
// differs from the one the last document brought ends the car's own and its
// lockout.
func (s *Store) Apply(next profiles.Roster) error {
	if err := s.deleteKeyless(); err != nil {
		return err
	}
	before, err := s.Roster()
	if err != nil {
		return err
	}
	ids := make([]profiles.ID, len(next.People))
	for i, p := range next.People {
		if ids[i] = p.ID; p.ID.IsZero() {
			return errors.New("apply the roster: a person without an id")
		}
	}
	if err := s.ring.Add(ids...); err != nil {
		return fmt.Errorf("apply the roster: %w", err)
	}
	var gone []profiles.ID
	for _, id := range s.ring.IDs() {
		if !slices.Contains(ids, id) {
			gone = append(gone, id)
		}
	}
	receipt, err := s.ring.Remove(gone...)
	if err != nil {
		return fmt.Errorf("apply the roster: %w", err)
	}
	return s.update("apply the roster", func(c *transaction) error {
		for _, id := range gone {
			if err := c.drop(id.String()); err != nil {
				return err
			}
		}
		if len(gone) > 0 {
			if err := putRemoval(c, receipt.Generation); err != nil {
				return err
			}
		}
		for _, p := range next.People {
			old, known := before.Find(p.ID)
			if err := s.putPerson(c, p, known && old.Verifier != p.Verifier); err != nil {
				return err
			}
		}
		open, err := next.EncodeOpen()
		if err != nil {
			return err
		}
		return c.put(carBucket, rosterKey, open)
	})
}

func (s *Store) putPerson(c *transaction, p profiles.Person, newPIN bool) error {
	data, err := p.Encode()
	if err != nil {
		return err
	}
	sealed, err := s.seal(p.ID, personKey, data)
	if err != nil {
		return err
	}
	if newPIN {
		if err := c.delete(p.ID.String(), verifierKey); err != nil {
			return err
		}
		if err := c.delete(p.ID.String(), lockoutKey); err != nil {
			return err
		}
	}
	return c.put(p.ID.String(), personKey, sealed)
}

// removal is what is kept of a person's removal: nothing about the person.
type removal struct {
	Generation uint64 `json:"generation"`
	Result     string `json:"result"`
}

func putRemoval(c *transaction, generation uint64) error {
	data, err := json.Marshal(removal{generation, "erased"})
	if err != nil {
		return err
	}
	return c.put(carBucket, removalKey, data)
}
