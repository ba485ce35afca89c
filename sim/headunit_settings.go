package sim

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"

	"github.com/godbus/dbus/v5"

	"glovebox/profiles"
)

// Get reads the settings of a group.
func (h *HeadUnit) Get(ctx context.Context, group string) (map[string]any, error) {
	var answer bag
	err := h.call(ctx, h.root, "Settings1.Get", []any{&answer}, group)
	return plainBag(answer), err
}

// Set writes settings of a group. Values are plain Go values of the types that
// the contract gives them.
func (h *HeadUnit) Set(ctx context.Context, group string, values map[string]any) error {
	wire := bag{}
	for key, v := range values {
		wire[key] = variant(v)
	}
	return h.call(ctx, h.root, "Settings1.Set", nil, group, wire, bag{})
}

// Reset puts a group back to what it was before anybody set it.
func (h *HeadUnit) Reset(ctx context.Context, group string) error {
	return h.call(ctx, h.root, "Settings1.Reset", nil, group, bag{})
}

// Describe lists the keys of a group.
func (h *HeadUnit) Describe(ctx context.Context, group string) ([]map[string]any, error) {
	var answer []bag
	err := h.call(ctx, h.root, "Settings1.Describe", []any{&answer}, group)
	return plainBags(answer), err
}

// SetText writes one setting given as people write it: see ParseSetting.
func (h *HeadUnit) SetText(ctx context.Context, group, key, text string) error {
	return h.Set(ctx, group, map[string]any{key: ParseSetting(group, key, text)})
}

// ParseSetting reads a setting as people write it: a text as it is, a list of
// texts with commas, everything else as JSON. What does not fit the schema is
// sent as it looks, so that the agent can refuse it.
func ParseSetting(group, key, text string) any {
	schema := ""
	if g, err := profiles.GroupByName(group); err == nil {
		if s, err := g.Setting(key); err == nil {
			schema = s.Type
			if v, err := s.Decode(asJSON(schema, text)); err == nil {
				return v
			}
		}
	}
	var v any
	if schema == "s" || json.Unmarshal([]byte(text), &v) != nil || v == nil {
		return text
	}
	return v
}

// asJSON is a text of a D-Bus type as JSON.
func asJSON(schema, text string) []byte {
	var v any
	switch {
	case schema == "s" && !strings.HasPrefix(text, `"`):
		v = text
	case schema == "as" && !strings.HasPrefix(text, "["):
		list := []string{}
		for word := range strings.SplitSeq(text, ",") {
			if word = strings.TrimSpace(word); word != "" {
				list = append(list, word)
			}
		}
		v = list
	default:
		return []byte(text)
	}
	encoded, err := json.Marshal(v)
	if err != nil {
		return []byte(text)
	}
	return encoded
}

// variant is a plain Go value as D-Bus carries it: members and lists of members
// become a{sv} and aa{sv}.
func variant(v any) dbus.Variant {
	switch v := v.(type) {
	case map[string]any:
		return dbus.MakeVariant(members(v))
	case []map[string]any:
		list := make([]bag, len(v))
		for i, m := range v {
			list[i] = members(m)
		}
		return dbus.MakeVariant(list)
	case []any:
		list := make([]dbus.Variant, len(v))
		for i, item := range v {
			list[i] = variant(item)
		}
		return dbus.MakeVariant(list)
	case nil:
		return dbus.MakeVariant("")
	}
	return dbus.MakeVariant(v)
}

func members(v map[string]any) bag {
	b := make(bag, len(v))
	for name, item := range v {
		b[name] = variant(item)
	}
	return b
}

// EqualSetting reports whether a setting that was read equals a text as people
// write it.
func EqualSetting(group, key string, got any, text string) bool {
	want, err := json.Marshal(plain(ParseSetting(group, key, text)))
	if err != nil {
		return false
	}
	have, err := json.Marshal(got)
	return err == nil && bytes.Equal(have, want)
}
