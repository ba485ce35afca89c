package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
)

type statusCmd struct{}

// Run shows the properties of the car in three groups, the identity as
// `gloveboxd --identity` prints it, and the counters.
func (statusCmd) Run(a *app) error {
	out := map[string]any{}
	for _, iface := range []string{"Session1", "Privacy1", "Vehicle1"} {
		properties, err := a.Properties(a.ctx, iface)
		if err != nil {
			return err
		}
		out[strings.ToLower(strings.TrimSuffix(iface, "1"))] = named(properties)
	}
	counters, err := a.Statistics(a.ctx)
	if err != nil {
		return err
	}
	out["statistics"] = counters
	vehicle := out["vehicle"].(map[string]any)
	out["identity"] = vehicle["identity"]
	delete(vehicle, "identity")
	if a.json {
		return a.line(out)
	}
	return a.status(out)
}

// status prints a line for each property; a list of maps takes a line an item.
func (a *app) status(out map[string]any) error {
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	for _, part := range []string{"session", "privacy", "vehicle", "identity", "statistics"} {
		fmt.Fprintln(w, part)
		values := out[part].(map[string]any)
		for _, name := range slices.Sorted(maps.Keys(values)) {
			if list, ok := values[name].([]any); ok {
				for _, item := range list {
					fmt.Fprintf(w, "  %s\t%s\n", name, inline(item))
				}
				continue
			}
			fmt.Fprintf(w, "  %s\t%s\n", name, inline(values[name]))
		}
	}
	return w.Flush()
}

type healthCmd struct{}

// Run lists the warning lights.
func (healthCmd) Run(a *app) error {
	list, err := a.Health(a.ctx)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	for _, values := range list {
		values["since"] = moment(values["since"])
		fmt.Fprintf(w, "%s\t%s\tactive=%v\tsince %s\n", values["code"], values["severity"], values["active"], values["since"])
	}
	if a.json {
		return a.line(list)
	}
	if len(list) == 0 {
		fmt.Fprintln(w, "no warnings")
	}
	return w.Flush()
}
