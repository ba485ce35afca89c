package profiles_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"glovebox/profiles"
)

// typed draws a value of a type that settings can hold.
func typed(t *rapid.T, depth int) profiles.Typed {
	signature := aType(t, depth)
	return profiles.Typed{Type: signature, Value: valueOf(t, signature, depth)}
}

func aType(t *rapid.T, depth int) string {
	basic := rapid.SampledFrom(strings.Split("y b n q i u x t d s o g ay", " "))
	if depth == 0 {
		return basic.Draw(t, "type")
	}
	switch rapid.IntRange(0, 5).Draw(t, "kind") {
	case 0:
		return "a" + aType(t, depth-1)
	case 1:
		return "a{" + rapid.SampledFrom(strings.Split("y n q i u x t d s o", " ")).Draw(t, "key") + aType(t, depth-1) + "}"
	case 2:
		return "(" + aType(t, depth-1) + aType(t, depth-1) + ")"
	case 3:
		return "v"
	}
	return basic.Draw(t, "type")
}

var someText = rapid.StringOfN(rapid.RuneFrom([]rune("aü \"\\<&>\u2028\u0001\uFFFD😀")), 0, 12, -1)

func valueOf(t *rapid.T, signature string, depth int) any {
	switch signature[0] {
	case 'y':
		return rapid.Byte().Draw(t, "y")
	case 'b':
		return rapid.Bool().Draw(t, "b")
	case 'n':
		return rapid.Int16().Draw(t, "n")
	case 'q':
		return rapid.Uint16().Draw(t, "q")
	case 'i':
		return rapid.Int32().Draw(t, "i")
	case 'u':
		return rapid.Uint32().Draw(t, "u")
	case 'x':
		return rapid.Int64().Draw(t, "x")
	case 't':
		return rapid.Uint64().Draw(t, "t")
	case 'd':
		return rapid.OneOf(rapid.Float64(), rapid.SampledFrom([]float64{math.Inf(1), math.Inf(-1), 0, math.Copysign(0, -1)})).Draw(t, "d")
	case 's':
		return someText.Draw(t, "s")
	case 'o':
		return rapid.StringMatching(`/|(/[A-Za-z0-9_]{1,4}){1,3}`).Draw(t, "o")
	case 'g':
		return aType(t, 1)
	case 'v':
		return typed(t, max(0, depth-1))
	case '(':
		list := []any{}
		for _, field := range profiles.Fields(signature[1 : len(signature)-1]) {
			list = append(list, valueOf(t, field, depth-1))
		}
		return list
	}
	n := rapid.IntRange(0, 3).Draw(t, "length")
	switch {
	case signature == "ay":
		return rapid.SliceOfN(rapid.Byte(), n, n).Draw(t, "ay")
	case signature[1] != '{':
		list := make([]any, n)
		for i := range list {
			list[i] = valueOf(t, signature[1:], depth-1)
		}
		return list
	}
	seen, pairs := map[string]bool{}, []profiles.Pair{}
	for range n {
		p := profiles.Pair{Key: valueOf(t, signature[2:3], 0), Value: valueOf(t, signature[3:len(signature)-1], depth-1)}
		if key := fmt.Sprint(p.Key); !seen[key] {
			seen[key] = true
			pairs = append(pairs, p)
		}
	}
	profiles.SortPairs(pairs)
	return pairs
}

// A value of any type is written as JSON, read and written again: it is the same value
// of the same type in the same bytes.
func TestTypedComesBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := typed(t, 3)
		text, err := v.MarshalJSON()
		if err != nil || !json.Valid(text) {
			t.Fatalf("%v is written as %s, %v", v, text, err)
		}
		var back profiles.Typed
		if err := back.UnmarshalJSON(text); err != nil || !reflect.DeepEqual(back, v) {
			t.Fatalf("%s came back as %#v, want %#v, %v", text, back, v, err)
		}
	})
}

