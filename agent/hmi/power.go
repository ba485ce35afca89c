package hmi

import (
	"context"
	"errors"
	"os"
	"sync"
	"time"

	"github.com/godbus/dbus/v5"

	"glovebox/agent/hmi/fence"
)

// Power is what the unit does next.
type Power uint8

const (
	Sleeps Power = iota // memory stays powered
	Wakes
	ShutsDown
)

const manager = login1 + ".Manager"

// FollowPower has every session end before the unit sleeps: it holds a delay lock of the
// login manager from the start, calls act when that says what comes, and lets go when act
// has returned. It calls act before a shutdown too, which does not wait for it: that stops
// the agent in order, and a stop ends the session. A login manager that gives none, as one that is slow
// or that polkit has refuse it, is asked again; what it says is heard meanwhile. On a system
// without one that is said once. It blocks until ctx ends, and returns the lock that it holds
// then, or nil. before is that of the process before, or nil: it is released once there is
// another one.
func (f *Face) FollowPower(ctx context.Context, before *os.File, act func(Power)) (lock *os.File) {
	heard := make(chan *dbus.Signal, 16)
	f.conn.Signal(heard)
	defer f.conn.RemoveSignal(heard)
	if err := f.conn.AddMatchSignal(dbus.WithMatchSender(login1), dbus.WithMatchInterface(manager)); err != nil {
		return before // the bus is gone, which Run says
	}
	ctx, stop := context.WithCancel(ctx)
	p := &power{face: f, ctx: ctx, act: act, before: before, answers: make(chan answer, 1)}
	defer func() { stop(); p.asking.Wait(); p.drop(p.unread()) }()
	p.ask()
	for {
		select {
		case <-ctx.Done():
			return p.held()
		case s, open := <-heard:
			if !open {
				return p.held()
			}
			p.hear(s)
		case a := <-p.answers:
			p.open = false
			p.take(a)
		case <-p.again:
			p.ask()
		}
	}
}

// power is what the login manager was asked for, and gave.
type power struct {
	face   *Face
	ctx    context.Context
	act    func(Power)
	lock   *os.File
	before *os.File // of the process before, until there is an answer
	owner  string   // who was asked for the lock
	newest string   // who has the login manager's name; empty where none was heard of
	said   bool     // that there is no lock to be had
	begun  bool     // the unit is about to sleep, or to shut down: no lock is wanted

	asking  sync.WaitGroup
	answers chan answer
	open    bool             // an answer is awaited
	again   <-chan time.Time // when to ask once more, nil for never
	pause   time.Duration    // between two questions
}

// answer is what a login manager answers to the question for a lock.
type answer struct {
	lock  *os.File
	owner string
	err   error
}

// askAgain is the first and the longest pause before one that gives no lock is asked again.
// polkit may come up after the agent.
const (
	askAgain    = time.Second
	askAgainMax = 10 * time.Minute
)

// unread is a lock that came too late, or nil.
func (p *power) unread() *os.File {
	select {
	case a := <-p.answers:
		return a.lock
	default:
		return nil
	}
}

// held is the lock that the agent has.
func (p *power) held() *os.File {
	if p.lock == nil {
		return p.before
	}
	return p.lock
}

// ask asks for a lock, where none is held, and no answer is awaited. It is for the sleep
// alone: who asks for sleep and shutdown at once is looked at by systemd 252 as if for the
// lid switch, which is not given to a user without a seat; and a shutdown stops the agent
// in order.
func (p *power) ask() {
	if p.again = nil; p.lock != nil || p.open {
		return
	}
	p.open = true
	p.asking.Go(func() {
		lock, owner, err := fence.Delay(p.ctx, p.face.address, login1, "sleep", "Glovebox", "End the session at the wheel", busAnswers)
		p.answers <- answer{lock, owner, err}
	})
}

func (p *power) hear(s *dbus.Signal) {
	begins, _ := first(s.Body).(bool)
	switch s.Name {
	case busName + ".NameOwnerChanged":
		if name, _ := first(s.Body).(string); name != login1 || len(s.Body) != 3 {
			return
		}
		if p.newest, _ = s.Body[2].(string); p.newest != "" && p.newest != p.owner {
			p.anew()
		}
	case manager + ".PrepareForSleep":
		p.comes(begins, Sleeps)
	case manager + ".PrepareForShutdown":
		p.comes(begins, ShutsDown)
	}
}

// anew asks the newest login manager, which knows nothing of the lock of one before. Where
// an answer is awaited that shows whose it is.
func (p *power) anew() {
	if p.open {
		return
	}
	p.said, p.begun, p.pause = false, false, 0
	p.release()
	p.ask()
}

// comes does what is to be done before the unit sleeps or shuts down, and once it wakes or
// that was called off.
func (p *power) comes(begins bool, what Power) {
	p.begun = begins
	switch {
	case begins:
		p.act(what)
		p.release()
	case what == Sleeps:
		p.act(Wakes)
		p.ask()
	default:
		p.ask()
	}
}

func first(body []any) any {
	if len(body) == 0 {
		return nil
	}
	return body[0]
}

// take takes what a login manager answers. It says what is wrong itself.
func (p *power) take(a answer) {
	switch {
	case p.newest != "" && a.owner != p.newest:
		p.drop(a.lock)
		p.anew()
		return
	case p.begun:
		p.drop(a.lock)
		return
	}
	p.lock, p.owner = a.lock, a.owner
	if p.before != nil {
		if a.err != nil && !errors.Is(a.err, fence.ErrNobody) {
			p.act(Sleeps) // it may have said so when nobody heard it: then it gives no lock
		}
		p.drop(p.before)
		p.before = nil
	}
	switch {
	case a.err == nil:
		if p.said {
			p.face.log.Info("a sleep waits for the agent")
		}
		p.said, p.pause = false, 0
		return
	case p.ctx.Err() != nil:
		return
	case errors.Is(a.err, fence.ErrNobody): // whoever comes is heard of
		if !p.said {
			p.face.log.Info("no login manager: a sleep is seen only by the clock")
		}
	default:
		if !p.said {
			p.face.log.Warn("a sleep will not wait for the agent", "error", a.err)
		}
		p.pause = min(max(2*p.pause, askAgain), askAgainMax)
		p.again = time.After(p.pause)
	}
	p.said = true
}

// release lets go of every lock.
func (p *power) release() {
	p.drop(p.lock)
	p.drop(p.before)
	p.lock, p.before = nil, nil
}

func (p *power) drop(lock *os.File) {
	if lock != nil {
		_ = lock.Close()
	}
}
