package main

import (
	"errors"
	"fmt"
	"log/slog"
	"os"

	"glovebox/agent"
	"glovebox/agent/cloud"
	"glovebox/hal/dbc"
	"glovebox/hal/mapping"
	"glovebox/telemetry/mqtt"
	"glovebox/telemetry/outside"
)

// plan is what the files that the configuration names mean.
type plan struct {
	mapping *mapping.Plan
	policy  *outside.Policy
	trust   cloud.KeySet
	broker  *mqtt.Dialer // nil without a broker

	problems []dbc.Problem // statements of DBC files that were skipped or mended
}

// plan reads the files; the error joins all that is wrong with them. What is
// wrong with a DBC file only costs the signals concerned, and is no error.
func (c *Config) plan(log *slog.Logger) (plan, error) {
	var p plan
	var all []error
	note := func(err error) {
		if err != nil {
			all = append(all, err)
		}
	}
	var err error
	p.mapping, p.problems, err = c.readMapping()
	note(err)
	p.policy = outside.Builtin()
	if c.Telemetry.Policy != "" {
		text, err := os.ReadFile(c.Telemetry.Policy)
		if err == nil {
			p.policy, err = outside.Load(string(text), c.Telemetry.AllowWider)
		}
		if err != nil {
			note(fmt.Errorf("%s: %w", c.Telemetry.Policy, err))
		}
	}
	if c.Cloud.Trust != "" {
		text, err := os.ReadFile(c.Cloud.Trust)
		if err == nil {
			p.trust, err = cloud.ParseTrust(text)
		}
		if err != nil {
			note(fmt.Errorf("cloud.trust: %w", err))
		}
	}
	if c.MQTT.Broker != "" {
		p.broker, err = mqtt.New(c.MQTT.Broker, mqtt.Files{CA: c.MQTT.CA, Cert: c.MQTT.Cert, Key: c.MQTT.Key}, log)
		note(err)
	}
	return p, errors.Join(all...)
}

// readMapping reads the mapping file and the DBC file of each bus.
func (c *Config) readMapping() (plan *mapping.Plan, problems []dbc.Problem, err error) {
	if c.Mapping == "" {
		return nil, nil, nil
	}
	text, err := os.ReadFile(c.Mapping)
	if err != nil {
		return nil, nil, fmt.Errorf("mapping: %w", err)
	}
	file, err := mapping.Load(c.Mapping, text)
	if err != nil {
		return nil, nil, err
	}
	dbcs := map[string]*dbc.File{}
	for _, b := range c.Buses {
		text, err := os.ReadFile(b.DBC)
		if err != nil {
			return nil, problems, fmt.Errorf("bus %q: %w", b.Name, err)
		}
		var found []dbc.Problem
		dbcs[b.Name], found = dbc.Parse(b.DBC, text)
		problems = append(problems, found...)
	}
	plan, err = mapping.Compile(file, dbcs)
	return plan, problems, err
}

// alarms are the mapping file's alarm rules, as the cabin takes them.
func (p plan) alarms() []agent.AlarmRule {
	if p.mapping == nil {
		return nil
	}
	var all []agent.AlarmRule
	for _, a := range p.mapping.Alarms() {
		all = append(all, agent.AlarmRule{Code: a.Code, Path: a.Path, When: a.When, Severity: a.Severity})
	}
	return all
}
