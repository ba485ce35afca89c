package agent_test

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"glovebox/agent"
	"glovebox/profiles"
)

// without is the document of a car without one of its people.
func (w *world) without(who profiles.ID) profiles.Access {
	a := w.access()
	a.Users = slices.DeleteFunc(a.Users, func(u profiles.User) bool { return u.ID == who })
	return a
}

// numbered makes a the document of a version that follows the one with another hash.
func numbered(a profiles.Access, version, previous byte) profiles.Access {
	a.Version, a.Hash, a.Previous = uint64(version), profiles.Hash{version}, profiles.Hash{previous}
	return a
}

var backEnd = profiles.Signer{Kind: profiles.BackEnd}

// Limit, then remove, within one outage: the car sees the removal alone, which follows a
// document that it has not seen. It holds at once, over a restart, and while the document
// between still names the person.
func TestRemovalThatPassedWhileAway(t *testing.T) {
	w := enrolled(t)
	w.login(lea)
	limit := numbered(w.access(), 2, 1)
	limit.Users[1].Sharing, limit.Users[1].Mailbox = profiles.Limited, strings.Repeat("2e", 16)
	remove := numbered(w.without(lea), 3, 2)
	removed := func(w *world, when string) {
		t.Helper()
		if _, err := w.Login(t.Context(), lea, profiles.PIN{}, false); !errors.Is(err, profiles.ErrWrongPIN) {
			t.Errorf("%s: Lea's login answers %v", when, err)
		}
		if slices.ContainsFunc(w.store.People.People, func(p profiles.Person) bool { return p.ID == lea }) {
			t.Errorf("%s: the disk has Lea", when)
		}
	}

	if err := w.Apply(t.Context(), remove, backEnd); err != nil {
		t.Fatal(err)
	}
	if allowed, _ := w.Permits("radio"); allowed {
		t.Error("Lea still has rights")
	}
	w.Tick()
	if v := w.SessionView(); v.State != "guest" || v.Reason != "removed" {
		t.Errorf("parked: %s because %s", v.State, v.Reason)
	}
	removed(w, "at once")
	if got := w.store.People.Version; got != 1 {
		t.Errorf("the chain is at version %d", got)
	}
	again := newWorld(t, "Taycan", w.store)
	removed(again, "after a restart")
	for _, a := range []profiles.Access{limit, remove} {
		a.VID = again.identity.VID
		if err := again.Apply(t.Context(), a, backEnd); err != nil {
			t.Fatal(err)
		}
		removed(again, fmt.Sprint("at version ", a.Version))
	}
	if r := again.store.People; r.Version != 3 || r.Ceiling != nil || len(r.Erased) > 0 {
		t.Errorf("at the end the disk has %+v", r)
	}
}

// A removal that the disk refuses ends the rights at once and the session when parked, and
// is tried again until the disk has it; only then it is shown.
func TestRemovalOnABrokenDisk(t *testing.T) {
	w := enrolled(t)
	w.login(lea)
	w.pass(3*time.Second, 50)
	w.store.BreakApply(profiles.ErrEraseFailed)
	drops := w.courier.drops
	if err := w.Apply(t.Context(), numbered(w.without(lea), 2, 1), backEnd); err != nil {
		t.Fatal(err)
	}
	if allowed, _ := w.Permits("radio"); allowed {
		t.Error("Lea still has rights")
	}
	if w.courier.drops == drops {
		t.Error("what waits for Lea in memory was not looked at")
	}
	before := w.points(leaBox)
	w.pass(20*time.Second, 50)
	if n := w.points(leaBox); n != before {
		t.Errorf("Lea got %d points more", n-before)
	}
	w.park()
	if v := w.SessionView(); v.State != "guest" || v.Reason != "removed" {
		t.Errorf("parked: %s because %s", v.State, v.Reason)
	}
	if r := w.Roster(); r.Version != 1 || w.store.People.Version != 1 {
		t.Errorf("version %d is shown, the disk has %d", r.Version, w.store.People.Version)
	}
	if all := w.Profiles(); !slices.ContainsFunc(all, func(v profiles.ProfileView) bool { return v.ID == lea && v.State == "removing" }) {
		t.Errorf("the picker shows %+v", all)
	}
	if slices.Contains(w.courier.versions, 2) {
		t.Error("the state shows what the disk has not")
	}
	w.store.BreakApply(nil)
	purges := w.courier.purges
	w.pass(3*time.Second, -1)
	if w.courier.purges == purges || !slices.Contains(w.courier.versions, 2) {
		t.Errorf("the state showed %v, %d purges", w.courier.versions, w.courier.purges-purges)
	}
	if r := w.Roster(); r.Version != 2 || w.store.People.Version != 2 || len(r.People) != 2 {
		t.Errorf("with a good disk version %d is shown, the disk has %d", r.Version, w.store.People.Version)
	}
}

