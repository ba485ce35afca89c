package cloud_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"glovebox/sim/cloud"
)

// hear returns what arrives on policy from now on.
func (c *car) hear() <-chan mqtt.Message {
	c.t.Helper()
	heard := make(chan mqtt.Message, 16)
	token := c.connection.Subscribe("gb/1/"+c.own.VID+"/policy", 1, func(_ mqtt.Client, m mqtt.Message) { heard <- m })
	if !token.WaitTimeout(2*time.Second) || token.Error() != nil {
		c.t.Fatalf("subscribe: %v", token.Error())
	}
	return heard
}

// shows says in state that the car is at a version, and returns when the back end knows.
func (c *car) shows(back *cloud.BackEnd, online bool, version uint64) {
	c.t.Helper()
	c.say("state", fmt.Appendf(nil, `{"online":%t,"epoch":"e","policy":%d,"agent":"1"}`, online, version))
	ctx, cancel := context.WithTimeout(c.t.Context(), 2*time.Second)
	defer cancel()
	if err := back.Wait(ctx, func() bool { s := back.State(); return s.Online == online && s.Policy == version }); err != nil {
		c.t.Fatalf("the state is %+v: %v", back.State(), err)
	}
}

// A car that was away sees the newest document, and then those that it missed, each when
// it shows the one before.
func TestMissedDocumentsComeInOrder(t *testing.T) {
	back, car, first := world(t, family()...)
	publish := func(d cloud.Document, err error) cloud.Document {
		t.Helper()
		if err == nil {
			err = back.Publish(t.Context(), d)
		}
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	heard := car.hear()
	publish(first, nil)
	car.shows(back, false, first.Version)
	limited := publish(back.Limit("lea"))
	fresh := publish(back.Freshen())
	removed := publish(back.Remove("lea"))

	var expect func(want cloud.Document, retained bool)
	expect = func(want cloud.Document, retained bool) {
		t.Helper()
		select {
		case m := <-heard:
			i := slices.IndexFunc([]cloud.Document{first, limited, fresh, removed}, func(d cloud.Document) bool { return d.JWS == string(m.Payload()) })
			switch {
			case m.Retained() && !retained && i == 0:
				expect(want, retained) // it came while the subscription began, and once more
			case string(m.Payload()) != want.JWS || m.Retained() != retained:
				t.Fatalf("heard document %d, retained %t, want version %d", i, m.Retained(), want.Version)
			}
		case <-time.After(2 * time.Second):
			t.Fatalf("version %d did not come", want.Version)
		}
	}
	for _, d := range []cloud.Document{first, limited, fresh, removed} {
		expect(d, false) // to whoever was there
	}
	heard = car.hear()
	expect(removed, true)
	car.shows(back, true, first.Version)
	expect(limited, false)
	heard = car.hear()
	expect(removed, true)                 // the newest stays on the topic
	car.shows(back, false, first.Version) // the connection broke
	car.shows(back, true, first.Version)
	expect(limited, false)
	car.shows(back, true, limited.Version)
	expect(fresh, false)
	car.shows(back, true, fresh.Version)
	expect(removed, false) // once more: only now it follows
	car.shows(back, true, removed.Version)

	// Who is not behind is told nothing again, and nobody what was never published.
	again := publish(back.Freshen())
	expect(again, false)
	car.shows(back, true, removed.Version)
	car.shows(back, true, again.Version)
	if _, err := back.Freshen(); err != nil {
		t.Fatal(err)
	}
	car.shows(back, true, again.Version)
	select {
	case m := <-heard:
		t.Errorf("heard %s", m.Payload())
	case <-time.After(300 * time.Millisecond):
	}
}
