package scenario

import (
	"context"
	"fmt"
	"strings"

	"glovebox/sim/cloud"
)

// letter is something the back end wrote to a person.
type letter struct{ name, containing string }

func (c *letter) slots() slots { return slots{&c.name, &c.containing} }

type mail struct{ letter }

func (c *mail) holds(_ context.Context, s *stage, since moment) (bool, string, error) {
	return c.written(cloud.Mail, s, since)
}

// sms is a text message.
type sms struct{ letter }

func (c *sms) holds(_ context.Context, s *stage, since moment) (bool, string, error) {
	return c.written(cloud.SMS, s, since)
}

// notice is one in the app of their phone.
type notice struct{ letter }

func (c *notice) holds(_ context.Context, s *stage, since moment) (bool, string, error) {
	return c.written(cloud.App, s, since)
}

func (c *letter) written(kind string, s *stage, since moment) (bool, string, error) {
	n, newest := 0, ""
	for _, l := range s.back.Outbox() {
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
