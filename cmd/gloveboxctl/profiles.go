package main

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"glovebox/headunit"
)

type profilesCmd struct{}

// Run lists the people.
func (profilesCmd) Run(a *app) error {
	people, err := a.Profiles(a.ctx)
	if err != nil {
		return err
	}
	list := []any{}
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "NAME\tROLE\tSHARING\tSTATE\tPIN\tID")
	for _, p := range people {
		values := named(p.Properties)
		values["id"] = p.ID
		list = append(list, values)
		pin := "none"
		if p.HasPIN {
			pin = "set"
		}
		if wait, _ := values["retry_after"].(uint32); wait > 0 {
			pin = fmt.Sprintf("wait %d s", wait)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", p.Name, p.Role, values["sharing"], values["state"], pin, p.ID)
	}
	if a.json {
		return a.line(list)
	}
	return w.Flush()
}

// find is the person of that id or name.
func (a *app) find(nameOrID string) (headunit.Profile, error) {
	all, err := a.Profiles(a.ctx)
	if err != nil {
		return headunit.Profile{}, err
	}
	var found []headunit.Profile
	for _, p := range all {
		if p.ID == nameOrID {
			return p, nil
		}
		if strings.EqualFold(p.Name, nameOrID) {
			found = append(found, p)
		}
	}
	switch len(found) {
	case 0:
		return headunit.Profile{}, failure{exitRefused, "NoSuchProfile", fmt.Sprintf("nobody in this car is called %q", nameOrID)}
	case 1:
		return found[0], nil
	}
	return headunit.Profile{}, failure{exitRefused, "Ambiguous", fmt.Sprintf("%d people are called %q; use the id", len(found), nameOrID)}
}

// readerNames are the names of the people who read, by id.
func (a *app) readerNames() (map[string]string, error) {
	people, err := a.Profiles(a.ctx)
	if err != nil {
		return nil, err
	}
	names := map[string]string{}
	for _, p := range people {
		names[p.ID] = p.Name
	}
	return names, nil
}
