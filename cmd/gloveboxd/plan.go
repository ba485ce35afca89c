package main

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"

	"glovebox/agent"
	"glovebox/agent/cloud"
	"glovebox/hal/dbc"
	"glovebox/hal/mapping"
	"glovebox/hal/socketcan"
	"glovebox/profiles"
	"glovebox/telemetry/mqtt"
	"glovebox/telemetry/outside"
)

// plan is what the files that the configuration names mean. A file that is missing
// or bad turns off its part and no other: the head unit comes up.
type plan struct {
	mapping *mapping.Plan // nil without a bus
	buses   []Bus         // those that are read: their DBC files have what the mapping file names
	names   []string      // of all buses, also those left out, which count as silent; none if none is read
	policy  *outside.Policy
	trust   cloud.KeySet
	broker  *mqtt.Dialer      // nil without a broker
	code    profiles.Verifier // of the car's security code; the zero one: nothing that needs it is done

	off      []partOff
	problems []dbc.Problem // statements of DBC files that were skipped or mended
}

// partOff is a part of the agent that is off, and which file is missing or bad.
type partOff struct {
	part string // can, cloud, documents or security code
	err  error
}

// turnOff notes that a part is off.
func (p *plan) turnOff(part string, err error) {
	p.off = append(p.off, partOff{part, err})
}

// plan reads the files.
func (c *Config) plan(log *slog.Logger) plan {
	var p plan
	c.readMapping(&p)
	var err error
	if c.MQTT.Broker != "" && mqtt.CheckBroker(c.MQTT.Broker) == nil { // else readConfig said so
		p.broker, err = mqtt.New(c.MQTT.Broker, mqtt.Files{CA: c.MQTT.CA, Cert: c.MQTT.Cert, Key: c.MQTT.Key}, log)
		if err != nil {
			p.turnOff("cloud", errors.Join(c.MQTT.missing(), fmt.Errorf("mqtt: %w", err)))
		}
	}
	p.policy = outside.Builtin()
	if c.Telemetry.Policy != "" {
		over, err := loadPolicy(c.Telemetry.Policy, c.Telemetry.AllowWider)
		if err != nil {
			// Nobody knows how much less than the built-in policy this one would
			// have shown: nothing leaves until it can be read.
			p.turnOff("cloud", fmt.Errorf("telemetry.policy: %w", err))
			p.broker = nil
		} else {
			p.policy = over
		}
	}
	if c.Vehicle.SecurityCode != "" {
		if p.code, err = readCode(c.Vehicle.SecurityCode); err != nil {
			p.turnOff("security code", fmt.Errorf("vehicle.security_code: %w", err))
		}
	}
	if c.Cloud.Trust != "" {
		text, err := os.ReadFile(c.Cloud.Trust)
		if err == nil {
			p.trust, err = cloud.ParseTrust(text)
		}
		if err != nil {
			p.turnOff("documents", fmt.Errorf("cloud.trust: %w", err)) // each is refused as signed by a stranger
		}
	}
	return p
}

// readCode reads the verifier of the car's security code: one line, argon2id in the PHC
// string form. Its error holds nothing of it.
func readCode(file string) (profiles.Verifier, error) {
	if err := unhanded(file); err != nil {
		return profiles.Verifier{}, err
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return profiles.Verifier{}, err
	}
	code, err := profiles.ParseVerifier(strings.TrimSpace(string(text)))
	if err == nil && code.IsZero() {
		err = errors.New("PIN verifier: the file is empty")
	}
	if err != nil {
		return profiles.Verifier{}, fmt.Errorf("%s: %w", file, err)
	}
	return code, nil
}

// missing says which of the files of TLS is not named at all, or not handed over.
func (m MQTT) missing() error {
	var all []error
	for _, of := range []struct{ key, file string }{{"ca", m.CA}, {"cert", m.Cert}, {"key", m.Key}} {
		if of.file == "" {
			all = append(all, fmt.Errorf("mqtt.%s is missing", of.key))
		}
	}
	if err := unhanded(m.Key); err != nil {
		all = append(all, fmt.Errorf("mqtt.key: %w", err))
	}
	return errors.Join(all...)
}

func loadPolicy(file string, allowWider bool) (*outside.Policy, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	policy, err := outside.Load(string(text), allowWider)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return policy, nil
}

