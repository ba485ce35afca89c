package hmi

import (
	"context"

	"github.com/godbus/dbus/v5"

	"glovebox/profiles"
)

func (f *Face) profile1() map[string]member {
	return map[string]member{
		"SetPIN":     {in: "ssa{sv}", run: f.setPIN},
		"LinkFob":    {in: "a{sv}", run: f.fobs(profiles.LinkFob{})},
		"Rename":     {in: "sa{sv}", run: f.rename},
		"UnlinkFobs": {in: "a{sv}", run: f.fobs(profiles.UnlinkFobs{})},
		"Export":     {run: f.exportProfile},
		"Import":     {in: "ha{sv}", run: f.importProfile},
	}
}

func (f *Face) setPIN(ctx context.Context, c *call) ([]any, error) {
	var code string
	if err := options(c.args[2], map[string]any{"code": &code}); err != nil {
		return nil, err
	}
	change := profiles.PINChange{}
	for _, typed := range []struct {
		text any
		into *profiles.PIN
	}{{c.args[0], &change.Old}, {c.args[1], &change.PIN}, {code, &change.Code}} {
		var err error
		if *typed.into, err = pin(typed.text); err != nil {
			return nil, err
		}
	}
	if !change.Code.IsZero() && !change.Old.IsZero() {
		return nil, invalid("the old PIN or the car's security code, not both")
	}
	return nil, f.cabin.SetCredential(ctx, c.who, change)
}

// fobs answers a method that links fobs or takes them away.
func (f *Face) fobs(change profiles.Credential) func(context.Context, *call) ([]any, error) {
	return func(ctx context.Context, c *call) ([]any, error) {
		if err := options(c.args[0], nil); err != nil {
			return nil, err
		}
		return nil, f.cabin.SetCredential(ctx, c.who, change)
	}
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
