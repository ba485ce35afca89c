package hmi_test

import (
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/godbus/dbus/v5"
	"pgregory.net/rapid"

	"glovebox/profiles"
)

// The D-Bus types of radio and navigation, as the contract's table has them.
var table = map[string]map[string]any{
	"radio": {
		"favourites": []map[string]dbus.Variant{
			bag("name", "Bayern 3", "band", "FM", "frequency_khz", uint32(97300)),
			bag("name", "DLF", "band", "DAB", "service_id", uint32(0xD210)),
		},
		"last":   bag("band", "AM", "frequency_khz", uint32(1422)),
		"volume": byte(35),
	},
	"navigation": {
		"home":       bag("name", "home", "latitude", 54.1942, "longitude", 6.6221),
		"work":       bag("latitude", -33.5, "longitude", -70.25),
		"favourites": []map[string]dbus.Variant{bag("name", "sea", "latitude", 54.1, "longitude", 8.9)},
		"recents":    []map[string]dbus.Variant{},
		"route":      "eco",
		"avoid":      []string{"toll", "ferry"},
		"voice":      false,
	},
}

// What is set over the bus is read back over the bus, type by type, and Login
// answers the same.
func TestSettingsKeepTheirTypes(t *testing.T) {
	w := start(t)
	c := w.dial(t)
	for group, values := range table {
		variants := map[string]dbus.Variant{}
		for key, v := range values {
			variants[key] = dbus.MakeVariant(v)
		}
		if err := ask(c, "Settings1.Set", group, variants, none).Err; err != nil {
			t.Fatal(err)
		}
		var got map[string]dbus.Variant
		if err := ask(c, "Settings1.Get", group).Store(&got); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, variants) {
			t.Errorf("%s: got %v, want %v", group, got, variants)
		}
	}
	var settings map[string]map[string]dbus.Variant
	if err := ask(c, "Session1.Login", dbusPath(anna), annasPIN, none).Store(&settings); err != nil {
		t.Fatal(err)
	}
	for group, values := range table {
		for key, v := range values {
			if !reflect.DeepEqual(settings[group][key].Value(), v) {
				t.Errorf("login: %s %s is %v", group, key, settings[group][key])
			}
		}
	}
}

// Describe says of each key the D-Bus type with which it comes.
func TestDescribeAgreesWithTheValues(t *testing.T) {
	w := start(t)
	c := w.dial(t)
	var groups []string
	if err := ask(c, "Settings1.Groups").Store(&groups); err != nil {
		t.Fatal(err)
	}
	for _, group := range groups {
		var values map[string]dbus.Variant
		var keys []map[string]dbus.Variant
		if err := ask(c, "Settings1.Get", group).Store(&values); err != nil {
			t.Fatal(err)
		}
		if err := ask(c, "Settings1.Describe", group).Store(&keys); err != nil {
			t.Fatal(err)
		}
		if len(keys) != len(values) || len(keys) == 0 {
			t.Errorf("%s: %d keys described, %d there", group, len(keys), len(values))
		}
		for _, key := range keys {
			if got := values[key["key"].Value().(string)].Signature().String(); got != key["type"].Value() {
				t.Errorf("%s %v comes as %q, described as %v", group, key["key"], got, key["type"])
			}
			for _, field := range []string{"unit", "scope", "stage", "range"} {
				if _, ok := key[field].Value().(string); !ok {
					t.Errorf("%s %v has no %s", group, key["key"], field)
				}
			}
		}
	}
	if err := ask(c, "Settings1.Describe", "colour").Err; name(err) != "InvalidArgument" {
		t.Errorf("an unknown group: %v", err)
	}
}

// A value that looks right but has another D-Bus type is refused, at any depth; the
// answer names the type that is wanted.
func TestOtherTypesAreRefused(t *testing.T) {
	w := start(t)
	c := w.dial(t)
	station := func(name, khz any) []map[string]dbus.Variant {
		return []map[string]dbus.Variant{bag("name", name, "band", "FM", "frequency_khz", khz)}
	}
	wants := map[string]string{
		"volume i": "byte (y)", "volume v": "byte (y)", "frequency i": "(u)", "frequency t": "(u)", "name o": "(s)", "favourites av": "(aa{sv})",
		"route o": "(s)", "avoid s": "(as)", "home a{ss}": "(a{sv})", "latitude a byte": "(d)",
	}
	for what, call := range map[string]*dbus.Call{
		"volume i":        ask(c, "Settings1.Set", "radio", bag("volume", int32(30)), none),
		"volume v":        ask(c, "Settings1.Set", "radio", bag("volume", dbus.MakeVariant(byte(30))), none),
		"frequency i":     ask(c, "Settings1.Set", "radio", bag("favourites", station("Bayern 3", int32(97300))), none),
		"frequency t":     ask(c, "Settings1.Set", "radio", bag("favourites", station("Bayern 3", uint64(97300))), none),
		"name o":          ask(c, "Settings1.Set", "radio", bag("favourites", station(dbus.ObjectPath("/b3"), uint32(97300))), none),
		"favourites av":   ask(c, "Settings1.Set", "radio", bag("favourites", []dbus.Variant{}), none),
		"route o":         ask(c, "Settings1.Set", "navigation", bag("route", dbus.ObjectPath("/eco")), none),
		"avoid s":         ask(c, "Settings1.Set", "navigation", bag("avoid", "toll"), none),
		"home a{ss}":      ask(c, "Settings1.Set", "navigation", bag("home", map[string]string{}), none),
		"latitude a byte": ask(c, "Settings1.Set", "navigation", bag("home", bag("latitude", byte(1), "longitude", 2.0)), none),
	} {
		if name(call.Err) != "InvalidArgument" || !strings.Contains(call.Err.Error(), wants[what]) {
			t.Errorf("%s: %v, want one that names %s", what, call.Err, wants[what])
		}
	}
	if err := ask(c, "Settings1.Set", "radio", bag("favourites", station("Bayern 3", uint32(97300))), none).Err; err != nil {
		t.Errorf("the right types: %v", err)
	}
}

