package profiles_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"glovebox/profiles"
)

var (
	decided = time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)
	mia     = profiles.Contact{Name: profiles.Conceal("Mia"), Email: profiles.Conceal("mia@example.com"), Mobile: profiles.Conceal("+1 202 555 0123")}
)

// at is who sits at the wheel.
func at(label string) profiles.Author { return profiles.Author{At: idOf(label)} }

// revise makes the next document of the household and has the car take it.
func revise(t testing.TB, r profiles.Roster, v profiles.Revision, by profiles.Author) (profiles.Roster, profiles.Revised, error) {
	t.Helper()
	revised, err := r.Revise(v, by, car(t).Seal.PublicKey(), decided)
	if err != nil || revised.Payload == nil {
		return r, revised, err
	}
	a, err := profiles.DecodeAccess(revised.Payload)
	if err != nil {
		t.Fatalf("%T makes a document that is refused: %v", v, err)
	}
	if a, err = a.Open(car(t).Seal); err != nil {
		t.Fatalf("%T: %v", v, err)
	}
	next, changes, err := r.Apply(a, profiles.Signer{Kind: profiles.Car})
	if err != nil || len(changes) == 0 {
		t.Fatalf("%T: %v changes, %v", v, changes, err)
	}
	if a.Hash != revised.Hash {
		t.Errorf("%T: the hash is not that of the payload", v)
	}
	return next, revised, nil
}

// What the main user decides at the wheel is in the next document, and nothing else is.
func TestRevise(t *testing.T) {
	start := enrolled(t, household(t))
	person := func(r profiles.Roster, label string) profiles.Person { p, _ := r.Find(idOf(label)); return p }
	for name, row := range map[string]struct {
		revision profiles.Revision
		holds    func(r profiles.Roster, who profiles.ID) bool
	}{
		"cancel": {profiles.Cancel{Who: idOf("invited")}, func(r profiles.Roster, _ profiles.ID) bool {
			return person(r, "invited").ID.IsZero() && len(r.People) == 5
		}},
		"activate": {profiles.Activate{Who: idOf("confirmed")}, func(r profiles.Roster, _ profiles.ID) bool {
			return person(r, "confirmed").State == profiles.Active
		}},
		"remove": {profiles.Remove{Who: idOf("shared")}, func(r profiles.Roster, _ profiles.ID) bool {
			return person(r, "shared").ID.IsZero() && len(r.People) == 5
		}},
		"limit": {profiles.SetSharing{Who: idOf("shared"), Sharing: profiles.Limited}, func(r profiles.Roster, _ profiles.ID) bool {
			p := person(r, "shared")
			return p.Sharing == profiles.Limited && p.Mailbox != hex128("mailbox shared") && profiles.IsHex128(p.Mailbox)
		}},
		"share with who is only invited": {profiles.SetSharing{Who: idOf("invited"), Sharing: profiles.Limited}, func(r profiles.Roster, _ profiles.ID) bool {
			p := person(r, "invited")
			return p.Sharing == profiles.Limited && p.Mailbox == ""
		}},
		"restrict": {profiles.Restrict{Who: idOf("shared"), Functions: []profiles.Function{"trips", "booking", "trips"}}, func(r profiles.Roster, _ profiles.ID) bool {
			return slices.Equal(person(r, "shared").Restricted, []profiles.Function{"booking", "trips"})
		}},
		"lift": {profiles.Restrict{Who: idOf("shared")}, func(r profiles.Roster, _ profiles.ID) bool {
			return len(person(r, "shared").Restricted) == 0
		}},
		"guest services": {profiles.SetGuestServices{}, func(r profiles.Roster, _ profiles.ID) bool { return !r.GuestServices }},
		"remote services": {profiles.SetRemoteServices{On: true}, func(r profiles.Roster, _ profiles.ID) bool {
			return r.RemoteServices
		}},
		"transfer": {profiles.Transfer{Contact: mia}, func(r profiles.Roster, _ profiles.ID) bool {
			c, err := profiles.OpenContact(x25519(t, "backend"), r.VID, profiles.ID{}, r.Contact)
			return len(r.People) == 0 && r.Emptied && err == nil && c.Name == mia.Name && c.Mobile.Reveal() == "+12025550123"
		}},
		"rename": {profiles.Rename{Who: idOf("main"), Name: profiles.Conceal("Anna M.")}, func(r profiles.Roster, _ profiles.ID) bool {
			p := person(r, "main")
			return p.Name.Reveal() == "Anna M." && p.Verifier == cheap(t, "480213")
		}},
	} {
		t.Run(name, func(t *testing.T) {
			next, revised, err := revise(t, start, row.revision, at("main"))
			if err != nil || !row.holds(next, revised.Who) {
				t.Fatalf("%v; people %+v", err, next.People)
			}
			if next.Version != 8 || next.Previous != start.Hash || !next.Issued.Equal(decided) {
				t.Errorf("version %d after %s, issued %v", next.Version, next.Previous, next.Issued)
			}
			same, again, err := revise(t, next, row.revision, at("main"))
			if err == nil && (again.Payload != nil || same.Version != 8) {
				t.Errorf("deciding it twice makes version %d", same.Version)
			}
		})
	}
}

