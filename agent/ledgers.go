package agent

import (
	"errors"
	"fmt"
	"maps"
	"sync"
	"time"

	"glovebox/hal"
	"glovebox/profiles"
	"glovebox/telemetry"
	"glovebox/telemetry/outside"
)

// How often the ledger goes to the disk while something is entered, which is what a
// power cut may cost of it; and how often what is too old falls out while nothing is.
const (
	ledgerEvery = 30 * time.Second
	ledgerIdle  = 10 * time.Minute
)

// ledgers are what was decided: of each person who drove, on disk under that person's
// key; of a guest or of nobody, in memory; and the counters of the mailboxes, which are
// the car's. It is a plain value: the cabin owns it.
type ledgers struct {
	numbers outside.Numbers
	of      map[profiles.ID]*telemetry.Ledger
	passing *telemetry.Ledger // of a guest, or of nobody: goes with the session
	book    *telemetry.Ledger // of whoever is at the wheel: one of those
	totals  *telemetry.Totals

	announced uint64               // the newest entry that the head unit was told of
	due       time.Duration        // when the disk is to be told, boot clock
	writing   map[profiles.ID]bool // it is being told; the zero id: of the totals

	clock telemetry.Clock
	owner sync.Locker // the cabin's lock
	boot  func() time.Duration
}

// Ledgers are values of each person, sealed under their key; the zero id's are the
// car's own.
type Ledgers interface {
	Ledger(who profiles.ID, prefixes ...string) (map[string][]byte, error)
	SetLedger(who profiles.ID, values map[string][]byte) error // all or none; nil takes one back
}

// kept is a ledger, or the totals, as the disk has it.
type kept interface {
	Changed() bool
	Batch() telemetry.Batch
}

// loadLedgers reads what the store holds of people and mailboxes. What cannot be read
// begins anew.
func loadLedgers(store Ledgers, n outside.Numbers, roster profiles.Roster, now func() hal.Instant) (ledgers, error) {
	l := ledgers{numbers: n, of: map[profiles.ID]*telemetry.Ledger{}, passing: telemetry.NewLedger(n), writing: map[profiles.ID]bool{}, owner: new(sync.Mutex), boot: func() time.Duration { return now().Boot }}
	l.book = l.passing
	var all error
	for _, person := range roster.People {
		heads, err := store.Ledger(person.ID, telemetry.HeadKeys...)
		if err != nil && !errors.Is(err, profiles.ErrNoSuchProfile) {
			all = errors.Join(all, err)
		}
		l.of[person.ID] = telemetry.RestoreLedger(n, heads)
	}
	days, err := store.Ledger(profiles.ID{}, telemetry.DayPrefix)
	l.totals = telemetry.RestoreTotals(n, days)
	l.time(now())
	l.due = now().Boot + ledgerEvery
	l.forget(roster)
	return l, errors.Join(all, err)
}

// time is now as the ledger dates it. What was dated by a wrong clock is dated anew.
func (l *ledgers) time(now hal.Instant) hal.Instant {
	at, moved := l.clock.At(now)
	if moved != 0 {
		for _, of := range l.of {
			of.Correct(moved)
		}
		l.passing.Correct(moved)
		l.totals.Correct(at.UTC.Add(-moved), at.UTC)
	}
	return at
}

// add enters a decision into the ledger of whoever is at the wheel.
func (l *ledgers) add(d outside.Decision) {
	d.At = l.time(d.At)
	l.book.Add(d)
	l.due = min(l.due, d.At.Boot+ledgerEvery)
}

// handed counts a message that was handed over.
func (l *ledgers) handed(r outside.Released, now hal.Instant) {
	l.totals.Handed(r, l.time(now).UTC)
	l.due = min(l.due, now.Boot+ledgerEvery)
}

// begin opens the book of who begins, which of a guest, and of nobody, is an empty one.
func (l *ledgers) begin(s profiles.Session) {
	l.passing = telemetry.NewLedger(l.numbers) // not what was decided while nobody was here
	l.book = l.passing
	if s.State == profiles.PersonDriving {
		if l.of[s.Who] == nil {
			l.of[s.Who] = telemetry.NewLedger(l.numbers)
		}
		l.book = l.of[s.Who]
	}
	l.announced = l.book.Last()
}

