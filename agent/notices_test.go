package agent_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"glovebox/agent"
	"glovebox/hal"
	"glovebox/profiles"
	"glovebox/telemetry"
)

// light has a warning light go on or off, and time go by.
func (b *bubble) light(on bool, d time.Duration) {
	b.observe("Vehicle.Chassis.Brake.IsBrakesWorn", hal.Bool(on))
	time.Sleep(d)
}

// Case M3: a contact that chatters is one message until it was read, or was off for ten
// minutes; the light itself follows each edge.
func TestAChatteringContactIsOneMessage(t *testing.T) {
	inChat(t, func(t *testing.T, b *bubble, _ *agent.Inbound) {
		b.login(anna)
		notices := func() int {
			if b.SessionView().Profile != anna { // who sits still for ten minutes has left
				b.login(anna)
			}
			return len(b.listed(profiles.MessageFilter{Kind: "alarm"}))
		}
		for range 20 {
			for _, on := range []bool{true, false} {
				b.light(on, 100*time.Millisecond)
				if got := b.VehicleView().Health; len(got) > 0 != on {
					t.Errorf("the light is %+v, want %t", got, on)
				}
			}
		}
		if got := notices(); got != 1 {
			t.Errorf("it chattered: %d messages", got)
		}
		time.Sleep(2 * time.Minute) // what was held back of the chatter
		b.light(true, 2*time.Minute)
		b.light(false, 9*time.Minute)
		b.light(true, 2*time.Minute)
		if got := notices(); got != 1 {
			t.Errorf("off for nine minutes: %d messages", got)
		}
		b.light(false, 10*time.Minute)
		b.light(true, time.Second)
		if got := notices(); got != 2 {
			t.Errorf("off for ten minutes: %d messages", got)
		}
		read := func() {
			all, _ := b.messages().List(profiles.MessageFilter{Unread: true})
			for _, m := range all {
				if err := b.messages().MarkRead(t.Context(), []string{m.ID}); err != nil {
					t.Error(err)
				}
			}
		}
		read()
		b.light(false, 2*time.Minute)
		b.light(true, time.Second)
		if got := notices(); got != 3 {
			t.Errorf("read, and on again: %d messages", got)
		}
		read()
		b.halt()
		b.start(fmt.Sprintf("%032x", 7), nil, telemetry.Left{})
		b.observe("Vehicle.LowVoltageSystemState", hal.Word("OFF"))
		b.login(anna)
		b.light(true, time.Second)
		if got := notices(); got != 3 {
			t.Errorf("a start is no edge: %d messages", got)
		}
		b.login(jonas)
		if got := len(b.listed(profiles.MessageFilter{Kind: "alarm"})); got != 2 { // he has not read the second
			t.Errorf("Jonas has %d messages", got)
		}
	})
}

// The main user hears of wrong PINs in plenty, and of who accepts an invitation.
func TestTheMainUserHears(t *testing.T) {
	disk := newStore()
	tally, err := json.Marshal(make(profiles.Tally, 29))
	if err != nil {
		t.Fatal(err)
	}
	disk.Facts["tally"] = tally
	w := newWorld(t, "Taycan", disk)
	w.pins = everybody
	a := w.access()
	a.Users[2].State, a.Users[2].Mailbox, a.Users[2].Sign = profiles.Invited, "", profiles.Key{}
	w.apply(1, a, profiles.BackEnd)
	w.login(anna)
	listed := func() (codes []string) {
		t.Helper()
		w.Tick()
		all, err := agent.Messages{Cabin: w.Cabin}.List(profiles.MessageFilter{})
		if err != nil {
			t.Error(err)
		}
		for _, m := range all {
			codes = append(codes, m.Code)
		}
		return codes
	}
	a = w.access()
	a.Users[2].State = profiles.Confirmed
	w.apply(2, a, profiles.MainUser)
	if got := listed(); !slices.Equal(got, []string{"invitation-accepted"}) {
		t.Errorf("somebody accepted: %q", got)
	}
	for _, pin := range []string{"000001", "000002"} { // the second is not looked at
		if _, err := w.Login(t.Context(), lea, profiles.NewPIN(pin), false); err == nil {
			t.Error("a wrong PIN is right")
		}
	}
	if got := listed(); !slices.Equal(got, []string{"invitation-accepted", "pin-tally"}) {
		t.Errorf("thirty wrong PINs: %q", got)
	}
}

// A repaired store is told at each start that repaired one.
func TestARepairIsTold(t *testing.T) {
	disk := newStore()
	enrolledOn(t, disk)
	for n := range 2 {
		w := startWorld(t, "Taycan", disk, func(_ *world, n *agent.Needs) { n.Recovered = []string{"outbox.db"} })
		w.say("Vehicle.LowVoltageSystemState", hal.Word("OFF"))
		w.login(anna)
		w.Tick()
		all, err := agent.Messages{Cabin: w.Cabin}.List(profiles.MessageFilter{Unread: true})
		if err != nil || len(all) != 1 || all[0].Code != "store-recovered" {
			t.Fatalf("start %d: %d messages, %v", n+1, len(all), err)
		}
		if err := (agent.Messages{Cabin: w.Cabin}).MarkRead(t.Context(), []string{all[0].ID}); err != nil {
			t.Fatal(err)
		}
	}
}
