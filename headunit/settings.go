package headunit

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"

	"glovebox/profiles"
)

// Groups lists the groups of settings.
func (c *Client) Groups(ctx context.Context) (groups []string, err error) {
	err = c.ask(ctx, "Settings1.Groups", nil, &groups)
	return groups, err
}

// Describe says what the keys of a group are: key, type, unit, scope, stage, range.
func (c *Client) Describe(ctx context.Context, group string) ([]map[string]any, error) {
	var answer []bag
	err := c.ask(ctx, "Settings1.Describe", []any{group}, &answer)
	return plainBags(answer), err
}

// Get reads the settings of a group.
func (c *Client) Get(ctx context.Context, group string) (map[string]any, error) {
	var answer bag
	err := c.ask(ctx, "Settings1.Get", []any{group}, &answer)
	return plainBag(answer), err
}

// Set writes settings of a group. The values have the types that the contract
// gives them.
func (c *Client) Set(ctx context.Context, group string, values map[string]any) error {
	return c.ask(ctx, "Settings1.Set", []any{group, members(values), bag{}})
}

// SetText writes one setting as people write it: see ParseSetting. What does not
// fit the schema is sent as it looks, so that the agent can refuse it.
func (c *Client) SetText(ctx context.Context, group, key, text string) error {
	return c.Set(ctx, group, map[string]any{key: asItLooks(group, key, text)})
}

// ParseSetting reads a setting as people write it: a text as it is, a list of
// texts with commas or blanks, everything else as JSON. Of an app JSON of any form is
// a value, a number a double; the rest is a text.
func ParseSetting(group, key, text string) (any, error) {
	if profiles.IsApp(group) {
		return natural(text), nil
	}
	g, err := profiles.GroupByName(group)
	if err != nil {
		return nil, err
	}
	s, err := g.Setting(key)
	if err != nil {
		return nil, err
	}
	written := []byte(text)
	switch {
	case s.Type == "s" && !strings.HasPrefix(text, `"`):
		written, err = json.Marshal(text)
	case s.Type == "as" && !strings.HasPrefix(text, "["):
		written, err = json.Marshal(strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' }))
	}
	if err != nil {
		return nil, err
	}
	return s.Decode(written)
}

// asItLooks is a setting as ParseSetting reads it, else as JSON, else a text.
func asItLooks(group, key, text string) any {
	v, err := ParseSetting(group, key, text)
	if err != nil {
		return natural(text)
	}
	return v
}

// natural is a text as the JSON that it is, else as itself.
func natural(text string) (v any) {
	if json.Unmarshal([]byte(text), &v) != nil || v == nil {
		return text
	}
	return v
}

// EqualSetting reports whether a setting that was read equals a text as people
// write it.
func EqualSetting(group, key string, got any, text string) bool {
	want, err := json.Marshal(Plain(asItLooks(group, key, text)))
	if err != nil {
		return false
	}
	have, err := json.Marshal(got)
	return err == nil && bytes.Equal(have, want)
}
