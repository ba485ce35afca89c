package scenario

import (
	"context"
	"fmt"

	"glovebox/headunit"
)

// meanwhile begins a command and goes on with the next lines: two people do something at the
// same time. Whether it is refused is not looked at.
type meanwhile struct{ command Command }

func (c *meanwhile) slots() slots { return slots{&c.command} }

func (c *meanwhile) check(*parser) error {
	return refuse(!aside(c.command), fmt.Sprintf("%s cannot stand behind meanwhile", c.command))
}

// aside reports whether a command may be played beside others: the lines below need not know that
// it is over.
func aside(c Command) bool {
	switch c.what.(type) {
	case *document, *door, *lock, *unlock, *agentFault:
		return true
	}
	return refusable(c)
}

func (c *meanwhile) do(ctx context.Context, s *stage, step int) (string, error) {
	begun := make(chan struct{})
	s.lasting.Go(func() {
		s.turn.Lock()
		defer s.turn.Unlock()
		close(begun)
		if _, err := s.do(s.ctx, step, c.command); err != nil && headunit.RefusedAs(err) == "" {
			s.failed(fmt.Errorf("%s: %w", c.command, err))
		}
	})
	s.free(func() { <-begun }) // has the turn until it waits, or is over
	return "", ctx.Err()
}