func TestWhatIsNoTyped(t *testing.T) {
	for _, text := range []string{
		`{}`, `{"y":1,"n":1}`, `{"y":256}`, `{"y":-1}`, `{"y":1.0}`, `{"y":1e1}`, `{"y":"1"}`, `{"b":1}`, `{"s":null}`, `{"s":1}`, `{"s":"\ud800"}`, `{"s":"\u0000"}`,
		`{"d":"nan"}`, `{"d":"0x1p-2"}`, `{"o":"a"}`, `{"g":"z"}`, `{"ay":"A"}`, `{"ay":"AA=="}x`, `{"ay":"AA\n=="}`, `{"ay":[1]}`, `{"(yy)":[1]}`, `{"a{ys}":{"01":"x"}}`,
		`{"a{bs}":{}}`, `{"h":0}`, `{"ah":[]}`, `{"":1}`, `{"yy":1}`, `{"a":[]}`, `{"()":[]}`, `{"{ss}":{}}`, `{"aaaaaaaaay":[]}`, `{"v":{"v":1}}`, `{"v":1}`, `{"a{us}":{"x":"y"}}`,
		strings.Repeat(`{"v":`, 20) + `{"y":1}` + strings.Repeat(`}`, 20), `{"as":null}`, `{"a{sv}":{"a":1}}`, `[]`, `1`, ``,
	} {
		var v profiles.Typed
		if err := v.UnmarshalJSON([]byte(text)); err == nil && text != `{"ay":"AA=="}x` {
			t.Errorf("%s is taken as %#v", text, v)
		}
	}
}

// Case Q1: an app keeps 65,536 bytes and no byte more, a person 1 MiB in all apps, and
// of a seventeenth app nothing.
func TestQuotas(t *testing.T) {
	app := func(key string, n int) profiles.Store {
		return profiles.Store{key: {Type: "s", Value: strings.Repeat("x", n)}}
	}
	bytes := profiles.Store{"b": {Type: "ay", Value: make([]byte, 1<<16)}}
	for _, row := range []struct {
		what string
		s    profiles.Store
		want int
	}{
		{"nothing", profiles.Store{}, 0}, {"text", app("key", 1<<16), 1 << 16}, {"a byte more", app("k", 1<<16+1), -1}, {"bytes", bytes, 1 << 16},
		{"two texts", profiles.Store{"a": app("a", 1<<15)["a"], "b": app("b", 1<<15)["b"]}, 1 << 16},
		{"numbers", profiles.Store{"a": {Type: "aq", Value: []any{uint16(1), uint16(65535)}}}, len("[1,65535]")},
	} {
		got, err := row.s.Size()
		if want := row.want; (err != nil) != (want < 0) || err == nil && got != want || err != nil && !errors.Is(err, profiles.ErrQuotaExceeded) {
			t.Errorf("%s: %d, %v, want %d", row.what, got, err, want)
		}
	}
	many, sizes := profiles.Store{}, profiles.Sizes{}
	for i := range 257 {
		many[fmt.Sprint(i)] = profiles.Typed{Type: "y", Value: byte(1)}
	}
	if _, err := many.Size(); !errors.Is(err, profiles.ErrQuotaExceeded) {
		t.Errorf("257 keys: %v", err)
	}
	for i := range 16 {
		sizes[fmt.Sprint(i)] = 1 << 16
	}
	if err := sizes.Check(); err != nil {
		t.Errorf("sixteen full stores: %v", err)
	}
	if sizes["17"] = 1; !errors.Is(sizes.Check(), profiles.ErrQuotaExceeded) {
		t.Errorf("a seventeenth: %v", sizes.Check())
	}
}

