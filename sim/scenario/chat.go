package scenario

import (
	"context"
	"fmt"
	"strings"
)

// readAll marks as read what whoever is at the wheel has not read.
func (s *stage) readAll(ctx context.Context) (string, error) {
	all, err := s.world.HMI.ListMessages(ctx, map[string]any{"unread": true})
	if err != nil {
		return "", err
	}
	var ids []string
	for _, m := range all {
		ids = append(ids, fmt.Sprint(m["id"]))
	}
	return fmt.Sprintf("%d messages", len(ids)), s.world.HMI.MarkRead(ctx, ids)
}

// noted is a message that a reader found, with that in its text, its wish or the name or
// role of who wrote it.
type noted struct{ name, containing string }

func (c *noted) slots() slots { return slots{&c.name, nil, &c.containing} }

func (c *noted) holds(_ context.Context, s *stage, since moment) (bool, string, error) {
	all := s.news(c.name, "messages", since)
	newest := ""
	for _, m := range all {
		newest = fmt.Sprintf("%s, %s: %s %s", m.Note.From, m.Note.Role, m.Note.Text, m.Note.Wish)
		if strings.Contains(newest, c.containing) {
			return true, newest, nil
		}
	}
	return false, strings.TrimSuffix(fmt.Sprintf("%d messages, the newest: %s", len(all), newest), ", the newest: "), nil
}

// onScreen is a message that whoever is at the wheel is shown.
type onScreen struct{ containing string }

func (c *onScreen) slots() slots { return slots{&c.containing} }

func (c *onScreen) holds(ctx context.Context, s *stage, _ moment) (bool, string, error) {
	all, err := s.hmi.ListMessages(ctx, nil)
	newest := ""
	for _, m := range all {
		newest = fmt.Sprintf("%v, %v: %v", m["from"], m["role"], m["text"])
		if strings.Contains(newest, c.containing) {
			return true, newest, err
		}
	}
	return false, strings.TrimSuffix(fmt.Sprintf("%d messages, the newest: %s", len(all), newest), ", the newest: "), err
}

// unread is how many messages whoever is at the wheel has not read.
type unread struct{ n string }

func (c *unread) slots() slots { return slots{&c.n} }

func (c *unread) holds(ctx context.Context, s *stage, _ moment) (bool, string, error) {
	all, err := s.hmi.ListMessages(ctx, map[string]any{"unread": true})
	return err == nil && fmt.Sprint(len(all)) == c.n, fmt.Sprint(len(all)), err
}
