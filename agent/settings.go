package agent

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"glovebox/profiles"
)

// Get returns a group of whoever is at the wheel, defaults included. With no group it
// is everything that who has set, apps' stores too, and nothing else. If who is
// somebody, they must be at the wheel. A person's app is read from the disk.
func (c *Cabin) Get(who profiles.ID, group string) (profiles.Values, error) {
	if _, err := profiles.GroupByName(group); group != "" && err != nil {
		return nil, err
	}
	c.mu.Lock()
	driver, number := c.session.Who, c.number
	switch {
	case !c.session.Driving() || !who.IsZero() && who != driver:
		c.mu.Unlock()
		return nil, profiles.ErrNotPermitted
	case driver.IsZero() || group != "" && !profiles.IsApp(group):
		values := profiles.Values{group: c.sitting.group(group)}
		c.mu.Unlock()
		return values, nil
	}
	kept, failed := profiles.Encoded{group: nil}, error(nil)
	keep := func(err error) { failed = cmp.Or(failed, err) }
	if group == "" {
		c.effects.put(readSettings(driver, nil, kept, keep))
	}
	c.effects.put(readStores(driver, kept, keep))
	c.mu.Unlock()
	c.effects.wait()
	c.mu.Lock()
	over := c.number != number
	c.mu.Unlock()
	switch {
	case over:
		return nil, profiles.ErrNotPermitted
	case failed != nil:
		return nil, fmt.Errorf("get %s: %w", group, failed)
	}
	values, unread := profiles.DecodeSet(kept)
	c.effects.unreadable(unread)
	if group != "" && values[group] == nil {
		values[group] = map[string]any{}
	}
	return values, nil
}

// Set changes settings of whoever is at the wheel when it is called, over any number of
// groups, all or none, and keeps the others; nil takes back, as in profiles.Values. If
// who is somebody, they must be at the wheel. When it returns the values are durable,
// but for those of one driving cycle; a guest's are in memory and nowhere else. Then kept
// is called, if there is one: its answer contends with nobody. Who hears of the change, and
// what the car itself is to do of it, follows.
func (c *Cabin) Set(_ context.Context, who profiles.ID, values profiles.Values, kept func()) error {
	edit, err := profiles.NewEdit(values)
	if err != nil {
		return err
	}
	c.mu.Lock()
	if !onlyApps(values) { // an app writes by itself
		c.vehicle.leaving.call(c.needs.Now().Boot)
	}
	number, driver := c.number, c.session.Who
	var adjusts bool // the car has to do something
	var wrote error
	done := func(err error) { // with mu held
		if wrote = err; err != nil {
			return
		}
		if c.number == number {
			told, after, err := c.sitting.apply(edit)
			if wrote = err; err != nil {
				return
			}
			c.news.keep(told...)
			c.adjust.edit(edit, after, c.vehicle.motion.parked(c.needs.Now()))
			adjusts = len(c.adjust.waiting) > 0
		}
		if !driver.IsZero() {
			share(c.shared, edit.Vehicle)
		}
	}
	write := false
	switch {
	case !c.session.Driving() || !who.IsZero() && who != driver:
		wrote = profiles.ErrNotPermitted
	case driver.IsZero(), len(edit.Person)+len(edit.Vehicle) == 0:
		done(nil)
	default:
		write = true
		c.effects.put(setSettings(driver, edit, func(err error) {
			c.mu.Lock()
			defer c.mu.Unlock()
			done(err)
		}))
	}
	c.mu.Unlock()
	if write {
		if c.effects.wait(); wrote != nil {
			wrote = fmt.Errorf("set %v: %w", slices.Sorted(maps.Keys(values)), wrote)
		}
	}
	if wrote != nil {
		return wrote
	}
	if kept != nil {
		kept()
	}
	c.news.changed()
	if adjusts {
		c.ordered.ring()
	}
	return nil
}

// onlyApps reports whether nothing but apps' stores is set.
func onlyApps(values profiles.Values) bool {
	for group := range values {
		if !profiles.IsApp(group) {
			return false
		}
	}
	return true
}

// share makes an edit in the settings of the vehicle.
func share(shared, edit profiles.Encoded) {
	for group, values := range edit {
		if shared[group] == nil {
			shared[group] = map[string][]byte{}
		}
		maps.Copy(shared[group], values)
		maps.DeleteFunc(shared[group], func(_ string, v []byte) bool { return v == nil })
	}
}
