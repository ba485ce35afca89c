package agent_test

import (
	"crypto/ecdh"
	"crypto/rand"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"glovebox/agent"
	"glovebox/hal"
	"glovebox/profiles"
	"glovebox/telemetry"
	"glovebox/telemetry/outside"
)

// Nobody may use anything; a person and a guest what their role may.
func TestPermits(t *testing.T) {
	w := enrolled(t)
	want := func(who string, radio, chat bool) {
		t.Helper()
		for function, may := range map[string]bool{"radio": radio, "chat": chat} {
			if allowed, why := w.Permits(function); allowed != may || may != (why == "") {
				t.Errorf("%s, %s: %v %q", who, function, allowed, why)
			}
		}
	}
	want("nobody", false, false)
	w.login(lea)
	want("Lea", true, true)
	if _, err := w.StartGuest(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	want("a guest", true, false)
}

// A guest is shown which roles read, never their names.
func TestReadersWithoutNamesToAGuest(t *testing.T) {
	w := enrolled(t)
	names := func() (all, roles int) {
		for _, r := range w.PrivacyView().Readers {
			if r.Name.Reveal() != "" {
				all++
			}
			if r.Role == "main" || r.Role == "secondary" {
				roles++
			}
		}
		return all, roles
	}
	w.login(anna)
	if n, roles := names(); n != 3 || roles != 3 {
		t.Errorf("Anna is shown %d names, %d roles", n, roles)
	}
	if _, err := w.StartGuest(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	if n, roles := names(); n != 0 || roles != 3 {
		t.Errorf("a guest is shown %d names, %d roles", n, roles)
	}
}

// Workshop and back end read by their own columns of the matrix, and the place goes
// sealed to a person who has a seal key.
func TestReadersOfADocument(t *testing.T) {
	w := newWorld(t, "Taycan", newStore())
	key, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	a := w.access()
	if a.Users[0].Seal, err = profiles.KeyOf(key.PublicKey()); err != nil {
		t.Fatal(err)
	}
	const shop, back = "50505050505050505050505050505050", "bebebebebebebebebebebebebebebebe"
	a.Readers = []profiles.Reader{{Role: "backend", Mailbox: back}, {Role: "workshop", Mailbox: shop}}
	w.apply(1, a, profiles.BackEnd)
	w.login(anna)
	w.pass(20*time.Second, 50)
	w.say("Vehicle.Chassis.Brake.IsBrakesWorn", hal.Bool(true))
	w.turn(time.Hour - 20*time.Second) // a workshop's slot
	w.Tick()
	columns := map[string]outside.Column{}
	for _, r := range w.courier.sent {
		columns[r.Mailbox()] = r.Column()
	}
	if columns[shop] != outside.ColumnWorkshop || columns[back] != outside.ColumnBackend {
		t.Errorf("columns %v", columns)
	}
	for box, sealed := range map[string]bool{annaBox: true, leaBox: false} {
		places := w.courier.of(t, box, outside.KindPosition)
		if len(places) == 0 || strings.Contains(places[0], "CurrentLocation") == sealed {
			t.Errorf("%s… got %d places, the first %.60q", box[:2], len(places), places)
		}
	}
}

// An override that is wider than what ships is called a test policy.
func TestPolicyIsNamed(t *testing.T) {
	if v := enrolled(t).PrivacyView(); v.Policy != "built-in" {
		t.Errorf("%q", v.Policy)
	}
	text, err := os.ReadFile("../telemetry/outside/policy.csv")
	if err != nil {
		t.Fatal(err)
	}
	policy, err := outside.Load(strings.Replace(string(text), "every=10s", "every=5s", 1), true)
	if err != nil {
		t.Fatal(err)
	}
	w := startWorld(t, "Taycan", newStore(), func(_ *world, n *agent.Needs) { n.Policy = policy })
	if v := w.PrivacyView(); v.Policy != "test" {
		t.Errorf("%q", v.Policy)
	}
}

// Each entry of the ledger can be asked for by its number, and no other.
func TestWhyOneEntry(t *testing.T) {
	w := enrolled(t)
	w.login(anna)
	w.pass(20*time.Second, 50)
	entries, err := w.Ledger(telemetry.LedgerFilter{})
	if err != nil || len(entries) == 0 {
		t.Fatalf("%d entries, %v", len(entries), err)
	}
	if e, err := w.Ledger(telemetry.LedgerFilter{ID: entries[0].ID}); err != nil || len(e) != 1 || e[0].Rule != entries[0].Rule || e[0].ID != entries[0].ID {
		t.Errorf("%+v, %v", e, err)
	}
	if _, err := w.Ledger(telemetry.LedgerFilter{ID: 1 << 40}); !errors.Is(err, profiles.ErrInvalid) {
		t.Errorf("an entry that is not there: %v", err)
	}
}

// The head unit is told of the newest entry, and with nobody at the wheel of none.
func TestScreenIsToldOfTheLedger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := enrolled(t)
		w.pass(20*time.Second, 50)
		synctest.Wait()
		if w.screen.ledger != 0 {
			t.Errorf("nobody is at the wheel and is told of entry %d", w.screen.ledger)
		}
		w.park()
		w.login(anna)
		w.pass(20*time.Second, 50)
		synctest.Wait()
		entries, err := w.Ledger(telemetry.LedgerFilter{})
		if err != nil || len(entries) == 0 || w.screen.ledger != entries[len(entries)-1].ID {
			t.Errorf("told of entry %d of %d, %v", w.screen.ledger, len(entries), err)
		}
	})
}