// What a document allows more waits until the disk has it.
func TestWideningWaitsForTheDisk(t *testing.T) {
	w := newWorld(t, "Taycan", newStore())
	narrow := w.access()
	narrow.GuestServices = false
	w.apply(1, narrow, profiles.BackEnd)
	w.store.BreakApply(errors.New("input/output error"))
	for version := byte(2); version <= 3; version++ {
		if err := w.Apply(t.Context(), numbered(w.access(), version, version-1), profiles.Signer{Kind: profiles.MainUser}); err != nil {
			t.Fatal(err)
		}
		if w.Roster().GuestServices {
			t.Error("it is in force before the disk has it")
		}
	}
	w.store.BreakApply(nil)
	w.pass(3*time.Second, -1)
	if r := w.Roster(); !r.GuestServices || r.Version != 3 {
		t.Errorf("with a good disk: %+v", r)
	}
}

// A queued login of a person who is removed lapses at once; that of another waits on.
func TestQueuedLoginLapses(t *testing.T) {
	w := enrolled(t)
	w.login(anna)
	w.pass(3*time.Second, 50)
	for i, who := range []profiles.ID{lea, jonas} {
		if _, err := w.Login(t.Context(), who, profiles.PIN{}, true); err != nil {
			t.Fatal(err)
		}
		w.store.BreakApply(profiles.ErrEraseFailed)
		if err := w.Apply(t.Context(), numbered(w.without(lea), byte(i+2), byte(i+1)), backEnd); err != nil {
			t.Fatal(err)
		}
		if v := w.SessionView(); who == lea && v.Pending != "" || who == jonas && v.Pending != jonas.String() {
			t.Errorf("pending is %q", v.Pending)
		}
	}
}

// A person whose PIN is another in a later document opens with none until the chain is
// there, not with the one that they set in the car either.
func TestPINOfALaterDocument(t *testing.T) {
	w := enrolledPINs(t, newStore())
	w.login(lea)
	if err := w.SetPIN(t.Context(), lea, rightPIN, profiles.NewPIN("618204")); err != nil {
		t.Fatal(err)
	}
	if err := w.Logout(t.Context()); err != nil {
		t.Fatal(err)
	}
	other, err := profiles.NewVerifier(profiles.NewPIN("907351"), bytes.NewReader(make([]byte, 64)))
	if err != nil {
		t.Fatal(err)
	}
	later := numbered(w.access(), 3, 2)
	later.Users[1].Verifier = other
	if err := w.Apply(t.Context(), later, profiles.Signer{Kind: profiles.MainUser}); err != nil {
		t.Fatal(err)
	}
	for _, pin := range []profiles.PIN{rightPIN, profiles.NewPIN("618204"), profiles.NewPIN("907351")} {
		if _, err := w.Login(t.Context(), lea, pin, false); !errors.Is(err, profiles.ErrWrongPIN) {
			t.Errorf("it answers %v", err)
		}
	}
	w.apply(2, w.access(), profiles.BackEnd)
	w.apply(3, later, profiles.MainUser)
	if _, err := w.Login(t.Context(), lea, profiles.NewPIN("907351"), false); err != nil {
		t.Errorf("with the new PIN at the end of the chain: %v", err)
	}
}

// verdicts is a verifier that has its answer ready.
type verdicts struct {
	access   profiles.Access
	action   profiles.Action
	ask      profiles.Ask
	repeated bool
	letter   profiles.Letter
	busy     bool
	err      error
	step     string // empty: step
}

func (v verdicts) Document([]byte, profiles.Roster) (profiles.Access, profiles.Signer, bool, error) {
	return v.access, backEnd, v.repeated, v.err
}

func (v verdicts) Action([]byte, profiles.Roster, time.Duration) (profiles.Action, bool, error) {
	return v.action, v.busy, v.err
}

func (v verdicts) Ask([]byte, profiles.Roster, time.Duration) (profiles.Ask, error) {
	return v.ask, v.err
}

func (v verdicts) Message([]byte, time.Duration) (profiles.Letter, error) { return v.letter, v.err }

func (v verdicts) Anew() {}

func (v verdicts) Refusal(error) string { return cmp.Or(v.step, "step") }

