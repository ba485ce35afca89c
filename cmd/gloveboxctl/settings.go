package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"glovebox/headunit"
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
		v, err := headunit.ParseSetting(c.Group, key, value)
		if err != nil {
			return refused(err)
		}
		if err := a.Set(a.ctx, c.Group, map[string]any{key: v}); err != nil {
			return err
		}
	}
	groups := []string{c.Group}
	if c.Group == "" {
		var err error
		if groups, err = a.Groups(a.ctx); err != nil {
			return err
		}
	}
	out := headunit.Settings{}
	for _, group := range groups {
		values, err := a.Get(a.ctx, group)
		if err != nil {
			return err
		}
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
		values := out[group]
		for _, name := range slices.Sorted(maps.Keys(values)) {
			if _, err := fmt.Fprintf(a.out, "%s %s=%s\n", group, name, inline(values[name])); err != nil {
				return err
			}
		}
	}
	return nil
}
