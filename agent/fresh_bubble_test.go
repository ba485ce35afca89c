package agent_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"glovebox/agent"
	"glovebox/hal"
	"glovebox/profiles"
)

var anyEpoch = regexp.MustCompile(`"epoch":"[0-9a-f]{32}"`)

// beforeAndAfter runs f in a bubble in which exchange has another process take over, if
// another is set, and returns what that was told.
func beforeAndAfter(t *testing.T, another bool, f func(t *testing.T, b *bubble, exchange func() string)) {
	t.Helper()
	var replace func(func() agent.Carried)
	called := make(chan func() agent.Carried, 1)
	if another {
		replace = func(told func() agent.Carried) { called <- told }
	}
	inFreshBubble(t, replace, func(t *testing.T, b *bubble) {
		f(t, b, func() string {
			if !another {
				return ""
			}
			var told func() agent.Carried
			select {
			case told = <-called:
			case <-time.After(time.Minute):
				t.Fatal("no fresh process is called for")
			}
			b.line.HandOver()
			time.Sleep(60 * time.Millisecond) // calls are answered
			b.halt()
			if err := b.Stop(agent.Restart); err != nil {
				t.Fatal(err)
			}
			text, err := json.Marshal(told())
			if err != nil {
				t.Fatal(err)
			}
			var carried agent.Carried
			if err := json.Unmarshal(text, &carried); err != nil {
				t.Fatal(err)
			}
			time.Sleep(50 * time.Millisecond)
			b.start(fmt.Sprintf("%032x", 99), &carried, b.line.Left())
			return string(text)
		})
	})
}

// outcome is all that the broker sees of an end and of what follows, but for what the
// epoch is; where asleep the buses say nothing more, else they go on. Another process
// takes over if another is set.
func outcome(t *testing.T, asleep, another bool) (all []string) {
	t.Helper()
	beforeAndAfter(t, another, func(t *testing.T, b *bubble, exchange func() string) {
		if _, err := b.StartGuest(t.Context(), false); err != nil {
			t.Fatal(err)
		}
		say := func(n float64) {
			b.observe("Vehicle.TraveledDistance", hal.Number(1e6+n))
			b.observe("Vehicle.Powertrain.TractionBattery.StateOfCharge.Displayed", hal.Number(80-n/100))
			b.observe("Vehicle.Cabin.Door.Row1.DriverSide.IsOpen", hal.Bool(false))
			b.observe("Vehicle.CurrentLocation.Latitude", hal.Number(54.19))
		}
		say(0)
		b.drive(7 * time.Minute)
		say(7)
		for i := range 3 { // a contact that chatters: of the last edge readers are told later
			b.observe("Vehicle.Chassis.Brake.IsBrakesWorn", hal.Bool(i%2 == 0))
			time.Sleep(100 * time.Millisecond)
		}
		b.skew.Store(int64(17 * time.Second)) // satellites are there
		b.observe("Vehicle.Speed", hal.Number(0))
		b.observe("Vehicle.LowVoltageSystemState", hal.Word("OFF"))
		time.Sleep(3 * time.Second)
		synctest.Wait()
		before := len(b.broker.wire)
		if err := b.Logout(t.Context()); err != nil {
			t.Fatal(err)
		}
		if text := exchange(); strings.Contains(text, "54.19") {
			t.Errorf("a place is carried over: %s", text)
		}
		for at := b.at().Truncate(time.Minute); at < 25*time.Minute; at += 10 * time.Second {
			time.Sleep(at + 9*time.Second - b.at())
			if !asleep {
				b.observe("Vehicle.LowVoltageSystemState", hal.Word("OFF"))
			}
		}
		synctest.Wait()
		for _, w := range b.broker.wire[before:] {
			line := fmt.Sprintf("%v %s %s %s", w.at, w.event, w.Topic, w.Payload)
			all = append(all, anyEpoch.ReplaceAllString(strings.ReplaceAll(line, b.identity.VID, "VID"), "EPOCH"))
		}
	})
	return all
}

// Of a guest's end and of a quarter of an hour after it the broker and every reader see
// the same, to the byte and to the instant, whether this process goes on or a fresh one
// took over: slots and latches lie where they lay, values are what they were.
func TestAFreshProcessIsNotSeen(t *testing.T) {
	for _, asleep := range []bool{true, false} {
		here, fresh := outcome(t, asleep, false), outcome(t, asleep, true)
		if len(here) < 10 {
			t.Errorf("only %d lines: %s", len(here), here)
		}
		for i := range max(len(here), len(fresh)) {
			if i >= len(here) || i >= len(fresh) || here[i] != fresh[i] {
				t.Errorf("asleep %v, line %d of %d\n this process: %s\nfresh process: %s", asleep, i, len(here), rest(here, i), rest(fresh, i))
				break
			}
		}
	}
}

func rest(all []string, from int) string {
	return strings.Join(all[min(from, len(all)):min(from+1, len(all))], "\n")
}

// What another purge does for one that had failed counts for that: nothing is left to wipe.
func TestAPurgeForAnotherReason(t *testing.T) {
	w := enrolled(t)
	w.courier.jammed = errDisk
	w.guest()
	w.logout()
	if v := w.SessionView(); v.WipeState != "pending" {
		t.Errorf("WipeState %s before any purge", v.WipeState)
	}
	w.courier.jammed = nil
	a := w.access()
	a.GuestServices = false
	w.apply(2, a, profiles.BackEnd) // purges too
	w.pass(3*time.Second, -1)
	if v := w.SessionView(); v.WipeState != "clean" {
		t.Errorf("WipeState %s, and nothing is owed", v.WipeState)
	}
}

// As long as this process has held what a guest set, something is left to wipe: also where
// the purge came late and somebody drives.
func TestSomethingIsLeftUntilTheFreshProcess(t *testing.T) {
	w, h := replaced(t)
	w.courier.jammed = errDisk
	w.guest()
	w.logout()
	w.login(lea)
	w.courier.jammed = nil
	w.pass(3*time.Second, -1)
	if v := w.SessionView(); h.wanted() || v.WipeState != "pending" {
		t.Errorf("WipeState %s", v.WipeState)
	}
}

// A purge that comes late does not have a fresh process cut an end short that waits for
// delay locks.
func TestAFreshProcessWaitsForDelayLocks(t *testing.T) {
	called := make(chan func() agent.Carried, 1)
	inFreshBubble(t, func(told func() agent.Carried) { called <- told }, func(t *testing.T, b *bubble) {
		b.queue.set(0, errDisk)
		b.guest()
		b.logout()
		b.login(lea)
		release := b.inhibit()
		ended := make(chan error, 1)
		go func() { ended <- b.Logout(t.Context()) }()
		synctest.Wait()
		b.queue.set(0, nil)
		time.Sleep(3 * time.Second)
		if len(called) > 0 || b.screen.ends() != 1 {
			t.Errorf("%d fresh processes while the end waits, %d ends told", len(called), b.screen.ends())
		}
		release()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		synctest.Wait()
		if len(called) != 1 || b.screen.ends() != 2 {
			t.Errorf("%d fresh processes, %d ends told", len(called), b.screen.ends())
		}
	})
}