// end closes the book: a person's goes to the disk, a guest's is dropped. It returns how
// many entries went with a guest.
func (l *ledgers) end() (entries int, todo []effect) {
	entries = l.passing.Count()
	l.begin(profiles.Session{})
	return entries, l.all()
}

// forget drops what is of those who are not of this car any more.
func (l *ledgers) forget(roster profiles.Roster) {
	maps.DeleteFunc(l.of, func(id profiles.ID, _ *telemetry.Ledger) bool { _, ok := roster.Find(id); return !ok })
	l.totals.Forget(func(reader string) bool {
		id, err := profiles.ParseID(reader)
		_, ok := roster.Find(id)
		return err != nil || ok
	})
	if l.totals.Changed() {
		l.due = 0
	}
}

// tick lets fall out what is too old, and tells the disk what it does not have.
func (l *ledgers) tick(now hal.Instant) (todo []effect) {
	if now.Boot < l.due {
		return nil
	}
	l.due = now.Boot + ledgerIdle
	l.time(now)
	sure := l.clock.Sure(now.Boot)
	l.totals.Trim(sure)
	l.passing.Trim(sure)
	for who, of := range l.of {
		of.Trim(sure)
		todo = append(todo, l.keep(who, of, false)...)
	}
	return append(todo, l.keep(profiles.ID{}, l.totals, false)...)
}

// all tells the disk all that it does not have.
func (l *ledgers) all() (todo []effect) {
	for who, of := range l.of {
		todo = append(todo, l.keep(who, of, true)...)
	}
	return append(todo, l.keep(profiles.ID{}, l.totals, true)...)
}

// keep tells the disk what it does not have of a ledger. While it is being told already
// the rest waits for the next time, unless there is none.
func (l *ledgers) keep(who profiles.ID, of kept, now bool) []effect {
	switch {
	case !of.Changed():
		return nil
	case l.writing[who] && !now:
		l.due = l.boot() + ledgerEvery
		return nil
	}
	l.writing[who] = true
	b := of.Batch()
	return []effect{keepLedger(who, b, func(err error) {
		if err != nil {
			return // it is tried again
		}
		l.owner.Lock()
		defer l.owner.Unlock()
		delete(l.writing, who)
		b.Written(l.boot())
	})}
}

// news is the newest entry of whoever is at the wheel, if the head unit was not told.
func (l *ledgers) news() (last uint64, another bool) {
	last = l.book.Last()
	another = last != l.announced
	l.announced = last
	return last, another
}

// read begins to read what a filter takes for whoever is at the wheel: their own
// entries, and for the main user what was published to whom, whoever drove.
func (l *ledgers) read(f telemetry.LedgerFilter, s profiles.Session, main bool, now hal.Instant) (r telemetry.Reading, totals []telemetry.Entry, err error) {
	switch {
	case !s.Driving(), f.Totals && !main:
		return r, nil, profiles.ErrNotPermitted
	case f.Totals:
		l.totals.Trim(l.clock.Sure(now.Boot))
		return r, l.totals.Entries(f), nil
	}
	return l.book.Reading(f, l.clock.Sure(now.Boot)), nil, nil
}

// Ledger returns the entries of the person at the wheel, oldest first; with an id one,
// which must be there. It waits for the disk where what is asked for is not in memory.
func (c *Cabin) Ledger(filter telemetry.LedgerFilter) ([]telemetry.Entry, error) {
	c.mu.Lock()
	who, number := c.session.Who, c.number
	person, _ := c.people.roster.Find(who)
	reading, entries, err := c.privacy.ledgers.read(filter, c.session, !who.IsZero() && person.Role == profiles.Main, c.needs.Now())
	c.mu.Unlock()
	switch {
	case err != nil, filter.Totals:
		return entries, err
	case reading.InMemory():
		entries, err = reading.Entries(nil)
	default:
		c.effects.add(readLedger(who, reading, func(read []telemetry.Entry, failed error) { entries, err = read, failed }))
		c.effects.wait()
		c.mu.Lock()
		if c.number != number { // the session ended meanwhile
			entries, err = nil, profiles.ErrNotPermitted
		}
		c.mu.Unlock()
	}
	if err == nil && filter.ID != 0 && len(entries) == 0 {
		err = fmt.Errorf("%w: the ledger has no entry %d", profiles.ErrInvalid, filter.ID)
	}
	return entries, err
}
