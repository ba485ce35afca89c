package profiles_test

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"glovebox/profiles"
)

// What is kept of a roster reads back as the same roster, and the open part names
// nobody.
func TestRosterIsKept(t *testing.T) {
	a, err := wire(t, household(t))
	if err != nil {
		t.Fatal(err)
	}
	r := enrolled(t, a)
	r.Emptied = true
	var people []profiles.Person
	for _, p := range r.People {
		data, err := p.Encode()
		if err != nil {
			t.Fatal(err)
		}
		back, err := profiles.DecodePerson(data)
		if err != nil || !reflect.DeepEqual(p, back) {
			t.Fatalf("kept %+v\nread %+v, %v", p, back, err)
		}
		people = append(people, back)
		for i := range data {
			if back, err := profiles.DecodePerson(data[:i]); err == nil || !reflect.DeepEqual(back, profiles.Person{}) {
				t.Fatalf("a person cut to %d bytes is read", i)
			}
		}
	}
	open, err := r.EncodeOpen()
	if err != nil {
		t.Fatal(err)
	}
	slices.Reverse(people)
	back, err := profiles.DecodeRoster(open, people, nil)
	if err != nil || !reflect.DeepEqual(r, back) {
		t.Fatalf("kept %+v\nread %+v, %v", r, back, err)
	}
	nobody, err := profiles.DecodeRoster(open, nil, nil)
	if err != nil || len(nobody.People) != 0 {
		t.Errorf("the open part names %v, %v", nobody.People, err)
	}
}

func TestRosterFinds(t *testing.T) {
	r := enrolled(t, household(t))
	if main, ok := r.Main(); !ok || main.ID != idOf("main") || r.People[0].ID != main.ID {
		t.Errorf("main user %v, %v", main.ID, ok)
	}
	if p, ok := r.Find(idOf("limited")); !ok || p.Sharing != profiles.Limited {
		t.Errorf("find: %v, %v", p.ID, ok)
	}
	if _, ok := r.Find(idOf("nobody")); ok {
		t.Error("found nobody")
	}
	if reader, ok := r.Reader("backend"); !ok || reader.Seal.IsZero() {
		t.Errorf("back end: %v", reader)
	}
	if _, ok := (profiles.Roster{}).Main(); ok {
		t.Error("an empty car has a main user")
	}
}

// Nothing is released to a secondary user beyond the level, and less once the
// document is old or before they are active.
func TestSharingAt(t *testing.T) {
	fresh, old := profiles.DocumentFresh, profiles.DocumentFresh+1
	for _, row := range []struct {
		name  string
		user  profiles.User
		age   time.Duration
		level profiles.Sharing
	}{
		{"main user", user(t, "a", profiles.Main, profiles.Active, profiles.Shared), fresh, profiles.Shared},
		{"main user, old document", user(t, "a", profiles.Main, profiles.Active, profiles.Shared), old, profiles.Shared},
		{"main user who awaits activation", user(t, "a", profiles.Main, profiles.AwaitingActivation, profiles.Shared), fresh, profiles.Limited},
		{"shared", user(t, "a", profiles.Secondary, profiles.Active, profiles.Shared), fresh, profiles.Shared},
		{"shared, old document", user(t, "a", profiles.Secondary, profiles.Active, profiles.Shared), old, profiles.Limited},
		{"limited", user(t, "a", profiles.Secondary, profiles.Active, profiles.Limited), 0, profiles.Limited},
		{"shared and confirmed", user(t, "a", profiles.Secondary, profiles.Confirmed, profiles.Shared), 0, profiles.Limited},
		{"nobody", profiles.User{}, 0, profiles.Limited},
	} {
		if got := row.user.SharingAt(row.age); got != row.level {
			t.Errorf("%s: %v, want %v", row.name, got, row.level)
		}
	}
}

