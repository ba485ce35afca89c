package hmi_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"

	"glovebox/agent/hmi"
)

// manager is a small login manager: it hands out delay locks and says what comes.
type manager struct {
	conn *dbus.Conn

	mu    sync.Mutex
	given []string   // guarded by mu: what each lock is for
	locks []*os.File // guarded by mu: the ends that see the other one closed
	deny  bool       // guarded by mu
	calls int        // guarded by mu

	slow chan struct{} // guarded by mu: an answer waits until it is closed; nil: none does
}

const login1 = "org.freedesktop.login1"

func (w *world) manager(t *testing.T) *manager {
	t.Helper()
	m := &manager{conn: w.dial(t)}
	m.comes(t)
	return m
}

// slowManager is one whose first answer waits for answer.
func (w *world) slowManager(t *testing.T) (m *manager, answer func()) {
	t.Helper()
	m = &manager{conn: w.dial(t)}
	answer = m.slows()
	m.comes(t)
	return m, answer
}

// slows has the next answers wait for answer.
func (m *manager) slows() (answer func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	slow := make(chan struct{})
	m.slow = slow
	return func() { close(slow) }
}

// comes takes the name of the login manager.
func (m *manager) comes(t *testing.T) {
	t.Helper()
	if err := m.conn.Export(m, "/org/freedesktop/login1", login1+".Manager"); err != nil {
		t.Fatal(err)
	}
	if _, err := m.conn.RequestName(login1, dbus.NameFlagDoNotQueue); err != nil {
		t.Fatal(err)
	}
}

func (m *manager) Inhibit(what, who, why, mode string) (dbus.UnixFD, *dbus.Error) {
	m.mu.Lock()
	m.calls++
	slow := m.slow
	m.mu.Unlock()
	if slow != nil {
		<-slow
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.deny {
		return 0, dbus.NewError("org.freedesktop.DBus.Error.AccessDenied", []any{"no"})
	}
	r, lock, err := os.Pipe()
	if err != nil {
		return 0, dbus.MakeFailedError(err)
	}
	m.given = append(m.given, what+" "+mode)
	m.locks = append(m.locks, r)
	fd := dbus.UnixFD(lock.Fd())
	time.AfterFunc(300*time.Millisecond, func() { lock.Close() }) // the answer has a copy by then
	return fd, nil
}

func (m *manager) say(t *testing.T, what string, begins bool) {
	t.Helper()
	if err := m.conn.Emit("/org/freedesktop/login1", login1+".Manager."+what, begins); err != nil {
		t.Fatal(err)
	}
}

// lock is the n-th lock that was handed out; it waits for it.
func (m *manager) lock(t *testing.T, n int) *os.File {
	t.Helper()
	for range 500 {
		m.mu.Lock()
		locks := m.locks
		m.mu.Unlock()
		if len(locks) >= n {
			return locks[n-1]
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("no lock %d", n)
	return nil
}

// free waits until a lock is released, and says when.
func free(t *testing.T, lock *os.File) time.Time {
	t.Helper()
	if err := lock.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	if _, err := lock.Read(make([]byte, 1)); os.IsTimeout(err) {
		t.Fatal("a lock is not released")
	}
	return time.Now()
}

// held fails where a lock is released.
func held(t *testing.T, lock *os.File) {
	t.Helper()
	_ = lock.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
	if _, err := lock.Read(make([]byte, 1)); !os.IsTimeout(err) {
		t.Errorf("a lock is released: %v", err)
	}
}

// follow has the face follow the power of the unit; what is done is written down.
func (w *world) follow(t *testing.T, act func(hmi.Power)) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); w.face.FollowPower(ctx, nil, act) }()
	t.Cleanup(func() { cancel(); <-ended })
}