// Refused documents are logged as refused actions are: the step, the version of one that
// is authentic, and nothing of what it says.
func TestRefusedDocumentsInTheLog(t *testing.T) {
	w := enrolled(t)
	var log bytes.Buffer
	counts := map[string]int{}
	in := agent.Inbound{
		Cabin: w.Cabin, Topics: agent.Topics{Document: "policy", Action: "act"},
		Count: func(name string) { counts[name]++ }, Log: slog.New(slog.NewTextHandler(&log, nil)),
	}
	lines := func(v verdicts, topic string) string {
		log.Reset()
		in.Verifier = v
		in.Take(t.Context(), topic, []byte("secret"))
		return log.String()
	}
	older := numbered(w.access(), 1, 9)
	older.Hash = profiles.Hash{9}
	if got := lines(verdicts{access: older}, "policy"); !strings.Contains(got, "kind=documents step=step version=1") {
		t.Errorf("an authentic one: %s", got)
	}
	quoting := verdicts{err: fmt.Errorf("role %q: want main or secondary", "secret")}
	if got := lines(quoting, "policy"); !strings.Contains(got, "kind=documents step=step") || strings.Contains(got, "secret") {
		t.Errorf("one that is not: %s", got)
	}
	if got := lines(quoting, "act"); !strings.Contains(got, "kind=actions") {
		t.Errorf("an action: %q", got)
	}
	if counts["documents.refused.step"] != 2 {
		t.Errorf("counted %v", counts)
	}
	lines(verdicts{access: numbered(w.access(), 5, 4)}, "policy")
	lines(verdicts{access: numbered(w.access(), 2, 1)}, "policy")
	if counts["documents.ceiling"] != 1 || counts["documents.applied"] != 1 {
		t.Errorf("a later one and the next count %v", counts)
	}
}

// Over random histories, outages, broken disks and restarts the car never allows what the
// newest document that it has seen does not, and has the newest in the end.
func TestDocumentsOverOutages(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := newWorld(t, "Taycan", newStore())
		documents := []profiles.Access{numbered(w.access(), 1, 0)}
		seen, online, broken := byte(0), true, false
		see := func(a profiles.Access) {
			a.VID = w.identity.VID
			if err := w.Apply(context.Background(), a, profiles.Signer{Kind: profiles.MainUser}); err == nil {
				seen = max(seen, byte(a.Version))
			}
		}
		holds := func() {
			newest := documents[seen-1]
			for _, p := range w.Roster().People {
				if p.State != profiles.Active {
					continue
				}
				i := slices.IndexFunc(newest.Users, func(u profiles.User) bool { return u.ID == p.ID })
				if i < 0 || p.Sharing == profiles.Shared && newest.Users[i].Sharing != profiles.Shared || p.Mailbox != "" && p.Mailbox != newest.Users[i].Mailbox {
					rt.Fatalf("the car allows %s more than version %d", p.ID, seen)
				}
			}
			if r := w.Roster(); r.GuestServices && !newest.GuestServices {
				rt.Fatalf("the car allows guests more than version %d", seen)
			}
		}
		next := func() {
			if v := w.Roster().Version; v < documents[len(documents)-1].Version {
				see(documents[v])
			}
		}
		a := documents[0]
		a.VID = w.identity.VID
		if err := w.Apply(context.Background(), a, backEnd); err != nil {
			rt.Fatal(err)
		}
		seen = 1
		rt.Repeat(map[string]func(*rapid.T){
			"document": func(rt *rapid.T) {
				if len(documents) > 200 {
					return
				}
				last := documents[len(documents)-1]
				a := numbered(last, byte(len(documents)+1), byte(len(documents)))
				a.Users = slices.Clone(a.Users)
				switch i := rapid.IntRange(1, 3).Draw(rt, "user"); {
				case rapid.Bool().Draw(rt, "services"):
					a.GuestServices = !a.GuestServices
				case i >= len(a.Users):
					a.Users = w.access().Users
				case rapid.Bool().Draw(rt, "remove"):
					a.Users = slices.Delete(a.Users, i, i+1)
				default:
					a.Users[i].Sharing = profiles.Shared - a.Users[i].Sharing
					a.Users[i].Mailbox = fmt.Sprintf("%030x%02x", a.Version, i)
				}
				if documents = append(documents, a); online {
					see(a)
				}
			},
			"tunnel": func(*rapid.T) { online = false },
			"back": func(*rapid.T) {
				if !online {
					see(documents[len(documents)-1])
				}
				online = true
			},
			"next": func(*rapid.T) {
				if online {
					next()
				}
			},
			"disk": func(*rapid.T) {
				broken = !broken
				w.store.BreakApply(map[bool]error{true: profiles.ErrEraseFailed}[broken])
			},
			"a while": func(*rapid.T) { w.pass(2*time.Second, -1) },
			"restart": func(*rapid.T) {
				w.store.BreakApply(nil)
				w.pass(2*time.Second, -1) // a start knows no more than the disk
				broken, w = false, newWorld(t, "Taycan", w.store)
			},
			"": func(*rapid.T) { holds() },
		})
		w.store.BreakApply(nil)
		w.pass(3*time.Second, -1)
		for range documents {
			next()
			holds()
		}
		if r := w.store.People; int(r.Version) != len(documents) || r.Ceiling != nil {
			rt.Fatalf("in the end the disk has version %d of %d", r.Version, len(documents))
		}
	})
}
