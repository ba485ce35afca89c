package agent

import (
	"slices"
	"strings"

	"glovebox/hal"
	"glovebox/telemetry/outside"
)

// AlarmRule says when a warning of the car is on: while Path has the value When.
type AlarmRule struct {
	Code     string // contract section 3
	Path     string
	When     hal.Value
	Severity string
}

// alarm is a warning that is or was on since boot.
type alarm struct {
	rule   AlarmRule
	active bool
	since  hal.Instant
}

// judge holds a reading against the alarm rules. A warning that never was on is
// not told; a reading without value changes nothing. mu is held.
func (c *Cabin) judge(r hal.Reading) {
	if r.Value.Absent() {
		return
	}
	for _, rule := range c.rules[r.Path] {
		c.alarm(rule, r.Value == rule.When, r.At)
	}
}

// alarm tells the state of a warning to the pipeline. mu is held, or nobody else
// has the Cabin yet.
func (c *Cabin) alarm(rule AlarmRule, active bool, at hal.Instant) {
	if before, known := c.alarms[rule.Code]; known && before.active == active {
		return
	}
	c.alarms[rule.Code] = alarm{rule, active, at}
	c.out.Alarm(outside.Alarm{Code: rule.Code, Severity: rule.Severity, Active: active}, at)
	c.changed()
}

// Health is the warnings that are on now, in the order of their codes.
func (c *Cabin) Health() []hal.HealthView {
	c.mu.Lock()
	defer c.mu.Unlock()
	var all []hal.HealthView
	for code, a := range c.alarms {
		if a.active {
			all = append(all, hal.HealthView{Code: code, Severity: a.rule.Severity, Active: true, Since: a.since})
		}
	}
	slices.SortFunc(all, func(a, b hal.HealthView) int { return strings.Compare(a.Code, b.Code) })
	return all
}