// The agent holds a delay lock from the start. Before a sleep it ends the session and
// lets go only then; when the unit wakes it does so again and takes another.
func TestSleep(t *testing.T) {
	w := start(t)
	m := w.manager(t)
	done, over := make(chan hmi.Power, 8), make(chan time.Time, 8)
	w.follow(t, func(p hmi.Power) { time.Sleep(100 * time.Millisecond); over <- time.Now(); done <- p })
	first := m.lock(t, 1)
	time.Sleep(400 * time.Millisecond) // the manager has only its own end now
	held(t, first)
	m.say(t, "PrepareForSleep", true)
	at := free(t, first)
	if p, over := <-done, <-over; p != hmi.Sleeps || at.Before(over) {
		t.Errorf("%v was done at %v, and the lock released at %v", p, over, at)
	}
	m.say(t, "PrepareForSleep", false)
	if p := <-done; p != hmi.Wakes {
		t.Errorf("%v when it wakes", p)
	}
	held(t, m.lock(t, 2))
	m.say(t, "PrepareForShutdown", true)
	free(t, m.lock(t, 2))
	if p := <-done; p != hmi.ShutsDown {
		t.Errorf("%v at the shutdown", p)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if !slices.Equal(m.given, []string{"sleep delay", "sleep delay"}) {
		t.Errorf("asked for %q", m.given)
	}
}

// The login manager may have its name before the agent starts.
func TestManagerWasThereBefore(t *testing.T) {
	w := newWorld(t)
	m := w.manager(t)
	w.run(t, w.access())
	done := make(chan hmi.Power, 8)
	w.follow(t, func(p hmi.Power) { done <- p })
	m.lock(t, 1)
	m.say(t, "PrepareForSleep", true)
	select {
	case p := <-done:
		if p != hmi.Sleeps {
			t.Errorf("%v", p)
		}
	case <-time.After(patience):
		t.Error("a sleep is not heard of")
	}
}

// Nobody but the login manager says that the unit sleeps.
func TestSleepIsSaidByTheManager(t *testing.T) {
	w := start(t)
	m := w.manager(t)
	done := make(chan hmi.Power, 8)
	w.follow(t, func(p hmi.Power) { done <- p })
	m.lock(t, 1)
	other := &manager{conn: w.dial(t)}
	other.say(t, "PrepareForSleep", true)
	if err := other.conn.Object(hmi.Name, "/org/freedesktop/login1").Call(login1+".Manager.PrepareForSleep", dbus.FlagNoReplyExpected, true).Err; err != nil {
		t.Fatal(err)
	}
	m.say(t, "PrepareForShutdown", true)
	if p := <-done; p != hmi.ShutsDown || len(done) > 0 {
		t.Errorf("somebody else put the unit to sleep: %v", p)
	}
}

// Without a login manager, or with one that gives no lock, the log says so once and
// nothing else happens; one that comes later is asked.
func TestNoManager(t *testing.T) {
	w := start(t)
	done := make(chan hmi.Power, 8)
	w.follow(t, func(p hmi.Power) { done <- p })
	count := func(text string) int { return strings.Count(w.log.String(), text) }
	for range 200 {
		if count("no login manager") > 0 {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	m := &manager{conn: w.dial(t), deny: true}
	if err := m.conn.Export(m, "/org/freedesktop/login1", login1+".Manager"); err != nil {
		t.Fatal(err)
	}
	if _, err := m.conn.RequestName(login1, dbus.NameFlagDoNotQueue); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		m.say(t, "PrepareForSleep", true)
		m.say(t, "PrepareForSleep", false)
	}
	for i := range 6 {
		if p := <-done; p != []hmi.Power{hmi.Sleeps, hmi.Wakes}[i%2] {
			t.Errorf("%d: %v", i, p)
		}
	}
	m.asked(t, 3) // of the three answers two at least are in the log
	if count("no login manager") != 1 || count("will not wait") != 1 {
		t.Error(fmt.Sprint("the log says:\n", w.log))
	}
	m.mu.Lock()
	m.deny = false // as where polkit came late
	m.mu.Unlock()
	m.lock(t, 1)
	for range 200 {
		if count("a sleep waits for the agent") > 0 {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if count("a sleep waits for the agent") != 1 {
		t.Error(fmt.Sprint("the log says:\n", w.log))
	}
}

// asked waits until so many asked for a lock.
func (m *manager) asked(t *testing.T, n int) {
	t.Helper()
	for range 500 {
		m.mu.Lock()
		calls := m.calls
		m.mu.Unlock()
		if calls >= n {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("asked less than %d times", n)
}

// While a login manager takes its time to give a lock what it says is heard, and the agent
// can end. A lock that comes once the sleep has begun is released at once: nothing is left
// to wait for.
func TestASlowManager(t *testing.T) {
	w := start(t)
	m, answer := w.slowManager(t)
	ctx, stop := context.WithCancel(t.Context())
	done, ended := make(chan hmi.Power, 8), make(chan *os.File, 1)
	go func() { ended <- w.face.FollowPower(ctx, nil, func(p hmi.Power) { done <- p }) }()
	m.asked(t, 1)
	m.say(t, "PrepareForSleep", true)
	if p := <-done; p != hmi.Sleeps {
		t.Errorf("%v", p)
	}
	answer()
	free(t, m.lock(t, 1))
	answer = m.slows()
	m.say(t, "PrepareForSleep", false)
	if p := <-done; p != hmi.Wakes {
		t.Errorf("%v", p)
	}
	m.asked(t, 2)
	stop()
	select {
	case lock := <-ended:
		if lock != nil {
			t.Errorf("at the end it holds %v", lock)
		}
	case <-time.After(5 * time.Second): // half of what an answer may take
		t.Error("the end waits for an answer")
	}
	answer()
}

// A lock of a login manager that is gone by then, as one that was restarted, counts for
// nothing: the one that has the name now is asked.
func TestAnAnswerOfTheOneBefore(t *testing.T) {
	w := start(t)
	m, answer := w.slowManager(t)
	done := make(chan hmi.Power, 8)
	w.follow(t, func(p hmi.Power) { done <- p })
	m.asked(t, 1)
	if _, err := m.conn.ReleaseName(login1); err != nil {
		t.Fatal(err)
	}
	next := w.manager(t)
	next.say(t, "PrepareForSleep", false) // by then the agent has heard of it
	<-done
	answer()
	free(t, m.lock(t, 1))
	held(t, next.lock(t, 1))
}

// A login manager that takes its name once more is the same one: the lock that it gave
// holds. Another one is asked anew.
func TestManagerChanges(t *testing.T) {
	w := start(t)
	m := w.manager(t)
	done := make(chan hmi.Power, 8)
	w.follow(t, func(p hmi.Power) { done <- p })
	first := m.lock(t, 1)
	time.Sleep(400 * time.Millisecond) // the manager has only its own end now
	drop := func() {
		if _, err := m.conn.ReleaseName(login1); err != nil {
			t.Fatal(err)
		}
	}
	drop()
	if _, err := m.conn.RequestName(login1, dbus.NameFlagDoNotQueue); err != nil {
		t.Fatal(err)
	}
	m.say(t, "PrepareForSleep", false) // by then the agent has heard of it
	<-done
	held(t, first)
	drop()
	w.manager(t).lock(t, 1)
	free(t, first)
}

// A fresh process lets go of the lock that it was left only once it has its own, and holds
// that when it ends. Where it gets none the sleep may have begun when nobody heard it: the
// session ends first.
func TestLockOfTheProcessBefore(t *testing.T) {
	for _, refused := range []bool{false, true} {
		t.Run(fmt.Sprint(refused), func(t *testing.T) {
			w := start(t)
			m := w.manager(t)
			m.mu.Lock()
			m.deny = refused
			m.mu.Unlock()
			seen, before, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			ctx, stop := context.WithCancel(t.Context())
			did, ended := make(chan hmi.Power, 8), make(chan *os.File)
			go func() {
				ended <- w.face.FollowPower(ctx, before, func(p hmi.Power) { time.Sleep(50 * time.Millisecond); did <- p })
			}()
			free(t, seen)
			m.mu.Lock()
			got := len(m.locks)
			m.mu.Unlock()
			if refused && (len(did) != 1 || <-did != hmi.Sleeps) || !refused && (got != 1 || len(did) != 0) {
				t.Errorf("let go with %d other locks, and %d times done what a sleep asks for", got, len(did))
			}
			stop()
			lock := <-ended
			if (lock == nil) != refused {
				t.Errorf("at the end it holds %v", lock)
			}
			if lock != nil {
				time.Sleep(400 * time.Millisecond) // the manager has only its own end now
				held(t, m.lock(t, 1))
				lock.Close()
				free(t, m.lock(t, 1))
			}
		})
	}
}
