package agent_test

import (
	"crypto/ecdh"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"glovebox/agent"
	"glovebox/profiles"
	"glovebox/telemetry"
	"glovebox/telemetry/outside"
)

const inbox = "1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b"

// backed is a household with a back end that has an inbox; its document has that version.
func (w *world) backed(version uint64) {
	w.t.Helper()
	a := w.access()
	a.Inbox = inbox
	key, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		w.t.Fatal(err)
	}
	seal, err := profiles.KeyOf(key.PublicKey())
	if err != nil {
		w.t.Fatal(err)
	}
	a.Readers = []profiles.Reader{{Role: "backend", Mailbox: strings.Repeat("be", 16), Seal: seal}}
	w.apply(version, a, profiles.MainUser)
}

// changes is what the back end was told of changes at the wheel, opened.
func (b *bubble) changes() (all []profiles.Access) {
	b.t.Helper()
	time.Sleep(time.Second) // the line is opened again after a session's end
	synctest.Wait()
	for _, w := range b.broker.to("ack", inbox) {
		parts := strings.Split(string(w.Payload), ".")
		payload, err := base64.RawURLEncoding.DecodeString(parts[min(1, len(parts)-1)])
		if err != nil {
			b.t.Fatal(err)
		}
		a, err := profiles.DecodeAccess(payload)
		if err != nil {
			b.t.Fatalf("%s: %v", payload, err)
		}
		all = append(all, a)
	}
	return all
}

// What the main user decides at the wheel holds at once, is on disk, and is told to the
// back end; by anybody else it is refused.
func TestReviseAtTheWheel(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.backed(2)
		limit := profiles.SetSharing{Who: lea, Sharing: profiles.Limited}
		refused := func(when string) {
			t.Helper()
			if _, _, err := b.Revise(t.Context(), limit, profiles.PIN{}); !errors.Is(err, profiles.ErrNotPermitted) {
				t.Errorf("%s: %v", when, err)
			}
		}
		refused("nobody at the wheel")
		b.login(lea)
		refused("a secondary user")
		b.login(anna)
		if _, _, err := b.Revise(t.Context(), limit, profiles.PIN{}); err != nil {
			t.Fatal(err)
		}
		p, _ := b.Roster().Find(lea)
		stored, _ := b.store.People.Find(lea)
		if p.Sharing != profiles.Limited || p.Mailbox == leaBox || stored.Mailbox != p.Mailbox || b.store.People.Version != 3 {
			t.Errorf("in force %v, on disk %v, version %d", p.Sharing, stored.Sharing, b.store.People.Version)
		}
		told := b.changes()
		if len(told) != 1 || told[0].Version != 3 || told[0].Previous != (profiles.Hash{2}) {
			t.Errorf("the back end was told %+v", told)
		}
		if v := b.SessionView(); v.State != "active" || v.Role != "main" {
			t.Errorf("the session is %+v", v)
		}
	})
}

// Offline, several changes wait as one, and a restart does not lose it; what was removed
// meanwhile is in none of it.
func TestChangesWaitWithoutTheRemoved(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.backed(2)
		b.login(anna)
		if err := b.SetLevel(t.Context(), "offline"); err != nil {
			t.Fatal(err)
		}
		for _, v := range []profiles.Revision{profiles.SetGuestServices{}, profiles.Rename{Who: anna, Name: profiles.Conceal("Anna M.")}, profiles.Remove{Who: lea}} {
			if _, _, err := b.Revise(t.Context(), v, profiles.PIN{}); err != nil {
				t.Fatalf("%T: %v", v, err)
			}
		}
		if told := b.changes(); len(told) > 0 {
			t.Errorf("told %+v while offline", told)
		}
		if err := b.SetLevel(t.Context(), "share"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Minute)
		told := b.changes()
		if len(told) != 1 || told[0].Version != 5 || len(told[0].Users) != 2 || told[0].GuestServices {
			t.Errorf("told %+v", told)
		}
		if b.Logout(t.Context()); len(b.changes()) != 1 {
			t.Error("told again")
		}
		time.Sleep(time.Minute)
		if len(b.changes()) != 1 {
			t.Error("told again after a reconnect")
		}
	})
}

// A removal at the wheel answers with the receipt; one that the disk did not finish says so.
func TestRemoveHasAReceipt(t *testing.T) {
	w := enrolled(t)
	w.login(anna)
	_, receipt, err := w.Revise(t.Context(), profiles.Remove{Who: lea}, profiles.PIN{})
	if err != nil || receipt.Method != "key" || receipt.Result != "erased" {
		t.Errorf("%+v, %v", receipt, err)
	}
	w.store.BreakApply(profiles.ErrEraseFailed)
	if _, _, err := w.Revise(t.Context(), profiles.Remove{Who: jonas}, profiles.PIN{}); !errors.Is(err, profiles.ErrEraseFailed) {
		t.Errorf("%v", err)
	}
	if allowed := func() bool { _, ok := w.Roster().Find(jonas); return ok }(); allowed {
		if p, _ := w.Roster().Find(jonas); p.State != profiles.Removing {
			t.Errorf("he is %v", p.State)
		}
	}
}

