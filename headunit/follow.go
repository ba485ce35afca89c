package headunit

import (
	"context"
	"fmt"
	"strings"

	"github.com/godbus/dbus/v5"
)

// Signal is something that the agent said to everybody on the bus.
type Signal struct {
	Name   string // Session1.Ended, Properties.PropertiesChanged, ObjectManager.InterfacesAdded …
	Person string // whose object said it, by their id in hex; empty for the agent's own
	Body   []any  // plain, as Plain makes it
}

// Came and Left are the names of signals that the bus says of the agent.
const (
	Came = "agent.came"
	Left = "agent.left"
)

// Changes reads a PropertiesChanged: of which interface, what is another now, and what is
// only named and has to be asked for.
func (s Signal) Changes() (of string, values map[string]any, named []string, ok bool) {
	if s.Name != "Properties.PropertiesChanged" || len(s.Body) != 3 {
		return "", nil, nil, false
	}
	whole, _ := s.Body[0].(string)
	values, _ = s.Body[1].(map[string]any)
	named, _ = s.Body[2].([]string)
	of, ok = strings.CutPrefix(whole, ours)
	return of, values, named, ok
}

// Following hears all that an agent says, one after the other.
type Following struct{ signals chan *dbus.Signal }

// Follow begins to listen: nothing said after it is missed. A connection listens once.
func (c *Client) Follow(ctx context.Context) (*Following, error) {
	f := &Following{make(chan *dbus.Signal, 16)}
	c.conn.Signal(f.signals)
	for _, match := range [][]dbus.MatchOption{
		{dbus.WithMatchSender(BusName)},
		{dbus.WithMatchSender("org.freedesktop.DBus"), dbus.WithMatchMember("NameOwnerChanged"), dbus.WithMatchArg(0, BusName)},
	} {
		if err := c.conn.AddMatchSignalContext(ctx, match...); err != nil {
			return nil, fmt.Errorf("follow the agent: %w", err)
		}
	}
	return f, nil
}

// Next blocks until something is said. A bus that ended is ErrNotReached.
func (f *Following) Next(ctx context.Context) (Signal, error) {
	for {
		select {
		case <-ctx.Done():
			return Signal{}, ctx.Err()
		case s, open := <-f.signals:
			if !open {
				return Signal{}, left{}
			}
			if said, known := plainSignal(s); known {
				return said, nil
			}
		}
	}
}

// plainSignal is what was said in plain values; known is false for what is nobody's
// business here, as that another name came to the bus.
func plainSignal(s *dbus.Signal) (said Signal, known bool) {
	said.Name = strings.TrimPrefix(strings.TrimPrefix(s.Name, ours), standard)
	if said.Name == "NameOwnerChanged" {
		if len(s.Body) != 3 || s.Body[0] != BusName {
			return said, false
		}
		if said.Name = Came; s.Body[2] == "" {
			said.Name = Left
		}
		return said, true
	}
	if path := string(s.Path); strings.HasPrefix(path, string(profilePath)) {
		said.Person = ID(path)
	} else if s.Path != rootPath {
		return said, false
	}
	for _, part := range s.Body {
		said.Body = append(said.Body, Plain(part))
	}
	return said, true
}

// Name is what the bus calls this connection.
func (c *Client) Name() string {
	if names := c.conn.Names(); len(names) > 0 {
		return names[0]
	}
	return ""
}
