package main

import (
	"cmp"
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
	fmt.Fprintln(a.out, leaves(values))
	for _, why := range causes(map[string]any{"wipe_state": "clean"}, values, nil) {
		fmt.Fprintf(a.out, "  - %s\n", why)
	}
	fmt.Fprintln(a.out)
	return a.readers(values)
}

type ledgerCmd struct {
	Follow  bool   `help:"Go on with entries as they come, until interrupted."`
	Class   string `help:"Of this class of data alone, as position." placeholder:"CLASS"`
	Reader  string `help:"To this reader alone: a name, an id, workshop or backend." placeholder:"READER"`
	Kind    string `help:"In this kind of message alone: status, position, alarms, messages, gaps or ack." placeholder:"KIND"`
	Outcome string `help:"With this outcome alone: published, reduced, withheld or purged." placeholder:"OUTCOME"`
	Limit   uint32 `help:"The newest so many." placeholder:"N"`
}

// Run shows the ledger of the person at the wheel.
func (c *ledgerCmd) Run(a *app) error {
	names, err := a.readerNames()
	if err != nil {
		return err
	}
	filter := c.filter(names)
	if c.Follow {
		return a.follow(names, filter)
	}
	entries, err := a.entries(filter, 0, names)
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

// filter is what the agent is asked for; a reader's name is their id there.
func (c *ledgerCmd) filter(names map[string]string) map[string]any {
	reader := c.Reader
	for id, name := range names {
		if strings.EqualFold(name, c.Reader) {
			reader = id
		}
	}
	filter := map[string]any{}
	for name, value := range map[string]string{"class": c.Class, "reader": reader, "kind": c.Kind, "outcome": c.Outcome} {
		if value != "" {
			filter[name] = value
		}
	}
	if c.Limit > 0 {
		filter["limit"] = c.Limit
	}
	return filter
}

// follow prints each entry, and again each time its count has grown. Another
// person's ledger begins anew.
func (a *app) follow(names map[string]string, filter map[string]any) error {
	changes, err := a.LedgerChanges(a.ctx)
	if err != nil {
		return err
	}
	seen := map[uint64]any{} // the counts of the entries that may still grow
	for last := uint64(0); ; {
		entries, err := a.entries(filter, last-min(last, stillOpen), names)
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
func (a *app) entries(filter map[string]any, after uint64, names map[string]string) ([]map[string]any, error) {
	filter["after"] = after
	list, err := a.Ledger(a.ctx, filter)
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
	to := e["name"]
	if to == nil {
		to = word(e["reader"])
	}
	verb, _ := e["outcome"].(string)
	times := fmt.Sprintf("%v times", e["count"])
	if fmt.Sprint(e["count"]) == "1" {
		times = "once"
	}
	_, err := fmt.Fprintf(a.out, "%4v  %s  %s %s to %s, %s, by %s\n",
		e["id"], e["from"], cmp.Or(outcomes[verb], verb), e["class"], to, times, e["rule"])
	return err
}

// outcomes are what happened to a datum, in words of one length.
var outcomes = map[string]string{"published": "sent    ", "reduced": "reduced ", "withheld": "withheld", "purged": "dropped "}

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
	_, err = fmt.Fprintf(a.out, "      in %s; each of these rules would have decided so: %s\n", word(e["kind"]), inline(e["limited_by"]))
	return err
}

// moment is UTC seconds as RFC 3339.
func moment(seconds any) string {
	s, _ := seconds.(int64)
	return time.Unix(s, 0).UTC().Format(time.RFC3339)
}
