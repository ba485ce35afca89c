package agent_test

import (
	"testing"
	"time"

	"glovebox/agent"
	"glovebox/profiles"
	"glovebox/telemetry/outside"
)

// While the car is in use a limited reader hears not-now at the next slot, whatever
// the action was, and it is never carried out later.
func TestLimitedInUse(t *testing.T) {
	w := enrolled(t)
	w.pass(30*time.Second, 50)
	w.order(fresh(jonas, 1, "honk"))
	o := fresh(jonas, 2, profiles.Lock)
	o.exp = 80
	w.order(o)
	w.pass(6*time.Second, -1)
	equal(t, "before the slot", w.told(jonasBox))
	if got := w.order(o); got.Cause != "counter" {
		t.Errorf("the same again, parked: %+v", got)
	}
	w.pass(6*time.Minute, -1)
	equal(t, "after the slot", w.told(jonasBox), "1 refused not-now")
	equal(t, "sent", w.actuator.take())
}

// A session's end makes a new epoch: what was signed before is expired, and the
// counters begin again.
func TestEpochEndsWithSession(t *testing.T) {
	w := enrolled(t)
	w.login(anna)
	w.order(fresh(lea, 9, profiles.Lock))
	if err := w.Logout(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.order(fresh(lea, 10, profiles.Lock))
	facts := w.facts(lea, leaBox)
	if facts.Ctr != 0 || facts.Now != 0 || facts.Epoch == firstEpoch || facts.Epoch != w.courier.epochs[len(w.courier.epochs)-1] {
		t.Errorf("facts %+v", facts)
	}
	o := fresh(lea, 1, profiles.Lock)
	o.epoch = facts.Epoch
	w.order(o)
	equal(t, "told", w.told(leaBox), "9 done", "10 refused expired", "1 done")
	agent.Renew(w.Cabin)
	if again := w.facts(lea, leaBox); again.Epoch == facts.Epoch || again.Ctr != 0 || len(w.courier.epochs) < 2 {
		t.Errorf("facts after a clock fault %+v", again)
	}
}

// What was signed for another epoch uses up no counter of this one.
func TestAnotherEpochUsesNoCounter(t *testing.T) {
	w := enrolled(t)
	o := fresh(lea, 1000, profiles.Lock)
	o.epoch = "e0000000000000000000000000000002"
	w.order(o)
	if f := w.facts(lea, leaBox); f.Ctr != 0 {
		t.Errorf("the counter is %d", f.Ctr)
	}
	w.order(fresh(lea, 1, profiles.Lock))
	equal(t, "told", w.told(leaBox), "1000 refused expired", "1 done")
}

// Of a limited reader one action is looked at in each slot: the second is executed at
// the slot, though its exp is over by then, a third one is too late. What became of them
// is counted as all else.
func TestLimitedActsOnceASlot(t *testing.T) {
	w := enrolled(t)
	w.pass(10*time.Second, -1)
	w.order(fresh(jonas, 1, profiles.Lock))
	equal(t, "the first, at once", w.told(jonasBox), "1 done")
	for ctr := uint64(2); ctr < 5; ctr++ {
		if got := w.Act(w.action(fresh(jonas, ctr, profiles.Lock)), false); !got.Accepted() {
			t.Fatalf("%+v", got)
		}
	}
	w.pass(4*time.Minute, -1)
	equal(t, "before the slot", w.told(jonasBox), "1 done")
	w.actuator.take()
	w.pass(time.Minute, -1)
	if got, ok, _ := w.Execute(t.Context()); !ok || got.Result != outside.Done {
		t.Errorf("at the slot %+v, %v", got, ok)
	}
	w.CarryOut()
	equal(t, "at the slot", w.told(jonasBox), "1 done", "2 done")
	if n := len(w.actuator.take()); n == 0 {
		t.Error("nothing was sent to the car")
	}
	w.pass(10*time.Minute, -1)
	for range 2 {
		if got, ok, _ := w.Execute(t.Context()); !ok || got.Result != outside.Expired || got.Who != jonas {
			t.Errorf("at a later slot %+v, %v", got, ok)
		}
	}
	equal(t, "later", w.told(jonasBox), "1 done", "2 done", "3 refused expired", "4 refused expired")
	equal(t, "sent later", w.actuator.take())
}

// A session's end while an action waits for its slot: it is of an older epoch then.
func TestEpochEndsWhileAnActionWaits(t *testing.T) {
	w := enrolled(t)
	w.login(anna)
	w.pass(time.Second, -1)
	w.order(fresh(jonas, 1, profiles.Lock))
	w.Act(w.action(fresh(jonas, 2, profiles.Lock)), false)
	if err := w.Logout(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.actuator.take()
	w.pass(6*time.Minute, -1)
	equal(t, "told", w.told(jonasBox), "1 done", "2 refused expired")
	equal(t, "sent", w.actuator.take())
}

// What was not proved spends no look: the first that was is looked at at once.
func TestUnprovedSpendsNoLook(t *testing.T) {
	w := enrolled(t)
	w.pass(time.Second, -1)
	w.order(fresh(jonas, 0xffff, profiles.Lock))
	w.pass(5*time.Minute, -1)
	o := fresh(jonas, 0xffff, profiles.Lock)
	o.exp = 330
	if got := w.order(o); got.Cause != "counter" { // replayed: nobody is told
		t.Errorf("%+v", got)
	}
	o.ctr = 0x10000
	w.order(o)
	equal(t, "told", w.told(jonasBox), "65535 done", "65536 done")
}