// An invitation names who is asked, and the back end alone learns how they are reached.
func TestReviseInvites(t *testing.T) {
	start := enrolled(t, household(t))
	if _, _, err := revise(t, start, profiles.Invite{Contact: mia, Sharing: profiles.Shared}, at("main")); !errors.Is(err, profiles.ErrRosterFull) {
		t.Errorf("a sixth secondary user: %v", err)
	}
	start, _, _ = revise(t, start, profiles.Remove{Who: idOf("limited")}, at("main"))
	next, revised, err := revise(t, start, profiles.Invite{Contact: mia, Sharing: profiles.Shared}, at("main"))
	if err != nil {
		t.Fatal(err)
	}
	p, there := next.Find(revised.Who)
	if !there || p.State != profiles.Invited || p.Role != profiles.Secondary || p.Sharing != profiles.Shared || p.Name != mia.Name || p.Mailbox != "" {
		t.Errorf("%+v", p)
	}
	c, err := profiles.OpenContact(x25519(t, "backend"), next.VID, revised.Who, p.Contact)
	if err != nil || c.Email != mia.Email || c.Mobile.Reveal() != "+12025550123" {
		t.Errorf("%v, %v", c.Email.Reveal(), err)
	}
	if _, err := profiles.OpenContact(car(t).Seal, next.VID, revised.Who, p.Contact); err == nil {
		t.Error("the contact opens with the car's key")
	}
	for _, plain := range []string{"Mia", "example.com", "2025550123"} {
		if bytes.Contains(revised.Payload, []byte(plain)) {
			t.Errorf("%s stands open in the document", plain)
		}
	}
	// Who has accepted is reached by their mailbox.
	a := follow(documentOf(next), next)
	for i := range a.Users {
		if u := &a.Users[i]; u.ID == revised.Who {
			u.State, u.Mailbox, u.Sealed = profiles.Confirmed, hex128("box mia"), "AAAA"
		}
	}
	if _, err := a.Encode(); err == nil || !strings.Contains(err.Error(), "contact") {
		t.Errorf("a contact of who has accepted: %v", err)
	}
}

// documentOf is the content of a roster.
func documentOf(r profiles.Roster) profiles.Access {
	a := profiles.Access{VID: r.VID, Version: r.Version, Issued: r.Issued, Readers: r.Readers, Inbox: r.Inbox, GuestServices: r.GuestServices, RemoteServices: r.RemoteServices}
	for _, p := range r.People {
		a.Users = append(a.Users, profiles.User{Person: p})
	}
	return a
}