func TestPermits(t *testing.T) {
	type rights = profiles.Rights
	main, secondary, guest := profiles.Main, profiles.Secondary, profiles.Guest
	for _, row := range []struct {
		name     string
		rights   rights
		function profiles.Function
		want     bool
	}{
		{"main, main-only", rights{Role: main}, "purchase", true},
		{"main, remote while off", rights{Role: main}, "remote-lock", true},
		{"secondary, main-only", rights{Role: secondary, RemoteServices: true}, "purchase", false},
		{"secondary, radio", rights{Role: secondary}, "radio", true},
		{"secondary, radio restricted", rights{Role: secondary, Restricted: []profiles.Function{"radio"}}, "radio", false},
		{"secondary, climate while radio is restricted", rights{Role: secondary, Restricted: []profiles.Function{"radio"}}, "climate", true},
		{"secondary, remote while on", rights{Role: secondary, RemoteServices: true}, "remote-climate", true},
		{"secondary, remote while off", rights{Role: secondary, GuestServices: true}, "remote-climate", false},
		{"secondary, connected", rights{Role: secondary}, "connected-services", true},
		{"guest, radio", rights{Role: guest}, "radio", true},
		{"guest, connected while on", rights{Role: guest, GuestServices: true}, "connected-services", true},
		{"guest, connected while off", rights{Role: guest, RemoteServices: true}, "connected-services", false},
		{"guest, position", rights{Role: guest, GuestServices: true, RemoteServices: true}, "position", false},
		{"guest, main-only", rights{Role: guest, GuestServices: true, RemoteServices: true}, "security-settings", false},
		{"secondary, chat restricted", rights{Role: secondary, Restricted: []profiles.Function{"chat", "alerts"}}, "chat", true},
		{"secondary, alerts restricted", rights{Role: secondary, Restricted: []profiles.Function{"chat", "alerts"}}, "alerts", true},
		{"main, a function that the car has not", rights{Role: main, Without: []profiles.Function{"radio"}}, "radio", false},
		{"main, another one", rights{Role: main, Without: []profiles.Function{"radio"}}, "climate", true},
		{"guest, a function that the car has not", rights{Role: guest, Without: []profiles.Function{"radio"}}, "radio", false},
		{"nobody, radio", rights{GuestServices: true, RemoteServices: true}, "radio", false},
		{"main, unknown", rights{Role: main}, "horn", false},
		{"main, other letter case", rights{Role: main}, "Radio", false},
	} {
		got, why := row.rights.Permits(row.function)
		if got != row.want || (why == "") != got {
			t.Errorf("%s: %v %q, want %v", row.name, got, why, row.want)
		}
		if slices.Contains(row.rights.Functions(), row.function) != got {
			t.Errorf("%s: Functions says otherwise", row.name)
		}
	}
	if n := len(profiles.Functions()); n != 22 {
		t.Errorf("%d functions, the contract has 22", n)
	}
}

// A session begins only at the picker, and ends by way of leaving.
func TestSession(t *testing.T) {
	idle := profiles.Session{}
	person, err := idle.Login(idOf("anna"), time.Second)
	if err != nil || person.State.String() != "active" || person.Who != idOf("anna") || person.Since != time.Second {
		t.Fatalf("login: %+v, %v", person, err)
	}
	guest, err := idle.StartGuest(time.Second)
	if err != nil || guest.State.String() != "guest" || !guest.Who.IsZero() {
		t.Fatalf("guest: %+v, %v", guest, err)
	}
	leaving, err := person.Leave(2 * time.Second)
	if err != nil || leaving.State.String() != "leaving" || !leaving.Who.IsZero() {
		t.Fatalf("leave: %+v, %v", leaving, err)
	}
	if _, err := idle.Login(profiles.ID{}, 0); err == nil {
		t.Error("nobody logged in")
	}
	for _, s := range []profiles.Session{idle, person, guest, leaving} {
		at := 3 * time.Second
		steps := map[string]func() (profiles.Session, error){
			"login": func() (profiles.Session, error) { return s.Login(idOf("lea"), at) },
			"guest": func() (profiles.Session, error) { return s.StartGuest(at) },
			"leave": func() (profiles.Session, error) { return s.Leave(at) },
			"wiped": func() (profiles.Session, error) { return s.Wiped(at) },
		}
		for name, step := range steps {
			may := map[string]bool{
				"login": s.State == profiles.Idle, "guest": s.State == profiles.Idle,
				"leave": s.Driving(), "wiped": s.State == profiles.Leaving,
			}[name]
			next, err := step()
			if may != (err == nil) || err != nil && next != s || err == nil && next.Since != at {
				t.Errorf("%s in %v: %+v, %v", name, s.State, next, err)
			}
		}
	}
}

