package scenario

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"glovebox/sim"
)

// wire is a text in any byte that the agent sent.
type wire struct{ text string }

func (c *wire) slots() slots        { return slots{&c.text} }
func (c *wire) check(*parser) error { return found(c.text) }

// found refuses a text that is found anywhere.
func found(text string) error {
	const shortest = 4
	return refuse(len(text) < shortest, fmt.Sprintf("%q: less than %d letters are found anywhere", text, shortest))
}

func (c *wire) holds(_ context.Context, s *stage, since moment) (bool, string, error) {
	if err := s.records.Flush(); err != nil {
		return false, "", err
	}
	where, err := s.onWire(c.text, since)
	return where != "", foundAt(where), err
}

func foundAt(where string) string {
	if where == "" {
		return "nowhere"
	}
	return where
}

// copied runs do on a copy of the state directory as it is now.
func (s *stage) copied(do func(dir string) error) error {
	dir, err := os.MkdirTemp("", "glovebox-state")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := s.records.CopyState(dir); err != nil {
		return err
	}
	return do(dir)
}

// unchanged compares the people's values with what they were.
type unchanged struct{ none }

func (*unchanged) holds(ctx context.Context, s *stage, since moment) (bool, string, error) {
	now, err := s.people(ctx)
	if err != nil {
		return false, "", err
	}
	changed := difference(since.people, now)
	return changed == "" && len(now) > 0, fmt.Sprintf("%d values%s", len(now), changed), nil
}

// disk is a text in the state directory or the log, sealed values opened.
type disk struct{ text string }

func (c *disk) slots() slots        { return slots{&c.text} }
func (c *disk) check(*parser) error { return found(c.text) }

func (c *disk) holds(_ context.Context, s *stage, _ moment) (bool, string, error) {
	where := ""
	err := s.copied(func(dir string) (err error) {
		where, err = onDisk(dir, s.records.LogFile(), c.text)
		return err
	})
	return where != "", foundAt(where), err
}

// onDisk looks for a text in the files of a copy of the state directory, in its
// values unsealed, and in the log.
func onDisk(dir, log, text string) (string, error) {
	where, err := inFiles(dir, text)
	if err != nil || where != "" {
		return where, err
	}
	f := find(text)
	if data, err := os.ReadFile(log); err == nil && f.in(data) {
		return "the log", nil
	}
	values, err := sim.Unsealed(dir, "profiles.db", "outbox.db")
	if err != nil {
		return "", err
	}
	for _, v := range values {
		if f.in(v.Text) || f.in([]byte(v.Key)) {
			return fmt.Sprintf("%s, key %s of %s", v.File, v.Key, v.Owner), nil
		}
	}
	return "", nil
}

// people are the unsealed values of the people, by where they stand.
func (s *stage) people(context.Context) (map[string]string, error) {
	all := map[string]string{}
	err := s.copied(func(dir string) error {
		values, err := sim.Unsealed(dir, "profiles.db") // the queue may be a damaged one that the agent has yet to open
		for _, v := range values {
			if len(v.Owner) == 32 && v.Owner != "00000000000000000000000000000000" {
				all[v.Owner+" "+v.Key] = string(v.Text)
			}
		}
		return err
	})
	return all, err
}

// difference names the first value in which two states differ.
func difference(before, now map[string]string) string {
	keys := append(slices.Collect(maps.Keys(before)), slices.Collect(maps.Keys(now))...)
	slices.Sort(keys)
	for _, k := range slices.Compact(keys) {
		if a, b := before[k], now[k]; a != b {
			return fmt.Sprintf(", changed: %s", k)
		}
	}
	return ""
}

// sent is any byte from the agent to the broker.
type sent struct{ none }

func (*sent) holds(_ context.Context, s *stage, since moment) (bool, string, error) {
	n, err := s.size("wire.bin")
	return n > since.sent, fmt.Sprintf("%d bytes", n-since.sent), err
}

// stores is the state directory as the agent's own check finds it.
type stores struct{ none }

func (*stores) holds(ctx context.Context, s *stage, _ moment) (bool, string, error) {
	err := s.copied(func(dir string) error { return s.agent.CheckStore(ctx, dir) })
	if err != nil {
		return false, err.Error(), nil
	}
	return true, "sound", nil
}

// place is any coordinate of the drive in any byte to a reader.
type place struct{ name string }

func (c *place) slots() slots { return slots{&c.name} }

func (c *place) holds(_ context.Context, s *stage, since moment) (bool, string, error) {
	if err := s.records.Flush(); err != nil {
		return false, "", err
	}
	messages, err := s.wireMessages(since)
	if err != nil {
		return false, "", err
	}
	opened := s.back.Since(c.name, since.received[c.name])
	if err := s.driven(); err != nil {
		return false, "", err
	}
	if len(s.fixes) == 0 {
		return false, "no drive was played", nil
	}
	look := coordinates(s.fixes, s.last)
	n := 0
	for _, m := range messages {
		if m.Dir != "out" || m.Reader != c.name {
			continue
		}
		n++
		payload := m.Payload
		if strings.HasSuffix(m.Topic, "/hpke") {
			payload = nil // opened below
		}
		if found := look.in([]byte(m.Topic), payload); found != "" {
			return true, found, nil
		}
	}
	for _, m := range opened {
		if found := look.in(m.Plain); found != "" {
			return true, found + ", inside a seal", nil
		}
	}
	return false, fmt.Sprintf("no place in %d messages", n), nil
}
