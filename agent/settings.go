package agent

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"glovebox/profiles"
)

// Get returns a group's settings of the person at the wheel, defaults included.
func (c *Cabin) Get(group string) (map[string]any, error) {
	g, err := profiles.GroupByName(group)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	session := c.session
	values := maps.Clone(c.guest[group])
	c.mu.Unlock()
	switch session.State {
	case profiles.GuestDriving:
		return withDefaults(g, values), nil
	case profiles.PersonDriving:
		return c.stored(session.Who, g)
	}
	return nil, profiles.ErrNotPermitted
}

// Set changes the given keys of a group and keeps the others. When it returns the
// values are durable; a guest's are in memory and nowhere else.
func (c *Cabin) Set(ctx context.Context, group string, values map[string]any) error {
	g, err := profiles.GroupByName(group)
	if err != nil {
		return err
	}
	values, err = g.Validate(values)
	if err != nil {
		return err
	}
	return c.write(ctx, g, values)
}

// Reset puts a group back to its defaults.
func (c *Cabin) Reset(ctx context.Context, group string) error {
	g, err := profiles.GroupByName(group)
	if err != nil {
		return err
	}
	return c.write(ctx, g, g.Defaults())
}

// write keeps validated values for whoever was at the wheel when it was called. A
// call that outlives its session does nothing.
func (c *Cabin) write(ctx context.Context, g profiles.Group, values map[string]any) error {
	c.mu.Lock()
	number := c.number
	c.mu.Unlock()
	if err := c.take(ctx); err != nil {
		return err
	}
	defer c.yield()

	c.mu.Lock()
	session := c.session
	if !session.Driving() || c.number != number {
		c.mu.Unlock()
		return profiles.ErrNotPermitted
	}
	if session.State == profiles.GuestDriving {
		if c.guest[g.Name] == nil {
			c.guest[g.Name] = map[string]any{}
		}
		maps.Copy(c.guest[g.Name], values)
	}
	c.mu.Unlock()

	if session.State == profiles.PersonDriving {
		encoded, err := g.EncodeAll(values)
		if err != nil {
			return err
		}
		if err := c.Store.SetSettings(session.Who, g.Name, encoded); err != nil {
			return fmt.Errorf("set %s: %w", g.Name, err)
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.events = append(c.events, SettingsChanged{g.Name, slices.Sorted(maps.Keys(values))})
	c.changed()
	return nil
}

// allSettings is every group of whoever is at the wheel: what a login answers.
func (c *Cabin) allSettings() (map[string]map[string]any, error) {
	all := map[string]map[string]any{}
	for _, g := range profiles.Groups() {
		values, err := c.Get(g.Name)
		if err != nil {
			return nil, err
		}
		all[g.Name] = values
	}
	return all, nil
}

// stored reads and decodes a person's group. A value that cannot be read back is
// its default, so that a login never fails for one damaged value.
func (c *Cabin) stored(who profiles.ID, g profiles.Group) (map[string]any, error) {
	raw, err := c.Store.Settings(who, g.Name)
	if err != nil {
		return nil, fmt.Errorf("settings %s: %w", g.Name, err)
	}
	values, unread := g.DecodeAll(raw)
	for _, key := range unread {
		c.Log.Warn("setting unreadable", "group", g.Name, "key", key)
	}
	return values, nil
}

func withDefaults(g profiles.Group, values map[string]any) map[string]any {
	all := g.Defaults()
	maps.Copy(all, values)
	return all
}
