package scenario

import "context"

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
