package agent_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"glovebox/agent"
	"glovebox/hal"
	"glovebox/profiles"
	"glovebox/telemetry/outside"
)

// What is ordered is what the car is told, and it is done once the car shows it.
func TestActions(t *testing.T) {
	for _, row := range []struct {
		act  profiles.Verb
		want []string
	}{
		{profiles.Lock, []string{lockLeft + "=true", lockRight + "=true"}},
		{profiles.Unlock, []string{lockLeft + "=false", lockRight + "=false"}},
		{profiles.ClimateStart, []string{warmth + "=21.5", air + "=true"}},
		{profiles.ClimateStop, []string{air + "=false"}},
		{profiles.Flash, []string{hazard + "=true", hazard + "=false"}},
	} {
		synctest.Test(t, func(t *testing.T) {
			w := enrolled(t)
			began := time.Now()
			if got := w.order(fresh(lea, 1, row.act)); got.Result != outside.Done {
				t.Errorf("%s: %+v", row.act, got)
			}
			equal(t, string(row.act), w.actuator.take(), row.want...)
			equal(t, "told", w.told(leaBox), "1 done")
			equal(t, "others", append(w.told(annaBox), w.told(jonasBox)...))
			if flash := row.act == profiles.Flash; (time.Since(began) == 3*time.Second) != flash {
				t.Errorf("%s took %s", row.act, time.Since(began))
			}
		})
	}
}

// A car that does not show the effect within five seconds may have obeyed: the
// answer is unknown, and nothing is sent again.
func TestUnconfirmed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := enrolled(t)
		w.actuator.disobey()
		began := time.Now()
		if got := w.order(fresh(anna, 1, profiles.Unlock)); got.Result != outside.Uncertain || time.Since(began) != 5*time.Second {
			t.Errorf("%+v after %s", got, time.Since(began))
		}
		equal(t, "sent", w.actuator.take(), lockLeft+"=false", lockRight+"=false")
		equal(t, "told", w.told(annaBox), "1 unknown")
		if got := w.order(fresh(anna, 1, profiles.Unlock)); got.Result != "" || got.Cause != "counter" {
			t.Errorf("the same again: %+v", got)
		}
		equal(t, "sent again", w.actuator.take())
	})
}

// What the car showed long ago on a bus that is silent now confirms nothing; on a
// bus that still speaks it does.
func TestOldValueOfSilentBus(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := enrolled(t)
		w.actuator.disobey()
		w.say(lockLeft, hal.Bool(true))
		w.say(lockRight, hal.Bool(true))
		w.park()
		if got := w.order(fresh(anna, 1, profiles.Lock)); got.Result != outside.Uncertain {
			t.Errorf("a silent bus confirmed: %+v", got)
		}
		w.say("Vehicle.Speed", hal.Number(0))
		if got := w.order(fresh(anna, 2, profiles.Lock)); got.Result != outside.Done {
			t.Errorf("it was locked before, and the bus speaks: %+v", got)
		}
	})
}

// An actuator that surely sent nothing is not-now; one that failed half way is unknown.
func TestDeviceErrors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := enrolled(t)
		w.actuator.fails = fmt.Errorf("bus away: %w", agent.ErrNotSent)
		w.order(fresh(anna, 1, profiles.Lock))
		w.actuator.fails = context.DeadlineExceeded
		w.order(fresh(anna, 2, profiles.Lock))
		equal(t, "told", w.told(annaBox), "1 refused not-now", "2 unknown")
	})
}

