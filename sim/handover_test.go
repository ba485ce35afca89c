package sim_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"glovebox/headunit"
	"glovebox/sim"
	"glovebox/sim/car"
	"glovebox/sim/cloud"
)

// Case P2: after a transfer at the wheel the car is another one. The old main user's phone
// orders nothing, by the old topics or, should it learn them, by the new: no lock, no
// question, no document, and no answer. Their PIN is wrong. Of the old car nothing is
// retained; the new main user's first lock is done.
func TestTransferMakesAnotherCar(t *testing.T) {
	t.Parallel()
	w := startWorld(t, sim.Options{Model: "Taycan", ModelYear: 2024, Vehicle: &car.Setup{}})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(w.Boot(ctx))
	before, annas := w.Cloud.Identity(), id(t, w, "anna")
	anna, err := w.Cloud.Phone("anna")
	must(err)
	_, err = anna.Ask(ctx)
	must(err)
	lock, err := anna.Draft("lock", nil)
	must(err)
	document, err := anna.GuestServices(false)
	must(err)
	must(w.Issue(ctx, document))
	r, _ := w.Cloud.Reader("anna")
	ask := `{"mailbox":"` + r.Mailbox + `","key":"` + anna.Key() + `","challenge":"` + strings.Repeat("5a", 16) + `"}`

	_, err = w.HMI.Login(ctx, annas, cloud.DefaultPIN(cloud.Main), false)
	must(err)
	_, err = w.HMI.Call(ctx, "", "Roster1.Transfer", map[string]any{"name": "mia", "email": "mia@example.com", "mobile": "+12025550177"})
	must(err)
	must(w.Cloud.Wait(ctx, func() bool { _, there := w.Cloud.Reader("mia"); return there }))
	must(w.Meet(ctx))
	after := w.Cloud.Identity()
	if after.VID == before.VID || after.Sign.Equal(before.Sign) || after.Seal.Equal(before.Seal) {
		t.Errorf("the car is %+v, and was %+v", after, before)
	}

	var mu sync.Mutex
	var heard []string
	client := mqtt.NewClient(mqtt.NewClientOptions().AddBroker(w.Broker.URL()).SetClientID("old-phone"))
	done := func(token mqtt.Token) {
		t.Helper()
		if !token.WaitTimeout(10*time.Second) || token.Error() != nil {
			t.Fatal("the broker does not answer: ", token.Error())
		}
	}
	done(client.Connect())
	defer client.Disconnect(0)
	done(client.Subscribe("gb/1/#", 1, func(_ mqtt.Client, m mqtt.Message) {
		mu.Lock()
		defer mu.Unlock()
		heard = append(heard, m.Topic())
		if m.Retained() && strings.Contains(m.Topic(), before.VID) {
			t.Errorf("retained on %s: %q", m.Topic(), m.Payload())
		}
	}))
	must(w.Cloud.Wait(ctx, func() bool { return w.Cloud.State().Online })) // the new car hears
	settled(t, w)
	refusals := refusedBy(t, w.HMI)
	for _, vid := range []string{before.VID, after.VID} {
		done(client.Publish("gb/1/"+vid+"/act", 1, false, lock.JWS))
		done(client.Publish("gb/1/"+vid+"/ask", 1, false, ask))
		done(client.Publish("gb/1/"+vid+"/policy", 1, false, document.JWS))
	}
	if _, err := w.HMI.Login(ctx, annas, cloud.DefaultPIN(cloud.Main), false); headunit.RefusedAs(err) != "WrongPIN" {
		t.Errorf("the old PIN: %v", err)
	}

	mia, err := w.Cloud.Phone("mia")
	must(err)
	must(mia.Code())
	code := ""
	for _, l := range w.Cloud.Outbox() {
		if l.To == "mia" && l.Kind == cloud.SMS {
			code = strings.Trim(strings.Fields(l.Text)[3], ".")
		}
	}
	first, err := mia.Accept(code, "246813", "")
	must(err)
	must(w.Issue(ctx, first))
	if got := answer(t, w, "mia", "lock", nil); got != "done" {
		t.Errorf("the new main user's first lock: %s", got)
	}
	if n := refusedBy(t, w.HMI) - refusals; n != 3 { // the car heard the old phone on its own topics
		t.Errorf("the car refused %d times, want 3", n)
	}
	mu.Lock()
	defer mu.Unlock()
	for _, topic := range heard {
		if strings.HasSuffix(topic, "/ack/"+r.Mailbox) || strings.Contains(topic, before.VID+"/state") {
			t.Errorf("said on %s", topic)
		}
	}
	if all := w.Cloud.Breaches(); len(all) > 0 {
		t.Errorf("breaches: %q", all)
	}
}

// refusedBy is how much the agent refused of what came in.
func refusedBy(t *testing.T, screen *headunit.Client) (n uint64) {
	t.Helper()
	counters, err := screen.Statistics(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for name, count := range counters {
		if one, is := count.(uint64); is && strings.Contains(name, ".refused.") {
			n += one
		}
	}
	return n
}
