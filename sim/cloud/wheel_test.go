package cloud_test

import (
	"context"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"glovebox/profiles"
	"glovebox/sim/cloud"
	"glovebox/telemetry/outside"
)

// wheel is a car at whose wheel the main user decides.
type wheel struct {
	*car
	back *cloud.BackEnd
	now  profiles.Roster
}

// atTheWheel is a car that has the back end's first document.
func atTheWheel(t *testing.T, users ...cloud.User) *wheel {
	back, car, first := world(t, users...)
	w := &wheel{car, back, profiles.Roster{VID: car.own.VID}}
	w.takes(first, profiles.BackEnd)
	return w
}

func accessOf(t *testing.T, own profiles.Identity, jws string) profiles.Access {
	t.Helper()
	payload, err := base64.RawURLEncoding.DecodeString(strings.Split(jws, ".")[1])
	if err != nil {
		t.Fatal(err)
	}
	a, err := profiles.DecodeAccess(payload)
	if err == nil {
		a, err = a.Open(own.Seal)
	}
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// takes has the car take a document.
func (w *wheel) takes(d cloud.Document, by profiles.SignerKind) {
	w.t.Helper()
	next, _, err := w.now.Apply(accessOf(w.t, w.own, d.JWS), profiles.Signer{Kind: by})
	if err != nil {
		w.t.Fatal(err)
	}
	w.now = next
}

// decides has the main user decide at the wheel, and tells the back end.
func (w *wheel) decides(v profiles.Revision) profiles.ID {
	w.t.Helper()
	main, _ := w.now.Main()
	revised, err := w.now.Revise(v, profiles.Author{At: main.ID}, w.own.Seal.PublicKey(), time.Now())
	if err != nil {
		w.t.Fatal(err)
	}
	inbox := w.now.Inbox
	if w.now, _, err = w.now.Apply(revised.Access, profiles.Signer{Kind: profiles.Car}); err != nil {
		w.t.Fatal(err)
	}
	jws, err := outside.Sign(w.own.Sign, "gb-policy", revised.Payload)
	if err != nil {
		w.t.Fatal(err)
	}
	w.say("ack/"+inbox, jws)
	w.say("ack/"+inbox, jws) // it may come again
	return revised.Who
}

// until waits for the back end.
func (w *wheel) until(what string, done func() bool) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), 3*time.Second)
	defer cancel()
	if err := w.back.Wait(ctx, done); err != nil {
		w.t.Fatalf("%s: %v; breaches %v", what, err, w.back.Breaches())
	}
}

