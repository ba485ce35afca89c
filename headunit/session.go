package headunit

import (
	"context"
	"os"

	"github.com/godbus/dbus/v5"
)

// Settings are those of a person, by group and key.
type Settings map[string]map[string]any

// Login logs a person in, by their id in hex. With wait a request on the move
// is queued until the car is parked.
func (c *Client) Login(ctx context.Context, id, pin string, wait bool) (Settings, error) {
	return c.start(ctx, "Session1.Login", Path(id), pin, waiting(wait))
}

// Guest starts a guest's session.
func (c *Client) Guest(ctx context.Context, wait bool) (Settings, error) {
	return c.start(ctx, "Session1.StartGuest", waiting(wait))
}

func (c *Client) start(ctx context.Context, method string, args ...any) (Settings, error) {
	var answer map[string]bag
	if err := c.ask(ctx, method, args, &answer); err != nil {
		return nil, err
	}
	all := Settings{}
	for group, values := range answer {
		all[group] = plainBag(values)
	}
	return all, nil
}

func waiting(wait bool) bag {
	if !wait {
		return bag{}
	}
	return bag{"wait": dbus.MakeVariant(true)}
}

// CancelPending drops the request that waits.
func (c *Client) CancelPending(ctx context.Context) error {
	return c.ask(ctx, "Session1.CancelPending", []any{bag{}})
}

// Logout ends whoever is at the wheel.
func (c *Client) Logout(ctx context.Context) error {
	return c.ask(ctx, "Session1.Logout", []any{bag{}})
}

// Permits asks whether the person at the wheel may use a function.
func (c *Client) Permits(ctx context.Context, function string) (allowed bool, reason string, err error) {
	err = c.ask(ctx, "Session1.Permits", []any{function}, &allowed, &reason)
	return allowed, reason, err
}

// Inhibit takes a delay lock: the session's end waits until the file is closed.
func (c *Client) Inhibit(ctx context.Context, who, why string) (*os.File, error) {
	var fd dbus.UnixFD
	if err := c.ask(ctx, "Session1.Inhibit", []any{who, why}, &fd); err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), "lock"), nil
}

// Session is who is at the wheel.
type Session struct {
	State     string // idle, guest, active, leaving
	Profile   string // id in hex, empty if nobody
	Suggested string // whose fob opened the car and whose PIN is asked for; empty if nobody's
	Role      string
	Reason    string
	Pending   string // id in hex or guest, empty if nothing waits
	Parked    bool

	WipeState        string // clean, pending, failed
	RuntimeDirectory string // of the session's files, empty if there is none
}

// Session reads who is at the wheel.
func (c *Client) Session(ctx context.Context) (Session, error) {
	p, err := c.Properties(ctx, "Session1")
	parked, _ := p["Parked"].(bool)
	return Session{
		State: text(p["State"]), Profile: ID(text(p["Profile"])), Suggested: ID(text(p["Suggested"])), Role: text(p["Role"]), Reason: text(p["Reason"]),
		Pending: ID(text(p["Pending"])), Parked: parked,
		WipeState: text(p["WipeState"]), RuntimeDirectory: text(p["RuntimeDirectory"]),
	}, err
}

// text is a value that should be a text, empty if it is none.
func text(v any) string {
	s, _ := v.(string)
	return s
}
