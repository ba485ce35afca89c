package main

import (
	"fmt"
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

// status says it in sentences: who, what leaves to whom, the car, and what is wrong.
func (a *app) status(out map[string]any) error {
	names, err := a.readerNames()
	if err != nil {
		return err
	}
	session, privacy, vehicle := out["session"].(map[string]any), out["privacy"].(map[string]any), out["vehicle"].(map[string]any)
	at := "parked"
	if session["parked"] != true {
		at = "not parked"
	}
	fmt.Fprintf(a.out, "%s The car is %s.\n", wheel(session, names), at)
	fmt.Fprintf(a.out, "%s\n\n", leaves(privacy))
	if err := a.readers(privacy); err != nil {
		return err
	}
	car := strings.TrimSpace(fmt.Sprintf("%v %v", vehicle["model"], vehicle["model_year"]))
	if vehicle["model"] == "" {
		car = "A car without a model" // nobody configured it yet
	}
	fmt.Fprintf(a.out, "\n%s, vehicle %v: CAN %v, GNSS %v, cloud %v.\n", car, out["identity"].(map[string]any)["vid"], vehicle["can"], vehicle["gnss"], vehicle["cloud"])
	wrong := causes(session, privacy, vehicle)
	if len(wrong) > 0 {
		fmt.Fprint(a.out, "\n# What is not as usual, and why:\n")
	}
	for _, why := range wrong {
		fmt.Fprintf(a.out, "#   - %s\n", why)
	}
	return nil
}

// readers is a table of who receives what now.
func (a *app) readers(privacy map[string]any) error {
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "READER\tRECEIVES NOW")
	for _, item := range privacy["readers"].([]any) {
		r := item.(map[string]any)
		fmt.Fprintf(w, "%s\t%s\n", reader(r), list(r["receives"]))
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
	for _, values := range list {
		values["since"] = moment(values["since"])
	}
	if a.json {
		return a.line(list)
	}
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	for _, values := range list {
		fmt.Fprintf(w, "%s\t%s\ton since %s\n", values["code"], values["severity"], values["since"])
	}
	if len(list) == 0 {
		fmt.Fprintln(w, "No warning light is on.")
	}
	return w.Flush()
}