// settings draws what a person may have set, of every group.
func settings(t *rapid.T) profiles.Values {
	all := profiles.Values{}
	for _, g := range profiles.Groups() {
		values := map[string]any{}
		for _, s := range g.Settings {
			if s.Scope == profiles.OfPerson && rapid.Bool().Draw(t, s.Name) {
				values[s.Name] = examples(t, g.Name+" "+s.Name)
			}
		}
		if len(values) > 0 {
			all[g.Name] = values
		}
	}
	for _, app := range []string{"app.maps", "app.org.example.Notes_2"} {
		values := map[string]any{}
		for range rapid.IntRange(0, 3).Draw(t, "keys") {
			values["k"+someText.Draw(t, "key")] = typed(t, 2)
		}
		if len(values) > 0 {
			all[app] = values
		}
	}
	return all
}

func examples(t *rapid.T, setting string) any {
	real := func(least, most float64) any { return rapid.Float64Range(least, most).Draw(t, "number") + 0 }
	name := rapid.StringMatching(`[A-Za-zäöü<&> ]{1,20}`)
	station := func() map[string]any {
		return map[string]any{"name": name.Draw(t, "name"), "band": "FM", "frequency_khz": rapid.Uint32Range(64_000, 108_000).Draw(t, "khz")}
	}
	place := func() map[string]any {
		return map[string]any{"name": name.Draw(t, "name"), "latitude": real(-90, 90), "longitude": real(-180, 180)}
	}
	list := func(one func() map[string]any) any {
		all := []map[string]any{}
		for range rapid.IntRange(0, 3).Draw(t, "length") {
			all = append(all, one())
		}
		return all
	}
	switch setting {
	case "radio favourites":
		return list(station)
	case "radio last":
		return station()
	case "navigation home", "navigation work":
		return place()
	case "navigation favourites", "navigation recents":
		return list(place)
	case "navigation route":
		return "eco"
	case "navigation avoid":
		return []string{"toll", "ferry"}
	case "navigation voice":
		return rapid.Bool().Draw(t, "voice")
	case "radio volume":
		return rapid.ByteMax(100).Draw(t, "volume")
	case "climate driver_celsius", "climate passenger_celsius":
		return real(16, 29.5)
	case "display language":
		return rapid.SampledFrom([]string{"de", "de-AT", "zh-Hant-TW", "en-u-hc-h23", "sl-rozaj"}).Draw(t, "language")
	case "display units":
		return "imperial"
	case "display theme":
		return "dark"
	case "services enabled":
		return []string{"news", "charging-planner"}
	case "seat position":
		return map[string]any{"height": uint32(0), "recline": rapid.Uint32Max(1000).Draw(t, "recline")}
	}
	return rapid.Int16Range(-10, 10).Draw(t, setting) // sound
}

// What is exported of any settings is read, set and exported again as the same bytes;
// each value has its type again.
func TestExportComesBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := settings(t)
		text, err := profiles.Export(values)
		if err != nil {
			t.Fatal(err)
		}
		back, err := profiles.Import(text, false)
		if err != nil || !reflect.DeepEqual(back, values) {
			t.Fatalf("%s came back as %v, want %v, %v", text, back, values, err)
		}
		edit, err := profiles.NewEdit(back)
		if err != nil {
			t.Fatal(err)
		}
		kept, unread := profiles.DecodeSet(edit.Person)
		if again, err := profiles.Export(kept); err != nil || string(again) != string(text) || len(unread) > 0 {
			t.Fatalf("exported %s, then %s, %v", text, again, err)
		}
	})
}

