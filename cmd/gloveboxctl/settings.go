package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/godbus/dbus/v5"
)

type settingsCmd struct {
	Group string `arg:"" optional:"" help:"radio, navigation, …; all if left out."`
	Key   string `arg:"" optional:"" name:"key[=value]" help:"One setting, or its new value: text, number, true, false, a,b or JSON."`
}

// Run shows all groups, one, or one key, or sets one key. JSON is always
// {"group":{"key":value}}.
func (c *settingsCmd) Run(a *app) error {
	key, value, set := strings.Cut(c.Key, "=")
	if set {
		v, err := typed(c.Group, key, value)
		if err != nil {
			return err
		}
		if err := a.ask("Settings1.Set", []any{c.Group, map[string]dbus.Variant{key: v}, noOptions()}); err != nil {
			return err
		}
	}
	groups := []string{c.Group}
	if c.Group == "" {
		if err := a.ask("Settings1.Groups", nil, &groups); err != nil {
			return err
		}
	}
	out := map[string]any{}
	for _, group := range groups {
		var variants map[string]dbus.Variant
		if err := a.ask("Settings1.Get", []any{group}, &variants); err != nil {
			return err
		}
		values := plain(variants).(map[string]any)
		if key != "" {
			one, there := values[key]
			if !there {
				return failure{exitRefused, "InvalidArgument", fmt.Sprintf("%s has no setting %q", group, key)}
			}
			values = map[string]any{key: one}
		}
		out[group] = values
	}
	if a.json {
		return a.line(out)
	}
	for _, group := range groups {
		values := out[group].(map[string]any)
		for _, name := range slices.Sorted(maps.Keys(values)) {
			if _, err := fmt.Fprintf(a.out, "%s %s=%s\n", group, name, inline(values[name])); err != nil {
				return err
			}
		}
	}
	return nil
}
