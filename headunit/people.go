package headunit

import (
	"cmp"
	"context"
	"slices"

	"github.com/godbus/dbus/v5"
)

// Profile is a person of the car.
type Profile struct {
	ID         string
	Name       string
	Role       string
	HasPIN     bool
	Properties map[string]any // all of Profile1
}

// Profiles lists the people, the main user first, then by name.
func (c *Client) Profiles(ctx context.Context) ([]Profile, error) {
	var objects map[dbus.ObjectPath]map[string]bag
	if err := c.call(ctx, rootPath, standard+"ObjectManager.GetManagedObjects", nil, &objects); err != nil {
		return nil, err
	}
	var all []Profile
	for path, interfaces := range objects {
		if properties, ok := interfaces[ours+"Profile1"]; ok {
			p := plainBag(properties)
			has, _ := p["HasPIN"].(bool)
			all = append(all, Profile{ID(string(path)), text(p["Name"]), text(p["Role"]), has, p})
		}
	}
	slices.SortFunc(all, func(p, q Profile) int {
		return cmp.Or(cmp.Compare(p.Role, q.Role), cmp.Compare(p.Name, q.Name), cmp.Compare(p.ID, q.ID))
	})
	return all, nil
}

// Profile reads the properties of a person, by their id in hex.
func (c *Client) Profile(ctx context.Context, id string) (map[string]any, error) {
	return c.properties(ctx, Path(id), "Profile1")
}

// SetPIN changes a person's PIN.
func (c *Client) SetPIN(ctx context.Context, id, old, fresh string) error {
	return c.call(ctx, Path(id), ours+"Profile1.SetPIN", []any{old, fresh, bag{}})
}

// Recover gives the main user another PIN, by the car's security code.
func (c *Client) Recover(ctx context.Context, id, code, fresh string) error {
	return c.call(ctx, Path(id), ours+"Profile1.SetPIN", []any{"", fresh, bag{"code": dbus.MakeVariant(code)}})
}

// ResetPIN takes the PIN of a secondary user away; by the main user at the wheel.
func (c *Client) ResetPIN(ctx context.Context, id string) error {
	return c.ask(ctx, "Roster1.ResetPIN", []any{Path(id), bag{}})
}

// LinkFob links the fob that is in the car to the person at the wheel.
func (c *Client) LinkFob(ctx context.Context, id string) error {
	return c.call(ctx, Path(id), ours+"Profile1.LinkFob", []any{bag{}})
}

// UnlinkFobs takes all fobs from the person at the wheel.
func (c *Client) UnlinkFobs(ctx context.Context, id string) error {
	return c.call(ctx, Path(id), ours+"Profile1.UnlinkFobs", []any{bag{}})
}

// Call calls a method such as Roster1.Invite on the root, or on the object of a
// person, and returns what it answers. An empty bag of options is added behind
// the arguments.
func (c *Client) Call(ctx context.Context, person, method string, args ...any) ([]any, error) {
	return c.CallWith(ctx, person, method, nil, args...)
}

// CallWith is Call with options.
func (c *Client) CallWith(ctx context.Context, person, method string, options map[string]any, args ...any) ([]any, error) {
	on := rootPath
	if person != "" {
		on = Path(person)
	}
	sent := make([]any, 0, len(args)+1)
	for _, a := range args {
		sent = append(sent, wire(a))
	}
	call, err := c.send(ctx, on, ours+method, append(sent, members(options)))
	if err != nil {
		return nil, err
	}
	answer := make([]any, len(call.Body))
	for i, v := range call.Body {
		answer[i] = Plain(v)
	}
	return answer, nil
}
