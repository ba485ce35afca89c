package agent

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"slices"
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
	tries   map[profiles.ID]profiles.Lockout
	tally   profiles.Tally                    // wrong PINs of all profiles together
	own     map[profiles.ID]profiles.Verifier // the car's own, where there is one
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
		tries: map[profiles.ID]profiles.Lockout{}, own: map[profiles.ID]profiles.Verifier{},
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
	}
	kept, err := store.CarFact(factTally)
	if err == nil && kept != nil {
		err = json.Unmarshal(kept, &p.tally)
	}
	all = append(all, err)
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

// try is a PIN that is to be looked at: against what, and what is to be written first.
type try struct {
	who      profiles.ID
	known    bool // else the profile does not exist, which must not show
	open     bool // there is no PIN to look at
	verifier profiles.Verifier
}

// look holds a PIN against the verifier, which takes as long as a hash, or against
// none where the profile does not exist. A weak verifier, made by an older agent or by
// a back end that spares itself, is made anew.
func (t try) look(pin profiles.PIN, random io.Reader) (right bool, stronger profiles.Verifier, err error) {
	defer debug.FreeOSMemory() // a hash takes 19 MiB, and the next comes hours later
	if !t.known {
		profiles.Decoy(pin)
		return false, stronger, nil
	}
	if right = t.verifier.Check(pin); right && t.verifier.Weak() {
		stronger, err = profiles.NewVerifier(pin, random)
	}
	return right, stronger, err
}

// attempt counts a try before it is known whether the PIN is right, or refuses it.
// The effects are to be on disk before the PIN is looked at. For an unknown profile
// they are as many and take as long.
func (p *people) attempt(who profiles.ID, pin profiles.PIN) (t try, counted []effect, err error) {
	tally, err := p.tally.Attempt()
	if err != nil {
		return t, nil, err
	}
	person, ok := p.roster.Find(who)
	if !ok || person.State != profiles.Active {
		p.tally = tally
		return try{who: who}, []effect{keepTally(tally), keepTries(profiles.ID{}, profiles.Lockout{Failures: 1})}, nil
	}
	t = try{who: who, known: true, verifier: p.verifier(person)}
	if t.verifier.IsZero() && pin.IsZero() {
		t.open = true
		return t, nil, nil
	}
	tries, err := p.tries[who].Attempt()
	if err != nil {
		return t, nil, err
	}
	p.tally, p.tries[who] = tally, tries
	return t, []effect{keepTally(tally), keepTries(who, tries)}, nil
}

// proved takes back what was counted: the PIN was right. With it comes a stronger
// verifier, or the zero one.
func (p *people) proved(t try, stronger profiles.Verifier) []effect {
	if t.open {
		return nil
	}
	p.tally = p.tally.Forgive()
	p.tries[t.who] = profiles.Lockout{}
	written := []effect{keepTally(p.tally), keepTries(t.who, profiles.Lockout{})}
	if !stronger.IsZero() {
		p.own[t.who] = stronger
		written = append(written, keepVerifier(t.who, stronger, nil))
	}
	return written
}

// pass lets running time go by for everyone who has to wait.
func (p *people) pass(d time.Duration) (written []effect) {
	if len(p.tally) > 0 {
		p.tally = p.tally.Pass(d)
		written = append(written, keepTally(p.tally))
	}
	for _, person := range p.roster.People {
		if l := p.tries[person.ID]; l.Remaining > 0 {
			p.tries[person.ID] = l.Pass(d)
			written = append(written, keepTries(person.ID, p.tries[person.ID]))
		}
	}
	return written
}

// patience is how long waits may run before they are written again, or the age of the
// document is looked at.
func (p *people) patience() time.Duration {
	if len(p.tally) > 0 {
		return 10 * time.Second
	}
	for _, l := range p.tries {
		if l.Remaining > 0 {
			return 10 * time.Second
		}
	}
	return ageEvery
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
// store had ends the car's own and its lockout.
func (p *people) replace(next profiles.Roster, now hal.Instant) (written []effect) {
	for _, person := range p.disk.People {
		if kept, ok := next.Find(person.ID); !ok || kept.Verifier != person.Verifier {
			delete(p.own, person.ID)
			delete(p.tries, person.ID)
		}
	}
	another := next.Version != p.disk.Version
	p.disk = next
	if next.Hash == p.chain.Hash && next.Ceiling == p.chain.Ceiling {
		p.roster = next.InForce()
	}
	if another {
		p.ran, p.counted, p.written = 0, now.Boot, now.Boot
		written = p.keepAge(now, ageEvery)
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
		return p.roster.GuestRights()
	case profiles.PersonDriving:
		if person, ok := p.roster.Find(s.Who); ok {
			return p.roster.Rights(person)
		}
	}
	return profiles.Rights{}
}

// readers are those of the roster, as the pipeline knows them.
func (p *people) readers(now hal.Instant) []outside.Reader {
	var readers []outside.Reader
	age := p.age(now)
	p.stale = age > profiles.DocumentFresh
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
		readers = append(readers, outside.Reader{ID: r.Role, Mailbox: r.Mailbox, Column: column, Seal: sealing(r.Seal)})
	}
	return readers
}

// without is the kinds of messages that a restriction takes from a person.
func without(p profiles.Person) (kinds []outside.Kind) {
	for _, kind := range outside.Kinds() {
		if f := profiles.Function(kind.Function()); f != "" && p.Role != profiles.Main && slices.Contains(p.Restricted, f) {
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

// view is the people on the picker.
func (p *people) view() []profiles.ProfileView {
	var all []profiles.ProfileView
	for _, person := range p.roster.People {
		v := profiles.ProfileView{
			ID: person.ID, Name: person.Name, Role: person.Role.String(), State: person.State.String(), Sharing: person.Sharing.String(),
			HasPIN: !p.verifier(person).IsZero(), RetryAfter: p.tries[person.ID].RetryAfter(),
		}
		for _, f := range person.Restricted {
			v.Restricted = append(v.Restricted, string(f))
		}
		all = append(all, v)
	}
	return all
}
