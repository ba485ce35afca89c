package hmi

import (
	"context"

	"github.com/godbus/dbus/v5"

	"glovebox/profiles"
)

func (f *Face) settings1() map[string]member {
	return map[string]member{
		"Get":      {in: "s", run: f.getSettings, apps: true},
		"Set":      {in: "sa{sv}a{sv}", run: f.setSettings, apps: true, limit: maxSettings},
		"Reset":    {in: "sa{sv}", run: f.resetSettings},
		"Groups":   {run: f.groups},
		"Describe": {in: "s", run: f.describeGroup},
	}
}

// group is the group a call names; an app has its own only.
func group(c *call) (string, error) {
	name := c.args[0].(string)
	if !c.from.hmi && name != "app."+c.from.app {
		return "", notPermitted("an app reads and sets its own group only")
	}
	return name, nil
}

func (f *Face) getSettings(_ context.Context, c *call) ([]any, error) {
	name, err := group(c)
	if err != nil {
		return nil, err
	}
	values, err := f.cabin.Get(profiles.ID{}, name)
	if err != nil {
		return nil, err
	}
	if profiles.IsApp(name) {
		body, err := typedBag(values[name])
		if err != nil {
			return nil, err
		}
		return nil, f.reply(c, "a{sv}", body)
	}
	variants, err := toVariants(values[name])
	return []any{variants}, err
}

func (f *Face) setSettings(ctx context.Context, c *call) ([]any, error) {
	name, err := group(c)
	if err != nil {
		return nil, err
	}
	if err := options(c.args[2], nil); err != nil {
		return nil, err
	}
	given := c.args[1].(map[string]dbus.Variant)
	values := fromVariants(given)
	if profiles.IsApp(name) {
		values = make(map[string]any, len(given))
		for key, v := range given {
			values[key] = fromTyped(v)
		}
	}
	return nil, f.change(ctx, c, profiles.Values{name: values})
}

func (f *Face) resetSettings(ctx context.Context, c *call) ([]any, error) {
	if err := options(c.args[1], nil); err != nil {
		return nil, err
	}
	return nil, f.change(ctx, c, profiles.Values{c.args[0].(string): nil})
}

// change sets values of whom the call is about, and answers once they are kept, before
// anybody is told.
func (f *Face) change(ctx context.Context, c *call, values profiles.Values) error {
	return f.cabin.Set(ctx, c.who, values, func() {
		if err := f.reply(c, "", nil); err != nil && f.conn.Connected() {
			f.log.Warn("answer not sent", "error", err)
		}
	})
}

func (f *Face) groups(context.Context, *call) ([]any, error) {
	names := []string{}
	for _, g := range profiles.Groups() {
		names = append(names, g.Name)
	}
	return []any{names}, nil
}

func (f *Face) describeGroup(_ context.Context, c *call) ([]any, error) {
	g, err := profiles.GroupByName(c.args[0].(string))
	if err != nil {
		return nil, err
	}
	keys, all := []map[string]dbus.Variant{}, g.Settings
	if profiles.IsApp(g.Name) {
		all = []profiles.Setting{profiles.AnyKey()}
	}
	for _, s := range all {
		keys = append(keys, map[string]dbus.Variant{
			"key":   dbus.MakeVariant(s.Name),
			"type":  dbus.MakeVariant(s.Type),
			"unit":  dbus.MakeVariant(s.Unit),
			"scope": dbus.MakeVariant(string(s.Scope)),
			"stage": dbus.MakeVariant(string(s.Stage)),
			"range": dbus.MakeVariant(s.Range),
		})
	}
	return []any{keys}, nil
}

// SettingsChanged announces which keys of a group changed, never their values.
func (f *Face) SettingsChanged(group string, keys []string) {
	f.events.add(event{RootPath, settings1 + ".Changed", []any{group, append([]string{}, keys...)}})
}
