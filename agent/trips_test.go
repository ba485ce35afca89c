package agent_test

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"glovebox/agent"
	"glovebox/hal"
	"glovebox/profiles"
	"glovebox/telemetry"
	"glovebox/telemetry/outside"
)

// travel has the car drive north: a fix a second, none where receiver is false.
func (b *bubble) travel(d time.Duration, receiver bool) {
	for range int(d / time.Second) {
		b.observe("Vehicle.LowVoltageSystemState", hal.Word("ON"))
		b.observe("Vehicle.Speed", hal.Number(50))
		time.Sleep(time.Second)
		fix := &hal.Position{Latitude: 54.19 + b.at().Seconds()*1.25e-4, Longitude: 6.62, Speed: hal.KilometresPerHour(50)}
		if !receiver {
			fix = nil
		}
		b.Fix(fix)
	}
}

// halts stops the car, its engine too.
func (b *bubble) halts() {
	b.observe("Vehicle.Speed", hal.Number(0))
	b.observe("Vehicle.LowVoltageSystemState", hal.Word("OFF"))
}

// trips is what a mailbox was sent of trips, without the ids, which are random, and the
// numbers of the messages.
func (b *bubble) trips(mailbox string) (all []string) {
	b.t.Helper()
	for _, w := range b.broker.to(mailbox, outside.KindTrips) {
		var got map[string]any
		if err := json.Unmarshal(w.Payload, &got); err != nil {
			b.t.Fatal(err)
		}
		for _, member := range []string{"trip", "epoch", "seq"} {
			delete(got, member)
		}
		text, _ := json.Marshal(got)
		all = append(all, string(text))
	}
	return all
}

// ends ends the session and lets what follows happen.
func (b *bubble) ends() {
	b.t.Helper()
	if err := b.Logout(b.t.Context()); err != nil {
		b.t.Fatal(err)
	}
	time.Sleep(time.Minute)
	synctest.Wait()
}

// A drive hidden for a while, by level, by being offline or by the sky, is one trip where
// no gap between two fixes is longer than two minutes, and else two, the same for all three.
// Case T9.
func TestLevelSplitsATripAsTheSkyDoes(t *testing.T) {
	for _, test := range []struct {
		gap   time.Duration // between the two fixes
		trips int
	}{{119 * time.Second, 1}, {120 * time.Second, 1}, {121 * time.Second, 2}} {
		seen := map[string][]string{}
		for _, cause := range []string{"level", "sky", "offline"} {
			inBubble(t, func(t *testing.T, b *bubble) {
				b.login(anna)
				b.travel(2*time.Minute, true)
				level := map[string]telemetry.Level{"level": telemetry.LevelNoPosition, "offline": telemetry.LevelOffline}[cause]
				if cause != "sky" {
					b.level(level)
				}
				b.travel(test.gap-time.Second, cause != "sky")
				if cause != "sky" {
					b.level(telemetry.LevelShare)
				}
				b.travel(2*time.Minute, true)
				b.halts()
				b.ends()
				seen[cause] = b.trips(leaBox)
				if len(seen[cause]) != test.trips {
					t.Errorf("%s for %s: %d trips, want %d: %v", cause, test.gap, len(seen[cause]), test.trips, seen[cause])
				}
			})
		}
		for _, cause := range []string{"level", "offline"} {
			if strings.Join(seen[cause], "\n") != strings.Join(seen["sky"], "\n") {
				t.Errorf("%s for %s:\n%v\nand by the sky\n%v", cause, test.gap, seen[cause], seen["sky"])
			}
		}
	}
}

// level is what the driver chooses.
func (b *bubble) level(l telemetry.Level) {
	b.t.Helper()
	if err := b.SetLevel(b.t.Context(), l.String()); err != nil {
		b.t.Fatal(err)
	}
}

