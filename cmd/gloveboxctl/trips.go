package main

import (
	"fmt"
	"strings"

	"glovebox/headunit"
)

// span is a span of days.
type span struct {
	From string `help:"From this UTC day on." placeholder:"DAY"`
	To   string `help:"Up to this UTC day, which is included." placeholder:"DAY"`
}

func (s span) filter() map[string]any {
	filter := map[string]any{}
	for name, day := range map[string]string{"from": s.From, "to": s.To} {
		if day != "" {
			filter[name] = day
		}
	}
	return filter
}

type tripsCmd struct {
	span
	Limit uint32 `help:"The newest so many." placeholder:"N"`
}

// Run shows the trips that the person at the wheel may see.
func (c *tripsCmd) Run(a *app) error {
	filter := c.filter()
	if c.Limit > 0 {
		filter["limit"] = c.Limit
	}
	list, err := a.Trips(a.ctx, filter)
	if err != nil {
		return err
	}
	for _, t := range list {
		for _, end := range []string{"start", "end"} {
			if point, ok := t[end].(map[string]any); ok {
				point["time"] = moment(point["time"])
			}
		}
	}
	if a.json {
		return a.line(append([]map[string]any{}, list...))
	}
	names, err := a.readerNames()
	if err != nil {
		return err
	}
	for _, t := range list {
		if _, err := fmt.Fprintln(a.out, tripLine(t, names)); err != nil {
			return err
		}
	}
	return nil
}

// tripLine is a trip on one line.
func tripLine(t map[string]any, names map[string]string) string {
	line := fmt.Sprintf("%v  %v  ", t["trip"], t["day"])
	metres, whole := t["distance_m"].(int64)
	if !whole {
		return line + fmt.Sprintf("%v km", t["distance_km"])
	}
	seconds, _ := t["duration_s"].(int64)
	line += fmt.Sprintf("%.1f km in %d min, %s to %s", float64(metres)/1000, (seconds+30)/60, place(t["start"]), place(t["end"]))
	if t["private"] == true {
		line += ", seen by you alone"
	}
	assigned, _ := t["assigned"].([]any)
	var to []string
	for _, path := range assigned {
		to = append(to, names[headunit.ID(fmt.Sprint(path))])
	}
	if len(to) > 0 {
		line += ", assigned to " + strings.Join(to, ", ")
	}
	return line
}

// place is one end of a trip.
func place(end any) string {
	point, _ := end.(map[string]any)
	return fmt.Sprintf("%.5f %.5f", point["latitude"], point["longitude"])
}

type assignCmd struct {
	span
	Trip string   `arg:"" help:"Id of a trip, or all: those from --from to --to."`
	Who  []string `arg:"" name:"name|id" help:"Names or ids of profiles."`
}

// Run hands a trip, or all of a span, to people for good.
func (c *assignCmd) Run(a *app) error {
	trip := c.Trip
	if trip == "all" {
		trip = ""
	}
	if (trip == "") != (c.From != "" && c.To != "") {
		return usage("name one trip, or all with --from and --to")
	}
	var ids, names []string
	for _, who := range c.Who {
		p, err := a.find(who)
		if err != nil {
			return err
		}
		ids, names = append(ids, p.ID), append(names, p.Name)
	}
	if err := a.Assign(a.ctx, trip, ids, c.filter()); err != nil {
		return err
	}
	return a.did(map[string]any{"trip": c.Trip, "ids": ids}, "Assigned to %s.", strings.Join(names, ", "))
}
