package profiles_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"glovebox/profiles"
)

// signed is a document as the back end keeps it: who signed it, with which key.
type signed struct {
	profiles.Access
	by profiles.SignerKind
	of profiles.Key // where it is the main user's
}

// history is what the back end has signed, each document after the one before, from
// the car's first on.
type history struct {
	t         testing.TB
	documents []signed
	chain     profiles.Roster // of a car that saw every one of them
	made      int             // numbers people, mailboxes and keys
}

func newHistory(t testing.TB) *history {
	a := household(t)
	h := &history{t: t, chain: enrolled(t, a)}
	h.documents = []signed{{Access: a, by: profiles.BackEnd}}
	return h
}

func (h *history) newest() signed { return h.documents[len(h.documents)-1] }

func (h *history) label(what string) string { h.made++; return fmt.Sprint(what, " ", h.made) }

// issue signs what change makes of the newest document, if whoever signs may do so.
func (h *history) issue(by profiles.SignerKind, change func(*profiles.Access) bool) {
	a := follow(copyOf(h.newest().Access), h.chain)
	if !change(&a) {
		return
	}
	next, _, err := h.chain.Apply(a, profiles.Signer{Kind: by})
	if err != nil {
		h.t.Fatalf("the history itself is refused: %v", err)
	}
	d := signed{a, by, profiles.Key{}}
	if by == profiles.MainUser {
		d.of = h.chain.MainKey()
	}
	h.chain, h.documents = next, append(h.documents, d)
}

// changes are what happens in a car's life, by name. Each takes the user with a number.
var changes = map[string]struct {
	by     profiles.SignerKind
	change func(h *history, a *profiles.Access, i int) bool
}{
	"refresh": {profiles.BackEnd, func(*history, *profiles.Access, int) bool { return true }},
	"remove": {profiles.BackEnd, func(_ *history, a *profiles.Access, i int) bool {
		a.Users = slices.Delete(a.Users, i, i+1)
		return i > 0
	}},
	"remove all": {profiles.MainUser, func(_ *history, a *profiles.Access, i int) bool {
		ok := i > 0 && a.Users[0].State == profiles.Active
		a.Users = nil
		return ok
	}},
	"limit": {profiles.BackEnd, func(h *history, a *profiles.Access, i int) bool {
		u := &a.Users[i]
		ok := i > 0 && u.Sharing == profiles.Shared && u.Mailbox != ""
		u.Sharing, u.Mailbox = profiles.Limited, hex128(h.label("box"))
		return ok
	}},
	"share": {profiles.MainUser, func(h *history, a *profiles.Access, i int) bool {
		u := &a.Users[i]
		ok := i > 0 && u.Sharing == profiles.Limited && u.Mailbox != ""
		u.Sharing, u.Mailbox = profiles.Shared, hex128(h.label("box"))
		return ok
	}},
	"restrict": {profiles.BackEnd, func(_ *history, a *profiles.Access, i int) bool {
		u := &a.Users[i]
		ok := i > 0 && !slices.Contains(u.Restricted, "booking")
		u.Restricted = append(u.Restricted, "booking")
		return ok
	}},
	"lift": {profiles.MainUser, func(_ *history, a *profiles.Access, i int) bool {
		a.Users[i].Restricted = nil
		return true
	}},
	"services off": {profiles.BackEnd, func(_ *history, a *profiles.Access, _ int) bool {
		a.GuestServices, a.RemoteServices = false, false
		return true
	}},
	"services on": {profiles.MainUser, func(_ *history, a *profiles.Access, _ int) bool {
		a.GuestServices, a.RemoteServices = true, true
		return true
	}},
	"add": {profiles.MainUser, func(h *history, a *profiles.Access, _ int) bool {
		a.Users = append(a.Users, user(h.t, h.label("newcomer"), profiles.Secondary, profiles.Active, profiles.Shared))
		return len(a.Users) <= 1+profiles.MaxSecondary
	}},
	"add one who was there": {profiles.MainUser, func(h *history, a *profiles.Access, _ int) bool {
		ok := len(a.Users) <= profiles.MaxSecondary && !slices.ContainsFunc(a.Users, func(u profiles.User) bool { return u.ID == idOf("shared") })
		again := user(h.t, "shared", profiles.Secondary, profiles.Active, profiles.Shared)
		again.Mailbox, again.Sign, again.Seal = hex128(h.label("box")), signKey(h.t, h.label("key")), profiles.Key{}
		a.Users = append(a.Users, again)
		return ok
	}},
	"another PIN": {profiles.MainUser, func(h *history, a *profiles.Access, i int) bool {
		a.Users[i].Verifier = cheap(h.t, h.label("pin"))
		return true
	}},
	"another key": {profiles.MainUser, func(h *history, a *profiles.Access, i int) bool {
		a.Users[i].Sign = signKey(h.t, h.label("key"))
		return true
	}},
	"lost phone": {profiles.BackEnd, func(h *history, a *profiles.Access, _ int) bool {
		main := &a.Users[0]
		main.State, main.Sign, main.Mailbox = profiles.AwaitingActivation, signKey(h.t, h.label("key")), hex128(h.label("box"))
		return true
	}},
	"activate the main user": {profiles.Car, func(_ *history, a *profiles.Access, _ int) bool {
		ok := a.Users[0].State == profiles.AwaitingActivation
		a.Users[0].State = profiles.Active
		return ok
	}},
	"other readers": {profiles.MainUser, func(h *history, a *profiles.Access, _ int) bool {
		a.Readers[1].Mailbox, a.Inbox = hex128(h.label("box")), hex128(h.label("box"))
		return true
	}},
}

