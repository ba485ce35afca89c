package hmi

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/godbus/dbus/v5"

	"glovebox/profiles"
)

func (f *Face) messages1() map[string]member {
	return map[string]member{
		"List":     {in: "a{sv}", run: f.listMessages},
		"Send":     {in: "sa{sv}", run: f.sendMessage},
		"Book":     {in: "a{sv}a{sv}", run: f.book},
		"MarkRead": {in: "asa{sv}", run: f.markRead},
	}
}

func (f *Face) listMessages(_ context.Context, c *call) ([]any, error) {
	var filter profiles.MessageFilter
	err := options(c.args[0], map[string]any{"kind": &filter.Kind, "unread": &filter.Unread, "limit": &filter.Limit})
	if err != nil {
		return nil, err
	}
	if filter.Kind != "" && !slices.Contains(profiles.MessageKinds(), profiles.MessageKind(filter.Kind)) {
		return nil, invalid("there is no kind %.64q of messages", filter.Kind)
	}
	messages, err := f.cabin.List(filter)
	if err != nil {
		return nil, err
	}
	out := make([]map[string]dbus.Variant, 0, len(messages))
	for _, m := range messages {
		out = append(out, messageVariants(m))
	}
	return []any{out}, nil
}

func messageVariants(m profiles.Message) map[string]dbus.Variant {
	out := map[string]dbus.Variant{
		"id":   dbus.MakeVariant(m.ID),
		"kind": dbus.MakeVariant(string(m.Kind)),
		"from": dbus.MakeVariant(m.From.Reveal()),
		"role": dbus.MakeVariant(m.Role),
		"text": dbus.MakeVariant(m.Text.Reveal()),
		"time": dbus.MakeVariant(m.Time.Unix()),
		"read": dbus.MakeVariant(m.Read),
		"code": dbus.MakeVariant(m.Code),
	}
	if m.Kind == profiles.Booking {
		wish := map[string]dbus.Variant{}
		var members map[string]any
		if json.Unmarshal([]byte(m.Wish.Reveal()), &members) == nil {
			for name, v := range members {
				if variant, ok := plainVariant(v); ok {
					wish[name] = variant
				}
			}
		}
		out["wish"] = dbus.MakeVariant(wish)
	}
	return out
}

// plainVariant is a value of JSON: b, d, s, av or a{sv}. A null has no D-Bus type.
func plainVariant(v any) (dbus.Variant, bool) {
	switch v := v.(type) {
	case bool, float64, string:
		return dbus.MakeVariant(v), true
	case []any:
		list := []dbus.Variant{}
		for _, item := range v {
			if variant, ok := plainVariant(item); ok {
				list = append(list, variant)
			}
		}
		return dbus.MakeVariant(list), true
	case map[string]any:
		members := map[string]dbus.Variant{}
		for name, item := range v {
			if variant, ok := plainVariant(item); ok {
				members[name] = variant
			}
		}
		return dbus.MakeVariant(members), true
	}
	return dbus.Variant{}, false
}

func (f *Face) sendMessage(ctx context.Context, c *call) ([]any, error) {
	if err := options(c.args[1], nil); err != nil {
		return nil, err
	}
	id, err := f.cabin.Send(ctx, c.args[0].(string))
	return []any{id}, err
}

func (f *Face) book(ctx context.Context, c *call) ([]any, error) {
	if err := options(c.args[1], nil); err != nil {
		return nil, err
	}
	wish := map[string]any{}
	for name, v := range c.args[0].(map[string]dbus.Variant) {
		if wish[name] = fromVariant(v); isForeign(wish[name]) {
			return nil, invalid("the member %.64q of the wish has the type %s, which no wish can hold", name, v.Signature())
		}
	}
	data, err := json.Marshal(wish)
	if err != nil {
		return nil, invalid("a member of the wish is no finite number")
	}
	id, err := f.cabin.Book(ctx, data)
	return []any{id}, err
}

// isForeign reports whether a value, or one inside it, has a type that is in no table.
func isForeign(v any) bool {
	switch v := v.(type) {
	case foreign:
		return true
	case map[string]any:
		for _, inner := range v {
			if isForeign(inner) {
				return true
			}
		}
	case []map[string]any:
		for _, inner := range v {
			if isForeign(inner) {
				return true
			}
		}
	}
	return false
}

func (f *Face) markRead(ctx context.Context, c *call) ([]any, error) {
	if err := options(c.args[1], nil); err != nil {
		return nil, err
	}
	return nil, f.cabin.MarkRead(ctx, c.args[0].([]string))
}

// MessageArrived announces that a message came for the person at the wheel, never which.
func (f *Face) MessageArrived(kind string) {
	f.events.add(event{RootPath, messages1 + ".Arrived", []any{kind}})
}
