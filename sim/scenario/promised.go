package scenario

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"glovebox/hal/mapping"
	"glovebox/hal/vss"
	"glovebox/headunit"
	"glovebox/profiles"
)

// onCar is what only the car can say is right: a path, a value of it, an alarm, a message
// on a bus. A check that can never look would be content for ever behind never.
type onCar interface{ suits(car *stage) error }

// promised tries what the lines name outside of the file: settings, the override of
// the policy, the car's mapping, and its paths.
func (p *parser) promised() {
	asks := p.s.Policy != "" || len(p.replays) > 0 && p.replays[0].brings()
	for i, step := range p.s.Steps {
		p.name, p.line = step.File, step.Line
		next := i + 1
		refused := next < len(p.s.Steps) && judges(p.s.Steps[next])
		if err := settingOf(step.Command); err != nil && !refused && !p.byHand {
			p.problem("%s: %v", step.word, err)
		}
		_, is := subject(step.Command).(onCar)
		asks = asks || is
	}
	if !asks || len(p.problems) > 0 {
		return
	}
	st := stage{Scenario: p.s}
	if _, err := st.prepare(); err != nil {
		p.at(func(s Step) bool { return s.word == "policy" || s.word == "replay" })
		p.problem("%v", err)
		return
	}
	for _, step := range p.s.Steps {
		if c, is := subject(step.Command).(onCar); is {
			if err := c.suits(&st); err != nil {
				p.name, p.line = step.File, step.Line
				p.problem("%s: %v", step.word, err)
			}
		}
	}
}

// at goes to the first line of a kind.
func (p *parser) at(kind func(Step) bool) {
	if i := slices.IndexFunc(p.s.Steps, kind); i >= 0 {
		p.name, p.line = p.s.Steps[i].File, p.s.Steps[i].Line
	}
}

// subject is the action of a line, the check of one that checks.
func subject(c Command) action {
	switch c := bare(c).what.(type) {
	case *kill:
		return c.into.what
	case *expect:
		return c.what.what
	case *never:
		return c.what.what
	default:
		return c
	}
}

// settingOf says what is wrong with the setting of a line, nil if it has none.
func settingOf(c Command) error {
	switch c := subject(c).(type) {
	case *set:
		return settable(c.group, c.key, c.value)
	case *setting:
		if c.value != "default" {
			return settable(c.group, c.key, c.value)
		}
	}
	return nil
}

// settable says why a setting cannot have a value.
func settable(group, key, value string) error {
	g, err := profiles.GroupByName(group)
	if err != nil {
		return unknown("group", group, groups())
	}
	s, err := g.Setting(key)
	if err != nil {
		return unknown("key", key, g.KeyNames())
	}
	if _, err := headunit.ParseSetting(group, key, value); err != nil {
		return fmt.Errorf("%s %s cannot be %q: want %s", group, key, clip(value), s.Range)
	}
	return nil
}

func (c *signal) suits(car *stage) error {
	if err := mapped(car.plan, c.path); err != nil {
		return err
	}
	_, err := car.plan.Parse(c.path, c.value)
	return err
}

func (c *alarm) suits(car *stage) error {
	_, _, err := car.plan.AlarmValue(c.code, c.on)
	if errors.Is(err, mapping.ErrUnknown) {
		var codes []string
		for _, a := range car.plan.Alarms() {
			codes = append(codes, a.Code)
		}
		return fmt.Errorf("this car does not have it: %w", unknown("alarm", c.code, codes))
	}
	return err
}

func (c *signalIs) suits(car *stage) error {
	if err := mapped(car.plan, c.path); err != nil {
		return err
	}
	_, err := car.plan.Parse(c.path, c.value)
	if _, no := number(c.value); no == nil { // a number may be written in another way
		return nil
	}
	return err
}

func (c *signalRange) suits(car *stage) error { return mapped(car.plan, c.path) }

func (c *frame) suits(car *stage) error {
	_, _, err := car.described(c.bus, c.message, "")
	return err
}

func (c *frameWith) suits(car *stage) error {
	message, signal, _ := strings.Cut(c.signal, ".")
	_, _, err := car.described(c.bus, message, signal)
	return err
}

func (c *publish) suits(*stage) error {
	if c.path == "" || c.kind != "status" && c.kind != "position" || vss.Has(c.path) {
		return nil
	}
	return unknown("path", c.path, slices.Collect(vss.All()))
}

// mapped says that the car does not have a path.
func mapped(car *mapping.Plan, path string) error {
	if slices.Contains(car.Paths(), path) {
		return nil
	}
	return fmt.Errorf("this car does not say it: %w", unknown("path", path, car.Paths()))
}
