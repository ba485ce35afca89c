package scenario

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"
)

// broken is something that a fault broke.
type broken struct {
	name string
	from time.Time
	to   time.Time     // guarded by mu of the stage; when it is over or will be, zero if nobody knows
	mend func() error  // nil: it mends itself
	gone chan struct{} // closed when it is over
}

// isOver reports whether it is mended.
func (b *broken) isOver() bool {
	select {
	case <-b.gone:
		return true
	default:
		return false
	}
}

// breaks notes that something is broken, for a time or until it is mended.
func (s *stage) breaks(name string, span time.Duration, mend func() error) *broken {
	b := &broken{name: name, from: time.Now(), mend: mend, gone: make(chan struct{})}
	s.mu.Lock()
	if s.faults == nil {
		s.faults = map[string]*broken{}
	}
	s.faults[name] = b
	s.mu.Unlock()
	s.lasts(b, span)
	return b
}

// lasts says for how long something is broken from now on; 0 is until it is mended.
func (s *stage) lasts(b *broken, span time.Duration) {
	var to time.Time
	if span > 0 {
		to = time.Now().Add(span)
	}
	s.mu.Lock()
	b.to = to
	s.mu.Unlock()
	s.tell()
}

// isBroken is what a fault of that name broke, nil if it is whole.
func (s *stage) isBroken(name string) *broken {
	s.mu.Lock()
	defer s.mu.Unlock()
	if b := s.faults[name]; b != nil && !b.isOver() {
		return b
	}
	return nil
}

// heal mends it, if nobody has.
func (s *stage) heal(b *broken) error {
	s.mu.Lock()
	already := b.isOver()
	if !already {
		b.to = time.Now()
		close(b.gone)
	}
	s.mu.Unlock()
	if already {
		return nil
	}
	defer s.tell()
	if b.mend == nil {
		return nil
	}
	return b.mend()
}

// healsAt mends it when its time is over, unless that is another then, or the scenario ends.
func (s *stage) healsAt(b *broken, span time.Duration) {
	s.jobs.Go(func() {
		select {
		case <-s.ctx.Done():
			return
		case <-b.gone:
			return
		case <-time.After(span):
		}
		s.mu.Lock()
		later := b.to.IsZero() || b.to.After(time.Now())
		s.mu.Unlock()
		if !later {
			s.failed(s.heal(b))
		}
	})
}

// tell says that the progress is another.
func (s *stage) tell() {
	if s.changed != nil {
		s.changed()
	}
}

// broke lists what faults broke, by name, the newest of each.
func (s *stage) broke() []PlayerFault {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []PlayerFault
	for _, name := range slices.Sorted(maps.Keys(s.faults)) {
		b := s.faults[name]
		all = append(all, PlayerFault{Name: name, From: b.from, To: b.to, On: !b.isOver()})
	}
	return all
}

// mend ends a fault.
type mend struct{ kind string }

func (c *mend) slots() slots { return slots{&c.kind, nil} }

func (c *mend) do(_ context.Context, s *stage) (string, error) {
	b := s.isBroken(c.kind)
	if b == nil {
		return "", fmt.Errorf("fault %s is not on", c.kind)
	}
	return "after " + span(time.Since(b.from).Round(time.Millisecond)), s.heal(b)
}

// plug ends an unplug.
type plug struct{ port string }

func (c *plug) slots() slots { return slots{nil, &c.port, nil} }

func (c *plug) do(ctx context.Context, s *stage) (string, error) {
	return (&mend{"unplug " + c.port}).do(ctx, s)
}
