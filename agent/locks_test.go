package agent_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"glovebox/agent"
	"glovebox/hal"
	"glovebox/profiles"
)

// inhibit takes a delay lock.
func (w *world) inhibit() (release func()) {
	w.t.Helper()
	release, err := w.Inhibit()
	if err != nil {
		w.t.Fatal(err)
	}
	return release
}

// said is what the head unit was told of the end of sessions.
func (s *screen) said() (all []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, line := range s.heard {
		if len(line) > 6 && (line[:6] == "ending" || line[:6] == "ended ") {
			all = append(all, line)
		}
	}
	return all
}

// A session's end waits until every lock is released, and no longer than five seconds;
// three where the unit is to sleep or the agent stops. Meanwhile the session is over:
// it has no settings, and the gate is closed.
func TestDelayLocks(t *testing.T) {
	for name, row := range map[string]struct {
		end  func(b *bubble) error
		hold time.Duration // until the locks are released; 0 is never
		want time.Duration
		said []string
	}{
		"nobody waits":      {func(b *bubble) error { return b.Logout(b.t.Context()) }, -1, 0, []string{"ended logout"}},
		"released in time":  {func(b *bubble) error { return b.Logout(b.t.Context()) }, time.Second, time.Second, []string{"ending logout 5s", "ended logout"}},
		"a holder is stuck": {func(b *bubble) error { return b.Logout(b.t.Context()) }, 0, 5 * time.Second, []string{"ending logout 5s", "ended logout"}},
		"the unit sleeps":   {func(b *bubble) error { return b.Stop(agent.Suspend) }, 0, 3 * time.Second, []string{"ending suspend 3s", "ended suspend"}},
		"the agent stops":   {func(b *bubble) error { return b.Stop(agent.Restart) }, 0, 3 * time.Second, []string{"ending restart 3s", "ended restart"}},
		"another person":    {func(b *bubble) error { _, err := b.Login(b.t.Context(), lea, profiles.PIN{}, false); return err }, 0, 5 * time.Second, []string{"ending replaced 5s", "ended replaced"}},
		"sleep during a end": {func(b *bubble) error {
			b.later(time.Second, func() { b.Stop(agent.Suspend) })
			return b.Logout(b.t.Context())
		}, 0, 4 * time.Second, []string{"ending logout 5s", "ended logout"}},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, b *bubble) {
				if _, err := b.StartGuest(t.Context(), false); err != nil {
					t.Fatal(err)
				}
				if row.hold >= 0 {
					for i := range 2 {
						release := b.inhibit()
						if row.hold > 0 {
							b.later(row.hold/time.Duration(2-i), release)
						}
					}
				}
				var took time.Duration
				ended := make(chan error, 1)
				begun := time.Now()
				go func() { err := row.end(b); took = time.Since(begun); ended <- err }()
				if row.want > 0 {
					time.Sleep(row.want / 2)
					if v := b.SessionView(); v.State != "leaving" || v.WipeState != "pending" || v.RuntimeDirectory != "" {
						t.Errorf("while it waits: %+v", v)
					}
					if err := b.Set(t.Context(), profiles.ID{}, profiles.Values{"radio": {"volume": byte(9)}}, nil); !errors.Is(err, profiles.ErrNotPermitted) {
						t.Errorf("Set while it waits: %v", err)
					}
					if _, err := b.Inhibit(); !errors.Is(err, profiles.ErrNotReady) {
						t.Errorf("one more lock: %v", err)
					}
				}
				if err := <-ended; err != nil {
					t.Error(err)
				}
				synctest.Wait()
				if took < row.want || took > row.want+200*time.Millisecond {
					t.Errorf("it took %v, want %v", took, row.want)
				}
				if got := b.screen.said(); !slices.Equal(got, row.said) {
					t.Errorf("the head unit heard %q, want %q", got, row.said)
				}
				if v := b.SessionView(); v.WipeState != "clean" {
					t.Errorf("wipe state %s", v.WipeState)
				}
			})
		})
	}
}

// Logout returns when the steps that waited for locks are done, not when they begin.
func TestLogoutWaitsForWhatIsLeft(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		if _, err := b.StartGuest(t.Context(), false); err != nil {
			t.Fatal(err)
		}
		b.later(time.Second, b.inhibit())
		b.draws.Store(true) // the first of those steps draws an epoch
		defer b.draws.Store(false)
		if err := b.Logout(t.Context()); err != nil {
			t.Fatal(err)
		}
		if v := b.SessionView(); v.State != "idle" || v.WipeState != "clean" {
			t.Errorf("Logout returned in %+v", v)
		}
	})
}

