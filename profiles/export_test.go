package profiles_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"glovebox/profiles"
)

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
	const most = 2 << 20
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
		{whole(`{}`) + strings.Repeat(" ", most-len(whole(`{}`))), false, true},
		{whole(`{}`) + strings.Repeat(" ", most-len(whole(`{}`))+1), false, false},
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
		"de-DE-1996-u-" + strings.Repeat("a", 30):          false,
		"de-x" + strings.Repeat("-abcdefg", 3) + "-abcdef": true, "de-x" + strings.Repeat("-abcdefg", 3) + "-abcdefg": false, // 35 characters, 36
		"de DE": false,
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
	if profiles.EndCycle().Apply(values); values["climate"]["fan"] != byte(40) || values["climate"]["driver_celsius"] != 20.0 {
		t.Errorf("after the cycle there is %v", values["climate"])
	}
}