// A trip was handed over and the line ended before it was acknowledged; the agent starts
// anew. It is sent again under the same numbers, as sent before, and is the same. Case T18.
func TestTripIsSentAgain(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.broker.mu.Lock()
		b.broker.breaks = func(m telemetry.Message) (unacknowledged, ends bool) {
			lost := strings.Contains(m.Topic, leaBox+"/trips")
			return lost, lost
		}
		b.broker.mu.Unlock()
		b.login(anna)
		b.travel(5*time.Minute, true)
		b.halts()
		b.ends()
		before := b.broker.to(leaBox, outside.KindTrips)
		if len(before) == 0 {
			t.Fatal("no trip was handed over")
		}
		b.halt()
		b.broker.mu.Lock()
		b.broker.breaks = nil
		b.broker.mu.Unlock()
		b.start("ffffffffffffffffffffffffffffffff", nil, telemetry.Left{})
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		all := b.broker.to(leaBox, outside.KindTrips)
		if len(all) != len(before)+1 {
			t.Fatalf("handed over %d times, then %d", len(before), len(all)-len(before))
		}
		first, last := string(all[0].Payload), string(all[len(all)-1].Payload)
		if !strings.Contains(first, `"resend":false`) || last != strings.Replace(first, `"resend":false`, `"resend":true`, 1) {
			t.Errorf("first %s\nlast %s", first, last)
		}
		if got := len(b.broker.to(annaBox, outside.KindTrips)); got != 1 {
			t.Errorf("Anna has %d", got)
		}
	})
}

// A guest has no trip, and nobody has one; the next person's is whole.
func TestNoTripOfAGuest(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		if _, err := b.StartGuest(t.Context(), false); err != nil {
			t.Fatal(err)
		}
		b.travel(5*time.Minute, true)
		b.halts()
		b.ends()
		b.travel(5*time.Minute, true) // nobody is at the wheel
		b.halts()
		time.Sleep(10 * time.Minute)
		if got := b.trips(leaBox); len(got) != 0 {
			t.Fatalf("Lea has %v", got)
		}
		b.login(anna)
		b.travel(5*time.Minute, true)
		b.halts()
		b.ends()
		time.Sleep(5 * time.Minute)
		if got := b.trips(leaBox); len(got) != 1 || !strings.Contains(got[0], `"duration_s":299`) && !strings.Contains(got[0], `"duration_s":300`) {
			t.Errorf("Lea has %v", got)
		}
		if got := b.trips(jonasBox); len(got) != 1 || strings.Contains(got[0], "duration") || !strings.Contains(got[0], `"distance_km":"0-10"`) {
			t.Errorf("Jonas has %v", got)
		}
	})
}

// A person who is removed on the move leaves their trip to those who may have it, though a
// fresh process takes over: it is in the queue before, and what waits for a slot goes along.
func TestTripBeforeAFreshProcess(t *testing.T) {
	told := make(chan agent.Carried, 1)
	var stop func()
	inFreshBubble(t, func(carry func() agent.Carried) { told <- carry(); stop() }, func(t *testing.T, b *bubble) {
		stop = func() {}
		b.login(lea)
		b.travel(5*time.Minute, true)
		a := b.access()
		a.Version, a.Previous, a.Hash, a.Users = 2, b.Roster().Hash, profiles.Hash{2}, append(a.Users[:1:1], a.Users[2])
		if err := b.Apply(t.Context(), a, profiles.Signer{Kind: profiles.BackEnd}); err != nil {
			t.Fatal(err)
		}
		b.travel(time.Minute, true)
		b.halts()
		time.Sleep(time.Second)
		synctest.Wait()
		carried := <-told
		b.halt()
		b.start("ffffffffffffffffffffffffffffffff", &carried, telemetry.Left{})
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		if got := b.trips(annaBox); len(got) != 1 {
			t.Errorf("Anna has %v", got)
		}
		if got := b.trips(jonasBox); len(got) != 1 {
			t.Errorf("Jonas has %v", got)
		}
		if got := b.trips(leaBox); len(got) != 0 {
			t.Errorf("Lea, who is gone, has %v", got)
		}
		if waits, err := b.queue.Next(0, 100); err != nil || len(waits) != 0 {
			t.Errorf("%d messages wait, %v", len(waits), err)
		}
		for _, w := range b.broker.wire {
			if filepath.Base(w.Topic) == "trips" && strings.Contains(string(w.Payload), lea.String()) {
				t.Errorf("a message says who drove: %s", w.Payload)
			}
		}
	})
}

// What a session's end releases is in the queue before a fresh process takes over, also
// where nothing lets time act in between.
func TestTripIsQueuedBeforeAFreshProcess(t *testing.T) {
	w, h := replaced(t)
	w.login(lea)
	w.pass(70*time.Second, 50)
	a := w.access()
	a.Users = append(a.Users[:1:1], a.Users[2])
	w.apply(2, a, profiles.BackEnd)
	w.say("Vehicle.Speed", hal.Number(0))
	w.say(ignition, hal.Word("OFF"))
	w.CarryOut()
	if !h.wanted() {
		t.Fatal("no fresh process takes over")
	}
	if got := w.courier.of(t, annaBox, outside.KindTrips); len(got) != 1 {
		t.Errorf("Anna has %v", got)
	}
}
