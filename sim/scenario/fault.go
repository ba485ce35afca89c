package scenario

import (
	"context"
	"errors"
	"fmt"
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
		return s.litter(ctx, c)
	case "broker-restart":
		return s.restartBroker(c)
	case "power":
		return s.powerCut(ctx, c.span)
	case "sleep":
		return s.sleep(ctx, c.span)
	}
	mend, err := s.damage(c.kind)
	if err != nil || c.span == 0 {
		return "", err
	}
	s.later(c.span, mend)
	return "", nil
}

// later mends a fault after a time, unless the scenario ends before.
func (s *stage) later(d time.Duration, mend func() error) {
	s.jobs.Go(func() {
		select {
		case <-s.ctx.Done():
		case <-time.After(d):
			s.failed(mend())
		}
	})
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

// litter says garbage between what is played, once or for a time.
func (s *stage) litter(ctx context.Context, c *fault) (string, error) {
	var ports []interface{ Write([]byte) (int, error) }
	if c.kind == "gnss-garbage" {
		ports = append(ports, s.world.GNSS)
	} else {
		for _, p := range s.world.Ports {
			ports = append(ports, p)
		}
	}
	short := s.shortFrames()
	say := func(n int) error {
		for i, p := range ports {
			rubbish := car.Garbage(s.Seed+uint64(1000*n+i), burst)
			if c.kind == "can-garbage" {
				rubbish = append(rubbish, short...)
			}
			if _, err := p.Write(rubbish); err != nil {
				return err
			}
		}
		return nil
	}
	if c.span == 0 {
		return fmt.Sprintf("%d pieces a port", burst), say(0)
	}
	end := time.Now().Add(c.span)
	s.jobs.Go(func() {
		for n := 0; time.Now().Before(end); n++ {
			if err := say(n); err != nil {
				s.failed(err)
				return
			}
			select {
			case <-s.ctx.Done():
				return
			case <-time.After(burstEvery):
			}
		}
	})
	return "", ctx.Err()
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
	restart := func() error {
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
