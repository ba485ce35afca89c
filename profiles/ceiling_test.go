package profiles_test

import (
	"errors"
	"slices"
	"testing"

	"glovebox/profiles"
)

// missed is a car at a household's first document and three more that it has not seen:
// the main user shares with one, the back end removes another, then restricts a third.
func missed(t *testing.T) (profiles.Roster, []signed) {
	h := newHistory(t)
	stored := h.chain
	h.issue(profiles.MainUser, func(a *profiles.Access) bool {
		a.Users[2].Sharing, a.Users[2].Mailbox = profiles.Shared, hex128("new")
		return true
	})
	h.issue(profiles.BackEnd, func(a *profiles.Access) bool { a.Users = slices.Delete(a.Users, 1, 2); return true })
	h.issue(profiles.BackEnd, func(a *profiles.Access) bool {
		a.Users[1].Restricted = append(a.Users[1].Restricted, "booking")
		return true
	})
	return stored, h.documents[1:]
}

// A removal that passed while the car was away holds at once and keeps the person out
// while the documents on the way still name them; what they widen waits.
func TestRemovalThatPassed(t *testing.T) {
	stored, documents := missed(t)
	back := profiles.Signer{Kind: profiles.BackEnd}
	lowered, changes, err := stored.Apply(documents[2].Access, back)
	if err != nil || len(changes) != 2 || lowered.Version != stored.Version || lowered.Ceiling == nil {
		t.Fatalf("a later document: %v, %v, version %d", err, changes, lowered.Version)
	}
	limited := idOf("limited")
	for i, step := range documents {
		if _, there := lowered.InForce().Find(idOf("shared")); there {
			t.Errorf("before version %d the removed user is there", step.Version)
		}
		p, _ := lowered.InForce().Find(limited)
		if p.Sharing != profiles.Limited && i < 1 {
			t.Error("what the chain has not widened yet is wide")
		}
		if !slices.Contains(p.Restricted, "booking") {
			t.Errorf("before version %d the restriction does not hold", step.Version)
		}
		if lowered, _, err = lowered.Apply(step.Access, profiles.Signer{Kind: step.by}); err != nil {
			t.Fatalf("version %d: %v", step.Version, err)
		}
	}
	if p, _ := lowered.InForce().Find(limited); lowered.Ceiling != nil || p.Sharing != profiles.Shared {
		t.Errorf("at the end: %+v", lowered)
	}
}

// A ceiling is refused as any document is, and takes nothing that it does not need.
func TestCeilingRefuses(t *testing.T) {
	stored, documents := missed(t)
	back, main := profiles.Signer{Kind: profiles.BackEnd}, profiles.Signer{Kind: profiles.MainUser}
	lowered, _, err := stored.Apply(documents[2].Access, back)
	if err != nil {
		t.Fatal(err)
	}
	above := func(a profiles.Access, n uint64) profiles.Access {
		a.Version, a.Hash, a.Previous = a.Version+n, profiles.Hash{1}, profiles.Hash{2}
		return a
	}
	gone := above(documents[2].Access, 1)
	gone.Users = nil
	withoutMain, _, err := lowered.Apply(gone, main)
	if err != nil || len(withoutMain.InForce().People) != 0 {
		t.Fatalf("a newer one without people: %v", err)
	}
	crossed := documents[2].Access
	crossed.Previous, crossed.Hash = lowered.Hash, profiles.Hash{3}
	for _, row := range []struct {
		name string
		car  profiles.Roster
		a    profiles.Access
		by   profiles.Signer
		want error
	}{
		{"a stranger's", stored, documents[2].Access, profiles.Signer{}, profiles.ErrForbidden},
		{"another of its version", lowered, above(documents[2].Access, 0), back, profiles.ErrForked},
		{"another of its version that follows", lowered, crossed, back, profiles.ErrForked},
		{"one between", lowered, documents[1].Access, back, profiles.ErrOlder},
		{"of a main user whom it removed", withoutMain, above(documents[2].Access, 9), main, profiles.ErrForbidden},
		{"1,024 above the stored one", stored, above(household(t), 1024), back, nil},
		{"1,025 above the stored one", stored, above(household(t), 1025), back, profiles.ErrAhead},
	} {
		next, changes, err := row.car.Apply(row.a, row.by)
		if !errors.Is(err, row.want) || err != nil && (changes != nil || next.Ceiling != row.car.Ceiling) {
			t.Errorf("%s: %v, want %v", row.name, err, row.want)
		}
	}
	h := newHistory(t)
	h.issue(back.Kind, func(a *profiles.Access) bool { return changes["lost phone"].change(h, a, 0) })
	lost, _, err := stored.Apply(above(h.newest().Access, 1), back)
	if err != nil {
		t.Fatal(err)
	}
	finder := follow(household(t), stored)
	finder.Version, finder.GuestServices = lost.Ceiling.Version+1, false
	if _, _, err := lost.Apply(finder, main); !errors.Is(err, profiles.ErrForbidden) {
		t.Errorf("a document of the phone that was lost: %v", err)
	}
	far := follow(household(t), stored)
	far.Version = stored.Version + 1025
	if _, _, err := stored.Apply(far, back); !errors.Is(err, profiles.ErrAhead) {
		t.Errorf("a document that follows, 1,025 above: %v", err)
	}
	if _, _, err := (profiles.Roster{VID: far.VID}).Apply(far, back); err != nil {
		t.Errorf("a car without people: %v", err)
	}
	if same, changes, err := lowered.Apply(documents[2].Access, back); err != nil || changes != nil || same.Ceiling != lowered.Ceiling {
		t.Errorf("the same again: %v, %v", changes, err)
	}
}

