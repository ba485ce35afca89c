package scenario

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// condition is what can be true or not of a world. holds looks once, at what
// happened since a moment where that matters, and says what it saw; an error
// means that it could not look.
type condition interface {
	action
	holds(ctx context.Context, s *stage, since moment) (ok bool, got string, err error)
}

// How long to wait before looking again: the head unit may call twenty times a
// second, and files are large.
const (
	paceLine  = 25 * time.Millisecond
	paceBus   = 150 * time.Millisecond
	paceFiles = 600 * time.Millisecond
)

// checks is the table of what may follow expect and never.
var checks = table(
	form{usage: "state guest|idle|leaving", new: as[state], pace: paceBus},
	form{usage: "state active NAME", new: as[state], pace: paceBus},
	form{usage: "reason REASON", new: as[reason], pace: paceBus},
	form{usage: "suggested NAME", new: as[suggested], pace: paceBus},
	form{usage: "wipe clean|pending|failed", new: as[wipe], pace: paceBus},
	form{usage: "files TEXT", new: as[files], pace: paceFiles},
	form{usage: "setting GROUP KEY VALUE", new: as[setting], pace: paceBus},
	form{usage: "settings acknowledged", new: as[acknowledged], pace: paceBus, rules: expectOnly},
	form{usage: "permits FUNCTION yes|no", new: as[permits], pace: paceBus},
	form{usage: "mail NAME CONTAINING", new: as[mail], pace: paceLine, rules: since},
	form{usage: "sms NAME CONTAINING", new: as[sms], pace: paceLine, rules: since},
	form{usage: "message NAME CONTAINING", new: as[notice], pace: paceLine, rules: since},
	form{usage: "frame BUS MESSAGE", new: as[frame], pace: paceBus, rules: since, want: wantMessage},
	form{usage: "frame BUS MESSAGE.SIGNAL N", new: as[frameWith], pace: paceBus, rules: since, want: wantMessage},
	form{usage: "publish READER status|position [PATH [VALUE]]", new: as[publish], pace: paceLine, rules: since},
	form{usage: "publish READER alarms [CODE [on|off]]", new: as[publish], pace: paceLine, rules: since},
	form{usage: "publish READER gaps [KIND]", new: as[publish], pace: paceLine, rules: since},
	form{usage: "publish READER messages [CONTAINING]", new: as[noted], pace: paceLine, rules: since},
	form{usage: "listed CONTAINING", new: as[onScreen], pace: paceBus},
	form{usage: "unread N", new: as[unread], pace: paceBus},
	form{usage: "messages READER KIND N", new: as[messages], pace: paceLine, rules: since},
	form{usage: "points READER N", new: as[points], pace: paceLine, rules: since},
	form{usage: "recorded READER", new: as[recorded], pace: paceLine, rules: since | expectOnly},
	form{usage: "track READER [length=1011m]", new: as[track], pace: paceLine, rules: since | expectOnly},
	form{usage: "place READER", new: as[place], pace: paceFiles},
	form{usage: "first READER KIND", new: as[first], pace: paceLine},
	form{usage: "gap READER KIND [dropped=N]", new: as[gap], pace: paceLine, rules: since | expectOnly},
	form{usage: "backfill READER", new: as[backfill], pace: paceLine},
	form{usage: "repeats consistent", new: as[repeats], pace: paceLine, rules: expectOnly},
	form{usage: "withheld CLASS [for READER] [rule=R]", new: as[withheld], pace: paceBus},
	form{usage: "indicator on|off", new: as[indicator], pace: paceBus},
	form{usage: "level share|no-position|offline", new: as[levelIs], pace: paceBus},
	form{usage: "warning CODE on|off", new: as[warning], pace: paceBus},
	form{usage: "port can|gnss|cloud up|down|degraded|off", new: as[port], pace: paceBus},
	form{usage: "document N", new: as[inForce], pace: paceLine},
	form{usage: "signal PATH VALUE [at=D]", new: as[signalIs], pace: paceBus, rules: since},
	form{usage: "signal PATH min=A max=B", new: as[signalRange], pace: paceBus, rules: since},
	form{usage: "signals mapped|recorded", new: as[signals], pace: paceBus, rules: since | expectOnly},
	form{usage: "statistic COUNTER N", new: as[statistic], pace: paceBus, rules: since},
	form{usage: "sent", new: as[sent], pace: paceFiles, rules: since},
	form{usage: "wire TEXT", new: as[wire], pace: paceFiles},
	form{usage: "disk unchanged", new: as[unchanged], pace: paceFiles, rules: since | expectOnly},
	form{usage: "disk TEXT", new: as[disk], pace: paceFiles},
	form{usage: "stores whole", new: as[stores], pace: paceFiles, rules: expectOnly},
	form{usage: "ready", new: as[ready], pace: paceBus},
	form{usage: "trip [for READER] [assigned=NAME] [with|without endpoints]", new: as[trip], pace: paceLine, rules: since},
)

// expect is a check that must hold, at once or within a time.
type expect struct {
	not    bool
	what   Command
	since  string // a label; empty is the start
	within time.Duration
}

func (c *expect) slots() slots { return slots{&c.not, &c.what, nil, &c.since, nil, &c.within} }

func (c *expect) check(*parser) error {
	switch c.what.what.(type) {
	case *unchanged, *sent:
		return refuse(c.since == "", c.what.String()+" needs since LABEL")
	}
	if c.since != "" && c.what.rules&since == 0 {
		return fmt.Errorf("%s looks at now, not since %s", c.what.word, c.since)
	}
	return nil
}

// do looks until the check holds or its time is up.
func (c *expect) do(ctx context.Context, s *stage) (string, error) {
	since := s.start
	if c.since != "" {
		var ok bool
		if since, ok = s.marks[c.since]; !ok {
			return "", fmt.Errorf("mark %s was not reached", c.since)
		}
	}
	for end := time.Now().Add(c.within * s.patience); ; {
		met, got, err := c.what.what.(condition).holds(ctx, s, since)
		if err == nil && met != c.not {
			return got, nil
		}
		if left := time.Until(end); left > 0 {
			if err := s.pause(ctx, min(left, c.what.pace)); err != nil {
				return "", err
			}
			continue
		}
		if err == nil {
			err = errors.New(got + s.knows(ctx, c.what.what))
		}
		return got, err
	}
}

// expectError is how the line before was refused.
type expectError struct{ name string }

func (c *expectError) slots() slots { return slots{nil, &c.name} }

// never is a check that must not hold from its line to the end. What it finds is
// reported at the end.
type never struct{ what Command }

func (c *never) slots() slots { return slots{&c.what} }

func (c *never) check(*parser) error {
	return refuse(c.what.rules&expectOnly != 0, "never "+c.what.String()+": say expect")
}

// refusals are the names of the errors with which the agent refuses, then those
// of D-Bus for what it does not have, of actions, and of the back end.
func refusals() []string {
	return []string{
		"WrongPIN", "LockedOut", "NoSuchProfile", "NotPermitted", "NotParked", "Superseded", "GuestUnavailable",
		"RosterFull", "NotReady", "InvalidArgument", "QuotaExceeded", "CodeExpired", "CodeWrong", "CodeVoid",
		"EraseFailed", "Offline",
		"UnknownMethod", "UnknownInterface", "UnknownObject", "Failed",
		"expired", "not-permitted", "bad-request", "not-now", "busy", "unknown",
		"Refused", "Warning",
	}
}
