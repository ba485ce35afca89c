package cloud_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"glovebox/profiles"
	"glovebox/sim/cloud"
)

// A secondary user comes in by the main user's invitation and no other way: each
// step is signed by who may take it, and the car takes each.
func TestInvitation(t *testing.T) {
	back, car := fleet(t, cloud.User{Name: "anna", Role: cloud.Main})
	anna := phone(t, back, "anna")
	is := func(d cloud.Document, err error) profiles.ChangeKind {
		t.Helper()
		if kinds := car.accept(d, err); len(kinds) == 1 {
			return kinds[0]
		}
		return ""
	}
	if kind := is(anna.Invite(cloud.Contact{Name: "lea", Mail: "lea@example.org", Mobile: "+1 202 555 0177"}, cloud.Limited)); kind != profiles.Added {
		t.Errorf("invite: %q", kind)
	}
	mail := letter(t, back, "lea", cloud.Mail)
	if mail.Address != "lea@example.org" || !strings.Contains(mail.Text, "https://glovebox.example/i/") {
		t.Errorf("mail: %+v", mail)
	}
	if _, err := anna.Activate("lea"); err == nil {
		t.Error("activated before she accepted")
	}
	secret := code(t, back, "lea")
	if sms := letter(t, back, "lea", cloud.SMS); sms.Address != "+1 202 555 0177" || strings.Contains(sms.Text, "://") || strings.Contains(mail.Text, secret) {
		t.Errorf("link and code go by one way: %+v, %+v", mail, sms)
	}
	if _, err := phone(t, back, "lea").Accept(secret, "123456", ""); err == nil {
		t.Error("a PIN that anybody would guess")
	}
	if kind := is(phone(t, back, "lea").Accept(secret, "", "")); kind != profiles.Accepted {
		t.Errorf("accept: %q", kind)
	}
	lea, _ := back.Reader("lea")
	if p := car.now.People[1]; p.State != profiles.Confirmed || p.Mailbox != lea.Mailbox || p.Sign.Thumbprint() != phone(t, back, "lea").Key() ||
		p.Name.Reveal() != "lea" || !p.Verifier.Check(profiles.NewPIN("601435"), 0) {
		t.Errorf("confirmed: %+v", p)
	}
	if kind := is(anna.Activate("lea")); kind != profiles.Activated {
		t.Errorf("activate: %q", kind)
	}
	if !strings.Contains(letter(t, back, "anna", cloud.Mail).Text, "lea") || !strings.Contains(letter(t, back, "anna", cloud.App).Text, "lea") {
		t.Error("anna was not told")
	}
	for step, want := range map[profiles.ChangeKind]func() (cloud.Document, error){
		profiles.Widened:    func() (cloud.Document, error) { return anna.Share("lea", cloud.Shared) },
		profiles.Restricted: func() (cloud.Document, error) { return anna.Restrict("lea", "position") },
		profiles.RemoteOff:  func() (cloud.Document, error) { return anna.RemoteServices(false) },
		profiles.GuestOff:   func() (cloud.Document, error) { return anna.GuestServices(false) },
	} {
		if kind := is(want()); kind != step {
			t.Errorf("%s: %q", step, kind)
		}
	}
	if r, _ := back.Reader("lea"); r.Role != cloud.Shared || r.Mailbox == lea.Mailbox {
		t.Errorf("lea is %s, the same mailbox %t", r.Role, r.Mailbox == lea.Mailbox)
	}
	if kind := is(anna.Remove("lea")); kind != profiles.Removed {
		t.Errorf("remove: %q", kind)
	}
	if !strings.Contains(letter(t, back, "lea", cloud.Mail).Text, "no longer") {
		t.Error("lea was not told")
	}
	if kind := is(anna.Invite(cloud.Contact{Name: "lea"}, cloud.Shared)); kind != profiles.Added {
		t.Errorf("invite again: %q", kind)
	}
	if kind := is(anna.Cancel("lea")); kind != profiles.Removed {
		t.Errorf("cancel: %q", kind)
	}
	if err := phone(t, back, "lea").Code(); err == nil {
		t.Error("a code for a cancelled invitation")
	}
}

