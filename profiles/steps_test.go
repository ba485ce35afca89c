package profiles_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"glovebox/profiles"
)

// Each step of the drawing is what a document that takes it changes, and for whoever may
// not sign it the car refuses it.
func TestStepsAreTheRules(t *testing.T) {
	for _, s := range profiles.Steps() {
		if s.From == profiles.NoState || s.To == profiles.NoState {
			continue
		}
		a := household(t)
		i := slices.IndexFunc(a.Users, func(u profiles.User) bool { return u.Role == s.Role })
		a.Users[i].State = s.From
		r := enrolled(t, a)
		r.Admission = profiles.Admission{Alone: s.From == profiles.Invited && s.To == profiles.Active}
		next := follow(a, r)
		next.Users = slices.Clone(a.Users)
		next.Users[i].State = s.To
		if s.Change == profiles.MainRekeyed {
			next.Users[i].Sign = signKey(t, "another phone")
		}
		for _, by := range []profiles.SignerKind{profiles.Stranger, profiles.BackEnd, profiles.MainUser, profiles.Car} {
			_, changes, err := r.Apply(next, profiles.Signer{Kind: by})
			if may := slices.Contains(s.By(), by); (err == nil) != may {
				t.Errorf("%v by %s: %v, want allowed %v", s, by, err, may)
			}
			if err == nil && (len(changes) != 1 || changes[0].Kind != s.Change) {
				t.Errorf("%v by %s: %v", s, by, changes)
			}
		}
	}
}

// life is one car's: the agent and the back end hold the same documents against the same
// rules, each with what it can read of them.
type life struct {
	t         testing.TB
	r         *rand.Rand
	car, back profiles.Roster
	roles     map[profiles.ID]profiles.Role // of everybody who was ever here
	accepted  map[profiles.ID]bool
	boxes     map[string]string // who had which mailbox at which sharing level
	log       []string
}

func (l *life) person() profiles.Person {
	if len(l.car.People) == 0 {
		return profiles.Person{ID: idOf("nobody")}
	}
	return l.car.People[l.r.IntN(len(l.car.People))]
}

// decide makes a document as the wheel or the main user's phone does. Both ends take it, or
// neither.
func (l *life) decide(by profiles.SignerKind, owner bool) {
	p, on, sharing := l.person(), l.r.IntN(2) == 0, profiles.Sharing(l.r.IntN(2))
	author := profiles.Author{Owner: owner}
	if main, there := l.car.Main(); there && l.r.IntN(8) > 0 {
		author.At = main.ID
	} else {
		author.At = p.ID
	}
	rev := []profiles.Revision{
		profiles.Invite{Contact: mia, Sharing: sharing}, profiles.Invite{Contact: mia, Sharing: sharing}, profiles.Cancel{Who: p.ID}, profiles.Activate{Who: p.ID},
		profiles.Activate{Who: p.ID}, profiles.Remove{Who: p.ID}, profiles.SetSharing{Who: p.ID, Sharing: sharing}, profiles.Restrict{Who: p.ID, Functions: []profiles.Function{"trips"}},
		profiles.Restrict{Who: p.ID}, profiles.SetGuestServices{On: on}, profiles.SetRemoteServices{On: on}, profiles.Rename{Who: p.ID, Name: profiles.Conceal(fmt.Sprint("name ", l.r.IntN(3)))},
		profiles.Transfer{Contact: mia},
	}[min(l.r.IntN(40), 12)]
	revised, err := l.car.Revise(rev, author, car(l.t).Seal.PublicKey(), decided)
	if err != nil || revised.Payload == nil {
		return
	}
	l.take(fmt.Sprintf("%T by %s", rev, by), revised.Access, profiles.Signer{Kind: by})
}

// answer is what the back end issues by itself: who is invited accepts, a main user
// comes, somebody is removed.
func (l *life) answer() {
	a := documentOf(l.car)
	i := slices.IndexFunc(a.Users, func(u profiles.User) bool { return u.State == profiles.Invited })
	switch {
	case len(a.Users) == 0:
		u := user(l.t, fmt.Sprint("main ", len(l.roles)), profiles.Main, profiles.AwaitingActivation, profiles.Shared)
		a.Users = []profiles.User{u}
	case i >= 0:
		u := &a.Users[i]
		u.State, u.Contact = profiles.Confirmed, ""
		if l.car.Admission.AtOnce() {
			u.State = profiles.Active
		}
		label := fmt.Sprint("box ", len(l.boxes), " ", u.ID)
		u.Mailbox, u.Sign, u.Verifier = hex128(label), signKey(l.t, label), cheap(l.t, "480213")
	case l.r.IntN(10) == 0:
		a.Users = nil
	case l.r.IntN(4) == 0:
		a.Users = slices.Delete(a.Users, len(a.Users)-1, len(a.Users))
	}
	for i := range a.Users {
		if u := &a.Users[i]; u.Sealed == "" {
			u.Sealed = "AAAA"
		}
	}
	l.take("the back end's", follow(a, l.car), profiles.Signer{Kind: profiles.BackEnd})
}