// An import is settings and nothing else, whole or not at all; what a newer agent knows
// is left out where that was asked for.
func TestWhatIsNoImport(t *testing.T) {
	whole := func(settings string) string { return `{"glovebox":"settings","version":1,"settings":` + settings + `}` }
	for _, row := range []struct {
		text string
		skip bool
		good bool
	}{
		{whole(`{}`), false, true},
		{whole(`{"radio":{}}`), false, true},
		{whole(`{"radio":{"volume":7}}`), false, true},
		{whole(`{"radio":{"volume":101}}`), true, false},
		{whole(`{"radio":{"volume":"7"}}`), true, false},
		{whole(`{"radio":{"volume":null}}`), true, false},
		{whole(`{"radio":null}`), true, false},
		{whole(`{"radio":{"volume":7,"volume":8}}`), true, false},
		{whole(`{"radio":{"tone":7}}`), false, false},
		{whole(`{"radio":{"tone":7}}`), true, true},
		{whole(`{"smell":{"pine":7}}`), false, false},
		{whole(`{"smell":{"pine":7}}`), true, true},
		{whole(`{"app.maps":{"zoom":{"y":3}}}`), false, true},
		{whole(`{"app.maps":{"zoom":3}}`), true, false},
		{whole(`{"app.":{"zoom":{"y":3}}}`), false, false},
		{whole(`{"radio":{"favourites":[{"name":"x","band":"FM","frequency_khz":98500,"role":"main"}]}}`), true, false},
		{`{"glovebox":"settings","version":2,"settings":{}}`, true, false},
		{`{"glovebox":"settings","version":0,"settings":{}}`, true, false},
		{`{"glovebox":"settings","settings":{}}`, true, false},
		{`{"glovebox":"settings","version":1}`, true, false},
		{`{"glovebox":"roster","version":1,"settings":{}}`, true, false},
		{`{"glovebox":"settings","version":1,"settings":{},"role":"main"}`, true, false},
		{`{"glovebox":"settings","version":1,"settings":{},"sharing":"shared","restricted":[]}`, true, false},
		{whole(`{}`) + whole(`{}`), true, false},
		{"", true, false},
		{"\xff", true, false},
		{whole(`{}`) + strings.Repeat(" ", profiles.MaxExport-len(whole(`{}`))), false, true},
		{whole(`{}`) + strings.Repeat(" ", profiles.MaxExport-len(whole(`{}`))+1), false, false},
	} {
		_, err := profiles.Import([]byte(row.text), row.skip)
		if (err == nil) != row.good || err != nil && !errors.Is(err, profiles.ErrInvalid) {
			t.Errorf("%.200s, skip %v: %v, want good %v", row.text, row.skip, err, row.good)
		}
	}
}

// The largest that the quotas allow can be exported and imported again.
func TestLargestExport(t *testing.T) {
	values := profiles.Values{"navigation": {}, "radio": {}}
	for key, n := range map[string]int{"favourites": 200, "recents": 50} {
		list := []map[string]any{}
		for range n {
			list = append(list, map[string]any{"name": strings.Repeat("\U0001F600", 100), "latitude": -89.123456789012345, "longitude": -179.12345678901234})
		}
		values["navigation"][key] = list
	}
	for i := range 16 {
		values[fmt.Sprint("app.", i)] = map[string]any{"bytes": profiles.Typed{Type: "ay", Value: make([]byte, 1<<16)}}
	}
	if err := profiles.CheckApps(values); err != nil {
		t.Fatal(err)
	}
	text, err := profiles.Export(values)
	if err != nil {
		t.Fatal(err)
	}
	if back, err := profiles.Import(text, false); err != nil || !reflect.DeepEqual(back, values) {
		t.Errorf("%d bytes did not come back: %v", len(text), err)
	}
}