// later runs f after a while.
func (b *bubble) later(d time.Duration, f func()) { time.AfterFunc(d, f) }

// Who did not let go in time has no lock any more: the next end does not wait for it,
// and its release is no one else's.
func TestStuckHolderHasNoLock(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		stuck := b.inhibit()
		for i, want := range []time.Duration{5 * time.Second, 0} {
			b.login(anna)
			begun := time.Now()
			if err := b.Logout(t.Context()); err != nil {
				t.Fatal(err)
			}
			if took := time.Since(begun); took != want {
				t.Errorf("end %d took %v, want %v", i+1, took, want)
			}
		}
		good := b.inhibit()
		stuck()
		b.login(anna)
		b.later(time.Second, good)
		begun := time.Now()
		if err := b.Logout(t.Context()); err != nil || time.Since(begun) != time.Second {
			t.Errorf("a late release ended another's lock after %v, %v", time.Since(begun), err)
		}
	})
}

// Lowering the level waits for no lock, and no reader gets a thing of a session whose end
// waits; the one reconnect comes 500 ms after the end.
func TestLocksHoldNothingElseUp(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.login(anna)
		b.inhibit()
		begun := time.Now()
		for _, level := range []string{"no-position", "share"} {
			if err := b.SetLevel(t.Context(), level); err != nil || time.Since(begun) != 0 {
				t.Errorf("the level took %v, %v", time.Since(begun), err)
			}
		}
		if err := b.Logout(t.Context()); err != nil {
			t.Fatal(err)
		}
		b.login(anna)
		b.inhibit()
		end := b.driving(60 * time.Second)
		defer end()
		time.Sleep(30 * time.Second)
		over := b.at()
		connects, closes := len(b.broker.events("connect")), len(b.broker.events("close"))
		go b.Logout(context.Background())
		time.Sleep(4 * time.Second)
		if got := len(b.broker.events("connect")); got != connects {
			t.Errorf("%d connections while the end waits, want %d", got, connects)
		}
		time.Sleep(4 * time.Second)
		up, down := b.broker.events("connect"), b.broker.events("close")
		if len(up) != connects+1 || len(down) != closes+1 || up[connects]-down[closes] != 500*time.Millisecond {
			t.Errorf("connected %v, closed %v", up, down)
		}
		samples := b.samples(annaBox)
		if len(samples) == 0 {
			t.Error("no position of a session that was not over")
		}
		for _, at := range samples {
			if at > over {
				t.Errorf("a fix of %v left, the session was over at %v", at, over)
				break
			}
		}
	})
}

// A session has a directory while it lasts; each has another. What cannot be removed is
// counted in the receipt, the wipe state says so until it is gone, and login goes on.
func TestRuntimeDirectory(t *testing.T) {
	w := enrolled(t)
	if v := w.SessionView(); v.RuntimeDirectory != "" {
		t.Errorf("of nobody: %s", v.RuntimeDirectory)
	}
	seen := map[string]bool{}
	for i, stuck := range []int{0, 2, 0} {
		if _, err := w.StartGuest(t.Context(), false); err != nil {
			t.Fatal(err)
		}
		path := w.SessionView().RuntimeDirectory
		if path == "" || seen[path] {
			t.Errorf("session %d has %q", i, path)
		}
		seen[path] = true
		w.folders.stuck = stuck
		if stuck == 0 {
			w.folders.aside = 0
		}
		if err := w.Logout(t.Context()); err != nil {
			t.Fatal(err)
		}
		r, want := w.screen.last(t, i+1).Receipt, profiles.StoreReceipt{Name: "files", Before: uint32(3 + stuck), After: uint32(stuck), Result: "erased"}
		state := "clean"
		if stuck > 0 {
			want.Result, state = "failed", "failed"
		}
		if r.Stores[2] != want || r.Result != want.Result || w.SessionView().WipeState != state || w.folders.gone[i] != path {
			t.Errorf("session %d: receipt %+v, wipe state %s, gone %v", i, r, w.SessionView().WipeState, w.folders.gone)
		}
	}
	w.folders.fails = errors.New("no room")
	w.login(anna)
	if v := w.SessionView(); v.State != "active" || v.RuntimeDirectory != "" {
		t.Errorf("without a directory: %+v", v)
	}
}