// Nobody but the main user's phone widens: the car refuses it from any other, and
// what the back end holds for current stays what it was.
func TestOtherPhonesDoNotWiden(t *testing.T) {
	back, car := fleet(t, family()...)
	lea := phone(t, back, "lea")
	for name, order := range map[string]func() (cloud.Document, error){
		"share":           func() (cloud.Document, error) { return lea.Share("jonas", cloud.Shared) },
		"invite":          func() (cloud.Document, error) { return lea.Invite(cloud.Contact{Name: "mia"}, cloud.Shared) },
		"remove":          func() (cloud.Document, error) { return lea.Remove("anna") },
		"remote services": func() (cloud.Document, error) { return lea.RemoteServices(false) },
	} {
		d, err := order()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := car.apply(d); !errors.Is(err, profiles.ErrForbidden) {
			t.Errorf("%s by lea's phone: %v", name, err)
		}
	}
	if n := len(back.Outbox()); n != 0 {
		t.Errorf("%d letters about nothing", n)
	}
	if kinds := car.accept(phone(t, back, "anna").Share("jonas", cloud.Shared)); len(kinds) != 1 || kinds[0] != profiles.Widened {
		t.Errorf("anna's phone: %v", kinds)
	}
	if widened, err := back.Variant("widened"); err != nil {
		t.Error(err)
	} else if _, err := car.apply(widened); !errors.Is(err, profiles.ErrForbidden) {
		t.Errorf("widened by the back end: %v", err)
	}
}

// Only the newest code counts, once, for 12 hours, and five wrong ones void it.
func TestCodes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		back, _ := fleet(t, cloud.User{Name: "anna", Role: cloud.Main, PIN: "none"})
		anna := phone(t, back, "anna")
		try := func(name, code string, want error) {
			t.Helper()
			if _, err := phone(t, back, name).Accept(code, "none", ""); !errors.Is(err, want) {
				t.Errorf("%s with %q: %v, want %v", name, code, err, want)
			}
		}
		for _, name := range []string{"lea", "jonas", "mia"} {
			if _, err := anna.Invite(cloud.Contact{Name: name}, cloud.Limited); err != nil {
				t.Fatal(err)
			}
		}
		try("lea", "", profiles.ErrInvitationVoid) // none was asked for
		old := code(t, back, "lea")
		newest := code(t, back, "lea")
		try("lea", old, profiles.ErrInvitationWrong)
		try("lea", strings.ToLower(newest[:4]+" - "+newest[4:]), nil)
		if _, err := phone(t, back, "lea").Accept(newest, "none", ""); err == nil {
			t.Error("a code counted twice")
		}
		late := code(t, back, "jonas")
		time.Sleep(12*time.Hour + time.Second)
		try("jonas", late, profiles.ErrInvitationExpired)
		fresh := code(t, back, "jonas")
		time.Sleep(12*time.Hour - time.Second)
		try("jonas", fresh, nil)
		secret := code(t, back, "mia")
		for range 4 {
			try("mia", "00000000", profiles.ErrInvitationWrong)
		}
		try("mia", "00000000", profiles.ErrInvitationVoid)
		try("mia", secret, profiles.ErrInvitationVoid)
		try("mia", code(t, back, "mia"), nil)
	})
}

// However many redeem one code at once, one of them succeeds.
func TestOneRedeems(t *testing.T) {
	back, car := fleet(t, cloud.User{Name: "anna", Role: cloud.Main, PIN: "none"})
	car.accept(phone(t, back, "anna").Invite(cloud.Contact{Name: "lea"}, cloud.Shared))
	lea, secret := phone(t, back, "lea"), code(t, back, "lea")
	results := make(chan error)
	for range 64 {
		go func() {
			_, err := lea.Accept(secret, "none", "")
			results <- err
		}()
	}
	won := 0
	for range 64 {
		if <-results == nil {
			won++
		}
	}
	if won != 1 {
		t.Errorf("%d redeemed the code", won)
	}
}