func (w *wheel) id(name string) profiles.ID {
	r, _ := w.back.Reader(name)
	id, err := profiles.ParseID(r.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	return id
}

// An invitation from the wheel: the back end opens the contact, writes the mail and builds
// its next document on the car's.
func TestInvitedAtTheWheel(t *testing.T) {
	w := atTheWheel(t, cloud.User{Name: "anna", Role: cloud.Main, PIN: "none"})
	who := w.decides(profiles.Invite{Sharing: profiles.Limited, Contact: profiles.Contact{
		Name: profiles.Conceal("mia"), Email: profiles.Conceal("mia@example.org"), Mobile: profiles.Conceal("+12025550177"),
	}})
	w.until("mia is invited", func() bool { r, there := w.back.Reader("mia"); return there && r.State == "invited" })
	if mail := letter(t, w.back, "mia", cloud.Mail); mail.Address != "mia@example.org" || !strings.Contains(mail.Text, "anna invites you") {
		t.Errorf("%+v", mail)
	}
	if w.id("mia") != who {
		t.Error("she has another id")
	}
	secret := code(t, w.back, "mia")
	if sms := letter(t, w.back, "mia", cloud.SMS); sms.Address != "+12025550177" {
		t.Errorf("%+v", sms)
	}
	accepted, err := phone(t, w.back, "mia").Accept(secret, "none", "")
	if err != nil {
		t.Fatal(err)
	}
	w.takes(accepted, profiles.BackEnd)
	if p, _ := w.now.Find(who); p.State != profiles.Confirmed || p.Sharing != profiles.Limited || p.Contact != "" || p.Name.Reveal() != "mia" {
		t.Errorf("%+v", p)
	}
	if all := w.back.Breaches(); len(all) > 0 {
		t.Errorf("breaches: %v", all)
	}
	letters := len(w.back.Outbox())
	w.decides(profiles.Remove{Who: who})
	w.until("mia is gone", func() bool { r, _ := w.back.Reader("mia"); return r.Removed })
	if all := w.back.Outbox()[letters:]; len(all) != 4 { // to her and to the main user, each by mail and in the app
		t.Errorf("letters: %+v", all)
	}
}

// Versions cross: the car's own document wins, and what the back end and the main user's
// phone had issued meanwhile is issued once more behind it.
func TestCrossingVersions(t *testing.T) {
	w := atTheWheel(t, family()...)
	publish := func(d cloud.Document, err error) cloud.Document {
		t.Helper()
		if err == nil {
			err = w.back.Publish(t.Context(), d)
		}
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	heard := w.hear()
	lost := []cloud.Document{publish(w.back.Limit("lea")), publish(phone(t, w.back, "anna").Restrict("jonas", "booking"))}
	w.decides(profiles.SetGuestServices{On: false})
	own := w.now.Version
	var got []cloud.Document
	for deadline := time.After(3 * time.Second); w.now.Version < 6; {
		select {
		case m := <-heard:
			a := accessOf(t, w.own, string(m.Payload()))
			by := map[bool]profiles.SignerKind{true: profiles.MainUser, false: profiles.BackEnd}[len(got) == 1]
			if a.Previous == w.now.Hash && a.Version > own {
				d := cloud.Document{Version: a.Version, JWS: string(m.Payload())}
				w.takes(d, by)
				w.shows(w.back, true, a.Version)
				got = append(got, d)
			}
		case <-deadline:
			t.Fatalf("the car is at version %d, breaches %v", w.now.Version, w.back.Breaches())
		}
	}
	lea, _ := w.now.Find(w.id("lea"))
	jonas, _ := w.now.Find(w.id("jonas"))
	if own != 3 || w.now.GuestServices || lea.Sharing != profiles.Limited || len(jonas.Restricted) != 1 {
		t.Errorf("own version %d, then %+v", own, w.now)
	}
	for _, d := range lost {
		if err := w.back.Publish(t.Context(), d); err != nil {
			t.Error(err)
		}
	}
	select {
	case m := <-heard:
		if a := accessOf(t, w.own, string(m.Payload())); a.Version != w.now.Version {
			t.Errorf("version %d came again", a.Version)
		}
	case <-time.After(300 * time.Millisecond):
	}
}

// A transfer at the wheel empties the car, and the new main user is invited; a car that
// was added to an account has its main user by the car's security code.
func TestTransferAndAddedCar(t *testing.T) {
	w := atTheWheel(t, family()...)
	w.decides(profiles.Transfer{Contact: profiles.Contact{
		Name: profiles.Conceal("mia"), Email: profiles.Conceal("mia@example.org"), Mobile: profiles.Conceal("+12025550177"),
	}})
	w.until("mia is invited", func() bool { _, there := w.back.Reader("mia"); return there })
	if len(w.now.People) > 0 || !strings.Contains(letter(t, w.back, "mia", cloud.Mail).Text, "main user") {
		t.Errorf("%+v", w.now.People)
	}
	if !strings.Contains(letter(t, w.back, "lea", cloud.Mail).Text, "no longer") {
		t.Error("lea was not told")
	}
	mia := phone(t, w.back, "mia")
	if _, err := mia.AddCar("WRONG", "none"); err == nil {
		t.Error("a wrong code")
	}
	d, err := mia.AddCar("k7qm-2r9t", "none")
	if err != nil {
		t.Fatal(err)
	}
	w.takes(d, profiles.BackEnd)
	if main, there := w.now.Main(); !there || main.State != profiles.AwaitingActivation {
		t.Errorf("%+v", main)
	}
	if _, err := mia.AddCar(cloud.SecurityCode, "none"); err == nil {
		t.Error("added twice")
	}
}

// What is not signed by the car changes nothing and is a breach.
func TestOnlyTheCarSpeaksForTheWheel(t *testing.T) {
	w := atTheWheel(t, family()...)
	stranger, err := profiles.NewIdentity()
	if err != nil {
		t.Fatal(err)
	}
	main, _ := w.now.Main()
	revised, err := w.now.Revise(profiles.SetGuestServices{}, profiles.Author{At: main.ID}, w.own.Seal.PublicKey(), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	jws, err := outside.Sign(stranger.Sign, "gb-policy", revised.Payload)
	if err != nil {
		t.Fatal(err)
	}
	w.say("ack/"+w.now.Inbox, jws)
	w.until("a breach", func() bool { return len(w.back.Breaches()) > 0 })
	d, err := w.back.Freshen()
	if err != nil {
		t.Fatal(err)
	}
	if a := accessOf(t, w.own, d.JWS); a.Version != 3 || !a.GuestServices {
		t.Errorf("%+v", a)
	}
}
