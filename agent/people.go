package agent

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"glovebox/hal"
	"glovebox/profiles"
	"glovebox/telemetry/outside"
)

// people is who belongs to this car, how fresh that is, and how often which PIN was
// wrong. It is a plain value without a lock: the cabin owns it, and it alone counts.
// What it changed is written by the effects that it returns.
type people struct {
	vid     string
	disk    profiles.Roster // what the store holds
	chain   profiles.Roster // the newest that was decided: the store's, or on its way there
	roster  profiles.Roster // what is in force: no more than any of the two allows
	ran     time.Duration   // how long the document was in force, at counted
	counted time.Duration   // boot clock
	written time.Duration   // when that was written last, boot clock
	stale   bool            // the access document is too old: every secondary is limited
	ripe    time.Duration   // when it will be, boot clock
	tries   map[profiles.ID]profiles.Lockout
	tally   profiles.Tally                    // wrong PINs of all profiles together
	own     map[profiles.ID]profiles.Verifier // the car's own, where there is one
	told    uint64                            // version of the newest own document that the back end has
	met     profiles.ID                       // the main user who was logged in in this car; zero: none was

	fobs      map[profiles.ID][]profiles.Fob
	code      profiles.Verifier // the car's security code; the zero one where there is none
	codeTries profiles.Lockout
	equipment profiles.Equipment // of the car: what nobody has
}

// loadPeople reads what the store holds. What cannot be read of a PIN's state keeps
// that PIN from being tried: it is never taken as none.
func loadPeople(store Store, vid string, boot time.Duration) (people, error) {
	roster, err := store.Roster()
	if err != nil {
		return people{}, fmt.Errorf("people: %w", err)
	}
	roster.VID = vid
	p := people{
		vid: vid, disk: roster, chain: roster, roster: roster.InForce(), counted: boot, written: boot,
		tries: map[profiles.ID]profiles.Lockout{}, own: map[profiles.ID]profiles.Verifier{}, fobs: map[profiles.ID][]profiles.Fob{},
	}
	var all []error
	for _, person := range roster.People {
		if p.tries[person.ID], err = store.Lockout(person.ID); err != nil {
			p.tries[person.ID] = profiles.Lockout{Failures: 1 << 10} // off until recovery
			all = append(all, err)
		}
		own, err := store.OwnVerifier(person.ID)
		switch {
		case err != nil:
			p.tries[person.ID] = profiles.Lockout{Failures: 1 << 10}
			all = append(all, err)
		case !own.IsZero():
			p.own[person.ID] = own
		}
		if p.fobs[person.ID], err = store.Fobs(person.ID); err != nil {
			all = append(all, err) // no fob logs them in
		}
	}
	kept, err := store.CarFact(factTally)
	if err == nil && kept != nil {
		err = json.Unmarshal(kept, &p.tally)
	}
	if err != nil {
		p.tally = profiles.UnknownTally()
	}
	all = append(all, err)
	if kept, err = store.CarFact(factCode); err == nil && kept != nil {
		err = json.Unmarshal(kept, &p.codeTries)
	}
	if err != nil {
		p.codeTries = profiles.Lockout{Failures: 1 << 10}
	}
	all = append(all, err)
	if kept, err := store.CarFact(factShared); err == nil { // else it is said once more
		p.told, _ = strconv.ParseUint(string(kept), 10, 64)
	}
	if kept, err := store.CarFact(factMet); err == nil {
		p.met, _ = profiles.ParseID(string(kept))
	}
	if kept, err = store.CarFact(factAge); err == nil {
		p.ran, err = ranBefore(kept, roster.Version)
	}
	if err != nil {
		p.ran = tooOld
	}
	return p, errors.Join(append(all, err)...)
}

// verifier is the one in force: the car's own once there is one.
func (p *people) verifier(person profiles.Person) profiles.Verifier {
	if own, ok := p.own[person.ID]; ok && !person.Verifier.Closed() {
		return own
	}
	return person.Verifier
}

// pass lets running time go by for everyone who has to wait. It returns what is to be
// written of that, at times, and whether a wait ended.
func (p *people) pass(d time.Duration) (written []effect, ended bool) {
	if len(p.tally) > 0 {
		before := p.tally.Wait()
		p.tally = p.tally.Pass(d)
		ended = before > 0 && p.tally.Wait() == 0
		written = append(written, keepTally(p.tally))
	}
	if p.codeTries.Remaining > 0 {
		p.codeTries = p.codeTries.Pass(d)
		written = append(written, keepCodeTries(p.codeTries))
	}
	for _, person := range p.roster.People {
		if l := p.tries[person.ID]; l.Remaining > 0 {
			l = l.Pass(d)
			p.tries[person.ID] = l
			ended = ended || l.Remaining == 0
			written = append(written, keepTries(person.ID, l))
		}
	}
	return written, ended
}

// How often what runs down is written: a restart makes no wait longer by more.
const (
	keepWaits = 10 * time.Second
	keepAges  = 10 * time.Minute // while nobody waits: once a trip, not all day
)

// patience is how long waits may run before one ends or they are written again, or the
// age of the document is looked at.
func (p *people) patience() time.Duration {
	next := ageEvery
	if len(p.tally) > 0 {
		next = keepAges
	}
	waits := []time.Duration{p.tally.Wait(), p.codeTries.Remaining}
	for _, l := range p.tries {
		waits = append(waits, l.Remaining)
	}
	for _, wait := range waits {
		if wait > 0 {
			next = min(next, wait, keepWaits)
		}
	}
	return next
}