// readMapping reads the mapping file and the DBC file of each bus. A bus whose DBC
// file cannot be read, or has not what the mapping file names, is left out.
func (c *Config) readMapping(p *plan) {
	var buses []mapping.Bus
	unread := map[string]bool{}
	for _, b := range c.Buses {
		if b.DBC == "" {
			continue // readConfig said so
		}
		if text, err := os.ReadFile(b.DBC); err != nil {
			unread[b.Name] = true
			p.turnOff("can", fmt.Errorf("bus %q: dbc: %w", b.Name, err))
		} else {
			buses = append(buses, mapping.Bus{Name: b.Name, File: b.DBC, DBC: text})
		}
	}
	if c.Mapping == "" {
		return
	}
	text, err := os.ReadFile(c.Mapping)
	if err != nil {
		p.turnOff("can", fmt.Errorf("mapping: %w", err))
		return
	}
	file, err := mapping.Load(c.Mapping, text)
	if err != nil {
		p.turnOff("can", err)
		return
	}
	file = file.Of(func(bus string) bool { return !unread[bus] })
	if p.mapping, p.problems, err = file.Bind(buses); err != nil {
		p.turnOff("can", err)
		buses = sound(file, buses)
		p.mapping, _, err = only(file, buses...).Bind(buses)
	}
	if err != nil {
		return // each bus is sound and together they are not: no bus is read
	}
	if refused := c.actuatorsWithoutFD(p); len(refused) > 0 {
		if p.mapping, _, err = only(file, buses...).Without(refused...).Bind(buses); err != nil {
			p.turnOff("can", err)
			return
		}
	}
	p.buses = slices.DeleteFunc(slices.Clone(c.Buses), func(b Bus) bool {
		return !slices.ContainsFunc(buses, func(of mapping.Bus) bool { return of.Name == b.Name })
	})
	if len(p.buses) > 0 {
		p.names = busNames(c.Buses)
	}
}

// actuatorsWithoutFD are the paths of actuators that could only be sent as CAN FD, to a
// bus of which it is known that it has none. Each is a part that is off.
func (c *Config) actuatorsWithoutFD(p *plan) (paths []string) {
	for _, a := range p.mapping.Actuators() {
		if !p.mapping.NeedsFD(a.Path) {
			continue
		}
		i := slices.IndexFunc(c.Buses, func(b Bus) bool { return b.Name == a.Bus })
		if why := c.Buses[i].withoutFD(); why != "" {
			p.turnOff("actuator", fmt.Errorf("%s:%d: actuator %s: message %s is one of CAN FD, and bus %q has none: %s", c.Mapping, a.Line, a.Path, a.CAN.Message, a.Bus, why))
			paths = append(paths, a.Path)
		}
	}
	return paths
}

// withoutFD says why a bus has no CAN FD; empty if it has, or if nobody knows yet: an
// interface may be made later.
func (b Bus) withoutFD() string {
	if b.Interface == "" {
		if b.DataBitrate == 0 {
			return "data_bitrate is missing"
		}
		return ""
	}
	if fd, known := socketcan.FD(b.Interface); known && !fd {
		return fmt.Sprintf("interface %s is set up without (ip link set %s type can … fd on)", b.Interface, b.Interface)
	}
	return ""
}

// sound are the buses whose DBC file has all that the mapping file names of it.
func sound(file *mapping.File, buses []mapping.Bus) (all []mapping.Bus) {
	for _, b := range buses {
		if _, _, err := only(file, b).Bind([]mapping.Bus{b}); err == nil {
			all = append(all, b)
		}
	}
	return all
}

// only is the mapping file as far as it is about these buses.
func only(file *mapping.File, buses ...mapping.Bus) *mapping.File {
	return file.Of(func(name string) bool {
		return slices.ContainsFunc(buses, func(b mapping.Bus) bool { return b.Name == name })
	})
}

// fit turns the cloud off if the certificate is not made for the car of this vehicle id.
func (p *plan) fit(vid string) {
	if p.broker == nil {
		return
	}
	if err := p.broker.Check(vid); err != nil {
		p.turnOff("cloud", err)
		p.broker = nil
	}
}

// alarms are the mapping file's alarm rules, as the cabin takes them.
func (p plan) alarms() []agent.AlarmRule {
	var all []agent.AlarmRule
	for _, a := range p.mapping.Alarms() {
		all = append(all, agent.AlarmRule{Code: a.Code, Path: a.Path, When: a.When, Severity: a.Severity})
	}
	return all
}