// live adds one document of some kind to the history.
func (h *history) live(rt *rapid.T) {
	now := h.newest().Access
	if len(now.Users) == 0 {
		h.issue(profiles.BackEnd, func(a *profiles.Access) bool {
			a.Users = []profiles.User{user(h.t, h.label("buyer"), profiles.Main, profiles.AwaitingActivation, profiles.Shared)}
			return true
		})
		return
	}
	name := rapid.SampledFrom(slices.Sorted(func(yield func(string) bool) {
		for name := range changes {
			if !yield(name) {
				return
			}
		}
	})).Draw(rt, "change")
	c, i := changes[name], rapid.IntRange(0, len(now.Users)-1).Draw(rt, "user")
	if c.by == profiles.MainUser && h.chain.MainKey().IsZero() {
		return // nobody signs it
	}
	h.issue(c.by, func(a *profiles.Access) bool { return c.change(h, a, i) })
}

// believer is a car: what it has stored, and the newest authentic document it has seen.
type believer struct {
	stored profiles.Roster
	newest profiles.Access
}

// see hands the car a document, as the verifier does: what is signed with a key that it
// does not know it does not believe.
func (c *believer) see(d signed) error {
	if d.by == profiles.MainUser && d.of != c.stored.MainKey() {
		return errors.New("foreign")
	}
	next, _, err := c.stored.Apply(d.Access, profiles.Signer{Kind: d.by})
	if err == nil {
		c.stored = next
	}
	if err == nil && d.Version > c.newest.Version {
		c.newest = d.Access
	}
	return err
}

// restart reads back what the store holds.
func (c *believer) restart(t testing.TB) {
	c.stored = kept(t, c.stored)
}

func kept(t testing.TB, r profiles.Roster) profiles.Roster {
	again := func(people []profiles.Person) (all []profiles.Person) {
		for _, p := range people {
			data, err := p.Encode()
			if err != nil {
				t.Fatal(err)
			}
			back, err := profiles.DecodePerson(data)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, back)
		}
		return all
	}
	open, err := r.EncodeOpen()
	if err != nil {
		t.Fatal(err)
	}
	var ceiling []profiles.Person
	if r.Ceiling != nil {
		ceiling = again(r.Ceiling.People)
	}
	back, err := profiles.DecodeRoster(open, again(r.People), ceiling)
	if err != nil {
		t.Fatal(err)
	}
	return back
}

