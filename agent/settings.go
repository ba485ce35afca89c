package agent

import (
	"context"
	"fmt"
	"maps"
	"strings"

	"glovebox/profiles"
)

// Get returns a group's settings of the person at the wheel, defaults included.
func (c *Cabin) Get(group string) (map[string]any, error) {
	if _, err := profiles.GroupByName(group); err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.session.Driving() {
		return nil, profiles.ErrNotPermitted
	}
	return maps.Clone(c.sitting[group]), nil
}

// Set changes the given keys of a group, of whoever is at the wheel when it is called,
// and keeps the others. When it returns the values are durable; a guest's are in
// memory and nowhere else.
func (c *Cabin) Set(_ context.Context, group string, values map[string]any) error {
	g, err := profiles.GroupByName(group)
	if err != nil {
		return err
	}
	if values, err = g.Validate(values); err != nil {
		return err
	}
	encoded, err := g.EncodeAll(values)
	if err != nil {
		return err
	}
	c.mu.Lock()
	if !strings.HasPrefix(g.Name, "app.") { // an app writes by itself
		c.vehicle.leaving.call(c.needs.Now().Boot)
	}
	number := c.number
	var wrote error
	done := func(err error) { // with mu held
		if wrote = err; err != nil || c.number != number {
			return
		}
		before := map[string]map[string]any{g.Name: maps.Clone(c.sitting[g.Name])}
		maps.Copy(c.sitting[g.Name], values)
		c.news.add(changes(before, map[string]map[string]any{g.Name: c.sitting[g.Name]})...)
	}
	switch c.session.State {
	case profiles.PersonDriving:
		c.effects.put(setSettings(c.session.Who, g.Name, encoded, func(err error) {
			c.mu.Lock()
			defer c.mu.Unlock()
			done(err)
		}))
	case profiles.GuestDriving:
		for key := range values {
			c.touched[[2]string{g.Name, key}] = true
		}
		done(nil)
	default:
		wrote = profiles.ErrNotPermitted
	}
	person := c.session.State == profiles.PersonDriving
	c.mu.Unlock()
	if person {
		c.effects.wait()
	}
	if wrote != nil && person {
		return fmt.Errorf("set %s: %w", g.Name, wrote)
	}
	return wrote
}

// Reset puts a group back to its defaults.
func (c *Cabin) Reset(ctx context.Context, group string) error {
	g, err := profiles.GroupByName(group)
	if err != nil {
		return err
	}
	return c.Set(ctx, group, g.Defaults())
}
