package main

import (
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/godbus/dbus/v5"
)

type privacyCmd struct {
	Level string `arg:"" optional:"" help:"share, no-position or offline."`
}

// Run sets the level if one is given, and shows what holds.
func (c *privacyCmd) Run(a *app) error {
	if c.Level != "" {
		if err := a.ask("Privacy1.SetLevel", []any{c.Level, noOptions()}); err != nil {
			return err
		}
	}
	props, err := a.properties("Privacy1")
	if err != nil {
		return err
	}
	values := named(props)
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
	changes, err := a.ledgerChanges()
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
		newest, err := a.nextChange(changes)
		if err != nil || a.ctx.Err() != nil {
			return err
		}
		if newest < last {
			last = 0
			clear(seen)
		}
		maps.DeleteFunc(seen, func(id uint64, _ any) bool { return id+stillOpen < last })
	}
}

// ledgerChanges delivers LedgerChanged, and the agent's leaving.
func (a *app) ledgerChanges() (<-chan *dbus.Signal, error) {
	changes := make(chan *dbus.Signal, 16)
	a.conn.Signal(changes)
	err := a.conn.AddMatchSignal(dbus.WithMatchSender(busName), dbus.WithMatchInterface("org.glovebox.Privacy1"),
		dbus.WithMatchMember("LedgerChanged"))
	if err != nil {
		return nil, err
	}
	return changes, a.conn.AddMatchSignal(dbus.WithMatchSender("org.freedesktop.DBus"),
		dbus.WithMatchMember("NameOwnerChanged"), dbus.WithMatchArg(0, busName), dbus.WithMatchArg(2, ""))
}

// nextChange waits for the ledger to change and returns its newest entry's id.
func (a *app) nextChange(changes <-chan *dbus.Signal) (newest uint64, err error) {
	for {
		select {
		case <-a.ctx.Done():
			return 0, nil
		case s, open := <-changes:
			if !open || s.Name == "org.freedesktop.DBus.NameOwnerChanged" {
				return 0, notReached("the agent left the bus")
			}
			if s.Name == "org.glovebox.Privacy1.LedgerChanged" && len(s.Body) == 1 {
				newest, _ = s.Body[0].(uint64)
				return newest, nil
			}
		}
	}
}

// stillOpen is how many of the newest entries may belong to runs that grow: one
// for each class, reader, outcome and rule of the running minute, and more.
const stillOpen = 200

// entries reads the ledger behind an entry.
func (a *app) entries(after uint64, names map[string]string) ([]map[string]any, error) {
	var list []map[string]dbus.Variant
	filter := map[string]dbus.Variant{"after": dbus.MakeVariant(after)}
	if err := a.ask("Privacy1.Ledger", []any{filter}, &list); err != nil {
		return nil, err
	}
	out := []map[string]any{}
	for _, variants := range list {
		out = append(out, readable(variants, names))
	}
	return out, nil
}

// readable is an entry with times as text and the reader's name, if there is one.
func readable(variants map[string]dbus.Variant, names map[string]string) map[string]any {
	e := plain(variants).(map[string]any)
	e["from"], e["to"] = moment(e["from"]), moment(e["to"])
	id, _ := e["reader"].(string)
	if name := names[id]; name != "" {
		e["name"] = name
	}
	return e
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

// readerNames are the names of the people who read, by id.
func (a *app) readerNames() (map[string]string, error) {
	people, err := a.people()
	if err != nil {
		return nil, err
	}
	names := map[string]string{}
	for _, p := range people {
		names[p.id] = p.name()
	}
	return names, nil
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
	var variants map[string]dbus.Variant
	if err := a.ask("Privacy1.Why", []any{c.ID}, &variants); err != nil {
		return err
	}
	e := readable(variants, names)
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