// The car's state refuses, whoever is at the wheel and whatever the level.
func TestCarRefuses(t *testing.T) {
	for _, row := range []struct {
		name string
		with func(*world)
		act  profiles.Verb
		want string
	}{
		{"moving", func(w *world) { w.pass(time.Second, 50) }, profiles.Unlock, "1 refused not-now"},
		{"ignition on", func(w *world) { w.pass(time.Second, 0) }, profiles.Unlock, "1 refused not-now"},
		{"a door open", func(w *world) { w.say("Vehicle.Cabin.Door.Row1.DriverSide.IsOpen", hal.Bool(true)) }, profiles.Lock, "1 refused not-now"},
		{"a door open, unlock", func(w *world) { w.say("Vehicle.Cabin.Door.Row1.DriverSide.IsOpen", hal.Bool(true)) }, profiles.Unlock, "1 done"},
		{"the boot open, which is no door", func(w *world) { w.say("Vehicle.Body.Trunk.Rear.IsOpen", hal.Bool(true)) }, profiles.Lock, "1 done"},
		{"hazard lights on", func(w *world) { w.say(hazard, hal.Bool(true)) }, profiles.Flash, "1 refused not-now"},
		{"empty", func(w *world) { w.say(charge, hal.Number(14)) }, profiles.ClimateStart, "1 refused not-now"},
		{"just enough", func(w *world) { w.say(charge, hal.Number(15)) }, profiles.ClimateStart, "1 done"},
		{"empty, stop", func(w *world) { w.say(charge, hal.Number(14)) }, profiles.ClimateStop, "1 done"},
		{"empty, at the plug", func(w *world) {
			w.say(charge, hal.Number(14))
			w.say("Vehicle.Powertrain.TractionBattery.Charging.IsCharging", hal.Bool(true))
		}, profiles.ClimateStart, "1 done"},
		{"no fix", func(*world) {}, profiles.Locate, "1 refused not-now"},
		{"not the main user", func(*world) {}, profiles.Assign, "1 refused not-permitted"},
		{"no workshop", func(*world) {}, profiles.SendMessage, "1 refused not-now"},
	} {
		for _, guest := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				w := enrolled(t)
				if guest {
					if _, err := w.StartGuest(t.Context(), false); err != nil {
						t.Fatal(err)
					}
				}
				row.with(w)
				w.order(fresh(lea, 1, row.act))
				equal(t, fmt.Sprintf("%s, guest %v", row.name, guest), w.told(leaBox), row.want)
			})
		}
	}
}

// A bus that speaks and shows another value confirms nothing: not a door that stayed
// open, not a dial that stands off by more than a step.
func TestAnotherValueConfirmsNothing(t *testing.T) {
	for name, row := range map[string]struct {
		act    profiles.Verb
		locked bool
		dial   float64
		want   outside.Result
	}{
		"one door stayed open": {profiles.Lock, false, 0, outside.Uncertain},
		"colder":               {profiles.ClimateStart, false, 20.5, outside.Uncertain},
		"a step colder":        {profiles.ClimateStart, false, 21, outside.Done},
		"a step warmer":        {profiles.ClimateStart, false, 22, outside.Done},
		"warmer":               {profiles.ClimateStart, false, 22.5, outside.Uncertain},
	} {
		synctest.Test(t, func(t *testing.T) {
			w := enrolled(t)
			w.actuator.disobey()
			w.say(lockLeft, hal.Bool(true))
			w.say(lockRight, hal.Bool(row.locked))
			w.say(air, hal.Bool(true))
			w.say(warmth, hal.Number(row.dial))
			if got := w.order(fresh(anna, 1, row.act)); got.Result != row.want {
				t.Errorf("%s: %+v, want %s", name, got, row.want)
			}
		})
	}
}

// The unit's own log names the check that refused.
func TestCauses(t *testing.T) {
	for _, row := range []struct {
		act  profiles.Verb
		with func(*world)
		want string
	}{
		{profiles.Locate, nil, "no place"},
		{profiles.Assign, nil, "trip or users"},
		{profiles.SendMessage, nil, "no workshop"},
		{profiles.Book, nil, "no workshop"},
		{profiles.Unlock, func(w *world) { w.pass(time.Second, 0) }, "in use"},
		{profiles.Lock, func(w *world) { w.say("Vehicle.Cabin.Door.Row1.DriverSide.IsOpen", hal.Bool(true)) }, "door open"},
		{profiles.Flash, func(w *world) { w.say(hazard, hal.Bool(true)) }, "hazard lights on"},
		{profiles.ClimateStart, func(w *world) { w.say(charge, hal.Number(14)) }, "charge"},
		{profiles.Unlock, func(w *world) { w.actuator.fails = agent.ErrNotSent }, "device"},
		{profiles.Unlock, func(w *world) { w.actuator.disobey() }, "not confirmed"},
	} {
		synctest.Test(t, func(t *testing.T) {
			w := enrolled(t)
			if row.with != nil {
				row.with(w)
			}
			if got := w.order(fresh(anna, 1, row.act)); got.Cause != row.want || got.Who != anna {
				t.Errorf("%s: %+v, want the cause %s", row.act, got, row.want)
			}
		})
	}
}