func (l *life) take(what string, a profiles.Access, by profiles.Signer) {
	l.log = append(l.log, what)
	next, changes, err := l.car.Apply(a, by)
	back, _, errBack := l.back.Apply(unread(a), by)
	switch {
	case err != nil && errBack == nil:
		l.t.Fatalf("the car refuses what the back end takes: %v\n%q", err, l.log)
	case err == nil && errBack != nil:
		l.t.Fatalf("the back end refuses what the car takes: %v\n%q", errBack, l.log)
	case err != nil:
		return
	}
	for _, c := range changes {
		l.accepted[c.Who] = l.accepted[c.Who] || c.Kind == profiles.Accepted
	}
	l.car, l.back = next, back
	l.hold()
}

// unread is what the back end has of a document: it opens nothing that is sealed.
func unread(a profiles.Access) profiles.Access {
	a = copyOf(a)
	for i := range a.Users {
		u := &a.Users[i]
		u.Name, u.Verifier = profiles.Private{}, profiles.Verifier{}
	}
	return a
}

// hold is what is always true of a roster.
func (l *life) hold() {
	fail := func(format string, args ...any) { l.t.Fatalf(format+"\n%q", append(args, l.log)...) }
	mains, others := 0, 0
	if len(l.car.People) != len(l.back.People) {
		fail("the car has %d people, the back end %d", len(l.car.People), len(l.back.People))
	}
	for i, p := range l.car.People {
		q := l.back.People[i]
		if p.ID != q.ID || p.State != q.State || p.Sharing != q.Sharing || p.Mailbox != q.Mailbox || !slices.Equal(p.Restricted, q.Restricted) || p.Sign != q.Sign {
			fail("the car has %+v, the back end %+v", p, q)
		}
		if p.Role == profiles.Main {
			mains++
		} else {
			others++
		}
		if role, known := l.roles[p.ID]; known && role != p.Role {
			fail("a %s user became %s", role, p.Role)
		}
		l.roles[p.ID] = p.Role
		if p.Role == profiles.Secondary && p.State != profiles.Invited && !l.accepted[p.ID] {
			fail("%v without having accepted", p.State)
		}
		if p.Mailbox == "" {
			continue
		}
		is := p.ID.String() + p.Sharing.String()
		if was, had := l.boxes[p.Mailbox]; had && was != is {
			fail("a mailbox of %s is that of %s", was, is)
		}
		l.boxes[p.Mailbox] = is
	}
	if mains > 1 || others > profiles.MaxSecondary || mains == 0 && others > 0 {
		fail("%d main and %d secondary users", mains, others)
	}
	if main, there := l.car.Main(); there && main.State != profiles.Active && others > 0 {
		fail("secondary users of a main user who awaits activation")
	}
}

// However a car's life goes, agent and back end agree about its people, one main user
// and five others are the most, nobody is in without having accepted, no secondary user
// becomes the main user, and no mailbox serves two people or two sharing levels.
func TestRosterInvariants(t *testing.T) {
	histories := 10_000
	if testing.Short() {
		histories = 1000
	}
	first := household(t)
	first.Users = first.Users[:1]
	first.Users[0].Sealed = "AAAA"
	documents := 0
	for n := range histories {
		r, back := enrolled(t, first), enrolled(t, unread(first))
		r.Admission = profiles.Admission{Alone: n%2 == 0, Code: n%4 > 1}
		back.Admission = r.Admission
		l := &life{
			t: t, r: rand.New(rand.NewPCG(8, uint64(n))), car: r, back: back,
			roles: map[profiles.ID]profiles.Role{}, accepted: map[profiles.ID]bool{}, boxes: map[string]string{}, log: []string{fmt.Sprint("history ", n)},
		}
		for range 10 {
			switch l.r.IntN(5) {
			case 0:
				l.decide(profiles.MainUser, false)
			case 1, 2:
				l.answer()
			default:
				l.decide(profiles.Car, l.r.IntN(2) == 0)
			}
		}
		documents += len(l.log)
	}
	if documents < 4*histories {
		t.Errorf("only %d documents in %d histories", documents, histories)
	}
}