// What somebody may use goes by the roster and their state; a function that the car has
// not is open to nobody.
func TestRightsOfTheRoster(t *testing.T) {
	r := enrolled(t, household(t))
	for _, label := range []string{"main", "shared", "invited", "confirmed", "awaiting"} {
		p, _ := r.Find(idOf(label))
		rights, active := r.Rights(p), label == "main" || label == "shared"
		if (rights.Role != profiles.Rights{}.Role) != active || active && (rights.Role != p.Role || !rights.GuestServices || rights.RemoteServices) {
			t.Errorf("%s: %+v", label, rights)
		}
		if open, why := rights.Permits("trips"); open != active || open != (why == "") {
			t.Errorf("%s: trips %v, %q", label, open, why)
		}
		without := rights.In(profiles.Equipment{Without: []profiles.Function{"trips"}})
		if open, why := without.Permits("trips"); open || why == "" {
			t.Errorf("%s: in a car without: %q", label, why)
		}
		if open, _ := without.Permits("chat"); open != active {
			t.Errorf("%s: chat in a car without trips: %v", label, open)
		}
	}
	r.RemoteServices = true
	if main, _ := r.Main(); !r.Rights(main).RemoteServices {
		t.Error("remote services are on, and not for the main user")
	}
	if guest := r.GuestRights(); guest.Role != profiles.Guest || !guest.GuestServices || !guest.RemoteServices {
		t.Errorf("guest: %+v", guest)
	}
	r.GuestServices = false
	if guest := r.GuestRights(); guest.GuestServices || !guest.RemoteServices {
		t.Errorf("guest: %+v", guest)
	}
}

// Chat and alerts stay open whatever a list says, and nothing is taken from a main user.
func TestRestricts(t *testing.T) {
	p := profiles.Person{Role: profiles.Secondary, Restricted: []profiles.Function{"trips", "chat", "alerts"}}
	for f, want := range map[profiles.Function]bool{"trips": true, "chat": false, "alerts": false, "radio": false} {
		if p.Restricts(f) != want {
			t.Errorf("%s: %v", f, !want)
		}
	}
	if p.Role = profiles.Main; p.Restricts("trips") {
		t.Error("something is taken from a main user")
	}
}

// Who orders is found by the thumbprint of the key that they sign with; nobody is found
// by that of another key, nor by none.
func TestOrderer(t *testing.T) {
	r := enrolled(t, household(t))
	for _, label := range []string{"main", "shared", "limited"} {
		p, ok := r.Orderer(signKey(t, label).Thumbprint())
		if !ok || p.ID != idOf(label) {
			t.Errorf("%s: %v, %v", label, p.ID, ok)
		}
	}
	for name, key := range map[string]string{
		"none": "", "a key to seal": sealKey(t, "main").Thumbprint(), "a stranger's": signKey(t, "stranger").Thumbprint(),
	} {
		if p, ok := r.Orderer(key); ok || !p.ID.IsZero() {
			t.Errorf("%s: %v", name, p.ID)
		}
	}
	if reader, ok := r.Reader("workshop"); !ok || reader.Mailbox != hex128("mailbox workshop") {
		t.Errorf("workshop: %+v, %v", reader, ok)
	}
	if reader, ok := r.Reader("dealer"); ok || reader.Role != "" {
		t.Errorf("dealer: %+v", reader)
	}
}
