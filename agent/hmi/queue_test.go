package hmi_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"

	"glovebox/agent/hmi"
)

// Calls of one sender take effect in the order in which they were sent, though
// the sender waits for none of them.
func TestCallsKeepTheirOrder(t *testing.T) {
	w := start(t)
	object := w.dial(t).Object(hmi.Name, hmi.RootPath)
	var calls []*dbus.Call
	var want []string
	for i := range 100 /* the bus allows 128 open calls */ {
		group := fmt.Sprintf("app.%d", i)
		want = append(want, "reset "+group)
		calls = append(calls, object.Go("org.glovebox.Settings1.Reset", 0, nil, group, none))
	}
	for _, call := range calls {
		if wait(t, call); call.Err != nil {
			t.Fatal(call.Err)
		}
	}
	if got := w.cabin.asked(); !slices.Equal(got, want) {
		t.Errorf("done in the order %v", got)
	}
}

// Of any burst of logins exactly one, the last, succeeds; the others are
// superseded. The burst comes from one sender, within its limits.
func TestOfABurstTheLastLoginWins(t *testing.T) {
	w := start(t, hmi.Limits{})
	w.cabin.change(func(c *cabin) { c.slow = make(chan struct{}) })
	object := w.dial(t).Object(hmi.Name, hmi.RootPath)
	var calls []*dbus.Call
	for range 30 {
		calls = append(calls, object.Go("org.glovebox.Session1.Login", 0, nil, dbusPath(anna), annasPIN, none))
	}
	last := len(calls) - 1
	for i, call := range calls[:last] {
		if wait(t, call); name(call.Err) != "Superseded" {
			t.Errorf("login %d: %v", i, call.Err)
		}
	}
	close(w.cabin.slow)
	if wait(t, calls[last]); calls[last].Err != nil {
		t.Errorf("the last: %v", calls[last].Err)
	}
	if did := w.cabin.asked(); len(did) != 1 {
		t.Errorf("the cabin did %v", did)
	}
}

// A login that is still open is superseded by a guest's start from another
// program, and only one is in the cabin at a time.
func TestAnotherProgramSupersedesToo(t *testing.T) {
	w := start(t)
	w.cabin.change(func(c *cabin) { c.slow = make(chan struct{}) })
	login := w.dial(t).Object(hmi.Name, hmi.RootPath).Go("org.glovebox.Session1.Login", 0, nil, dbusPath(anna), annasPIN, none)
	time.Sleep(20 * time.Millisecond) // into the cabin
	if err := ask(w.dial(t), "Session1.StartGuest", none).Err; err != nil {
		t.Errorf("guest: %v", err)
	}
	if wait(t, login); name(login.Err) != "Superseded" {
		t.Errorf("login: %v", login.Err)
	}
	if got := w.cabin.asked(); !slices.Equal(got, []string{"guest wait=false"}) {
		t.Errorf("the cabin did %v", got)
	}
}

// A login that finished in the cabin while a newer request was already there is
// superseded as well: the newer one replaces it at once.
func TestFinishedTooLateIsSuperseded(t *testing.T) {
	w := start(t)
	w.cabin.change(func(c *cabin) { c.slow, c.deaf = make(chan struct{}), true })
	object := w.dial(t).Object(hmi.Name, hmi.RootPath)
	login := object.Go("org.glovebox.Session1.Login", 0, nil, dbusPath(anna), annasPIN, none)
	time.Sleep(20 * time.Millisecond) // into the cabin
	guest := object.Go("org.glovebox.Session1.StartGuest", 0, nil, none)
	time.Sleep(20 * time.Millisecond) // behind it
	close(w.cabin.slow)
	if wait(t, login); name(login.Err) != "Superseded" {
		t.Errorf("login: %v", login.Err)
	}
	if wait(t, guest); guest.Err != nil {
		t.Errorf("guest: %v", guest.Err)
	}
}

// Who may not call cannot end another's login.
func TestRefusedLoginSupersedesNobody(t *testing.T) {
	w := start(t)
	w.cabin.change(func(c *cabin) { c.slow = make(chan struct{}) })
	login := w.dial(t).Object(hmi.Name, hmi.RootPath).Go("org.glovebox.Session1.Login", 0, nil, dbusPath(anna), annasPIN, none)
	time.Sleep(20 * time.Millisecond)
	for uid, options := range map[uint32]map[string]dbus.Variant{foreignUser: none, appUser: none, hmiUser: bag("colour", "red")} {
		c := w.dial(t)
		w.uids.is(c, uid)
		if err := ask(c, "Session1.StartGuest", options).Err; err == nil {
			t.Errorf("user %d with %v: not refused", uid, options)
		}
	}
	close(w.cabin.slow)
	if wait(t, login); login.Err != nil {
		t.Errorf("login: %v", login.Err)
	}
}

// What a program sent before it left the bus is still done, where its user is
// known: it need not wait for the answers.
func TestCallsOfASenderThatLeftAreDone(t *testing.T) {
	w := start(t)
	c, err := dbus.Connect(w.bus)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 5 {
		c.Object(hmi.Name, hmi.RootPath).Go("org.glovebox.Settings1.Reset", dbus.FlagNoReplyExpected, nil, fmt.Sprint("app.", i), none)
	}
	c.Close()
	for deadline := time.Now().Add(patience); len(w.cabin.asked()) < 5; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("only %v", w.cabin.asked())
		}
	}
}
