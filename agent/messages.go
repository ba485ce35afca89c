package agent

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"glovebox/hal"
	"glovebox/profiles"
	"glovebox/telemetry/outside"
)

// messages is what the people of the car are told, and what they write to the workshop. It
// is a plain value without a lock: the cabin owns it. What it changed is written by the
// effects that it returns. Of a guest there is nothing.
//
//	workshop ──▶ receive ─┐                      ┌─▶ list, mark
//	a light  ──▶ light ───┼─▶ of each person ────┤
//	a person ──▶ write ───┘        │             └─▶ disk, sealed under their key
//	                               └──▶ pipeline ──▶ workshop, their phones
type messages struct {
	written, notices io.Reader // what ids are drawn from: those that leave the car, and the others
	news             *news

	opened bool // it is known what the disk has
	early  []func() []effect

	of      map[profiles.ID]profiles.Messages
	unsaved unsavedMessages
	lights  map[string]time.Duration // when each went off, boot clock; of those that are on Never
}

type unsavedMessages = unsaved[profiles.MessageChange, uint64, *profiles.Message]

func newMessages(written, notices io.Reader, lock sync.Locker, news *news) *messages {
	return &messages{
		written: written, notices: notices, news: news, of: map[profiles.ID]profiles.Messages{},
		unsaved: unsavedMessages{lock: lock}, lights: map[string]time.Duration{},
	}
}

// open takes in what the disk has, which a start does not wait for, and then what came
// meanwhile.
func (m *messages) open(kept map[profiles.ID]map[uint64]profiles.Message, lights []byte, roster profiles.Roster) (todo []effect) {
	for who, all := range kept {
		m.of[who] = profiles.OpenMessages(all)
	}
	for code := range strings.FieldsSeq(string(lights)) {
		m.lights[code] = outside.Never
	}
	m.opened = true
	m.forget(roster)
	for _, do := range m.early {
		todo = append(todo, do()...)
	}
	m.early = nil
	return todo
}

// once does something now, or as soon as it is known what the disk has.
func (m *messages) once(do func() []effect) []effect {
	if m.opened {
		return do()
	}
	m.early = append(m.early, do)
	return nil
}

// forget drops what belongs to those who are not of this car any more.
func (m *messages) forget(roster profiles.Roster) {
	gone := func(id profiles.ID) bool { _, ok := roster.Find(id); return !ok }
	maps.DeleteFunc(m.of, func(id profiles.ID, _ profiles.Messages) bool { return gone(id) })
	m.unsaved.forget(gone)
}

// put gives a message to somebody, and says so to the head unit if they are at the wheel.
func (m *messages) put(who profiles.ID, message profiles.Message, s profiles.Session, now hal.Instant) {
	if message.Came = now.UTC; !outside.ClockSet(now.UTC) {
		message.Came = time.Time{}
	}
	next, change := m.of[who].Add(message)
	m.replace(who, next, change)
	if s.State == profiles.PersonDriving && s.Who == who && !message.Read {
		m.news.add(MessageArrived{string(message.Kind)})
	}
}

func (m *messages) replace(who profiles.ID, next profiles.Messages, change profiles.MessageChange) {
	m.of[who] = next
	m.unsaved.add(who, change)
}

// save writes what is not on disk yet. Without after it is tried again until it is done.
func (m *messages) save(after func(error)) effect { return keepMessages(&m.unsaved, after) }

// newMessageID is 32 hex digits.
func newMessageID(random io.Reader) string {
	var b [16]byte
	if _, err := io.ReadFull(random, b[:]); err != nil {
		panic("agent: no random bytes: " + err.Error()) // the kernel's source does not fail
	}
	return hex.EncodeToString(b[:])
}

// draft is what a person writes to the workshop: a line, or with a wish a booking.
func draft(id string, p profiles.Person, kind profiles.MessageKind, text, wish profiles.Private, now hal.Instant) profiles.Message {
	return profiles.Message{
		ID: id, Kind: kind, From: p.Name, Role: p.Role.String(), Text: text, Wish: wish,
		Time: now.UTC.Truncate(time.Millisecond), Read: true, // they know what they wrote
	}
}

// post gives what a person wrote to the pipeline: for the workshop, and for the writer's
// own phone, so that car and phone show the same.
func post(p profiles.Person, message profiles.Message, people *people, out *outside.Outside, now hal.Instant) {
	for _, mailbox := range people.workshop() {
		out.Message(mailbox, p.ID.String(), outsideMessage(message), now)
	}
	out.Message(p.Mailbox, p.ID.String(), outsideMessage(message), now)
}

func outsideMessage(m profiles.Message) outside.Message {
	return outside.Message{
		ID: m.ID, Kind: string(m.Kind), From: m.From.Reveal(), Role: m.Role, Text: m.Text.Reveal(), Wish: m.Wish.Reveal(), Time: m.Time,
	}
}

