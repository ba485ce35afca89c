package scenario

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"glovebox/hal/can"
	"glovebox/hal/slcan"
	"glovebox/sim/car"
)

// fault is something that breaks, for a time or until the scenario ends.
type fault struct {
	kind string
	span time.Duration // 0: until the end; of garbage, power and a broker: once
}

func (c *fault) slots() slots { return slots{&c.kind, nil, &c.span} }

func (c *fault) check(p *parser) error {
	p.offline = p.offline || c.kind == "offline"
	p.s.SmallDisk = p.s.SmallDisk || c.kind == "disk-full"
	return nil
}

// agentFault breaks an agent that runs.
type agentFault struct{ fault }

func (c *agentFault) check(p *parser) error {
	p.s.Sleeps = p.s.Sleeps || c.kind == "sleep"
	return refuse(!p.running, "the agent does not run here")
}

// unplug pulls a device out.
type unplug struct {
	fault
	port string
}

func (c *unplug) slots() slots { return slots{nil, &c.port, nil, &c.span} }

func (c *unplug) do(ctx context.Context, s *stage) (string, error) {
	return (&fault{"unplug " + c.port, c.span}).do(ctx, s)
}

// clockShift moves the boot clock.
type clockShift struct{ by string }

func (c *clockShift) slots() slots { return slots{nil, &c.by} }

func (c *clockShift) do(_ context.Context, s *stage) (string, error) {
	d, err := duration(c.by[1:])
	s.world.Agent.ShiftClock(d)
	return "from the next start", err
}

// do begins a fault. One with an end is over by itself; the script goes on
// meanwhile.
func (c *fault) do(ctx context.Context, s *stage) (string, error) {
	switch c.kind {
	case "can-garbage", "gnss-garbage":
		if c.span == 0 {
			return fmt.Sprintf("%d pieces a port", burst), s.garbage(c.kind)(0)
		}
	case "broker-restart":
		return s.restartBroker(c)
	case "power":
		b := s.breaks(c.kind, c.span, nil)
		got, err := s.powerCut(ctx, c.span)
		return got, errors.Join(err, s.heal(b))
	case "sleep":
		b := s.breaks(c.kind, c.span, nil)
		got, err := s.sleep(ctx, c.span)
		return got, errors.Join(err, s.heal(b))
	}
	b := s.isBroken(c.kind)
	if b != nil { // it is broken already, and now for so long
		s.lasts(b, c.span)
	} else {
		mend, err := s.damage(c.kind)
		if err != nil {
			return "", err
		}
		b = s.breaks(c.kind, c.span, mend)
	}
	if c.span > 0 {
		s.healsAt(b, c.span)
	}
	return "", nil
}

// failed keeps what went wrong beside the script.
func (s *stage) failed(err error) {
	if err == nil || s.ctx.Err() != nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unmended = append(s.unmended, err)
}

// damage breaks something and returns how to mend it.
func (s *stage) damage(kind string) (mend func() error, err error) {
	switch kind {
	case "offline":
		o := &outage{from: time.Now()}
		s.mu.Lock()
		s.outages = append(s.outages, o)
		s.mu.Unlock()
		s.world.Tap.Cut()
		return func() error {
			s.mu.Lock()
			o.to = time.Now()
			s.mu.Unlock()
			s.world.Tap.Open()
			return nil
		}, nil
	case "gnss":
		if s.world.Car != nil { // no sky; the receiver goes on to say so
			s.world.Car.GNSS(true)
			return func() error { s.world.Car.GNSS(false); return nil }, nil
		}
		s.world.GNSS.Mute(true)
		return func() error { s.world.GNSS.Mute(false); return nil }, nil
	case "can":
		for _, p := range s.world.Ports {
			p.Mute(true)
		}
		return func() error {
			for _, p := range s.world.Ports {
				p.Mute(false)
			}
			return nil
		}, nil
	case "can-garbage", "gnss-garbage":
		return s.litter(kind)
	case "duplicate":
		s.world.Tap.Twice(true)
		return func() error { s.world.Tap.Twice(false); return nil }, nil
	case "disk-full":
		return s.world.Disk.Free, s.world.Disk.Fill()
	case "slow-disk":
		return s.world.Agent.Slow()
	case "unplug gnss":
		return s.world.GNSS.Plug, s.world.GNSS.Unplug()
	case "unplug can":
		var all []error
		for _, p := range s.world.Ports {
			all = append(all, p.Unplug())
		}
		return func() error {
			var all []error
			for _, p := range s.world.Ports {
				all = append(all, p.Plug())
			}
			return errors.Join(all...)
		}, errors.Join(all...)
	}
	return nil, fmt.Errorf("fault %s: not built yet", kind)
}

// powerCut ends the agent as a power cut does, and starts it again after a time.
func (s *stage) powerCut(ctx context.Context, away time.Duration) (string, error) {
	s.guard(ctx, true)
	s.up, s.who = false, ""
	s.world.Kill()
	if err := s.pause(ctx, away); err != nil {
		return "", err
	}
	return (&boot{}).do(ctx, s)
}

// Garbage comes in bursts of so many pieces, so often.
const (
	burst      = 64
	burstEvery = 50 * time.Millisecond
)

// garbage says a burst of it on the ports, another each time.
func (s *stage) garbage(kind string) (say func(n int) error) {
	var ports []io.Writer
	if kind == "gnss-garbage" {
		ports = append(ports, s.world.GNSS)
	} else {
		for _, p := range s.world.Ports {
			ports = append(ports, p)
		}
	}
	short := s.shortFrames()
	return func(n int) error {
		for i, p := range ports {
			rubbish := car.Garbage(s.Seed+uint64(1000*n+i), burst)
			if kind == "can-garbage" {
				rubbish = append(rubbish, short...)
			}
			if _, err := p.Write(rubbish); err != nil {
				return err
			}
		}
		return nil
	}
}

// litter says garbage again and again.
func (s *stage) litter(kind string) (mend func() error, err error) {
	say, ended := s.garbage(kind), make(chan struct{})
	s.lasting.Go(func() {
		for n := 0; ; n++ {
			if err := say(n); err != nil {
				s.failed(err)
				return
			}
			select {
			case <-s.ctx.Done():
				return
			case <-ended:
				return
			case <-time.After(burstEvery):
			}
		}
	})
	return func() error { close(ended); return nil }, nil
}

// shortFrames are good frames without a byte of data, one for each message that
// is mapped.
func (s *stage) shortFrames() (lines []byte) {
	for _, bus := range s.plan.Buses() {
		for _, m := range s.plan.Bus(bus).Messages() {
			lines = slcan.Append(lines, can.Frame{ID: m.ID, Extended: m.Extended})
		}
	}
	return lines
}

// restartBroker is one that forgets everything, away for a moment or a time.
func (s *stage) restartBroker(c *fault) (string, error) {
	away := max(c.span, 100*time.Millisecond)
	o := &outage{from: time.Now()}
	s.mu.Lock()
	s.outages = append(s.outages, o)
	s.mu.Unlock()
	b := s.breaks(c.kind, away, nil)
	restart := func() error {
		defer func() { _ = s.heal(b) }() // there is nothing to mend
		err := s.world.RestartBroker(s.ctx, away)
		s.mu.Lock()
		o.to = time.Now()
		s.mu.Unlock()
		return err
	}
	if c.span == 0 {
		return "", restart()
	}
	s.jobs.Go(func() { s.failed(restart()) })
	return "", nil
}