// A main user may give the car away while it is away, and what they signed on the way is
// theirs still. From then on nothing of theirs counts, and a new one comes as ever.
func TestTransferThatPassed(t *testing.T) {
	h := newHistory(t)
	stored := h.chain
	main, back := profiles.Signer{Kind: profiles.MainUser}, profiles.Signer{Kind: profiles.BackEnd}
	h.issue(main.Kind, func(a *profiles.Access) bool { a.RemoteServices = true; return true })
	h.issue(main.Kind, func(a *profiles.Access) bool { a.Users = nil; return true })
	lowered, _, err := stored.Apply(h.newest().Access, main)
	if err != nil || len(lowered.People) != 0 || lowered.MainKey() != stored.MainKey() {
		t.Fatalf("all removed: %v", err)
	}
	buyer := func(a profiles.Access) profiles.Access {
		a.Users = []profiles.User{user(t, "buyer", profiles.Main, profiles.AwaitingActivation, profiles.Shared)}
		return a
	}
	over := follow(copyOf(h.documents[0].Access), lowered)
	over.Version += 2 // above the ceiling
	nobody := over
	nobody.Users = nil
	for _, row := range []struct {
		name string
		a    profiles.Access
		by   profiles.Signer
		want error
	}{
		{"the old main user has everybody back", over, main, profiles.ErrForbidden},
		{"the back end has everybody back", over, back, profiles.ErrForbidden},
		{"a new main user in one step", buyer(over), back, profiles.ErrForbidden},
		{"nobody any more, says the car", nobody, profiles.Signer{Kind: profiles.Car}, nil},
	} {
		if _, _, err := lowered.Apply(row.a, row.by); !errors.Is(err, row.want) {
			t.Errorf("%s: %v, want %v", row.name, err, row.want)
		}
	}
	for _, d := range h.documents[1:] {
		if lowered, _, err = lowered.Apply(d.Access, main); err != nil {
			t.Fatalf("version %d: %v", d.Version, err)
		}
	}
	if _, _, err := lowered.Apply(buyer(follow(h.newest().Access, lowered)), back); err != nil || !lowered.Emptied {
		t.Errorf("a new main user: %v", err)
	}
}

// Who was erased is not kept again before the chain has removed them, also where a newer
// document has them again.
func TestErasedComesBackByTheChain(t *testing.T) {
	h := newHistory(t)
	car := believer{h.chain, h.newest().Access}
	h.issue(profiles.BackEnd, func(*profiles.Access) bool { return true })
	h.issue(profiles.BackEnd, func(a *profiles.Access) bool { a.Users = slices.Delete(a.Users, 1, 2); return true })
	h.issue(profiles.MainUser, func(a *profiles.Access) bool { return changes["add one who was there"].change(h, a, 0) })
	for _, step := range []struct {
		document int
		there    bool
	}{{2, false}, {3, false}, {1, false}, {2, false}, {3, true}} {
		if err := car.see(h.documents[step.document]); err != nil {
			t.Fatal(err)
		}
		if _, there := car.stored.Find(idOf("shared")); there != step.there {
			t.Errorf("after document %d: kept %v", step.document, there)
		}
	}
}