// decide takes in what a document made of the roster: it takes at once what next does not
// allow, before anything is written. What next allows more waits until the disk has it.
func (p *people) decide(next profiles.Roster) {
	before := p.roster.People
	p.chain, p.roster = next, p.roster.Meet(next.InForce())
	for _, person := range before {
		_, stays := p.roster.Find(person.ID)
		if !stays && (person.State == profiles.Active || person.State == profiles.Removing) {
			person.State = profiles.Removing
			p.roster.People = append(p.roster.People, person)
		}
	}
}

// replace puts in force what the store has taken, unless a newer one is on its way. The
// age of another version begins now. A PIN verifier that differs from the one that the
// store had ends the car's own and its lockout; who got a new PIN so has recovered, and
// the tally of all begins anew.
func (p *people) replace(next profiles.Roster, now hal.Instant) (written []effect) {
	for _, person := range p.disk.People {
		if kept, ok := next.Find(person.ID); !ok || kept.Verifier != person.Verifier {
			delete(p.own, person.ID)
			delete(p.tries, person.ID)
			if !ok {
				delete(p.fobs, person.ID)
			} else { // in place of what the disk did not take before
				written = append(written, keepVerifier(person.ID, profiles.Verifier{}, nil), keepTries(person.ID, profiles.Lockout{}))
			}
			if ok && !kept.Verifier.IsZero() && !kept.Verifier.Closed() && len(p.tally) > 0 {
				p.tally = nil
				written = append(written, keepTally(p.tally))
			}
		}
	}
	another := next.Version != p.disk.Version
	p.disk = next
	if next.Hash == p.chain.Hash && next.Ceiling == p.chain.Ceiling {
		p.roster = next.InForce()
	}
	if another {
		p.ran, p.counted, p.written = 0, now.Boot, now.Boot
		written = append(written, p.keepAge(now, ageEvery)...)
	}
	return written
}

// active reports whether who may be at the wheel.
func (p *people) active(who profiles.ID) bool {
	person, ok := p.roster.Find(who)
	return ok && person.State == profiles.Active
}

// rights of whoever the session has at the wheel.
func (p *people) rights(s profiles.Session) profiles.Rights {
	switch s.State {
	case profiles.GuestDriving:
		return p.roster.GuestRights().In(p.equipment)
	case profiles.PersonDriving:
		if person, ok := p.roster.Find(s.Who); ok {
			return p.roster.Rights(person).In(p.equipment)
		}
	}
	return profiles.Rights{}
}

// readers are those of the roster, as the pipeline knows them.
func (p *people) readers(now hal.Instant) []outside.Reader {
	var readers []outside.Reader
	age := p.age(now)
	p.stale = age > profiles.DocumentFresh
	p.ripen(now)
	for _, person := range p.roster.People {
		if person.State != profiles.Active || person.Mailbox == "" {
			continue
		}
		column := outside.ColumnLimited
		switch {
		case person.Role == profiles.Main:
			column = outside.ColumnMain
		case person.SharingAt(age) == profiles.Shared:
			column = outside.ColumnShared
		}
		readers = append(readers, outside.Reader{
			ID: person.ID.String(), Mailbox: person.Mailbox, Column: column, Seal: sealing(person.Seal), Without: without(person),
		})
	}
	for _, r := range p.roster.Readers {
		column := outside.ColumnWorkshop
		if r.Role == "backend" {
			column = outside.ColumnBackend
		}
		reader := outside.Reader{ID: r.Role, Mailbox: r.Mailbox, Column: column, Seal: sealing(r.Seal)}
		if column == outside.ColumnBackend {
			reader.Inbox = p.roster.Inbox
		}
		readers = append(readers, reader)
	}
	return readers
}

// without is the kinds of messages that a restriction takes from a person.
func without(p profiles.Person) (kinds []outside.Kind) {
	for _, kind := range outside.Kinds() {
		if f := profiles.Function(kind.Function()); f != "" && p.Restricts(f) {
			kinds = append(kinds, kind)
		}
	}
	return kinds
}

// sealing is the raw X25519 key, nil if there is none.
func sealing(k profiles.Key) []byte {
	if public := k.Sealing(); public != nil {
		return public.Bytes()
	}
	return nil
}

// view is the people on the picker, d after waits last ran down.
func (p *people) view(d time.Duration) []profiles.ProfileView {
	tally := p.tally.Pass(d)
	var all []profiles.ProfileView
	for _, person := range p.roster.People {
		v := profiles.ProfileView{
			ID: person.ID, Name: person.Name, Role: person.Role.String(), State: person.State.String(), Sharing: person.Sharing.String(),
			HasPIN: !p.verifier(person).IsZero(), RetryAfter: p.tries[person.ID].Pass(d).RetryAfter(),
			Fobs: uint32(len(p.fobs[person.ID])),
		}
		if v.HasPIN {
			v.RetryAfter = max(v.RetryAfter, tally.RetryAfter())
		}
		for _, f := range person.Restricted {
			v.Restricted = append(v.Restricted, string(f))
		}
		all = append(all, v)
	}
	return all
}
