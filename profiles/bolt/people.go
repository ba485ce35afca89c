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
	ceilingKey  = "ceiling" // the person as the ceiling has them
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

// ReadRoster returns the people of the car whose store in dir cannot be written: it is
// only read. The file must have passed Check.
func ReadRoster(dir string) (roster profiles.Roster, err error) {
	ring, err := keyring.Peek(dir)
	if err != nil {
		return roster, err
	}
	defer func() { err = errors.Join(err, ring.Close()) }()
	o := options()
	o.ReadOnly = true
	db, err := bbolt.Open(join(dir, Name), 0o600, o)
	if err != nil {
		return roster, fmt.Errorf("open the profiles: %w", err)
	}
	roster, err = (&Store{db: db, ring: ring}).Roster()
	return roster, errors.Join(err, db.Close())
}

func readRoster(tx *bbolt.Tx, ring *keyring.Ring) (profiles.Roster, error) {
	car := tx.Bucket([]byte(carBucket))
	if car == nil || car.Get([]byte(rosterKey)) == nil {
		return profiles.Roster{}, nil
	}
	var people, ceiling []profiles.Person
	err := tx.ForEach(func(name []byte, b *bbolt.Bucket) error {
		id, err := profiles.ParseID(string(name))
		if err != nil || id.IsZero() {
			return nil // _meta, _car, the car's own
		}
		people, err = appendPerson(people, b, ring, id, personKey)
		if err != nil {
			return err
		}
		ceiling, err = appendPerson(ceiling, b, ring, id, ceilingKey)
		return err
	})
	if err != nil {
		return profiles.Roster{}, err
	}
	return profiles.DecodeRoster(car.Get([]byte(rosterKey)), people, ceiling)
}

// appendPerson reads what stands of a person under key, if anything does and they still
// have a key of their own.
func appendPerson(all []profiles.Person, b *bbolt.Bucket, ring *keyring.Ring, id profiles.ID, key string) ([]profiles.Person, error) {
	sealed := b.Get([]byte(key))
	if sealed == nil {
		return all, nil
	}
	data, err := ring.Open(id, Name, key, sealing, sealed)
	if errors.Is(err, keyring.ErrNoKey) {
		return all, nil
	}
	if err != nil {
		return nil, err
	}
	person, err := profiles.DecodePerson(data)
	if err == nil && person.ID != id {
		err = fmt.Errorf("the entry of %s names %s", id, person.ID)
	}
	return append(all, person), err
}

// Apply replaces the people of the car by those of next, with its version, in
// one change. Newcomers get their keys first. The keys of those who left are
// destroyed before the change is made; if that does not finish, the error is
// profiles.ErrEraseFailed and the roster stays as it was. Whom a ceiling removes is
// written down first, and the next start finishes it. A PIN verifier that
// differs from the one the last document brought ends the car's own and its
// lockout. The receipt is of those who left; zero if nobody did.
func (s *Store) Apply(next profiles.Roster) (receipt profiles.Receipt, err error) {
	if err := s.deleteKeyless(); err != nil {
		return receipt, err
	}
	if _, err := s.erase(); err != nil {
		return receipt, err
	}
	before, err := s.Roster()
	if err != nil {
		return receipt, err
	}
	ids := append(idsOf(next.People), idsOf(ceilingOf(next))...)
	if slices.Contains(ids, profiles.ID{}) {
		return receipt, errors.New("apply the roster: a person without an id")
	}
	if err := s.addKeys(ids); err != nil {
		return receipt, err
	}
	if slices.ContainsFunc(before.People, func(p profiles.Person) bool { return isErased(next, p.ID) }) {
		if err := s.update("lower the roster", func(c *transaction) error { return s.putRoster(c, before, next) }); err != nil {
			return receipt, err
		}
		if receipt, err = s.erase(); err != nil {
			return receipt, err
		}
		before.People = slices.DeleteFunc(before.People, func(p profiles.Person) bool { return isErased(next, p.ID) })
	}
	var gone []profiles.ID
	for _, id := range s.ring.IDs() {
		_, known := before.Find(id)
		if _, stays := next.Find(id); !stays && (known || !slices.Contains(ids, id)) {
			gone = append(gone, id)
		}
	}
	removed, err := s.ring.Remove(gone...) // also of nobody: it ends one that was interrupted
	if len(gone) > 0 {
		first := receipt
		if receipt = receiptOf(removed, err); first.Method != "" {
			receipt.Stores[0].Before = first.Stores[0].Before
		}
	}
	if err != nil {
		return receipt, fmt.Errorf("apply the roster: %w", err)
	}
	if slices.ContainsFunc(gone, func(id profiles.ID) bool { return slices.Contains(ids, id) }) {
		// Who left comes back with the ceiling: the new key opens nothing that is there.
		if err := s.update("erase people", func(c *transaction) error { return drop(c, gone, removed) }); err != nil {
			return receipt, err
		}
	}
	if err := s.addKeys(ids); err != nil {
		return receipt, err
	}
	return receipt, s.update("apply the roster", func(c *transaction) error {
		if err := drop(c, gone, removed); err != nil {
			return err
		}
		return s.putRoster(c, before, next)
	})
}

// receiptOf says what the ring destroyed.
func receiptOf(removed keyring.Receipt, err error) profiles.Receipt {
	result := "erased"
	if err != nil {
		result = "failed"
	}
	return profiles.Receipt{Method: "key", Generation: removed.Generation, Result: result, Stores: []profiles.StoreReceipt{
		{Name: ringName, Before: uint32(removed.Before), After: uint32(removed.After), Result: result},
	}}
}

// addKeys gives a key to each of ids who has none.
func (s *Store) addKeys(ids []profiles.ID) error {
	if !slices.ContainsFunc(ids, func(id profiles.ID) bool { return !s.ring.Has(id) }) {
		return nil
	}
	if err := s.ring.Add(ids...); err != nil {
		return fmt.Errorf("apply the roster: %w", err)
	}
	return nil
}

func idsOf(people []profiles.Person) (all []profiles.ID) {
	for _, p := range people {
		all = append(all, p.ID)
	}
	return all
}

func ceilingOf(r profiles.Roster) []profiles.Person {
	if r.Ceiling == nil {
		return nil
	}
	return r.Ceiling.People
}

func isErased(r profiles.Roster, id profiles.ID) bool {
	return slices.ContainsFunc(r.Erased, func(e profiles.Erased) bool { return e.ID == id })
}

// putRoster writes next over before.
func (s *Store) putRoster(c *transaction, before, next profiles.Roster) error {
	for _, p := range next.People {
		old, known := before.Find(p.ID)
		if known && old.Verifier != p.Verifier {
			for _, key := range []string{verifierKey, lockoutKey} {
				if err := c.delete(p.ID.String(), key); err != nil {
					return err
				}
			}
		}
		if err := s.putPerson(c, personKey, p); err != nil {
			return err
		}
	}
	for _, p := range ceilingOf(next) {
		if err := s.putPerson(c, ceilingKey, p); err != nil {
			return err
		}
	}
	open, err := next.EncodeOpen()
	if err != nil {
		return err
	}
	return c.put(carBucket, rosterKey, open)
}

func (s *Store) putPerson(c *transaction, key string, p profiles.Person) error {
	data, err := p.Encode()
	if err != nil {
		return err
	}
	return s.putSealed(c, p.ID, p.ID.String(), key, data)
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
