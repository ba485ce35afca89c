package headunit_test

import (
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/godbus/dbus/v5"
	"pgregory.net/rapid"

	"glovebox/headunit"
)

// What is set comes back, whatever it is made of.
func TestSetGet(t *testing.T) {
	address, c := bus(t)
	boot(t, address)
	rapid.Check(t, func(rt *rapid.T) {
		want := map[string]any{}
		for _, key := range rapid.SliceOfN(rapid.StringMatching(`[a-z]{1,8}`), 0, 4).Draw(rt, "keys") {
			want[key] = drawn(rt, 3)
		}
		if err := c.Set(t.Context(), "app.test", want); err != nil {
			rt.Fatal(err)
		}
		got, err := c.Get(t.Context(), "app.test")
		if err != nil || asJSON(rt, got) != asJSON(rt, want) {
			rt.Fatalf("%s, want %s: %v", asJSON(rt, got), asJSON(rt, want), err)
		}
	})
}

// drawn is a value of a setting, nested so deep at most.
func drawn(t *rapid.T, deep int) any {
	kinds := 5
	if deep > 0 {
		kinds = 8
	}
	switch rapid.IntRange(0, kinds-1).Draw(t, "kind") {
	case 0:
		return strings.ReplaceAll(rapid.String().Draw(t, "text"), "\x00", "") // which no D-Bus text may hold
	case 1:
		return rapid.Bool().Draw(t, "truth")
	case 2:
		return rapid.Float64Range(-1e9, 1e9).Draw(t, "number")
	case 3:
		return rapid.Uint32().Draw(t, "whole")
	case 4:
		return []string{"toll", "ferry"}[:rapid.IntRange(0, 2).Draw(t, "words")]
	case 5:
		return map[string]any{"in": drawn(t, deep-1)}
	case 6:
		return []map[string]any{{"one": drawn(t, deep-1)}, {}}
	}
	return []any{drawn(t, deep-1), drawn(t, deep-1)}
}

func asJSON(t interface{ Fatal(...any) }, v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Every answer can be shown as JSON, also what JSON has no word for.
func TestPlain(t *testing.T) {
	for _, tt := range []struct {
		name    string
		v, want any
	}{
		{"no number", math.NaN(), "NaN"},
		{"without end", dbus.MakeVariant(math.Inf(1)), "+Inf"},
		{"a path", dbus.ObjectPath("/a"), "/a"},
		{"a signature", dbus.ParseSignatureMust("a{sv}"), "a{sv}"},
		{"words", []string{"a"}, []string{"a"}},
		{"members", []map[string]dbus.Variant{{"n": dbus.MakeVariant(uint32(2))}}, []any{map[string]any{"n": uint32(2)}}},
		{"keys that are no texts", map[uint32]string{1: "x"}, map[string]any{"1": "x"}},
	} {
		if got := headunit.Plain(tt.v); !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s: %#v, want %#v", tt.name, got, tt.want)
		}
	}
}

// A setting is written as people write it; what is none is refused here, or by
// the agent if it is sent as it looks.
func TestSettings(t *testing.T) {
	for _, tt := range []struct {
		name, group, key, text string
		want                   string // as JSON; empty if it is refused
	}{
		{"a number", "radio", "volume", "27", `27`},
		{"too loud", "radio", "volume", "101", ``},
		{"a text", "navigation", "route", "eco", `"eco"`},
		{"a text in quotes", "navigation", "route", `"eco"`, `"eco"`},
		{"words with commas", "navigation", "avoid", "toll, ferry", `["toll","ferry"]`},
		{"words as JSON", "navigation", "avoid", `["toll"]`, `["toll"]`},
		{"members", "navigation", "home", `{"latitude":54.19,"longitude":6.62}`, `{"latitude":54.19,"longitude":6.62}`},
		{"no such key", "radio", "colour", "red", ``},
		{"no such group", "colour", "red", "1", ``},
	} {
		t.Run(tt.name, func(t *testing.T) {
			v, err := headunit.ParseSetting(tt.group, tt.key, tt.text)
			if (err == nil) != (tt.want != "") || err == nil && asJSON(t, v) != tt.want {
				t.Fatalf("%v, %v", v, err)
			}
			if err == nil && (!headunit.EqualSetting(tt.group, tt.key, v, tt.text) || headunit.EqualSetting(tt.group, tt.key, "else", tt.text)) {
				t.Error("it does not equal itself alone")
			}
		})
	}
	address, c := bus(t)
	boot(t, address)
	for text, want := range map[string]any{"loud": "loud", "101": 101.0, "null": "null"} {
		if err := c.SetText(t.Context(), "radio", "volume", text); err != nil {
			t.Fatal(err)
		}
		if got, err := c.Get(t.Context(), "radio"); err != nil || got["volume"] != want {
			t.Errorf("%s was sent as %v: %v", text, got, err)
		}
	}
}
