package hmi

import (
	"context"
	"errors"
	"os"

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

// FollowPower has every session end before the unit sleeps or shuts down: it holds a
// delay lock of the login manager from the start, calls act when that says what comes,
// and lets go when act has returned. On a system without a login manager it says so once.
// It blocks until ctx ends, and returns the lock that it holds then, or nil. before is that
// of the process before, or nil: it is released once there is another one.
func (f *Face) FollowPower(ctx context.Context, before *os.File, act func(Power)) (lock *os.File) {
	heard := make(chan *dbus.Signal, 16)
	f.conn.Signal(heard)
	defer f.conn.RemoveSignal(heard)
	if err := f.conn.AddMatchSignal(dbus.WithMatchSender(login1), dbus.WithMatchInterface(manager)); err != nil {
		return before // the bus is gone, which Run says
	}
	p := &power{face: f}
	err := p.take()
	if before != nil {
		if err != nil && !errors.Is(err, fence.ErrNobody) {
			act(Sleeps) // it may have said so when nobody heard it: then it gives no lock
		}
		_ = before.Close()
	}
	for {
		select {
		case <-ctx.Done():
			return p.lock
		case s, open := <-heard:
			if !open {
				return p.lock
			}
			p.hear(s, act)
		}
	}
}

// power is the delay lock that is held, or nil.
type power struct {
	face  *Face
	lock  *os.File
	owner string // who was asked for it
	said  bool   // that there is no lock to be had
}

func (p *power) hear(s *dbus.Signal, act func(Power)) {
	begins, _ := first(s.Body).(bool)
	switch {
	case s.Name == busName+".NameOwnerChanged":
		if name, _ := first(s.Body).(string); name == login1 && len(s.Body) == 3 && s.Body[2] != "" && s.Body[2] != p.owner {
			p.said = false // another one, which knows nothing of our lock
			p.release()
			_ = p.take()
		}
	case s.Name == manager+".PrepareForSleep" && !begins:
		act(Wakes)
		_ = p.take()
	case s.Name == manager+".PrepareForShutdown" && !begins: // it was called off
		_ = p.take()
	case s.Name == manager+".PrepareForSleep":
		act(Sleeps)
		p.release()
	case s.Name == manager+".PrepareForShutdown":
		act(ShutsDown)
		p.release()
	}
}

func first(body []any) any {
	if len(body) == 0 {
		return nil
	}
	return body[0]
}

// take takes a lock, where none is held. It says what is wrong itself.
func (p *power) take() (err error) {
	if p.lock != nil {
		return nil
	}
	p.lock, p.owner, err = fence.Delay(p.face.address, login1, "sleep:shutdown", "Glovebox", "End the session at the wheel", busAnswers)
	switch {
	case err == nil:
		p.said = false
	case p.said:
	case errors.Is(err, fence.ErrNobody):
		p.face.log.Info("no login manager: a sleep is seen only by the clock")
	default:
		p.face.log.Warn("a sleep will not wait for the agent", "error", err)
	}
	p.said = p.said || err != nil
	return err
}

func (p *power) release() {
	if p.lock != nil {
		_ = p.lock.Close()
		p.lock = nil
	}
}