// The head unit looks again as soon as the level is another one, and as soon as a place
// was handed over.
func TestScreenLooksAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := enrolled(t)
		w.login(anna)
		w.pass(20*time.Second, 50)
		i := slices.IndexFunc(w.courier.sent, func(r outside.Released) bool { return r.Kind() == outside.KindPosition })
		w.pass(30*time.Second, -1) // the last place was long ago
		looks := func(what string, do func()) {
			t.Helper()
			synctest.Wait()
			before := w.screen.refreshed
			do()
			synctest.Wait()
			if w.screen.refreshed == before {
				t.Errorf("nobody looks after %s", what)
			}
		}
		looks("a place was handed over", func() { w.Fate(w.courier.sent[i], telemetry.Handed) })
		looks("the level was lowered", func() {
			if err := w.SetLevel(t.Context(), "offline"); err != nil {
				t.Fatal(err)
			}
		})
		looks("a queued request was dropped", func() { w.CancelPending(t.Context()) })
	})
}

// Of a person's end nothing is erased, so nothing is said to be.
func TestReceiptOfAPersonIsEmpty(t *testing.T) {
	w := enrolled(t)
	w.login(anna)
	if err := w.Logout(t.Context()); err != nil {
		t.Fatal(err)
	}
	if e := w.screen.last(t, 1); e.Reason != "logout" || e.Receipt.Result != "" || len(e.Receipt.Stores) != 0 {
		t.Errorf("%+v", e)
	}
}

// What a person set is written although they leave meanwhile, and concerns nobody after.
func TestSettingsWrittenAfterTheEnd(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.login(anna)
		b.disk.make("SetSettings", 2*time.Second, nil)
		set := make(chan error)
		go func() { set <- b.Set(t.Context(), profiles.ID{}, profiles.Values{"radio": {"volume": byte(41)}}, nil) }()
		time.Sleep(time.Second)
		go b.Logout(t.Context())
		if err := <-set; err != nil {
			t.Error(err)
		}
		synctest.Wait()
		b.screen.mu.Lock()
		defer b.screen.mu.Unlock()
		for _, heard := range b.screen.heard {
			if strings.HasPrefix(heard, "radio") {
				t.Errorf("nobody is at the wheel, and is told %q", heard)
			}
		}
	})
}

// Who leaves because somebody else waited is replaced; only who was removed is removed.
func TestWhyASessionEnded(t *testing.T) {
	for _, want := range []string{"replaced", "removed"} {
		w := enrolled(t)
		w.login(lea)
		w.pass(3*time.Second, 50)
		if _, err := w.Login(t.Context(), anna, profiles.PIN{}, true); err != nil {
			t.Fatal(err)
		}
		if want == "removed" {
			a := w.access()
			a.Users = slices.Delete(a.Users, 1, 2)
			w.apply(2, a, profiles.BackEnd)
		}
		w.park()
		if e := w.screen.last(t, 1); e.Reason != want || w.SessionView().Profile != anna {
			t.Errorf("ended because %s, want %s; now %+v", e.Reason, want, w.SessionView())
		}
	}
}