// What could not be removed before the start is said from the start.
func TestSetAsideBeforeTheStart(t *testing.T) {
	w := startWorld(t, "Taycan", newStore(), func(_ *world, n *agent.Needs) { n.SetAside = 1 })
	w.say("Vehicle.LowVoltageSystemState", hal.Word("OFF"))
	if v := w.SessionView(); v.WipeState != "failed" {
		t.Errorf("wipe state %s", v.WipeState)
	}
	if _, err := w.StartGuest(t.Context(), false); err != nil {
		t.Error(err)
	}
}

// A request that another overtakes leaves no directory behind.
func TestOvertakenRequestLeavesNoDirectory(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.login(anna)
		b.inhibit()
		first := make(chan error, 1)
		go func() { _, err := b.StartGuest(context.Background(), false); first <- err }()
		time.Sleep(time.Second)
		go b.Logout(context.Background())
		if err := <-first; !errors.Is(err, profiles.ErrSuperseded) {
			t.Errorf("the request of a guest who does not want to any more: %v", err)
		}
		synctest.Wait()
		b.folders.mu.Lock()
		defer b.folders.mu.Unlock()
		if b.folders.made != len(b.folders.gone) {
			t.Errorf("%d directories made, %v removed", b.folders.made, b.folders.gone)
		}
		if v := b.SessionView(); v.State != "idle" {
			t.Errorf("the session is %s", fmt.Sprint(v))
		}
	})
}

// Whoever comes while a stop waits for a lock is out again when it is done.
func TestStopEndsWhoComesMeanwhile(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.login(anna)
		b.inhibit()
		came := make(chan error, 1)
		b.later(time.Second, func() { _, err := b.StartGuest(context.Background(), false); came <- err })
		if err := b.Stop(agent.Suspend); err != nil {
			t.Fatal(err)
		}
		<-came
		if v := b.SessionView(); v.State != "idle" || v.RuntimeDirectory != "" {
			t.Errorf("after the stop: %+v", v)
		}
	})
}

// A stop does not wait for locks longer than it says, though nothing else lets time act and
// somebody else's login waits for the same end.
func TestStopEndsTheWaitItself(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.login(anna)
		b.inhibit()
		next := make(chan error, 1)
		go func() { _, err := b.Login(context.Background(), lea, profiles.PIN{}, false); next <- err }()
		synctest.Wait()
		b.halt()
		begun := time.Now()
		if err := b.Stop(agent.Restart); err != nil {
			t.Fatal(err)
		}
		<-next
		if v := b.SessionView(); v.State != "idle" || time.Since(begun) != 3*time.Second {
			t.Errorf("after %v: %+v", time.Since(begun), v)
		}
	})
}

// Who lets go twice has let go of their own lock alone: another one is waited for.
func TestALockIsReleasedOnce(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		if _, err := b.StartGuest(t.Context(), false); err != nil {
			t.Fatal(err)
		}
		twice, other := b.inhibit(), b.inhibit()
		twice()
		twice()
		b.later(2*time.Second, other)
		begun := time.Now()
		if err := b.Logout(t.Context()); err != nil {
			t.Error(err)
		}
		if took := time.Since(begun); took < 2*time.Second {
			t.Errorf("the end waited %v for a lock that is held for two seconds", took)
		}
	})
}

// A login is given up while the end of the session before waits for locks: the head unit
// hears all the same that the settings of before are not in force any more.
func TestSettingsAfterALoginThatWasGivenUp(t *testing.T) {
	for name, after := range map[string]time.Duration{"while it waits": time.Second, "at its end": 5 * time.Second} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, b *bubble) {
				b.login(anna)
				b.set("radio", map[string]any{"volume": byte(11)})
				b.inhibit()
				ctx, cancel := context.WithCancel(t.Context())
				b.later(after, cancel)
				_, _ = b.Login(ctx, lea, profiles.PIN{}, false)
				time.Sleep(10 * time.Second)
				b.hears("the end", "radio volume", "ending replaced 5s", "ended replaced", "radio volume")
			})
		})
	}
}
