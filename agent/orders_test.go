package agent_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"glovebox/agent"
	"glovebox/hal"
	"glovebox/profiles"
	"glovebox/telemetry/outside"
)

const (
	firstEpoch = "e0000000000000000000000000000001"
	lockLeft   = "Vehicle.Cabin.Door.Row1.DriverSide.IsLocked"
	lockRight  = "Vehicle.Cabin.Door.Row1.PassengerSide.IsLocked"
	air        = "Vehicle.Cabin.HVAC.IsAirConditioningActive"
	warmth     = "Vehicle.Cabin.HVAC.Station.Row1.Driver.Temperature"
	hazard     = "Vehicle.Body.Lights.Hazard.IsSignaling"
	charge     = "Vehicle.Powertrain.TractionBattery.StateOfCharge.Displayed"
)

var actuated = []string{lockLeft, lockRight, air, warmth, hazard}

// phoneKey is the key of a person's phone.
func phoneKey(who profiles.ID) profiles.Key {
	key, err := profiles.KeyOf(ed25519.NewKeyFromSeed(bytes.Repeat(who[:1], 32)).Public())
	if err != nil {
		panic(err)
	}
	return key
}

// actuator is a car that does at once what it is told, and says so.
type actuator struct {
	world *world

	mu    sync.Mutex
	obeys bool
	fails error  // what Actuate answers
	only  string // of this path, if it is set
	once  bool
	sent  []string
}

func (a *actuator) Actuate(_ context.Context, path string, v hal.Value) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.fails != nil && (a.only == "" || a.only == path) {
		err := a.fails
		if a.once {
			a.fails = nil
		}
		return err
	}
	a.sent = append(a.sent, path+"="+v.String())
	if a.obeys {
		a.world.say(path, v)
	}
	return nil
}

// disobey has the car take commands and do nothing of them.
func (a *actuator) disobey() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.obeys = false
}

// fail has commands to a path fail from now on.
func (a *actuator) fail(path string, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.only, a.fails = path, err
}

// take returns what was sent since the last call.
func (a *actuator) take() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	sent := a.sent
	a.sent = nil
	return sent
}

// ordered is an action as a phone would sign it.
type ordered struct {
	who   profiles.ID
	epoch string
	ctr   uint64
	exp   int64
	act   profiles.Verb
	args  string
}

func (w *world) action(o ordered) profiles.Action {
	w.t.Helper()
	a, err := profiles.DecodeAction(fmt.Appendf(nil, `{"vid":%q,"key":%q,"epoch":%q,"ctr":%d,"exp":%d,"act":%q,"args":%s}`,
		w.identity.VID, phoneKey(o.who).Thumbprint(), o.epoch, o.ctr, o.exp, o.act, o.args))
	if err != nil {
		w.t.Fatal(err)
	}
	return a
}

// order has an action considered and, if it is accepted, carried out.
func (w *world) order(o ordered) agent.Outcome {
	w.t.Helper()
	outcome := w.Act(w.action(o), false)
	if outcome.Accepted() {
		outcome, _, _ = w.Execute(w.t.Context())
	}
	w.CarryOut()
	return outcome
}

// fresh is an order of the first epoch that is in time.
func fresh(who profiles.ID, ctr uint64, act profiles.Verb) ordered {
	args := map[profiles.Verb]string{
		profiles.ClimateStart: `{"celsius":21.5,"minutes":10}`, profiles.SendMessage: `{"text":"hello"}`,
		profiles.Book:   `{"text":"tyres"}`,
		profiles.Assign: `{"trip":"t","users":["` + anna.String() + `"]}`,
	}[act]
	if args == "" {
		args = "{}"
	}
	return ordered{who, firstEpoch, ctr, 60, act, args}
}

// epoch is the one that the car shows.
func (w *world) epoch() string {
	if n := len(w.courier.epochs); n > 0 {
		return w.courier.epochs[n-1]
	}
	return firstEpoch
}

// facts asks for them, as a phone does that believes the broker.
func (w *world) facts(who profiles.ID, box string) (f struct {
	Epoch, Challenge string
	Now, Ctr         uint64
}) {
	w.t.Helper()
	w.Ask(profiles.Ask{Mailbox: box, Key: phoneKey(who).Thumbprint(), Challenge: strings.Repeat("ab", 16)})
	w.CarryOut()
	last := w.courier.sent[len(w.courier.sent)-1]
	_, jws, err := last.Encode(outside.Seq{})
	if err != nil || last.Mailbox() != box {
		w.t.Fatalf("answer to %s: %v", last.Mailbox(), err)
	}
	payload, err := base64.RawURLEncoding.DecodeString(strings.Split(string(jws), ".")[1])
	if err == nil {
		err = json.Unmarshal(payload, &f)
	}
	if err != nil {
		w.t.Fatal(err)
	}
	return f
}

// turn turns the clock; nothing else happens.
func (w *world) turn(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now.UTC, w.now.Boot = w.now.UTC.Add(d), w.now.Boot+d
}

// told is the results that a mailbox was told, as "result reason ctr".
func (w *world) told(mailbox string) (all []string) {
	for _, payload := range w.courier.of(w.t, mailbox, outside.KindAck) {
		if !strings.HasPrefix(payload, "{") {
			continue // facts
		}
		var r struct {
			Key, Result, Reason string
			Ctr                 uint64
		}
		if err := json.Unmarshal([]byte(payload), &r); err != nil {
			w.t.Fatalf("%q: %v", payload, err)
		}
		all = append(all, strings.TrimSpace(fmt.Sprintf("%d %s %s", r.Ctr, r.Result, r.Reason)))
	}
	return all
}

func equal(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("%s: %q, want %q", what, got, want)
	}
}
