package headunit

import (
	"context"
	"fmt"
	"maps"
	"time"

	"github.com/godbus/dbus/v5"
)

// SetLevel lowers or raises what leaves the car: share, no-position, offline.
func (c *Client) SetLevel(ctx context.Context, level string) error {
	return c.ask(ctx, "Privacy1.SetLevel", []any{level, bag{}})
}

// LocationInUse reads the indicator: true exactly while position leaves.
func (c *Client) LocationInUse(ctx context.Context) (bool, error) {
	p, err := c.Properties(ctx, "Privacy1")
	on, _ := p["LocationInUse"].(bool)
	return on, err
}

// answerMost is how many entries of the ledger one answer has at most.
const answerMost = 2048

// Ledger reads what was published, reduced and withheld, oldest first. A nil filter takes
// all, in as many calls as that needs.
func (c *Client) Ledger(ctx context.Context, filter map[string]any) (all []map[string]any, err error) {
	filter = maps.Clone(filter)
	if filter == nil {
		filter = map[string]any{}
	}
	limit, limited := filter["limit"].(uint32)
	for {
		var answer []bag
		if err := c.ask(ctx, "Privacy1.Ledger", []any{members(filter)}, &answer); err != nil {
			return nil, err
		}
		all = append(plainBags(answer), all...)
		if len(answer) < answerMost || limited && len(all) >= int(limit) {
			return all, nil
		}
		if filter["before"] = all[0]["id"]; limited {
			filter["limit"] = limit - uint32(len(all))
		}
	}
}

// Why reads one entry of the ledger with all that made it so.
func (c *Client) Why(ctx context.Context, entry uint64) (map[string]any, error) {
	var answer bag
	err := c.ask(ctx, "Privacy1.Why", []any{entry}, &answer)
	return plainBag(answer), err
}

// LedgerChanges waits for changes of the ledger, and for the end of the session whose
// ledger it is.
type LedgerChanges struct{ signals chan *dbus.Signal }

// LedgerChanges begins to listen: no change after it is missed. A connection
// listens once.
func (c *Client) LedgerChanges(ctx context.Context) (*LedgerChanges, error) {
	l := &LedgerChanges{make(chan *dbus.Signal, 16)}
	c.conn.Signal(l.signals)
	for _, match := range [][]dbus.MatchOption{
		{dbus.WithMatchSender(BusName), dbus.WithMatchInterface(ours + "Privacy1"), dbus.WithMatchMember("LedgerChanged")},
		{dbus.WithMatchSender(BusName), dbus.WithMatchInterface(ours + "Session1"), dbus.WithMatchMember("Ended")},
		{dbus.WithMatchSender("org.freedesktop.DBus"), dbus.WithMatchMember("NameOwnerChanged"), dbus.WithMatchArg(0, BusName)},
	} {
		if err := c.conn.AddMatchSignalContext(ctx, match...); err != nil {
			return nil, fmt.Errorf("follow the ledger: %w", err)
		}
	}
	return l, nil
}

// Next blocks until the ledger has changed and returns its newest entry; 0 where the
// session ended: what comes next is of somebody else's. So it is where a fresh process took
// over; an agent that leaves the bus and does not come back is ErrNotReached.
func (l *LedgerChanges) Next(ctx context.Context) (newest uint64, err error) {
	var gone <-chan time.Time // while the name is nobody's
	for {
		select {
		case <-ctx.Done():
			return 0, ctx.Err()
		case <-gone:
			return 0, left{}
		case s, open := <-l.signals:
			switch {
			case !open:
				return 0, left{}
			case s.Name == standard+"NameOwnerChanged" && len(s.Body) == 3:
				if s.Body[2] != "" {
					return 0, nil
				}
				gone = time.After(freshWithin)
			case s.Name == ours+"Session1.Ended":
				return 0, nil
			case s.Name == ours+"Privacy1.LedgerChanged" && len(s.Body) == 1:
				newest, _ = s.Body[0].(uint64)
				return newest, nil
			}
		}
	}
}