// exceeds says what r allows and the document does not; empty if nothing.
func exceeds(r profiles.Roster, a profiles.Access) string {
	if r.GuestServices && !a.GuestServices || r.RemoteServices && !a.RemoteServices {
		return "services"
	}
	for _, reader := range r.Readers {
		if !slices.Contains(a.Readers, reader) {
			return "reader " + reader.Role
		}
	}
	if r.Inbox != "" && r.Inbox != a.Inbox {
		return "inbox"
	}
	for _, p := range r.People {
		i := slices.IndexFunc(a.Users, func(u profiles.User) bool { return u.ID == p.ID })
		if i < 0 {
			return "a user who is not there"
		}
		u := a.Users[i]
		if p.State != profiles.Active {
			continue
		}
		switch {
		case u.State != profiles.Active, p.Role != u.Role:
			return "a user who is not active"
		case p.Sharing == profiles.Shared && u.Sharing != profiles.Shared:
			return "sharing"
		case p.Mailbox != "" && p.Mailbox != u.Mailbox:
			return "a mailbox"
		case !p.Sign.IsZero() && p.Sign != u.Sign, !p.Seal.IsZero() && p.Seal != u.Seal:
			return "a key"
		case p.Verifier != u.Verifier && !p.Verifier.Closed():
			return "a PIN"
		}
		for _, f := range u.Restricted {
			if !slices.Contains(p.Restricted, f) {
				return "a restricted function"
			}
		}
	}
	return ""
}

// Whatever happens while the car is away, in whatever order it then sees the documents,
// also over restarts: it never allows what the newest authentic one does not, nor what
// the stored one does not. In the end it has the newest.
func TestCeilingModel(t *testing.T) {
	ceilings, erasures := 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		h := newHistory(t)
		car := believer{h.chain, h.newest().Access}
		online := true
		holds := func() {
			if what := exceeds(car.stored.InForce(), car.newest); what != "" {
				rt.Fatalf("at version %d the car allows %s that version %d does not", car.stored.Version, what, car.newest.Version)
			}
			if what := exceeds(car.stored.InForce(), h.documents[car.stored.Version-h.documents[0].Version].Access); what != "" {
				rt.Fatalf("the car allows %s that the stored version %d does not", what, car.stored.Version)
			}
			for _, p := range car.stored.People {
				if slices.ContainsFunc(car.stored.Erased, func(e profiles.Erased) bool { return e.ID == p.ID }) {
					rt.Fatal("a user who is erased is kept")
				}
				if c := car.stored.Ceiling; c != nil && !slices.ContainsFunc(c.People, func(q profiles.Person) bool { return p.ID == q.ID }) {
					rt.Fatal("a user whom the ceiling removed is kept")
				}
			}
		}
		see := func(d signed) {
			_ = car.see(d)
			if car.stored.Ceiling != nil {
				ceilings, erasures = ceilings+1, erasures+len(car.stored.Erased)
			}
			holds()
		}
		rt.Repeat(map[string]func(*rapid.T){
			"a document": func(rt *rapid.T) {
				n := len(h.documents)
				if h.live(rt); online && len(h.documents) > n {
					see(h.newest())
				}
			},
			"tunnel": func(*rapid.T) { online = false },
			"back": func(*rapid.T) { // what the topic keeps
				if !online {
					online = true
					see(h.newest())
				}
			},
			"the next": func(rt *rapid.T) {
				if i := car.stored.Version - h.documents[0].Version + 1; online && i < uint64(len(h.documents)) {
					see(h.documents[i])
				}
			},
			"any again": func(rt *rapid.T) { see(rapid.SampledFrom(h.documents).Draw(rt, "document")) },
			"restart":   func(*rapid.T) { car.restart(t); holds() },
		})
		for car.stored.Version < h.newest().Version {
			d := h.documents[car.stored.Version-h.documents[0].Version+1]
			if err := car.see(d); err != nil {
				rt.Fatalf("version %d, the next: %v", d.Version, err)
			}
			holds()
		}
		if c := car.stored; c.Ceiling != nil || len(c.Erased) > 0 || fmt.Sprintf("%+v", c.InForce()) != fmt.Sprintf("%+v", h.chain) {
			rt.Fatalf("in the end it has\n%+v, the newest is\n%+v", c, h.chain)
		}
	})
	if ceilings == 0 || erasures == 0 {
		t.Errorf("%d ceilings, %d erasures: the histories try nothing", ceilings, erasures)
	}
}
