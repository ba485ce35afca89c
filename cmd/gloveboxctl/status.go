package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/godbus/dbus/v5"
)

type statusCmd struct{}

// Run shows the properties of the car in three groups, the identity as
// `gloveboxd --identity` prints it, and the counters.
func (statusCmd) Run(a *app) error {
	out := map[string]any{}
	for _, iface := range []string{"Session1", "Privacy1", "Vehicle1"} {
		props, err := a.properties(iface)
		if err != nil {
			return err
		}
		out[strings.ToLower(strings.TrimSuffix(iface, "1"))] = named(props)
	}
	var counters map[string]dbus.Variant
	if err := a.ask("Vehicle1.Statistics", nil, &counters); err != nil {
		return err
	}
	out["statistics"] = plain(counters)
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

type profilesCmd struct{}

// Run lists the people.
func (profilesCmd) Run(a *app) error {
	people, err := a.people()
	if err != nil {
		return err
	}
	list := []any{}
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "NAME\tROLE\tSHARING\tSTATE\tPIN\tID")
	for _, p := range people {
		values := named(p.props)
		values["id"] = p.id
		list = append(list, values)
		pin := "none"
		if values["has_pin"] == true {
			pin = "set"
		}
		if wait, _ := values["retry_after"].(uint32); wait > 0 {
			pin = fmt.Sprintf("wait %d s", wait)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", p.name(), values["role"], values["sharing"], values["state"], pin, p.id)
	}
	if a.json {
		return a.line(list)
	}
	return w.Flush()
}

type healthCmd struct{}

// Run lists the warning lights.
func (healthCmd) Run(a *app) error {
	var notices []map[string]dbus.Variant
	if err := a.ask("Vehicle1.Health", nil, &notices); err != nil {
		return err
	}
	list := []any{}
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	for _, n := range notices {
		values := plain(n).(map[string]any)
		values["since"] = moment(values["since"])
		list = append(list, values)
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