// Rights come before arguments, arguments before the car.
func TestRefusals(t *testing.T) {
	for _, row := range []struct {
		name   string
		change func(*profiles.Access)
		order  ordered
		box    string
		want   []string
	}{
		{"remote services off", func(a *profiles.Access) { a.RemoteServices = false }, fresh(lea, 1, profiles.Lock), leaBox, []string{"1 refused not-permitted"}},
		{"remote services off, main", func(a *profiles.Access) { a.RemoteServices = false }, fresh(anna, 1, profiles.Lock), annaBox, []string{"1 done"}},
		{"restricted", func(a *profiles.Access) { a.Users[1].Restricted = []profiles.Function{"remote-lock"} }, fresh(lea, 1, profiles.Flash), leaBox, []string{"1 refused not-permitted"}},
		{"restricted, bad arguments", func(a *profiles.Access) { a.Users[1].Restricted = []profiles.Function{"remote-climate"} }, ordered{lea, firstEpoch, 1, 60, profiles.ClimateStart, "{}"}, leaBox, []string{"1 refused not-permitted"}},
		{"restricted elsewhere", func(a *profiles.Access) { a.Users[1].Restricted = []profiles.Function{"remote-climate"} }, fresh(lea, 1, profiles.Lock), leaBox, []string{"1 done"}},
		{"not active", func(a *profiles.Access) { a.Users[1].State = profiles.AwaitingActivation }, fresh(lea, 1, profiles.Lock), leaBox, nil},
		{"bad arguments", nil, ordered{lea, firstEpoch, 1, 60, profiles.ClimateStart, `{"celsius":99,"minutes":10}`}, leaBox, []string{"1 refused bad-request"}},
		{"no such action", nil, ordered{lea, firstEpoch, 1, 60, "honk", "{}"}, leaBox, []string{"1 refused bad-request"}},
		{"limited, parked", nil, fresh(jonas, 1, profiles.Lock), jonasBox, []string{"1 done"}},
		{"limited, locate", nil, fresh(jonas, 1, profiles.Locate), jonasBox, []string{"1 refused not-now"}},
		{"restricted, booking", func(a *profiles.Access) { a.Users[1].Restricted = []profiles.Function{"booking"} }, fresh(lea, 1, profiles.Book), leaBox, []string{"1 refused not-permitted"}},
		{"restricted, chat", func(a *profiles.Access) { a.Users[1].Restricted = []profiles.Function{"chat"} }, fresh(lea, 1, profiles.SendMessage), leaBox, []string{"1 done"}},
		{"remote services off, chat", func(a *profiles.Access) { a.RemoteServices = false }, fresh(lea, 1, profiles.SendMessage), leaBox, []string{"1 done"}},
		{"limited, parked, chat", nil, fresh(jonas, 1, profiles.SendMessage), jonasBox, []string{"1 done"}},
		{"main, booking", nil, fresh(anna, 1, profiles.Book), annaBox, []string{"1 done"}},
		{"an empty line", nil, ordered{anna, firstEpoch, 1, 60, profiles.SendMessage, `{"text":" "}`}, annaBox, []string{"1 refused bad-request"}},
		{"no workshop", func(a *profiles.Access) { a.Readers = nil }, fresh(anna, 1, profiles.Book), annaBox, []string{"1 refused not-now"}},
		{"another epoch", nil, ordered{lea, strings.Repeat("0", 32), 1, 60, profiles.Lock, "{}"}, leaBox, []string{"1 refused expired"}},
	} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, "Taycan", newStore())
			a := w.chatting()
			if row.change != nil {
				row.change(&a)
			}
			w.apply(1, a, profiles.BackEnd)
			w.order(row.order)
			equal(t, row.name, w.told(row.box), row.want...)
		})
	}
}

// Locate sends the gated place first, then says done.
func TestLocateSendsPlace(t *testing.T) {
	w := enrolled(t)
	w.login(anna)
	w.pass(2*time.Second, 0)
	w.order(fresh(lea, 1, profiles.Locate))
	equal(t, "told", w.told(leaBox), "1 done")
	if w.points(leaBox) != 1 {
		t.Errorf("%d points", w.points(leaBox))
	}
	if err := w.SetLevel(t.Context(), "no-position"); err != nil {
		t.Fatal(err)
	}
	w.pass(time.Second, 0)
	o := fresh(lea, 2, profiles.Locate)
	o.epoch = w.epoch()
	w.order(o)
	equal(t, "told at no-position", w.told(leaBox), "1 done", "2 refused not-now")
}

