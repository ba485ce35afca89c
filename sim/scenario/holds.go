package scenario

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"glovebox/headunit"
	"glovebox/profiles"
)

// state is who is at the wheel: guest, idle, or active and a name.
type state struct{ state, name string }

func (c *state) slots() slots { return slots{&c.state, &c.name} }

func (c *state) holds(ctx context.Context, s *stage, _ moment) (bool, string, error) {
	v, err := s.hmi.Session(ctx)
	if err != nil {
		return false, "", err
	}
	name := ""
	for _, r := range s.back.Readers() {
		if r.ID == v.Profile && v.Profile != "" {
			name = r.Name
		}
	}
	got := strings.TrimSpace(v.State + " " + name)
	return v.State == c.state && (c.state != "active" || name == c.name), got + ", reason " + v.Reason, nil
}

// setting is one value of whoever is at the wheel; "default" is what nobody set.
type setting struct{ group, key, value string }

func (c *setting) slots() slots { return slots{&c.group, &c.key, &c.value} }

func (c *setting) check(*parser) error {
	g, err := profiles.GroupByName(c.group)
	if err != nil {
		return err
	}
	if _, err := g.Setting(c.key); err != nil {
		return unknown("key", c.key, g.KeyNames())
	}
	return nil
}

func (c *setting) holds(ctx context.Context, s *stage, _ moment) (bool, string, error) {
	values, err := s.hmi.Get(ctx, c.group)
	if err != nil {
		return false, "", err
	}
	ok, err := equalSetting(c.group, c.key, values, c.value)
	return ok, fmt.Sprint(values[c.key]), err
}

// equalSetting compares one value that was read with a text, or with what nobody
// set.
func equalSetting(group, key string, values map[string]any, text string) (bool, error) {
	g, err := profiles.GroupByName(group)
	if err != nil {
		return false, err
	}
	if text == "default" {
		return sameJSON(values[key], g.Defaults()[key])
	}
	return headunit.EqualSetting(group, key, values[key], text), nil
}

// sameJSON compares what D-Bus brought with a plain value.
func sameJSON(a, b any) (bool, error) {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return string(x) == string(y), errors.Join(errX, errY)
}

// acknowledged compares all that a person set with what the agent said of it.
type acknowledged struct{ none }

func (*acknowledged) holds(ctx context.Context, s *stage, _ moment) (bool, string, error) {
	v, err := s.hmi.Session(ctx)
	if err != nil {
		return false, "", err
	}
	who := ""
	for _, r := range s.back.Readers() {
		if r.ID == v.Profile && v.State == "active" {
			who = r.Name
		}
	}
	if len(s.set[who]) == 0 {
		return false, "nothing was ever set by " + v.State + " " + who, nil
	}
	unanswered := 0
	for _, name := range slices.Sorted(maps.Keys(s.set[who])) {
		k := s.set[who][name]
		group, key, _ := strings.Cut(name, " ")
		values, err := s.hmi.Get(ctx, group)
		if err != nil {
			return false, "", err
		}
		want := append([]string{k.acked}, k.maybe...)
		if k.acked == "" {
			want[0] = "default"
		}
		i := slices.IndexFunc(want, func(text string) bool {
			ok, err := equalSetting(group, key, values, text)
			return err == nil && ok
		})
		if i < 0 {
			return false, fmt.Sprintf("%s is %v, want %q", name, values[key], want), nil
		}
		if i > 0 {
			unanswered++
			k.acked = want[i]
		}
		k.maybe = nil // what it is now it must stay
	}
	return true, fmt.Sprintf("%d values of %s, %d of them unanswered but kept", len(s.set[who]), who, unanswered), nil
}

type permits struct {
	function string
	yes      bool
}

func (c *permits) slots() slots { return slots{&c.function, &c.yes} }

func (c *permits) holds(ctx context.Context, s *stage, _ moment) (bool, string, error) {
	allowed, reason, err := s.hmi.Permits(ctx, c.function)
	return err == nil && allowed == c.yes, strings.TrimSpace(fmt.Sprintf("%t %s", allowed, reason)), err
}

// withheld is an entry of the ledger of whoever is at the wheel.
type withheld struct{ class, name, rule string }

func (c *withheld) slots() slots { return slots{&c.class, nil, &c.name, &c.rule} }

func (c *withheld) holds(ctx context.Context, s *stage, _ moment) (bool, string, error) {
	entries, err := s.hmi.Ledger(ctx, map[string]any{"class": c.class, "outcome": "withheld"})
	if err != nil {
		return false, "", err
	}
	var others []string
	for _, e := range entries {
		rule, reader := fmt.Sprint(e["rule"]), fmt.Sprint(e["reader"])
		if (c.name == "" || reader == s.reader(c.name).ID) && (c.rule == "" || rule == c.rule) {
			return true, fmt.Sprintf("rule %s, %v times", rule, e["count"]), nil
		}
		others = append(others, rule)
	}
	slices.Sort(others)
	return false, fmt.Sprintf("%d other entries of %s withheld: %v", len(entries), c.class, slices.Compact(others)), nil
}

type indicator struct{ on bool }

func (c *indicator) slots() slots { return slots{&c.on} }

func (c *indicator) holds(ctx context.Context, s *stage, _ moment) (bool, string, error) {
	p, err := s.hmi.Properties(ctx, "Privacy1")
	on, ok := p["LocationInUse"].(bool)
	return ok && on == c.on, onOff(on), err
}

type levelIs struct{ level string }

func (c *levelIs) slots() slots { return slots{&c.level} }

func (c *levelIs) holds(ctx context.Context, s *stage, _ moment) (bool, string, error) {
	p, err := s.hmi.Properties(ctx, "Privacy1")
	got := fmt.Sprintf("%v, effective %v", p["Level"], p["EffectiveLevel"])
	return p["Level"] == c.level, got, err
}

// port is how the agent finds one of its three lines.
type port struct{ name, state string }

func (c *port) slots() slots { return slots{&c.name, &c.state} }

func (c *port) holds(ctx context.Context, s *stage, _ moment) (bool, string, error) {
	p, err := s.hmi.Properties(ctx, "Vehicle1")
	property := map[string]string{"can": "CAN", "gnss": "GNSS", "cloud": "Cloud"}[c.name]
	return p[property] == c.state, fmt.Sprint(p[property]), err
}

// inForce is the version of the access document that the car says it has.
type inForce struct{ version int }

func (c *inForce) slots() slots { return slots{&c.version} }

func (c *inForce) holds(_ context.Context, s *stage, _ moment) (bool, string, error) {
	state := s.back.State()
	got := fmt.Sprintf("document %d, online %t", state.Policy, state.Online)
	return state.Online && state.Policy == uint64(c.version), got, nil
}

// warning is a light on the head unit.
type warning struct {
	code string
	on   bool
}

func (c *warning) slots() slots { return slots{&c.code, &c.on} }

func (c *warning) holds(ctx context.Context, s *stage, _ moment) (bool, string, error) {
	lights, err := s.hmi.Health(ctx)
	if err != nil {
		return false, "", err
	}
	on := slices.ContainsFunc(lights, func(l map[string]any) bool { return l["code"] == c.code && l["active"] == true })
	return on == c.on, onOff(on), nil
}

// ready is true while the agent owns its name.
type ready struct{ none }

func (*ready) holds(ctx context.Context, s *stage, _ moment) (bool, string, error) {
	owned, err := s.hmi.Present(ctx)
	return owned, fmt.Sprint(owned), err
}
