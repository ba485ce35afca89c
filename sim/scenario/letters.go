package scenario

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"glovebox/sim/cloud"
)

// letter is something the back end wrote to a person: a mail, a text message, or
// a notice in the app of their phone.
type letter struct{ kind, name, containing string }

func (c *letter) String() string { return c.kind + " " + c.name + " " + c.containing }

func parseLetter(kind string) func(*parser, *line) (condition, error) {
	return func(p *parser, l *line) (condition, error) {
		name, err := l.name(p.people())
		if err != nil {
			return nil, err
		}
		c := &letter{kind, name, l.text()}
		if c.containing == "" {
			return nil, errors.New("the text is missing")
		}
		return c, nil
	}
}

func (c *letter) holds(_ context.Context, s *stage, since moment) (bool, string, error) {
	kind := c.kind
	if kind == "message" {
		kind = cloud.App
	}
	n, newest := 0, ""
	for _, l := range s.world.Cloud.Outbox() {
		if l.To != c.name || l.Kind != kind || l.At.Before(since.at) {
			continue
		}
		n, newest = n+1, strings.TrimSpace(l.Subject+" "+l.Text)
		if strings.Contains(l.Subject, c.containing) || strings.Contains(l.Text, c.containing) {
			return true, newest, nil
		}
	}
	return false, fmt.Sprintf("%d of them, the newest: %s", n, newest), nil
}