// What is kept is answered, whatever is still done for others; a caller who wants no
// answer gets none.
func TestKeptIsAnswered(t *testing.T) {
	w := start(t)
	telling := make(chan struct{})
	w.cabin.mu.Lock()
	w.cabin.telling = telling
	w.cabin.mu.Unlock()
	c := w.dial(t)
	one := map[string]dbus.Variant{"volume": dbus.MakeVariant(byte(7))}
	if err := ask(c, "Settings1.Set", "radio", one, none).Err; err != nil {
		t.Error(err)
	}
	if err := c.Object("org.glovebox.Agent1", "/org/glovebox/Agent1").Call("org.glovebox.Settings1.Set", dbus.FlagNoReplyExpected, "radio", one, none).Err; err != nil {
		t.Error(err)
	}
	close(telling)
	if err := ask(c, "Settings1.Get", "radio").Err; err != nil {
		t.Error(err)
	}
	one["volume"] = dbus.MakeVariant(byte(101))
	if err := ask(c, "Settings1.Set", "radio", one, none).Err; err == nil {
		t.Error("what is refused has an answer as if it were kept")
	}
}

// Any value of any type, wrong ones included, is either kept exactly or refused
// as invalid; a refused Set keeps nothing.
func TestSetKeepsOrRefuses(t *testing.T) {
	w := start(t)
	c := w.dial(t)
	scalar := rapid.OneOf(
		rapid.Map(rapid.Byte(), func(v byte) any { return v }), rapid.Map(rapid.Int16(), func(v int16) any { return v }),
		rapid.Map(rapid.Uint32(), func(v uint32) any { return v }), rapid.Map(rapid.Int64(), func(v int64) any { return v }),
		rapid.Map(rapid.Float64(), func(v float64) any { return v }), rapid.Map(rapid.Bool(), func(v bool) any { return v }),
		rapid.Map(rapid.SampledFrom([]string{"", "FM", "eco", "toll", "Küste", "x\ny"}), func(v string) any { return v }),
		rapid.Map(rapid.SliceOfN(rapid.SampledFrom([]string{"toll", "ferry", "?"}), 0, 3), func(v []string) any { return v }),
		rapid.SampledFrom([]any{math.NaN(), math.Inf(1), dbus.ObjectPath("/x"), []byte{1}, dbus.MakeVariant("v"), map[string]string{"a": "b"}}),
	)
	fields := rapid.SampledFrom([]string{"name", "band", "frequency_khz", "service_id", "latitude", "longitude"})
	entry := rapid.Map(rapid.MapOfN(fields, scalar, 0, 4), func(m map[string]any) map[string]dbus.Variant {
		out := map[string]dbus.Variant{}
		for k, v := range m {
			out[k] = dbus.MakeVariant(v)
		}
		return out
	})
	value := rapid.OneOf(scalar, rapid.Map(entry, func(v map[string]dbus.Variant) any { return v }),
		rapid.Map(rapid.SliceOfN(entry, 0, 3), func(v []map[string]dbus.Variant) any { return v }))
	keys := rapid.SampledFrom(append(profiles.Radio().KeyNames(), append(profiles.Navigation().KeyNames(), "colour")...))
	rapid.Check(t, func(t *rapid.T) {
		group := rapid.SampledFrom([]string{"radio", "navigation"}).Draw(t, "group")
		given := map[string]dbus.Variant{}
		for key, v := range rapid.MapOfN(keys, value, 1, 2).Draw(t, "values") {
			given[key] = dbus.MakeVariant(v)
		}
		var before, after map[string]dbus.Variant
		errBefore := ask(c, "Settings1.Get", group).Store(&before)
		err := ask(c, "Settings1.Set", group, given, none).Err
		errAfter := ask(c, "Settings1.Get", group).Store(&after)
		if errBefore != nil || errAfter != nil {
			t.Fatal(errBefore, errAfter)
		}
		want := before
		switch name(err) {
		case "":
			for key, v := range given {
				want[key] = v
			}
		case "InvalidArgument":
		default:
			t.Fatalf("answered %v", err)
		}
		if !reflect.DeepEqual(after, want) {
			t.Fatalf("after %v (%v) there is %v, want %v", given, err, after, want)
		}
	})
}
