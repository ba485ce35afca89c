package main

import (
	"context"
	"errors"
	"fmt"

	"glovebox/agent"
	"glovebox/hal"
	"glovebox/hal/mapping"
	"glovebox/hal/socketcan"
)

// actuators sends commands to the buses that the mapping file names. The wires are
// added before the first command.
type actuators struct {
	plan  *mapping.Plan
	wires map[string]*wire // by bus
}

// paths is what can be set, in the order of the file.
func (a *actuators) paths() (all []string) {
	for _, actuator := range a.plan.Actuators() {
		all = append(all, actuator.Path)
	}
	return all
}

// reach is how far each of them goes that is a number with a range.
func (a *actuators) reach() map[string]agent.Reach {
	all := map[string]agent.Reach{}
	for _, path := range a.paths() {
		if least, most, step, ok := a.plan.Reach(path); ok {
			all[path] = agent.Reach{Least: least, Most: most, Step: step}
		}
	}
	return all
}

// Actuate writes the frame that sets path to v on its bus.
func (a *actuators) Actuate(_ context.Context, path string, v hal.Value) error {
	bus, f, err := a.plan.Actuate(path, v)
	if err != nil {
		return fmt.Errorf("%w: %w", agent.ErrNotSent, err)
	}
	w := a.wires[bus]
	if w == nil {
		return fmt.Errorf("%w: there is no bus %q", agent.ErrNotSent, bus)
	}
	if err := w.send(f); errors.Is(err, errNotThere) || errors.Is(err, socketcan.ErrNoFD) {
		return fmt.Errorf("%w: bus %q: %w", agent.ErrNotSent, bus, err)
	} else if err != nil {
		return fmt.Errorf("bus %q: %w", bus, err)
	}
	return nil
}
