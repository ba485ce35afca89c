package headunit

import (
	"context"

	"github.com/godbus/dbus/v5"
)

// Invite asks somebody to become a secondary user and returns their id.
func (c *Client) Invite(ctx context.Context, name, email, mobile, sharing string) (id string, err error) {
	contact := bag{"name": dbus.MakeVariant(name), "email": dbus.MakeVariant(email), "mobile": dbus.MakeVariant(mobile)}
	var object dbus.ObjectPath
	err = c.ask(ctx, "Roster1.Invite", []any{contact, sharing, bag{}}, &object)
	return ID(string(object)), err
}

// Cancel takes back an invitation that was not accepted yet.
func (c *Client) Cancel(ctx context.Context, id string) error {
	return c.ask(ctx, "Roster1.Cancel", []any{Path(id), bag{}})
}

// Activate lets somebody in who has accepted; code is the car's security code, empty for
// none.
func (c *Client) Activate(ctx context.Context, id, code string) error {
	options := bag{}
	if code != "" {
		options["code"] = dbus.MakeVariant(code)
	}
	return c.ask(ctx, "Roster1.Activate", []any{Path(id), options})
}

// Remove takes a secondary user out of the car and returns the receipt.
func (c *Client) Remove(ctx context.Context, id string) (map[string]any, error) {
	var receipt bag
	err := c.ask(ctx, "Roster1.Remove", []any{Path(id), bag{}}, &receipt)
	return plainBag(receipt), err
}

// Share says what a secondary user is told: shared or limited.
func (c *Client) Share(ctx context.Context, id, sharing string) error {
	return c.ask(ctx, "Roster1.SetSharing", []any{Path(id), sharing, bag{}})
}

// Restrict says which functions are closed to a secondary user, none to lift all.
func (c *Client) Restrict(ctx context.Context, id string, functions ...string) error {
	return c.ask(ctx, "Roster1.Restrict", []any{Path(id), append([]string{}, functions...), bag{}})
}

// Erase makes the car as new and returns the receipt; pin is that of the main user.
func (c *Client) Erase(ctx context.Context, pin string) (map[string]any, error) {
	var receipt bag
	err := c.ask(ctx, "Roster1.Erase", []any{"everything", bag{"pin": dbus.MakeVariant(pin)}}, &receipt)
	return plainBag(receipt), err
}

// Rename gives the person at the wheel, by their id, another name.
func (c *Client) Rename(ctx context.Context, id, name string) error {
	return c.call(ctx, Path(id), ours+"Profile1.Rename", []any{name, bag{}})
}