// Only the main user at the wheel decides about the others, nobody about the main user,
// and each about the own name.
func TestWhoRevises(t *testing.T) {
	start := enrolled(t, household(t))
	all := []profiles.Revision{
		profiles.Invite{Contact: mia}, profiles.Cancel{Who: idOf("invited")}, profiles.Activate{Who: idOf("confirmed")}, profiles.Remove{Who: idOf("shared")},
		profiles.SetSharing{Who: idOf("limited"), Sharing: profiles.Shared}, profiles.Restrict{Who: idOf("shared")}, profiles.SetGuestServices{},
		profiles.SetRemoteServices{On: true}, profiles.Transfer{Contact: mia}, profiles.Rename{Who: idOf("main"), Name: profiles.Conceal("x")},
	}
	for _, by := range []profiles.Author{{}, {Owner: true}, at("shared"), at("limited"), at("confirmed"), at("stranger")} {
		for _, v := range all {
			if _, _, err := revise(t, start, v, by); !errors.Is(err, profiles.ErrNotPermitted) {
				t.Errorf("%T by %v: %v", v, by, err)
			}
		}
	}
	for _, v := range []profiles.Revision{
		profiles.Remove{Who: idOf("main")}, profiles.SetSharing{Who: idOf("main")}, profiles.Restrict{Who: idOf("main")}, profiles.Cancel{Who: idOf("main")},
		profiles.Rename{Who: idOf("shared"), Name: profiles.Conceal("x")},
	} {
		if _, _, err := revise(t, start, v, at("main")); !errors.Is(err, profiles.ErrNotPermitted) {
			t.Errorf("%+v by the main user: %v", v, err)
		}
	}
	if _, _, err := revise(t, start, profiles.Rename{Who: idOf("shared"), Name: profiles.Conceal("Lea M.")}, at("shared")); err != nil {
		t.Errorf("the own name: %v", err)
	}
	if _, _, err := revise(t, start, profiles.Remove{Who: idOf("stranger")}, at("main")); !errors.Is(err, profiles.ErrNoSuchProfile) {
		t.Errorf("nobody: %v", err)
	}
}

// A secondary user never becomes the main user, not by a transfer either.
func TestNoSecondaryBecomesMain(t *testing.T) {
	start := enrolled(t, household(t))
	to := mia
	to.Name = profiles.Conceal("shared")
	if _, _, err := revise(t, start, profiles.Transfer{Contact: to}, at("main")); !errors.Is(err, profiles.ErrNotPermitted) {
		t.Errorf("transfer to a secondary user: %v", err)
	}
}

