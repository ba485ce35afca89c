package main

import (
	"fmt"
	"maps"
	"strings"
	"time"
)

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
	inUse := "no position leaves the car now"
	if values["location_in_use"] == true {
		inUse = "position leaves the car now"
	}
	effective := fmt.Sprint(values["effective_level"])
	if by := inline(values["limited_by"]); by != "" {
		effective += " (" + by + ")"
	}
	fmt.Fprintf(a.out, "level %s, effective %s; %s; policy %s\n", values["level"], effective, inUse, values["policy"])
	for _, item := range values["readers"].([]any) {
		r := item.(map[string]any)
		who := strings.TrimSpace(fmt.Sprintf("%s %s", r["role"], r["name"]))
		fmt.Fprintf(a.out, "  %s: %s\n", who, inline(r["receives"]))
	}
	return nil
}

type ledgerCmd struct {
	Follow bool `help:"Go on with entries as they come, until interrupted."`
}

// Run shows the ledger of the person at the wheel.
func (c *ledgerCmd) Run(a *app) error {
	names, err := a.readerNames()
	if err != nil {
		return err
	}
	if c.Follow {
		return a.follow(names)
	}
	entries, err := a.entries(0, names)
	if err != nil {
		return err
	}
	if a.json {
		return a.line(entries)
	}
	for _, e := range entries {
		if err := a.entry(e); err != nil {
			return err
		}
	}
	return nil
}

// follow prints each entry, and again each time its count has grown. Another
// person's ledger begins anew.
func (a *app) follow(names map[string]string) error {
	changes, err := a.LedgerChanges(a.ctx)
	if err != nil {
		return err
	}
	seen := map[uint64]any{} // the counts of the entries that may still grow
	for last := uint64(0); ; {
		entries, err := a.entries(last-min(last, stillOpen), names)
		if err != nil {
			return err
		}
		for _, e := range entries {
			id := e["id"].(uint64)
			if seen[id] == e["count"] {
				continue
			}
			seen[id] = e["count"]
			last = max(last, id)
			if err := a.entry(e); err != nil {
				return err
			}
		}
		newest, err := changes.Next(a.ctx)
		if err != nil {
			return err
		}
		if newest < last {
			last = 0
			clear(seen)
		}
		maps.DeleteFunc(seen, func(id uint64, _ any) bool { return id+stillOpen < last })
	}
}

// stillOpen is how many of the newest entries may belong to runs that grow: one
// for each class, reader, outcome and rule of the running minute, and more.
const stillOpen = 200

// entries reads the ledger behind an entry.
func (a *app) entries(after uint64, names map[string]string) ([]map[string]any, error) {
	list, err := a.Ledger(a.ctx, map[string]any{"after": after})
	for _, e := range list {
		explain(e, names)
	}
	return list, err
}

// explain puts times as text into an entry, and the reader's name, if there is one.
func explain(e map[string]any, names map[string]string) {
	e["from"], e["to"] = moment(e["from"]), moment(e["to"])
	id, _ := e["reader"].(string)
	if name := names[id]; name != "" {
		e["name"] = name
	}
}

// entry prints one entry.
func (a *app) entry(e map[string]any) error {
	if a.json {
		return a.line(e)
	}
	reader := e["name"]
	if reader == nil {
		reader = e["reader"]
	}
	_, err := fmt.Fprintf(a.out, "%v %s %s %s %s to %s: %s, %v times\n",
		e["id"], e["from"], e["outcome"], e["class"], e["kind"], reader, e["rule"], e["count"])
	return err
}

type whyCmd struct {
	ID uint64 `arg:"" help:"Entry of the ledger."`
}

// Run shows one entry with every rule that would have decided the same.
func (c *whyCmd) Run(a *app) error {
	names, err := a.readerNames()
	if err != nil {
		return err
	}
	e, err := a.Why(a.ctx, c.ID)
	if err != nil {
		return err
	}
	explain(e, names)
	if err := a.entry(e); err != nil || a.json {
		return err
	}
	_, err = fmt.Fprintf(a.out, "as strict: %s\n", inline(e["limited_by"]))
	return err
}

// moment is UTC seconds as RFC 3339.
func moment(seconds any) string {
	s, _ := seconds.(int64)
	return time.Unix(s, 0).UTC().Format(time.RFC3339)
}
