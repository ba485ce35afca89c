package profiles_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"glovebox/profiles"
)

// A new main user of a car that a document emptied waits for the car's security code,
// and the car alone activates them.
func TestNewMainUser(t *testing.T) {
	first := enrolled(t, household(t))
	nobody := follow(household(t), first)
	nobody.Users = nil
	emptied, changes, err := first.Apply(nobody, profiles.Signer{Kind: profiles.BackEnd})
	if err != nil || !emptied.Emptied || len(emptied.People) != 0 || len(changes) != 6 {
		t.Fatalf("remove all: %v, %d changes, %+v", err, len(changes), emptied)
	}
	for _, row := range []struct {
		name  string
		users []profiles.User
		may   string
	}{
		{"still nobody", nil, "bm"},
		{"awaiting activation", []profiles.User{user(t, "buyer", profiles.Main, profiles.AwaitingActivation, profiles.Shared)}, "b"},
		{"active at once", []profiles.User{user(t, "buyer", profiles.Main, profiles.Active, profiles.Shared)}, ""},
		{"confirmed", []profiles.User{user(t, "buyer", profiles.Main, profiles.Confirmed, profiles.Shared)}, ""},
		{"with a secondary user", []profiles.User{
			user(t, "buyer", profiles.Main, profiles.AwaitingActivation, profiles.Shared),
			user(t, "friend", profiles.Secondary, profiles.Active, profiles.Shared),
		}, ""},
	} {
		for letter, kind := range signers {
			a := follow(nobody, emptied)
			a.Users = row.users
			_, _, err := emptied.Apply(a, profiles.Signer{Kind: kind})
			if may := strings.IndexByte(row.may, letter) >= 0; may != (err == nil) {
				t.Errorf("%s, signed by %s: %v, want allowed %v", row.name, kind, err, may)
			}
		}
	}
	waits := follow(nobody, emptied)
	waits.Users = []profiles.User{user(t, "buyer", profiles.Main, profiles.AwaitingActivation, profiles.Shared)}
	waiting, _, err := emptied.Apply(waits, profiles.Signer{Kind: profiles.BackEnd})
	if err != nil || waiting.Emptied {
		t.Fatalf("bring a new main user: %v", err)
	}
	if rights := waiting.Rights(waiting.People[0]); len(rights.Functions()) != 0 {
		t.Errorf("a main user who awaits activation may use %v", rights.Functions())
	}
	active := follow(waits, waiting)
	active.Users = []profiles.User{user(t, "buyer", profiles.Main, profiles.Active, profiles.Shared)}
	for letter, kind := range signers {
		if _, _, err := waiting.Apply(active, profiles.Signer{Kind: kind}); (err == nil) != (letter == 'c') {
			t.Errorf("activate the main user, signed by %s: %v", kind, err)
		}
	}
}

// A car that nobody was ever enrolled in takes its first document whole, but only
// from the back end.
func TestFirstDocument(t *testing.T) {
	for letter, kind := range signers {
		fresh := profiles.Roster{VID: hex128("car")}
		after, changes, err := fresh.Apply(household(t), profiles.Signer{Kind: kind})
		if (err == nil) != (letter == 'b') {
			t.Errorf("signed by %s: %v", kind, err)
		}
		if err == nil && (len(after.People) != 6 || !slices.Equal(changes, []profiles.Change{{Kind: profiles.Enrolled}})) {
			t.Errorf("%d people, changes %v", len(after.People), changes)
		}
	}
	// A document that enrols nobody leaves the car as fresh as it was.
	fresh := profiles.Roster{VID: hex128("car")}
	nobody := household(t)
	nobody.Users = nil
	still, _, err := fresh.Apply(nobody, profiles.Signer{Kind: profiles.BackEnd})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := still.Apply(follow(household(t), still), profiles.Signer{Kind: profiles.BackEnd}); err != nil {
		t.Errorf("enrol after a document without people: %v", err)
	}
}

// Versions only rise, each follows the one in force, and the one in force may come
// again.
func TestVersions(t *testing.T) {
	before := enrolled(t, household(t))
	other := profiles.Hash(fixed("other"))
	for _, row := range []struct {
		name           string
		version        uint64
		previous, hash profiles.Hash
		vid            string
		want           error
	}{
		{"the next", 8, before.Hash, other, before.VID, nil},
		{"one left out", 99, before.Hash, other, before.VID, nil},
		{"the same again", 7, profiles.Hash{}, before.Hash, before.VID, nil},
		{"the same version, other content", 7, before.Hash, other, before.VID, profiles.ErrForked},
		{"one back", 6, before.Hash, other, before.VID, profiles.ErrOlder},
		{"version 0 with the hash in force", 0, before.Hash, before.Hash, before.VID, profiles.ErrOlder},
		{"for another car", 8, before.Hash, other, hex128("x"), profiles.ErrForeign},
	} {
		a := household(t)
		a.VID, a.Version, a.Previous, a.Hash = row.vid, row.version, row.previous, row.hash
		after, changes, err := before.Apply(a, profiles.Signer{Kind: profiles.BackEnd})
		if !errors.Is(err, row.want) {
			t.Errorf("%s: %v, want %v", row.name, err, row.want)
		}
		if row.version == 7 && (after.Version != 7 || changes != nil) {
			t.Errorf("%s: something changed", row.name)
		}
	}
}

// What the roster holds is its own: the document may change afterwards.
func TestRosterSharesNothing(t *testing.T) {
	a := household(t)
	r := enrolled(t, a)
	want := fmt.Sprintf("%+v", r)
	for i := range a.Users {
		for j := range a.Users[i].Restricted {
			a.Users[i].Restricted[j] = "climate"
		}
	}
	a.Readers[0].Mailbox = "changed"
	if got := fmt.Sprintf("%+v", r); got != want {
		t.Errorf("the roster changed with the document:\n%s\n%s", got, want)
	}
}

// Each kind of signer has a name of its own.
func TestSignerNames(t *testing.T) {
	var names []string
	for _, k := range []profiles.SignerKind{profiles.Stranger, profiles.BackEnd, profiles.MainUser, profiles.Car} {
		names = append(names, k.String())
	}
	if got := strings.Join(names, ", "); got != "a stranger, the back end, the main user, the car" {
		t.Errorf("signers are %s", got)
	}
}

// What differs is named for what it is: the log of a document is read by people.
func TestDifferencesAreNamed(t *testing.T) {
	people := household(t)
	before := enrolled(t, people)
	for want, change := range map[profiles.ChangeKind]func(*profiles.User){
		profiles.Rekeyed: func(u *profiles.User) { u.Sign = signKey(t, "new") },
		profiles.Moved:   func(u *profiles.User) { u.Mailbox = hex128("new mailbox") },
		profiles.Renamed: func(u *profiles.User) { u.Name = profiles.Conceal("somebody") },
	} {
		a := follow(copyOf(people), before)
		change(&a.Users[1])
		_, changes, err := before.Apply(a, profiles.Signer{Kind: profiles.MainUser})
		if len(changes) != 1 || changes[0].Kind != want || err != nil {
			t.Errorf("changes %v, %v, want %s", changes, err, want)
		}
	}
}