// FuzzProfileImport: what is imported can be set or is refused, and what was set is
// exported and imported again as the same; nothing but settings comes of it.
func FuzzProfileImport(f *testing.F) {
	for _, text := range []string{
		`{"glovebox":"settings","version":1,"settings":{"radio":{"volume":7},"app.maps":{"zoom":{"y":3},"a":{"a{sv}":{"x":{"(id)":[1,"NaN"]}}}}}}`,
		`{"glovebox":"settings","version":1,"settings":{"display":{"language":"de-DE","brightness":50},"climate":{"fan":1},"sound":{"bass":-10}}}`,
		`{"glovebox":"settings","version":1,"settings":{"seat":{"position":{"height":1000}},"services":{"enabled":["news"]},"smell":{"pine":[]}},"role":"main"}`,
	} {
		f.Add([]byte(text), true)
		f.Add([]byte(text), false)
	}
	f.Fuzz(func(t *testing.T, text []byte, skip bool) {
		values, err := profiles.Import(text, skip)
		if err != nil {
			return
		}
		edit, err := profiles.NewEdit(values)
		if err != nil {
			return
		}
		for group := range edit.Values {
			if _, err := profiles.GroupByName(group); err != nil || edit.Values[group] == nil {
				t.Fatalf("%s is no group to set", group)
			}
		}
		kept, unread := profiles.DecodeSet(edit.Person)
		again, err := profiles.Export(kept)
		if err != nil && !errors.Is(err, profiles.ErrQuotaExceeded) || len(unread) > 0 {
			t.Fatalf("not exported: %v, unread %v", err, unread)
		}
		if err != nil {
			return
		}
		back, err := profiles.Import(again, false)
		if err != nil {
			t.Fatalf("%s is not imported again: %v", again, err)
		}
		if third, err := profiles.Export(back); err != nil || string(third) != string(again) {
			t.Fatalf("exported %s, then %s, %v", again, third, err)
		}
	})
}

// Language tags are those that RFC 5646 calls well formed.
func TestLanguageTags(t *testing.T) {
	for tag, good := range map[string]bool{
		"de": true, "de-DE": true, "DE-de": true, "zh-Hant-TW": true, "es-419": true, "sl-rozaj-1994": true, "en-u-hc-h23": true, "x": false, "": false,
		"de_DE": false, "d": false, "german-language": true, "de-x": false, "de-": false, "-de": false, "de--DE": false, "de-x-me": true, "abcdefghi": false,
		"de-DE-1996-u-" + strings.Repeat("a", 30): false, "de DE": false,
	} {
		_, err := profiles.NewEdit(profiles.Values{"display": {"language": tag}})
		if (err == nil) != good {
			t.Errorf("%q: %v", tag, err)
		}
	}
}

// Taking back forgets, and says nothing of the default; a group that is nil forgets all
// of its keys, and what stays for a driving cycle is not kept anywhere.
func TestEditForgets(t *testing.T) {
	edit, err := profiles.NewEdit(profiles.Values{"sound": nil, "radio": {"volume": nil}, "climate": {"fan": byte(3), "driver_celsius": 20.0}, "display": nil, "app.maps": nil})
	if err != nil {
		t.Fatal(err)
	}
	for _, kept := range []profiles.Encoded{edit.Person, edit.Vehicle} {
		for group, values := range kept {
			for key, data := range values {
				if data != nil && group+" "+key != "climate driver_celsius" {
					t.Errorf("%s %s is kept as %s", group, key, data)
				}
			}
		}
	}
	_, forgotten := edit.Person["app.maps"]
	if len(edit.Person["sound"]) != 4 || len(edit.Vehicle["display"]) != 1 || edit.Person["climate"]["fan"] != nil || !forgotten {
		t.Errorf("forgets %v and %v", edit.Person, edit.Vehicle)
	}
	values, _ := profiles.DecodeAll(nil)
	values["sound"]["bass"], values["radio"]["volume"], values["app.maps"] = int16(7), byte(1), map[string]any{"x": 1}
	edit.Apply(values)
	want, _ := profiles.DecodeAll(nil)
	want["climate"]["fan"], want["climate"]["driver_celsius"] = byte(3), 20.0
	if !reflect.DeepEqual(values, want) {
		t.Errorf("then there is %v", values)
	}
	if ended := values.EndCycle(); !reflect.DeepEqual(ended, map[string][]string{"climate": {"fan"}}) || values["climate"]["fan"] == byte(3) {
		t.Errorf("the end of the cycle changes %v", ended)
	}
}