// A main user who was never logged in in this car invites nobody by phone; once is enough,
// over a restart too, and it is another's to begin with.
func TestMainUserIsMetFirst(t *testing.T) {
	disk := newStore()
	delete(disk.Facts, "main-user-met")
	w := enrolledOn(t, disk)
	newcomer := w.access()
	newcomer.Users = append(newcomer.Users, profiles.User{Person: profiles.Person{ID: profiles.ID{0x31}, Role: profiles.Secondary, State: profiles.Invited}})
	by := profiles.Signer{Kind: profiles.MainUser}
	try := func(w *world, when string, version byte, want error) {
		t.Helper()
		a := numbered(newcomer, version, version-1)
		a.VID = w.identity.VID
		if err := w.Apply(t.Context(), a, by); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", when, err, want)
		}
	}
	try(w, "never logged in", 2, profiles.ErrForbidden)
	w.login(lea)
	try(w, "another was", 2, profiles.ErrForbidden)
	w.login(anna)
	w.Tick()
	again := newWorld(t, "Taycan", w.store)
	try(again, "logged in before the restart", 2, nil)
}

// Case P1: Lea is removed while three of her messages are on the wire, unacknowledged, and
// five wait. Once the call has returned nothing goes to her mailbox any more.
func TestRemovedWithMessagesUnderWay(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.backed(2)
		b.login(anna)
		time.Sleep(time.Second)
		sent := 0
		b.broker.mu.Lock()
		b.broker.breaks = func(m telemetry.Message) (unacknowledged, ends bool) {
			if strings.Contains(m.Topic, "/ack/"+leaBox) {
				sent++
				return true, sent == 3
			}
			return false, false
		}
		b.broker.mu.Unlock()
		for n := range 8 {
			b.Act(b.action(ordered{who: lea, epoch: firstEpoch, ctr: uint64(n + 1), exp: 60, act: "climate-start", args: `{}`}), false)
			synctest.Wait()
		}
		if _, _, err := b.Revise(t.Context(), profiles.Remove{Who: lea}, profiles.PIN{}); err != nil {
			t.Fatal(err)
		}
		before := len(b.broker.to("ack", leaBox))
		time.Sleep(time.Hour)
		if after := len(b.broker.to("ack", leaBox)); before != 3 || after != before {
			t.Errorf("%d messages before the call returned, %d after", before, after-before)
		}
		if _, there := b.store.People.Find(lea); there {
			t.Error("the disk has Lea")
		}
	})
}

var mia = profiles.Contact{Name: profiles.Conceal("Mia"), Email: profiles.Conceal("mia@example.com"), Mobile: profiles.Conceal("+12025550123")}

// Case P4: a PIN of somebody who was removed, is only invited, whose invitation was taken
// back, or who never was, is answered alike, and costs the disk the same.
func TestPINsOfNobodyAreAlike(t *testing.T) {
	withPINs(t, func(t *testing.T, b *bubble) {
		b.backed(2)
		b.login(anna)
		decide := func(v profiles.Revision) profiles.ID {
			t.Helper()
			who, _, err := b.Revise(t.Context(), v, profiles.PIN{})
			if err != nil {
				t.Fatalf("%T: %v", v, err)
			}
			return who
		}
		invited, cancelled := decide(profiles.Invite{Contact: mia}), decide(profiles.Invite{Contact: mia})
		decide(profiles.Cancel{Who: cancelled})
		decide(profiles.Remove{Who: lea})
		b.disk.make("SetCarFact tally", 100*time.Millisecond, nil)
		b.disk.make("SetLockout", 10*time.Millisecond, nil)
		for name, who := range map[string]profiles.ID{"removed": lea, "invited": invited, "cancelled": cancelled, "unknown": nobody, "a user": jonas} {
			begun := b.at()
			if err := b.try(who, wrongPIN); !errors.Is(err, profiles.ErrWrongPIN) {
				t.Errorf("%s: %v", name, err)
			}
			if took := b.at() - begun; took != 110*time.Millisecond {
				t.Errorf("%s took %v of the disk", name, took)
			}
			time.Sleep(time.Minute)
		}
	})
}

// What the back end was not told before a power cut it is told after it, the same bytes,
// at each start until the broker has it.
func TestChangeOutlivesAPowerCut(t *testing.T) {
	w := enrolled(t)
	w.backed(2)
	w.Linked(false)
	w.login(anna)
	if _, _, err := w.Revise(t.Context(), profiles.SetGuestServices{}, profiles.PIN{}); err != nil {
		t.Fatal(err)
	}
	start := func() (again *world, told []string) {
		again = startWorld(t, "Taycan", w.store, func(_ *world, n *agent.Needs) { n.Identity = w.identity })
		again.Linked(true)
		again.Tick()
		return again, again.courier.of(t, inbox, outside.KindAck)
	}
	_, first := start()
	second, again := start()
	if len(first) != 1 || !slices.Equal(first, again) {
		t.Fatalf("told %q, then %q", first, again)
	}
	for _, r := range second.courier.sent {
		second.Fate(r, telemetry.Taken)
	}
	second.Tick()
	if _, third := start(); len(third) > 0 {
		t.Errorf("the broker has it, and is told %q", third)
	}
}