// What is decided must be one of the fixed words.
func TestReviseRefusesValues(t *testing.T) {
	start := enrolled(t, household(t))
	for name, v := range map[string]profiles.Revision{
		"chat":                      profiles.Restrict{Who: idOf("shared"), Functions: []profiles.Function{"chat"}},
		"alerts":                    profiles.Restrict{Who: idOf("shared"), Functions: []profiles.Function{"radio", "alerts"}},
		"no function":               profiles.Restrict{Who: idOf("shared"), Functions: []profiles.Function{"horn"}},
		"an invitation taken up":    profiles.Cancel{Who: idOf("shared")},
		"an invitation still open":  profiles.Activate{Who: idOf("invited")},
		"an empty name":             profiles.Rename{Who: idOf("main")},
		"a name of 201 bytes":       profiles.Rename{Who: idOf("main"), Name: profiles.Conceal(strings.Repeat("x", 201))},
		"a name with a line's end":  profiles.Rename{Who: idOf("main"), Name: profiles.Conceal("a\nb")},
		"a name that is not UTF-8":  profiles.Rename{Who: idOf("main"), Name: profiles.Conceal("\xff")},
		"a name that begins in air": profiles.Rename{Who: idOf("main"), Name: profiles.Conceal(" a")},
	} {
		if _, _, err := revise(t, start, v, at("main")); !errors.Is(err, profiles.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A mobile number is one after E.164, an e-mail address has the form of one.
func TestContacts(t *testing.T) {
	start := enrolled(t, household(t))
	start, _, _ = revise(t, start, profiles.Cancel{Who: idOf("invited")}, at("main"))
	for text, good := range map[string]bool{
		"+12025550123": true, "+1 202-555-0123": true, "+4915112345678": true, "+123456789012345": true, "+12345678": true,
		"": false, "+": false, "12025550123": false, "0012025550123": false, "+0123456789": false, "+1234567": false,
		"+1234567890123456": false, "+1202555o123": false, "+1(202)5550123": false, "++12025550123": false, "+1202555\u0661234": false,
	} {
		c := mia
		c.Mobile = profiles.Conceal(text)
		if _, _, err := revise(t, start, profiles.Invite{Contact: c}, at("main")); (err == nil) != good || err != nil && !errors.Is(err, profiles.ErrInvalid) {
			t.Errorf("mobile %q: %v, want good %v", text, err, good)
		}
	}
	for text, good := range map[string]bool{
		"mia@example.com": true, "mia.m+car@mail.example.org": true, "m@xn--bcher-kva.example": true,
		"": false, "mia": false, "@example.com": false, "mia@": false, "mia@example": false, "mia@@example.com": false, "mia@example..com": false,
		"mia@-example.com": false, "mi a@example.com": false, "mia@exa mple.com": false, "<mia@example.com>": false, "mia@example.com\n": false,
		strings.Repeat("m", 64) + "@example.com": true, strings.Repeat("m", 65) + "@example.com": false,
		"mm@" + strings.Repeat("a.", 124) + "com": true, "mmm@" + strings.Repeat("a.", 124) + "com": false, // 254 bytes, 255
	} {
		c := mia
		c.Email = profiles.Conceal(text)
		if _, _, err := revise(t, start, profiles.Invite{Contact: c}, at("main")); (err == nil) != good || err != nil && !errors.Is(err, profiles.ErrInvalid) {
			t.Errorf("email %q: %v, want good %v", text, err, good)
		}
	}
}

// A new main user, and one who lost a key, activates with the car's security code, and by
// nothing else.
func TestMainUserActivates(t *testing.T) {
	a := household(t)
	a.Users = nil
	r := enrolled(t, household(t))
	r, _, err := r.Apply(follow(a, r), profiles.Signer{Kind: profiles.BackEnd})
	if err != nil {
		t.Fatal(err)
	}
	a.Users = []profiles.User{user(t, "next", profiles.Main, profiles.AwaitingActivation, profiles.Shared)}
	if r, _, err = r.Apply(follow(a, r), profiles.Signer{Kind: profiles.BackEnd}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := revise(t, r, profiles.Activate{Who: idOf("next")}, profiles.Author{}); !errors.Is(err, profiles.ErrNotPermitted) {
		t.Errorf("without the code: %v", err)
	}
	next, _, err := revise(t, r, profiles.Activate{Who: idOf("next")}, profiles.Author{Owner: true})
	if p, _ := next.Main(); err != nil || p.State != profiles.Active {
		t.Errorf("with the code: %v, %v", p.State, err)
	}
	// A key that was lost is replaced by the back end, and counts once its owner was here.
	lost := follow(documentOf(next), next)
	lost.Users[0].Sign, lost.Users[0].State = signKey(t, "another phone"), profiles.AwaitingActivation
	if r, _, err = next.Apply(lost, profiles.Signer{Kind: profiles.BackEnd}); err != nil {
		t.Fatal(err)
	}
	if !r.MainKey().IsZero() {
		t.Error("the new key counts before")
	}
	if next, _, err = revise(t, r, profiles.Activate{Who: idOf("next")}, profiles.Author{Owner: true}); err != nil || next.MainKey() != signKey(t, "another phone") {
		t.Errorf("with the code again: %v", err)
	}
}

// The car's own document can be made again of what is kept, byte for byte, for as long as
// it is the newest; that of others cannot, and none that would name who was removed.
func TestOwnPayload(t *testing.T) {
	r := enrolled(t, household(t))
	if _, own := r.OwnPayload(); own {
		t.Error("the back end's document is the car's own")
	}
	r, revised, err := revise(t, r, profiles.SetGuestServices{}, at("main"))
	if err != nil {
		t.Fatal(err)
	}
	kept := again(t, r)
	payload, own := kept.OwnPayload()
	if !own || !bytes.Equal(payload, revised.Payload) {
		t.Errorf("made again:\n%s\nit was\n%s", payload, revised.Payload)
	}
	fresh := follow(documentOf(kept), kept)
	next, _, err := kept.Apply(fresh, profiles.Signer{Kind: profiles.BackEnd})
	if err != nil {
		t.Fatal(err)
	}
	if _, own := next.OwnPayload(); own {
		t.Error("after a document of the back end")
	}
}

// again is r written down and read again.
func again(t testing.TB, r profiles.Roster) profiles.Roster {
	t.Helper()
	open, err := r.EncodeOpen()
	if err != nil {
		t.Fatal(err)
	}
	var people []profiles.Person
	for _, p := range slices.Backward(r.People) {
		data, err := p.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if p, err = profiles.DecodePerson(data); err != nil {
			t.Fatal(err)
		}
		people = append(people, p)
	}
	kept, err := profiles.DecodeRoster(open, people, nil)
	if err != nil {
		t.Fatal(err)
	}
	return kept
}

// How who accepted comes in is the model's to say: by the main user's hand, with the
// car's security code, by the code alone, or at once.
func TestAdmission(t *testing.T) {
	code := profiles.Author{Owner: true}
	both := at("main")
	both.Owner = true
	for name, row := range map[string]struct {
		admission profiles.Admission
		opens     []profiles.Author
		atOnce    bool
		byPhone   bool
	}{
		"by hand":          {profiles.Admission{}, []profiles.Author{at("main"), both}, false, true},
		"by hand and code": {profiles.Admission{Code: true}, []profiles.Author{both}, false, false},
		"by the code":      {profiles.Admission{Alone: true, Code: true}, []profiles.Author{code, both}, false, false},
		"at once":          {profiles.Admission{Alone: true}, []profiles.Author{at("main"), both}, true, true},
	} {
		r := enrolled(t, household(t))
		r.Admission = row.admission
		for _, by := range []profiles.Author{{}, at("shared"), at("main"), code, both} {
			next, _, err := revise(t, r, profiles.Activate{Who: idOf("confirmed")}, by)
			p, _ := next.Find(idOf("confirmed"))
			if want := slices.Contains(row.opens, by); (err == nil) != want || (p.State == profiles.Active) != want {
				t.Errorf("%s, by %v: %v, want open %v", name, by, err, want)
			}
		}
		a := follow(documentOf(r), r)
		for i := range a.Users {
			if u := &a.Users[i]; u.ID == idOf("invited") {
				u.State, u.Mailbox, u.Sign, u.Verifier = profiles.Active, hex128("box"), signKey(t, "invited"), cheap(t, "480213")
			}
		}
		if _, _, err := r.Apply(a, profiles.Signer{Kind: profiles.BackEnd}); (err == nil) != row.atOnce {
			t.Errorf("%s: the back end makes who accepts active: %v", name, err)
		}
		a = follow(documentOf(r), r)
		for i := range a.Users {
			if u := &a.Users[i]; u.ID == idOf("confirmed") {
				u.State = profiles.Active
			}
		}
		if _, _, err := r.Apply(a, profiles.Signer{Kind: profiles.MainUser}); (err == nil) != row.byPhone {
			t.Errorf("%s: the main user's phone activates: %v", name, err)
		}
	}
}

// A main user who was never logged in in this car invites nobody from the phone.
func TestMainUserIsMetFirst(t *testing.T) {
	r := enrolled(t, household(t))
	r, _, _ = revise(t, r, profiles.Cancel{Who: idOf("invited")}, at("main"))
	for _, unmet := range []bool{true, false} {
		r.Unmet = unmet
		a := follow(documentOf(r), r)
		newcomer := user(t, "mia", profiles.Secondary, profiles.Invited, profiles.Shared)
		a.Users = append(a.Users, newcomer)
		if _, _, err := r.Apply(a, profiles.Signer{Kind: profiles.MainUser}); (err == nil) == unmet {
			t.Errorf("never logged in %v: %v", unmet, err)
		}
	}
}

// Who was invited by phone may have no name yet. What is decided at the wheel meanwhile
// seals none for them: a document that does is one that no car takes.
func TestReviseBesideANamelessInvitation(t *testing.T) {
	r := enrolled(t, household(t))
	for i, p := range r.People {
		if p.State == profiles.Invited {
			r.People[i].Name, r.People[i].Verifier, r.People[i].Sealed = profiles.Private{}, profiles.Verifier{}, ""
		}
	}
	_, revised, err := revise(t, r, profiles.SetGuestServices{On: !r.GuestServices}, at("main"))
	if err != nil || revised.Payload == nil {
		t.Errorf("%v", err)
	}
}