// workshop is where what people write goes: to the workshop, or where the document names
// none to the back end.
func (p *people) workshop() (mailboxes []string) {
	for _, role := range []string{profiles.RoleWorkshop, profiles.RoleBackEnd} {
		for _, r := range p.roster.Readers {
			if r.Role == role && r.Mailbox != "" {
				mailboxes = append(mailboxes, r.Mailbox)
			}
		}
		if mailboxes != nil {
			return mailboxes
		}
	}
	return nil
}

// actives are the people who may be at the wheel.
func (p *people) actives() (all []profiles.Person) {
	for _, person := range p.roster.People {
		if person.State == profiles.Active {
			all = append(all, person)
		}
	}
	return all
}

// order is message or book of a phone: it is written, and is with the queue before its
// answer. Its id follows from the action, so that nothing but the phone has a part in it.
func (m *messages) order(p profiles.Person, a profiles.Action, args profiles.Arguments, s profiles.Session, people *people, out *outside.Outside, now hal.Instant) []effect {
	kind := profiles.ChatLine
	if a.Verb == profiles.Book {
		kind = profiles.Booking
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "glovebox/1/message\x00%s\x00%s\x00%d", a.Key, a.Epoch, a.Ctr))
	message := draft(hex.EncodeToString(sum[:16]), p, kind, args.Text, args.Wish, now)
	post(p, message, people, out, now)
	return m.once(func() []effect {
		m.put(p.ID, message, s, now)
		return []effect{m.save(nil)}
	})
}

// receive takes in what the back end brings, for one person or for all; one that has come
// before changes nothing. ok is false where there is nobody whom it is for.
func (m *messages) receive(l profiles.Letter, s profiles.Session, people *people, out *outside.Outside, now hal.Instant) (todo []effect, ok bool) {
	to := slices.DeleteFunc(people.actives(), func(p profiles.Person) bool { return !l.To.IsZero() && p.ID != l.To })
	for _, p := range to {
		if m.of[p.ID].Has(l.ID) {
			return nil, true
		}
	}
	if l.Time.IsZero() {
		l.Time = now.UTC.Truncate(time.Millisecond)
	}
	for _, p := range to {
		m.put(p.ID, l.Message, s, now)
		out.Message(p.Mailbox, "", outsideMessage(l.Message), now)
	}
	if len(to) == 0 {
		return nil, false
	}
	return []effect{m.save(nil)}, true
}

// calmLight is how long a light must have been off before people are told of it once more
// although they have not read of it yet.
const calmLight = 10 * time.Minute

// light tells everybody that a warning light is on: once for each code, until they have
// read it or it was off for ten minutes. The light itself is not this.
func (m *messages) light(a outside.Alarm, s profiles.Session, people *people, now hal.Instant) []effect {
	return m.once(func() []effect { return m.edge(a, s, people, now) })
}

func (m *messages) edge(a outside.Alarm, s profiles.Session, people *people, now hal.Instant) []effect {
	off, known := m.lights[a.Code]
	switch on := known && off == outside.Never; {
	case a.Active == on:
		return nil
	case on:
		m.lights[a.Code] = now.Boot
		return []effect{m.keepLights()}
	}
	m.lights[a.Code] = outside.Never
	calm := known && now.Boot-off >= calmLight
	var to []profiles.ID
	for _, p := range people.actives() {
		if calm || !m.of[p.ID].Unread(a.Code) {
			to = append(to, p.ID)
		}
	}
	kind, text := lightText(a.Code)
	return append(m.notice(to, kind, a.Code, text, s, now), m.keepLights())
}

// factLights is the codes of the lights that are on and that people were told of: a start
// is no edge.
const factLights = "lights-told"

func (m *messages) keepLights() effect {
	var on []string
	for _, code := range slices.Sorted(maps.Keys(m.lights)) {
		if m.lights[code] == outside.Never && code != storeRecovered.Code { // which is on until the agent ends
			on = append(on, code)
		}
	}
	return keepFact(factLights, []byte(strings.Join(on, " ")))
}

// mainUser tells the main user alone, once until they have read it.
func (m *messages) mainUser(code string, s profiles.Session, people *people, now hal.Instant) []effect {
	main, ok := people.roster.Main()
	if !ok || main.State != profiles.Active {
		return nil
	}
	return m.once(func() []effect {
		if m.of[main.ID].Unread(code) {
			return nil
		}
		return m.notice([]profiles.ID{main.ID}, profiles.Notice, code, forMain[code], s, now)
	})
}

// notice is one of the car's own.
func (m *messages) notice(to []profiles.ID, kind profiles.MessageKind, code, text string, s profiles.Session, now hal.Instant) []effect {
	if len(to) == 0 {
		return nil
	}
	message := profiles.Message{
		ID: newMessageID(m.notices), Kind: kind, Role: profiles.RoleCar, Text: profiles.Conceal(text), Code: code, Time: now.UTC.Truncate(time.Millisecond),
	}
	for _, who := range to {
		m.put(who, message, s, now)
	}
	return []effect{m.save(nil)}
}

// withdraw takes out a message that could not be written.
func (m *messages) withdraw(who profiles.ID, id string) {
	next, change := m.of[who].Without(id)
	m.replace(who, next, change)
}
