package agent_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"glovebox/agent"
	"glovebox/hal"
	"glovebox/profiles"
)

// heir is the fresh process that takes over from an agent.
type heir struct {
	begun chan struct{} // has one element for each time that one was wanted
	told  func() agent.Carried
}

// wanted reports whether a fresh process was to take over since the last time.
func (h *heir) wanted() bool {
	select {
	case <-h.begun:
		return true
	default:
		return false
	}
}

// replaced is an agent like enrolled, which a fresh process may take over from.
func replaced(t *testing.T) (*world, *heir) {
	t.Helper()
	h := &heir{begun: make(chan struct{}, 9)}
	w := startWorld(t, "Taycan", newStore(), func(_ *world, n *agent.Needs) {
		n.Replace = func(told func() agent.Carried) { h.told = told; h.begun <- struct{}{} }
	})
	w.say(ignition, hal.Word("OFF"))
	w.Linked(true)
	w.apply(1, w.access(), profiles.BackEnd)
	return w, h
}

// guest puts a guest at the wheel.
func (w *world) guest() {
	w.t.Helper()
	if _, err := w.StartGuest(w.t.Context(), false); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) logout() {
	w.t.Helper()
	if err := w.Logout(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
}

// A fresh process follows a guest's end, whatever ended it, and no other end. Until it is
// there something is left to wipe. The stop of the agent leaves nobody to follow.
func TestWhichEndsAFreshProcessFollows(t *testing.T) {
	for name, row := range map[string]struct {
		begin, end func(w *world)
		follows    bool
	}{
		"a guest logs out":     {(*world).guest, (*world).logout, true},
		"a person logs out":    {func(w *world) { w.login(lea) }, (*world).logout, false},
		"a person after":       {(*world).guest, func(w *world) { w.login(lea) }, true},
		"a guest after":        {(*world).guest, (*world).guest, true},
		"a guest after Lea":    {func(w *world) { w.login(lea) }, (*world).guest, false},
		"a guest, and a sleep": {(*world).guest, func(w *world) { w.Stop(agent.Suspend) }, true},
		"Lea, and a sleep":     {func(w *world) { w.login(lea) }, func(w *world) { w.Stop(agent.Suspend) }, false},
		"a guest, and a stop":  {(*world).guest, func(w *world) { w.Stop(agent.Restart) }, false},
	} {
		t.Run(name, func(t *testing.T) {
			w, h := replaced(t)
			row.begin(w)
			if h.wanted() {
				t.Fatal("at a beginning")
			}
			row.end(w)
			if h.wanted() != row.follows {
				t.Fatalf("a fresh process follows: %v", !row.follows)
			}
			if got, want := w.SessionView().WipeState, map[bool]string{true: "pending", false: "clean"}[row.follows]; got != want {
				t.Errorf("WipeState %s, want %s", got, want)
			}
		})
	}
}

// The name is given back after everything that happened before was told, Ended last.
func TestTheNameIsGivenBackLast(t *testing.T) {
	w, _ := replaced(t)
	w.guest()
	if err := w.Set(t.Context(), profiles.ID{}, profiles.Values{"radio": {"volume": byte(3)}}, nil); err != nil {
		t.Fatal(err)
	}
	w.logout()
	w.screen.mu.Lock()
	defer w.screen.mu.Unlock()
	ended, release := slices.Index(w.screen.heard, "ended logout"), slices.Index(w.screen.heard, "release")
	if ended < 0 || release != len(w.screen.heard)-1 || ended > release {
		t.Errorf("heard %q", w.screen.heard)
	}
}

// fresh_process = false: the process goes on, and nothing is left to wait for.
func TestNoFreshProcessWhereNoneIsWanted(t *testing.T) {
	w := enrolled(t)
	w.guest()
	w.logout()
	if v := w.SessionView(); v.WipeState != "clean" || v.State != "idle" {
		t.Errorf("%+v", v)
	}
	w.apply(2, w.without(jonas), profiles.BackEnd)
	if v := w.SessionView(); v.WipeState != "clean" {
		t.Errorf("after a removal: %+v", v)
	}
	w.login(lea)
}

// Who is removed while nobody is at the wheel has a fresh process follow at once. To
// the outside it is a session's end: a new epoch, and with it one reconnect.
func TestARemovalWithNobodyAtTheWheel(t *testing.T) {
	w, h := replaced(t)
	before := len(w.courier.epochs)
	w.apply(2, w.without(jonas), profiles.BackEnd)
	w.CarryOut()
	if !h.wanted() || len(w.courier.epochs) != before+1 || w.SessionView().WipeState != "pending" {
		t.Errorf("%d epochs more, %s", len(w.courier.epochs)-before, w.SessionView().WipeState)
	}
}

// Who is removed while somebody drives does so when that session ends, and not before:
// a document ends nobody's session but theirs.
func TestARemovalWhileSomebodyDrives(t *testing.T) {
	for name, begin := range map[string]func(w *world){"Lea": func(w *world) { w.login(lea) }, "a guest": (*world).guest} {
		t.Run(name, func(t *testing.T) {
			w, h := replaced(t)
			begin(w)
			before := len(w.courier.epochs)
			w.apply(2, w.without(jonas), profiles.BackEnd)
			w.Tick()
			if h.wanted() || len(w.courier.epochs) != before || w.SessionView().State == "idle" {
				t.Fatal("the removal ended somebody else's session")
			}
			w.logout()
			if !h.wanted() || len(w.courier.epochs) != before+1 {
				t.Errorf("%d epochs more", len(w.courier.epochs)-before)
			}
		})
	}
}

// A document that removes nobody asks for nothing.
func TestADocumentThatRemovesNobody(t *testing.T) {
	w, h := replaced(t)
	a := w.access()
	a.GuestServices = false
	w.apply(2, a, profiles.BackEnd)
	if w.CarryOut(); h.wanted() || len(w.courier.epochs) != 0 {
		t.Error("a fresh process follows")
	}
}

// While what may not stay in the queue cannot be purged no fresh process takes over, and
// people come and go meanwhile. It takes over at the first end after that.
func TestAFreshProcessWaitsForThePurge(t *testing.T) {
	w, h := replaced(t)
	w.courier.jammed = errors.New("no disk")
	w.guest()
	w.logout()
	if h.wanted() || w.SessionView().WipeState != "pending" {
		t.Fatalf("before the purge: %s", w.SessionView().WipeState)
	}
	w.login(lea)
	w.courier.jammed = nil
	w.pass(3*time.Second, -1)
	if v := w.SessionView(); h.wanted() || v.State != "active" || v.Profile != lea {
		t.Fatalf("Lea is at the wheel: %+v", v)
	}
	w.logout()
	if !h.wanted() {
		t.Error("none after that")
	}
}

// The same where nobody came: as soon as the purge is done.
func TestAFreshProcessAfterALatePurge(t *testing.T) {
	w, h := replaced(t)
	w.courier.jammed = errors.New("no disk")
	w.guest()
	w.logout()
	w.courier.jammed = nil
	w.pass(3*time.Second, -1)
	if !h.wanted() {
		t.Error("none")
	}
}

// Whoever is let in while the process gives way comes next: the newest, if they are still
// allowed to, and nobody if an end came after them.
func TestWhoComesNext(t *testing.T) {
	for name, row := range map[string]struct {
		do   func(w *world)
		want agent.Request
	}{
		"nobody":            {func(*world) {}, agent.Request{}},
		"Lea":               {func(w *world) { w.login(lea) }, agent.Request{Who: lea}},
		"a guest":           {(*world).guest, agent.Request{Guest: true}},
		"the newest":        {func(w *world) { w.login(lea); w.guest(); w.login(anna) }, agent.Request{Who: anna}},
		"Lea is gone again": {func(w *world) { w.login(lea); w.logout() }, agent.Request{}},
		"Lea, and a sleep":  {func(w *world) { w.login(lea); w.Stop(agent.Suspend) }, agent.Request{}},
		"Lea, and our stop": {func(w *world) { w.login(lea); w.Stop(agent.Restart) }, agent.Request{Who: lea}},
		"a wrong PIN": {func(w *world) {
			w.login(lea)
			w.Login(w.t.Context(), anna, profiles.NewPIN("111112"), false)
		}, agent.Request{Who: lea}},
	} {
		t.Run(name, func(t *testing.T) {
			w, h := replaced(t)
			w.guest()
			w.logout()
			if !h.wanted() {
				t.Fatal("no fresh process")
			}
			row.do(w)
			if v := w.SessionView(); v.State != "idle" || h.wanted() {
				t.Errorf("this process goes on: %+v", v)
			}
			if got := h.told(); got.Next != row.want || got.Ended != agent.LoggedOut || !got.Parked {
				t.Errorf("carried over: %+v", got)
			}
		})
	}
}

// Who waits until the car is parked goes on waiting in the fresh process.
func TestWhoWaitsGoesOnWaiting(t *testing.T) {
	w, h := replaced(t)
	w.courier.jammed = errors.New("no disk")
	w.guest()
	w.pass(2*time.Second, 50)
	w.logout()
	if _, err := w.Login(t.Context(), lea, profiles.PIN{}, true); err != nil {
		t.Fatal(err)
	}
	w.courier.jammed = nil
	w.pass(2*time.Second, 50)
	if !h.wanted() {
		t.Fatal("no fresh process")
	}
	if got := h.told(); got.Waits != (agent.Request{Who: lea}) || got.Next != (agent.Request{}) || got.Parked {
		t.Fatalf("carried over: %+v", got)
	}
	w = takenOver(t, w.store, h.told())
	w.pass(time.Second, 50)
	if v := w.SessionView(); v.Pending != lea.String() || v.State != "idle" {
		t.Fatalf("on the move: %+v", v)
	}
	w.park()
	if v := w.SessionView(); v.Profile != lea {
		t.Errorf("parked: %+v", v)
	}
}

// takenOver is the agent that takes over from one that left a disk and told it from.
func takenOver(t *testing.T, disk *store, from agent.Carried) *world {
	t.Helper()
	return startWorld(t, "Taycan", disk, func(_ *world, n *agent.Needs) { n.After = &from })
}

// The fresh process puts whoever was let in at the wheel before the first call. Who was
// removed since is not.
func TestWhoWasLetInIsAtTheWheel(t *testing.T) {
	disk := enrolled(t).store
	for name, row := range map[string]struct {
		next  agent.Request
		state string
	}{
		"nobody":     {agent.Request{}, "idle"},
		"Lea":        {agent.Request{Who: lea}, "active"},
		"a guest":    {agent.Request{Guest: true}, "guest"},
		"a stranger": {agent.Request{Who: profiles.ID{9}}, "idle"},
	} {
		t.Run(name, func(t *testing.T) {
			w := takenOver(t, disk, agent.Carried{Ended: agent.HasLeft, Next: row.next, Why: agent.Chosen, Parked: true})
			v := w.SessionView()
			if v.State != row.state || v.Profile != row.next.Who && row.state == "active" || v.WipeState != "clean" {
				t.Errorf("%+v", v)
			}
			if why := map[bool]string{true: "left", false: "chosen"}[row.state == "idle"]; v.Reason != why {
				t.Errorf("reason %s, want %s", v.Reason, why)
			}
		})
	}
}

// A car that was seen parked is known to be, before its buses say so once more: who logs
// in right after a guest waits for no bus. One that was not is asked first.
func TestTheCarIsKnownToBeParked(t *testing.T) {
	disk := enrolled(t).store
	for _, parked := range []bool{true, false} {
		w := takenOver(t, disk, agent.Carried{Ended: agent.LoggedOut, Parked: parked})
		if got := w.SessionView().Parked; got != parked {
			t.Errorf("parked is %v, want %v", got, parked)
		}
	}
}

// Whose fob opened the car does not come back to the wheel because a fresh process sees
// the fob for the first time: it is no arrival. The next one is.
func TestAFreshProcessSeesNoArrival(t *testing.T) {
	for _, inside := range []bool{true, false} {
		disk := enrolled(t).store
		disk.Linked[lea] = []profiles.Fob{profiles.NewFob(leasFob)}
		w := startWorld(t, "Taycan", disk, func(w *world, n *agent.Needs) {
			n.AtBootFob, n.After = true, &agent.Carried{Ended: agent.LoggedOut, Parked: true, Inside: inside, Since: w.now.Boot - time.Hour}
		})
		near := func(d time.Duration) {
			for range int(d / time.Second) {
				w.fob(leasFob, true, true)
				w.say(ignition, hal.Word("OFF"))
				w.pass(time.Second, -1)
			}
		}
		near(10 * time.Second)
		if v := w.SessionView(); v.Reason != string(agent.LoggedOut) {
			t.Fatalf("the fob that was there came: %+v", v)
		}
		w.say(driversLock, hal.Bool(true))
		w.fob(leasFob, false, false)
		w.pass(20*time.Second, -1)
		w.say(driversLock, hal.Bool(false))
		near(4 * time.Second)
		if v := w.SessionView(); v.Reason != string(agent.ByFob) {
			t.Errorf("the next arrival: %+v", v)
		}
	}
}

// Who waits goes on waiting also where another was let in before.
func TestWhoWaitsBehindWhoWasLetIn(t *testing.T) {
	from := agent.Carried{Ended: agent.LoggedOut, Next: agent.Request{Who: lea}, Why: agent.Chosen, Waits: agent.Request{Guest: true}}
	w := takenOver(t, enrolled(t).store, from)
	w.pass(time.Second, 50)
	if v := w.SessionView(); v.Profile != lea || v.Pending != "guest" {
		t.Errorf("%v is at the wheel, %q waits", v.Profile, v.Pending)
	}
}

// onceFailing erases nobody at the first try; the second one finishes that, and says
// nothing of whom the first was of.
type onceFailing struct {
	agent.Store
	tried bool
}

func (s *onceFailing) Apply(r profiles.Roster) (profiles.Receipt, error) {
	before, err := s.Store.Roster()
	if err == nil && len(r.People) < len(before.People) && !s.tried {
		s.tried = true
		return profiles.Receipt{Method: "key", Result: "failed"}, profiles.ErrEraseFailed
	}
	done, err := s.Store.Apply(r)
	if s.tried {
		done = profiles.Receipt{}
	}
	return done, err
}

// A removal that the disk finishes at a later try is one, too: a fresh process follows.
func TestARemovalThatIsTriedAgain(t *testing.T) {
	h := &heir{begun: make(chan struct{}, 9)}
	w := startWorld(t, "Taycan", newStore(), func(_ *world, n *agent.Needs) {
		n.Store = &onceFailing{Store: n.Store}
		n.Replace = func(told func() agent.Carried) { h.told = told; h.begun <- struct{}{} }
	})
	w.say(ignition, hal.Word("OFF"))
	w.Linked(true)
	w.apply(1, w.access(), profiles.BackEnd)
	w.apply(2, w.without(jonas), profiles.BackEnd)
	if h.wanted() {
		t.Fatal("before the key was overwritten")
	}
	if err := w.Apply(t.Context(), numbered(w.without(jonas), 3, 2), backEnd); err != nil { // takes the place of the one before
		t.Fatal(err)
	}
	w.pass(3*time.Second, -1)
	w.CarryOut()
	if w.store.People.Version != 3 || !h.wanted() || w.SessionView().WipeState != "pending" {
		t.Errorf("version %d, %s", w.store.People.Version, w.SessionView().WipeState)
	}
}
