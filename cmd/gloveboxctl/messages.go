package main

import (
	"cmp"
	"fmt"
	"strings"
	"unicode"
)

type messagesCmd struct {
	Unread bool   `help:"Those alone that were not read."`
	Limit  uint32 `help:"The newest so many." placeholder:"N"`
	Read   bool   `help:"Mark as read what is shown."`
}

// Run shows the messages of the person at the wheel.
func (c *messagesCmd) Run(a *app) error {
	filter := map[string]any{}
	if c.Unread {
		filter["unread"] = true
	}
	if c.Limit > 0 {
		filter["limit"] = c.Limit
	}
	list, err := a.ListMessages(a.ctx, filter)
	if err != nil {
		return err
	}
	var unread []string
	for _, m := range list {
		if id, _ := m["id"].(string); m["read"] == false {
			unread = append(unread, id)
		}
		m["time"] = moment(m["time"])
	}
	if a.json {
		err = a.line(append([]map[string]any{}, list...))
	} else {
		for _, m := range list {
			mark := " "
			if m["read"] == false {
				mark = "*"
			}
			from, _ := m["from"].(string)
			fmt.Fprintf(a.out, "%s %s  %-11s  %s: %s\n", mark, m["time"], m["kind"], shown(cmp.Or(from, word(m["role"]))), shown(fmt.Sprint(m["text"])))
			if wish, ok := m["wish"].(map[string]any); ok && len(wish) > 0 {
				fmt.Fprintf(a.out, "    wish: %s\n", inline(wish))
			}
		}
	}
	if err != nil || !c.Read || len(unread) == 0 {
		return err
	}
	return a.MarkRead(a.ctx, unread)
}

// shown is a text of others on one line, without what a terminal would obey.
func shown(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, text)
}

type sendCmd struct {
	Text string `arg:"" help:"1 to 2,000 characters."`
}

// Run writes a line of the chat with the workshop.
func (c *sendCmd) Run(a *app) error {
	id, err := a.Send(a.ctx, c.Text)
	if err != nil {
		return err
	}
	if a.json {
		return a.line(map[string]any{"id": id})
	}
	_, err = fmt.Fprintf(a.out, "Written to the workshop, message %s.\n", id)
	return err
}
