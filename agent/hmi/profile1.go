package hmi

import (
	"context"

	"github.com/godbus/dbus/v5"

	"glovebox/profiles"
)

func (f *Face) profile1() map[string]member {
	return map[string]member{
		"SetPIN": {in: "ssa{sv}", run: f.setPIN},
		"Rename": {in: "sa{sv}", run: f.rename},
	}
}

func (f *Face) setPIN(ctx context.Context, c *call) ([]any, error) {
	if err := options(c.args[2], nil); err != nil {
		return nil, err
	}
	old, err := pin(c.args[0])
	if err != nil {
		return nil, err
	}
	fresh, err := pin(c.args[1])
	if err != nil {
		return nil, err
	}
	return nil, f.cabin.SetPIN(ctx, c.who, old, fresh)
}

func profileProperties(p profiles.ProfileView) map[string]dbus.Variant {
	return map[string]dbus.Variant{
		"Name":       dbus.MakeVariant(p.Name.Reveal()),
		"Role":       dbus.MakeVariant(p.Role),
		"State":      dbus.MakeVariant(p.State),
		"Sharing":    dbus.MakeVariant(p.Sharing),
		"HasPIN":     dbus.MakeVariant(p.HasPIN),
		"RetryAfter": dbus.MakeVariant(p.RetryAfter),
		"Fobs":       dbus.MakeVariant(p.Fobs),
		"Restricted": words(p.Restricted),
	}
}
