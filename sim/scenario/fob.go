package scenario

import (
	"context"
	"errors"
	"time"

	"glovebox/headunit"
)

// fob comes near the driver's seat, or goes.
type fob struct {
	name string
	in   bool
}

func (c *fob) slots() slots { return slots{&c.name, &c.in} }

// fobSaid is how long the agent takes to hear of it.
const fobSaid = 150 * time.Millisecond

func (c *fob) do(ctx context.Context, s *stage) (string, error) {
	if err := s.world.Car.Fob(c.name, c.in); err != nil {
		return "", err
	}
	if err := s.said(ctx); err != nil {
		return "", err
	}
	return "", s.pause(ctx, fobSaid)
}

// linkFob links the fob in the car to who is at the wheel. What was moved just before
// may be on its way still: it is asked again for a second.
func (s *stage) linkFob(ctx context.Context, who string) (string, error) {
	for end := time.Now().Add(time.Second); ; {
		err := s.world.HMI.LinkFob(ctx, who)
		if r, ok := errors.AsType[*headunit.Refusal](err); !ok || r.Name != "InvalidArgument" || time.Now().After(end) {
			return "", err
		}
		if err := s.pause(ctx, fobSaid); err != nil {
			return "", err
		}
	}
}

// suggested is whose PIN the picker asks for, because their fob opened the car.
type suggested struct{ name string }

func (c *suggested) slots() slots { return slots{&c.name} }

func (c *suggested) holds(ctx context.Context, s *stage, _ moment) (bool, string, error) {
	v, err := s.hmi.Session(ctx)
	name := "nobody"
	for _, r := range s.back.Readers() {
		if r.ID == v.Suggested && v.Suggested != "" {
			name = r.Name
		}
	}
	return err == nil && name == c.name, name, err
}