// What changes while an order waits counts.
func TestOrderIsLookedAtAgain(t *testing.T) {
	for name, row := range map[string]struct {
		meanwhile func(*world)
		want      []string
	}{
		"drives off":  {func(w *world) { w.pass(time.Second, 50) }, []string{"1 refused not-now"}},
		"too late":    {func(w *world) { w.pass(61*time.Second, -1) }, []string{"1 refused expired"}},
		"new epoch":   {func(w *world) { agent.Renew(w.Cabin) }, []string{"1 refused expired"}},
		"restricted":  {func(w *world) { a := w.access(); a.RemoteServices = false; w.apply(2, a, profiles.BackEnd) }, []string{"1 refused not-permitted"}},
		"not dropped": {func(*world) {}, []string{"1 done"}},
	} {
		synctest.Test(t, func(t *testing.T) {
			w := enrolled(t)
			w.Act(w.action(fresh(lea, 1, profiles.Lock)), false)
			row.meanwhile(w)
			w.Execute(t.Context())
			w.CarryOut()
			equal(t, name, w.told(leaBox), row.want...)
		})
	}
}

// What is refused as too much is used up.
func TestBusy(t *testing.T) {
	w := enrolled(t)
	w.Act(w.action(fresh(lea, 1, profiles.Flash)), true)
	w.order(fresh(lea, 1, profiles.Flash))
	for ctr := range uint64(8) { // they wait for one that is under way
		w.Act(w.action(fresh(anna, ctr+1, profiles.Flash)), false)
	}
	w.order(fresh(lea, 2, profiles.Flash))
	equal(t, "told", w.told(leaBox), "1 refused busy", "2 refused busy")
	equal(t, "sent", w.actuator.take())
}

// Climate ordered from afar ends with its minutes, unless somebody has got in.
func TestClimateEnds(t *testing.T) {
	for name, row := range map[string]struct {
		speed float64
		want  []string
	}{"nobody came": {-1, []string{air + "=false"}}, "somebody drives": {50, nil}} {
		synctest.Test(t, func(t *testing.T) {
			w := enrolled(t)
			w.order(fresh(lea, 1, profiles.ClimateStart))
			w.actuator.take()
			w.pass(10*time.Minute-time.Second, row.speed)
			for range 3 {
				w.Execute(t.Context())
				w.pass(time.Second, row.speed)
			}
			equal(t, name, w.actuator.take(), row.want...)
		})
	}
}

// An ask is answered with signed facts, for the mailbox alone.
func TestAskIsAnswered(t *testing.T) {
	w := enrolled(t)
	w.turn(90500 * time.Millisecond)
	w.order(ordered{lea, firstEpoch, 7, 120, profiles.Flash, "{}"})
	if f := w.facts(lea, leaBox); f.Epoch != firstEpoch || f.Now != 90 || f.Ctr != 7 || f.Challenge != strings.Repeat("ab", 16) {
		t.Errorf("facts %+v", f)
	}
	if f := w.facts(anna, annaBox); f.Ctr != 0 {
		t.Errorf("Anna's counter is Lea's: %+v", f)
	}
}

// Every result names the epoch of its action: an old one that comes again is not taken
// for the new one's.
func TestResultNamesItsEpoch(t *testing.T) {
	w := enrolled(t)
	w.login(anna)
	w.order(fresh(anna, 1, profiles.Lock))
	if err := w.Logout(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.order(fresh(anna, 2, profiles.Lock)) // of the epoch before
	now := fresh(anna, 1, profiles.Lock)
	now.epoch = w.epoch()
	w.order(now)
	for i, epoch := range []string{firstEpoch, firstEpoch, w.epoch()} {
		if got := w.courier.of(t, annaBox, outside.KindAck); len(got) != 3 || !strings.Contains(got[i], `"epoch":"`+epoch+`"`) {
			t.Errorf("result %d: %q, want epoch %s", i, got, epoch)
		}
	}
}
