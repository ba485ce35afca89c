package profiles

import (
	"fmt"
	"slices"
)

// MaxAhead is how far the version of a document may be above the stored one, in a car
// with people: nobody can use the numbers up.
const MaxAhead = 1024

// Erased is a user of the stored document whom a ceiling has removed, and who is erased.
// What documents on the way say of them is passed over: they have no effect.
type Erased struct {
	ID   ID
	Sign Key // of the main user alone: it verifies what they signed on the way
}

// InForce is what the car allows: the stored document, and while documents on the way
// to the ceiling are missing nothing that the ceiling does not allow.
func (r Roster) InForce() Roster {
	if r.Ceiling == nil {
		return r
	}
	return r.Meet(*r.Ceiling)
}

// Meet is r without everything that other does not allow: users and readers in both, the
// stricter sharing, all restrictions of either, services on in both. Version, hash and
// date are those of r.
func (r Roster) Meet(other Roster) Roster {
	m := r
	m.People, m.Readers, m.Ceiling, m.Erased = nil, nil, nil, nil
	for _, p := range r.People {
		if q, there := other.Find(p.ID); there && p.Role == q.Role {
			m.People = append(m.People, p.meet(q))
		}
	}
	for _, reader := range r.Readers {
		if slices.Contains(other.Readers, reader) {
			m.Readers = append(m.Readers, reader)
		}
	}
	if r.Inbox != other.Inbox {
		m.Inbox = ""
	}
	m.GuestServices = r.GuestServices && other.GuestServices
	m.RemoteServices = r.RemoteServices && other.RemoteServices
	return m
}

// meet is p with no more than q. Who has another mailbox or key there is told nothing
// and orders nothing until one document names one; who has another PIN cannot log in.
func (p Person) meet(q Person) Person {
	if p.State == Active {
		p.State = q.State
	}
	if q.Sharing == Limited {
		p.Sharing = Limited
	}
	p.Restricted = slices.Clone(p.Restricted)
	for _, f := range q.Restricted {
		if !slices.Contains(p.Restricted, f) {
			p.Restricted = append(p.Restricted, f)
		}
	}
	if p.Mailbox != q.Mailbox || p.Sign != q.Sign || p.Seal != q.Seal {
		p.Mailbox, p.Sign, p.Seal = "", Key{}, Key{}
	}
	if p.Verifier != q.Verifier {
		p.Verifier = closedVerifier()
	}
	return p
}

// lower takes an authentic document that does not follow the stored one: documents
// passed while the car was away. It is a ceiling until the chain has reached its
// version; of several the newest counts. It needs no right but to be authentic, for it
// only takes.
func (r Roster) lower(a Access, by Signer) (Roster, []Change, error) {
	if c := r.Ceiling; c != nil {
		switch {
		case a.Version == c.Version && a.Hash == c.Hash:
			return r, nil, nil
		case a.Version == c.Version:
			return r, nil, fmt.Errorf("%w: another version %d", ErrForked, a.Version)
		case a.Version < c.Version:
			return r, nil, fmt.Errorf("%w: version %d, the newest is %d", ErrOlder, a.Version, c.Version)
		}
	}
	if by.Kind == Stranger || !r.signs(by, a) {
		return r, nil, fmt.Errorf("%w: %s may not %s", ErrForbidden, by.Kind, Lowered)
	}
	next, ceiling := r, rosterOf(a)
	next.Ceiling = &ceiling
	changes := []Change{{Kind: Lowered}}
	for _, p := range r.People {
		if _, stays := ceiling.Find(p.ID); !stays {
			changes = append(changes, Change{Removed, p.ID})
		}
	}
	next.People, next.Erased = r.under(&ceiling, r.People)
	return next, changes, nil
}

// under parts the users of a document into those who may be kept below the ceiling, and
// those who are erased, who stay so.
func (r Roster) under(ceiling *Roster, people []Person) (kept []Person, erased []Erased) {
	erased = slices.Clone(r.Erased)
	for _, p := range people {
		if _, stays := ceiling.Find(p.ID); stays && !r.erased(p.ID) {
			kept = append(kept, p)
			continue
		}
		erased = slices.DeleteFunc(erased, func(e Erased) bool { return e.ID == p.ID })
		gone := Erased{ID: p.ID}
		if p.Role == Main && p.State == Active {
			gone.Sign = p.Sign
		}
		erased = append(erased, gone)
	}
	return kept, erased
}

// erased reports whether a ceiling has removed who, and the chain has not yet.
func (r Roster) erased(who ID) bool {
	return slices.ContainsFunc(r.Erased, func(e Erased) bool { return e.ID == who })
}

// reaches reports whether the chain is as far as the ceiling with a document of this
// version.
func (r Roster) reaches(version uint64) bool { return r.Ceiling == nil || version >= r.Ceiling.Version }

// signs reports whether by may sign a at all: a main user whom the ceiling has removed or
// given another key signs the documents up to it, the ceiling too, and none above.
func (r Roster) signs(by Signer, a Access) bool {
	if by.Kind != MainUser || r.Ceiling == nil || a.Version <= r.Ceiling.Version {
		return true
	}
	was, there := r.Main()
	is, stays := r.Ceiling.Main()
	return there && stays && is.State == Active && was.ID == is.ID && was.Sign == is.Sign
}

// MainKey is the key whose signature on a document is the main user's: that of the
// stored document, whatever a ceiling says, for the documents on the way were signed
// with it. The zero Key is nobody's.
func (r Roster) MainKey() Key {
	if main, there := r.Main(); there && main.State == Active {
		return main.Sign
	}
	for _, e := range r.Erased {
		if !e.Sign.IsZero() {
			return e.Sign
		}
	}
	return Key{}
}
