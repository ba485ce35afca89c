package main

import "fmt"

type privacyCmd struct {
	Level string `arg:"" optional:"" help:"share, no-position or offline."`
}

// Run sets the level if one is given, and shows what holds.
func (c *privacyCmd) Run(a *app) error {
	if c.Level != "" {
		if err := a.SetLevel(a.ctx, c.Level); err != nil {
			return err
		}
	}
	properties, err := a.Properties(a.ctx, "Privacy1")
	if err != nil {
		return err
	}
	values := named(properties)
	if a.json {
		return a.line(values)
	}
	fmt.Fprintln(a.out, leaves(values))
	for _, why := range causes(map[string]any{"wipe_state": "clean"}, values, nil) {
		fmt.Fprintf(a.out, "  - %s\n", why)
	}
	fmt.Fprintln(a.out)
	return a.readers(values)
}
