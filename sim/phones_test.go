package sim_test

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"time"

	"glovebox/sim"
	"glovebox/sim/cloud"
)

// ordered publishes what a phone ordered and waits until it is in force.
func ordered(t *testing.T, w *sim.World, d cloud.Document, err error) {
	t.Helper()
	if err == nil {
		err = w.Issue(t.Context(), d)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// property is one of a person's on the picker.
func property(t *testing.T, w *sim.World, name, key string) any {
	t.Helper()
	all, err := w.HMI.Profile(t.Context(), id(t, w, name))
	if err != nil {
		t.Fatal(err)
	}
	return all[key]
}

// refused waits until the agent's log has n refusals of documents.
func refused(t *testing.T, w *sim.World, n int) {
	t.Helper()
	for end := time.Now().Add(5 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		log, err := os.ReadFile(w.LogFile())
		if got := bytes.Count(log, []byte("msg=refused kind=documents")); err == nil && got == n {
			return
		} else if err != nil || got > n || time.Now().After(end) {
			t.Fatalf("%d documents were refused, want %d: %v\n%s", got, n, err, log)
		}
	}
}

// settled waits until the agent's line has stood for a while: behind a document it opens anew
// once, with a will that names it, and what comes just then comes twice or, not retained, never.
func settled(t *testing.T, w *sim.World) {
	t.Helper()
	const stands = 1500 * time.Millisecond // twice as long as the agent waits for a further document
	opened, since := -1, time.Now()
	for end := time.Now().Add(20 * time.Second); time.Since(since) < stands; time.Sleep(20 * time.Millisecond) {
		log, err := os.ReadFile(w.LogFile())
		if err != nil || time.Now().After(end) {
			t.Fatalf("the line does not stand: %v\n%s", err, log)
		}
		if n := bytes.Count(log, []byte(`msg="line open"`)); n != opened {
			opened, since = n, time.Now()
		}
	}
}

// A phone without the main user's key orders nothing: the agent refuses each, and
// takes the same order from the main user's phone.
func TestOnlyTheMainUsersPhoneWidens(t *testing.T) {
	t.Parallel()
	w := startWorld(t, sim.Options{Model: "Macan Electric", ModelYear: 2024})
	if err := w.Boot(t.Context()); err != nil {
		t.Fatal(err)
	}
	phone := func(name string) *cloud.Phone {
		p, err := w.Cloud.Phone(name)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	settled(t, w)
	mia := cloud.Contact{Name: "mia"}
	before := w.Cloud.State().Policy
	for i, name := range []string{"lea", "jonas"} {
		for j, order := range []func() (cloud.Document, error){
			func() (cloud.Document, error) { return phone(name).Share("jonas", cloud.Shared) },
			func() (cloud.Document, error) { return phone(name).Invite(mia, cloud.Shared) },
		} {
			d, err := order()
			if err != nil {
				t.Fatal(err)
			}
			if err := w.Cloud.Publish(t.Context(), d); err != nil {
				t.Fatal(err)
			}
			refused(t, w, 2*i+j+1)
		}
	}
	if s := w.Cloud.State(); s.Policy != before || property(t, w, "jonas", "Sharing") != "limited" {
		t.Errorf("document %d is in force after %d, jonas is %v", s.Policy, before, property(t, w, "jonas", "Sharing"))
	}
	d, err := phone("anna").Share("jonas", cloud.Shared)
	ordered(t, w, d, err)
	if s := property(t, w, "jonas", "Sharing"); s != "shared" {
		t.Errorf("jonas is %v", s)
	}
	refused(t, w, 4)
	if _, err := w.HMI.Login(t.Context(), id(t, w, "anna"), cloud.DefaultPIN(cloud.Main), false); err != nil { // before it her phone invites nobody
		t.Fatal(err)
	}
	joins(t, w, phone("anna"), mia)
	if breaches := w.Cloud.Breaches(); len(breaches) > 0 {
		t.Errorf("breaches: %v", breaches)
	}
}

// joins brings a person in, from the invitation to the first login.
func joins(t *testing.T, w *sim.World, by *cloud.Phone, who cloud.Contact) {
	t.Helper()
	d, err := by.Invite(who, cloud.Limited)
	ordered(t, w, d, err)
	if s := property(t, w, who.Name, "State"); s != "invited" {
		t.Errorf("%s is %v after the invitation", who.Name, s)
	}
	p, err := w.Cloud.Phone(who.Name)
	if err == nil {
		err = p.Code()
	}
	if err != nil {
		t.Fatal(err)
	}
	letters := w.Cloud.Outbox()
	_, code, _ := strings.Cut(letters[len(letters)-1].Text, "code is ")
	d, err = p.Accept(code[:8], "751904", "")
	ordered(t, w, d, err)
	if _, err := w.HMI.Login(t.Context(), id(t, w, who.Name), "751904", false); err == nil {
		t.Errorf("%s is in before being activated", who.Name)
	}
	d, err = by.Activate(who.Name)
	ordered(t, w, d, err)
	if _, err := w.HMI.Login(t.Context(), id(t, w, who.Name), "751904", false); err != nil {
		t.Errorf("%s is active: %v", who.Name, err)
	}
}

// A removal by the workshop is the end of everybody, and needs a second word.
func TestWorkshopRemovesEverybody(t *testing.T) {
	t.Parallel()
	w := startWorld(t, sim.Options{})
	if err := w.Boot(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Cloud.RemoveMain(false); err == nil {
		t.Error("no warning")
	}
	d, err := w.Cloud.RemoveMain(true)
	ordered(t, w, d, err)
	for _, name := range []string{"anna", "lea", "jonas"} {
		if _, err := w.HMI.Profile(t.Context(), id(t, w, name)); err == nil {
			t.Errorf("%s is still on the picker", name)
		}
	}
}
