package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"glovebox/headunit"
)

type ledgerCmd struct {
	Follow  bool   `help:"The newest 20, or those of --limit, and the others as they come, until interrupted."`
	Class   string `help:"Of this class of data alone, as position." placeholder:"CLASS"`
	Reader  string `help:"To this reader alone: a name, an id, workshop or backend." placeholder:"READER"`
	Kind    string `help:"In this kind of message alone: status, position, alarms, trips, messages, gaps or ack." placeholder:"KIND"`
	Outcome string `help:"With this outcome alone: published, reduced, withheld or purged." placeholder:"OUTCOME"`
	Day     string `help:"Of this UTC day alone, as 2026-11-21." placeholder:"DAY"`
	Limit   uint32 `help:"The newest so many." placeholder:"N"`
	Totals  bool   `help:"How many messages were sent each day, to whom and of which kind, whoever drove: for the main user."`
}

// follows is how many entries are shown before those that come.
const follows = 20

// Run shows the ledger of the person at the wheel.
func (c *ledgerCmd) Run(a *app) error {
	names, err := a.readerNames()
	if err != nil {
		return err
	}
	filter, err := c.filter(a, names)
	switch {
	case err != nil:
		return err
	case c.Totals && (c.Follow || c.Class != "" || c.Outcome != ""):
		return usage("totals are by day, reader and kind")
	case c.Totals:
		return a.totals(filter, names)
	case c.Follow:
		return a.untilInterrupted(a.follow(names, filter, cmp.Or(c.Limit, follows)))
	}
	entries, err := a.entries(filter, names)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if err := a.entry(e); err != nil {
			return err
		}
	}
	return nil
}

// totals prints how many messages went to whom on each day.
func (a *app) totals(filter map[string]any, names map[string]string) error {
	filter["totals"] = true
	totals, err := a.entries(filter, names)
	if err != nil {
		return err
	}
	for _, e := range totals {
		if a.json {
			err = a.line(e)
		} else {
			day, _, _ := strings.Cut(fmt.Sprint(e["from"]), "T")
			_, err = fmt.Fprintf(a.out, "%s  %6v  %-8s to %s\n", day, e["count"], e["kind"], addressee(e))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// addressee is who an entry is about, by name where there is one.
func addressee(e map[string]any) string {
	name, _ := e["name"].(string)
	return cmp.Or(name, word(e["reader"]))
}

// filter is what the agent is asked for. What cannot be in any ledger is refused: no entry
// would look like nothing sent.
func (c *ledgerCmd) filter(a *app, names map[string]string) (map[string]any, error) {
	reader, err := readerOf(c.Reader, names)
	if err != nil {
		return nil, err
	}
	for name, value := range map[string]string{"kind": c.Kind, "outcome": c.Outcome} {
		if all := a.values(name, nil); value != "" && !slices.Contains(all, value) {
			return nil, usage("%s %q: want one of %s", name, value, strings.Join(all, ", "))
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
	if c.Day != "" {
		day, err := time.Parse(time.DateOnly, c.Day)
		if err != nil {
			return nil, usage("day %q: want one such as 2026-11-21", c.Day)
		}
		filter["from"], filter["to"] = day.Unix(), day.Add(24*time.Hour-time.Second).Unix()
	}
	return filter, nil
}

// readerOf is what the ledger calls a reader who is named: a person by their id, who may be
// no user any more.
func readerOf(said string, names map[string]string) (string, error) {
	id, found := said, 0
	for of, name := range names {
		if strings.EqualFold(name, said) {
			id, found = of, found+1
		}
	}
	const hexDigits, idLength = "0123456789abcdef", 32
	switch isID := len(said) == idLength && strings.Trim(said, hexDigits) == ""; {
	case said == "", said == "workshop", said == "backend", isID:
		return said, nil
	case found == 0:
		return "", failure{exitRefused, "NoSuchProfile", fmt.Sprintf("nobody in this car is called %q", said)}
	case found > 1:
		return "", failure{exitRefused, "Ambiguous", fmt.Sprintf("%d people are called %q; use the id", found, said)}
	}
	return id, nil
}

// follow prints the newest entries and each that comes, again when its count has grown,
// of one person after the other: of the next what is entered from then on.
func (a *app) follow(names map[string]string, filter map[string]any, newest uint32) error {
	changes, err := a.LedgerChanges(a.ctx)
	if err != nil {
		return err
	}
	seen := map[uint64]any{} // the counts of the entries that may still grow
	first := maps.Clone(filter)
	first["limit"] = newest
	delete(filter, "limit")
	last, err := a.fresh(first, names, seen)
	if err != nil {
		return err
	}
	for {
		change, err := changes.Next(a.ctx)
		if err != nil {
			return err
		}
		if change < last { // somebody else's
			last = 0
			clear(seen)
			filter["from"] = time.Now().Unix()
		}
		if change == 0 {
			continue
		}
		filter["after"] = last - min(last, stillOpen)
		newer, err := a.fresh(filter, names, seen)
		if err != nil && headunit.RefusedAs(err) != "NotPermitted" { // who was at the wheel is gone already
			return err
		}
		last = max(last, newer)
		maps.DeleteFunc(seen, func(id uint64, _ any) bool { return id+stillOpen < last })
	}
}

// fresh prints the entries whose counts are not those that were seen, and returns the id
// of the newest.
func (a *app) fresh(filter map[string]any, names map[string]string, seen map[uint64]any) (newest uint64, err error) {
	entries, err := a.entries(filter, names)
	if err != nil {
		return 0, err
	}
	for _, e := range entries {
		id, _ := e["id"].(uint64)
		if newest = max(newest, id); seen[id] == e["count"] {
			continue
		}
		seen[id] = e["count"]
		if err := a.entry(e); err != nil {
			return newest, err
		}
	}
	return newest, nil
}

// stillOpen is how many of the newest entries may belong to runs that grow: one
// for each class, reader, outcome and rule of the running minute, and more.
const stillOpen = 200

// entries reads what a filter takes.
func (a *app) entries(filter map[string]any, names map[string]string) ([]map[string]any, error) {
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
	verb, _ := e["outcome"].(string)
	times := fmt.Sprintf("%v times", e["count"])
	if fmt.Sprint(e["count"]) == "1" {
		times = "once"
	}
	_, err := fmt.Fprintf(a.out, "%4v  %s  %s %s to %s, %s, by %s\n",
		e["id"], e["from"], cmp.Or(outcomes[verb], verb), e["class"], addressee(e), times, e["rule"])
	return err
}

// outcomes are what happened to a datum, in words of one length.
var outcomes = map[string]string{"published": "sent    ", "reduced": "reduced ", "withheld": "withheld", "purged": "dropped "}

type whyCmd struct {
	ID uint64 `arg:"" help:"Entry of the ledger."`
}

// Run shows one entry and, in a sentence each, every rule that would have decided so.
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
	for _, why := range reasons(e) {
		if _, err := fmt.Fprintf(a.out, "      - %s\n", why); err != nil {
			return err
		}
	}
	return nil
}

// moment is UTC seconds as RFC 3339.
func moment(seconds any) string {
	s, _ := seconds.(int64)
	return time.Unix(s, 0).UTC().Format(time.RFC3339)
}
