package profiles_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"

	"glovebox/profiles"
)

type values = map[string]any

func stations(n int) []map[string]any {
	list := make([]map[string]any, n)
	for i := range list {
		list[i] = values{"name": fmt.Sprint("station ", i), "band": "FM", "frequency_khz": uint32(88_000 + i)}
	}
	return list
}

func places(n int) []map[string]any {
	list := make([]map[string]any, n)
	for i := range list {
		list[i] = values{"name": fmt.Sprint("place ", i), "latitude": float64(i) / 10, "longitude": -float64(i) / 10}
	}
	return list
}

func TestValidate(t *testing.T) {
	fm := func(change string, to any) values {
		station := values{"name": "Eins", "band": "FM", "frequency_khz": uint32(98_500)}
		if station[change] = to; to == nil {
			delete(station, change)
		}
		return station
	}
	at := func(latitude, longitude any) values { return values{"latitude": latitude, "longitude": longitude} }
	for _, row := range []struct {
		name, group, key string
		value            any
		good             bool
	}{
		{"no favourites", "radio", "favourites", []map[string]any{}, true},
		{"60 favourites", "radio", "favourites", stations(60), true},
		{"61 favourites", "radio", "favourites", stations(61), false},
		{"favourites as one", "radio", "favourites", fm("", "x"), false},
		{"favourites as any", "radio", "favourites", []any{fm("band", "FM")}, false},
		{"an empty favourite", "radio", "favourites", []map[string]any{{}}, false},
		{"FM", "radio", "last", fm("band", "FM"), true},
		{"no station", "radio", "last", values{}, true},
		{"last without a name", "radio", "last", fm("name", nil), true},
		{"favourite without a name", "radio", "favourites", []map[string]any{fm("name", nil)}, false},
		{"without a band", "radio", "last", fm("band", nil), false},
		{"band in lower case", "radio", "last", fm("band", "fm"), false},
		{"without a frequency", "radio", "last", fm("frequency_khz", nil), false},
		{"frequency as int32", "radio", "last", fm("frequency_khz", int32(98_500)), false},
		{"frequency as d", "radio", "last", fm("frequency_khz", 98_500.0), false},
		{"frequency below FM", "radio", "last", fm("frequency_khz", uint32(63_999)), false},
		{"frequency above FM", "radio", "last", fm("frequency_khz", uint32(108_001)), false},
		{"the lowest of FM", "radio", "last", fm("frequency_khz", uint32(64_000)), true},
		{"the highest of FM", "radio", "last", fm("frequency_khz", uint32(108_000)), true},
		{"the lowest of AM", "radio", "last", values{"band": "AM", "frequency_khz": uint32(100)}, true},
		{"below AM", "radio", "last", values{"band": "AM", "frequency_khz": uint32(99)}, false},
		{"the highest of AM", "radio", "last", values{"band": "AM", "frequency_khz": uint32(30_000)}, true},
		{"above AM", "radio", "last", values{"band": "AM", "frequency_khz": uint32(30_001)}, false},
		{"the highest of a satellite", "radio", "last", values{"band": "SXM", "frequency_khz": uint32(3_000_000)}, true},
		{"above a satellite", "radio", "last", values{"band": "SXM", "frequency_khz": uint32(3_000_001)}, false},
		{"DAB of the lowest service", "radio", "last", values{"band": "DAB", "service_id": uint32(0)}, true},
		{"DAB of the highest service", "radio", "last", values{"band": "DAB", "service_id": uint32(math.MaxUint32)}, true},
		{"AM by service", "radio", "last", values{"band": "AM", "service_id": uint32(36)}, false},
		{"long wave", "radio", "last", values{"band": "AM", "frequency_khz": uint32(153)}, true},
		{"AM on FM's frequency", "radio", "last", fm("band", "AM"), false},
		{"DAB", "radio", "last", values{"band": "DAB", "service_id": uint32(0xD210)}, true},
		{"SXM", "radio", "last", values{"band": "SXM", "service_id": uint32(36)}, true},
		{"FM by service", "radio", "last", values{"band": "FM", "service_id": uint32(36)}, false},
		{"DAB by both", "radio", "last", values{"band": "DAB", "service_id": uint32(36), "frequency_khz": uint32(225_648)}, false},
		{"unknown field", "radio", "last", fm("genre", "news"), false},
		{"name with a newline", "radio", "last", fm("name", "a\nb"), false},
		{"name not UTF-8", "radio", "last", fm("name", "a\xff"), false},
		{"empty name", "radio", "last", fm("name", ""), false},
		{"name of 64", "radio", "last", fm("name", strings.Repeat("ä", 64)), true},
		{"name of 65", "radio", "last", fm("name", strings.Repeat("ä", 65)), false},
		{"silent", "radio", "volume", byte(0), true},
		{"loudest", "radio", "volume", byte(100), true},
		{"louder", "radio", "volume", byte(101), false},
		{"volume as int", "radio", "volume", 50, false},
		{"unknown key", "radio", "tone", byte(1), false},
		{"other letter case", "radio", "Volume", byte(1), false},
		{"home", "navigation", "home", at(54.19, 6.62), true},
		{"no home", "navigation", "home", values{}, true},
		{"home at the pole", "navigation", "home", at(-90.0, 180.0), true},
		{"home at the other pole", "navigation", "home", at(90.0, -180.0), true},
		{"beyond the other pole", "navigation", "home", at(-90.1, 0.0), false},
		{"beyond the date line, eastward", "navigation", "home", at(0.0, 180.1), false},
		{"a place with a name of 100", "navigation", "work", values{"name": strings.Repeat("ä", 100), "latitude": 1.0, "longitude": 1.0}, true},
		{"a place with a name of 101", "navigation", "work", values{"name": strings.Repeat("ä", 101), "latitude": 1.0, "longitude": 1.0}, false},
		{"work without a name", "navigation", "work", at(1.0, 1.0), true},
		{"no work", "navigation", "work", values{}, true},
		{"favourite place without a name", "navigation", "favourites", []map[string]any{at(1.0, 1.0)}, false},
		{"route fast", "navigation", "route", "fast", true},
		{"route short", "navigation", "route", "short", true},
		{"beyond the pole", "navigation", "home", at(90.1, 0.0), false},
		{"beyond the date line", "navigation", "home", at(0.0, -180.1), false},
		{"NaN", "navigation", "home", at(math.NaN(), 0.0), false},
		{"infinite", "navigation", "home", at(0.0, math.Inf(1)), false},
		{"latitude alone", "navigation", "home", values{"latitude": 1.0}, false},
		{"latitude as text", "navigation", "home", at("54.19", 6.62), false},
		{"200 favourite places", "navigation", "favourites", places(200), true},
		{"201", "navigation", "favourites", places(201), false},
		{"50 recents", "navigation", "recents", places(50), true},
		{"51", "navigation", "recents", places(51), false},
		{"place without a name", "navigation", "recents", []map[string]any{at(1.0, 1.0)}, false},
		{"route", "navigation", "route", "eco", true},
		{"route unknown", "navigation", "route", "scenic", false},
		{"route empty", "navigation", "route", "", false},
		{"avoid all", "navigation", "avoid", []string{"toll", "motorway", "ferry", "unpaved"}, true},
		{"avoid nothing", "navigation", "avoid", []string{}, true},
		{"avoid twice", "navigation", "avoid", []string{"toll", "toll"}, false},
		{"avoid unknown", "navigation", "avoid", []string{"tunnel"}, false},
		{"voice", "navigation", "voice", false, true},
		{"voice as text", "navigation", "voice", "false", false},
	} {
		group, err := profiles.GroupByName(row.group)
		if err != nil {
			t.Fatal(err)
		}
		edit, err := profiles.NewEdit(profiles.Values{group.Name: {row.key: row.value}})
		got := edit.Values[group.Name]
		if row.good != (err == nil) || err != nil && !errors.Is(err, profiles.ErrInvalid) {
			t.Errorf("%s: %v, want good %v", row.name, err, row.good)
		}
		if err == nil && !reflect.DeepEqual(got, values{row.key: row.value}) {
			t.Errorf("%s: became %v", row.name, got)
		}
	}
	if _, err := profiles.GroupByName("tone"); !errors.Is(err, profiles.ErrInvalid) {
		t.Errorf("a group that is none: %v", err)
	}
}

// One bad value refuses the whole, and the sentence says where and what to do without
// saying the value.
func TestValidateSaysWhatToDo(t *testing.T) {
	for _, row := range []struct {
		values values
		want   string
	}{
		{values{"volume": byte(201), "last": values{}}, "the value is not valid: volume: must be a byte (y) from 0 to 100"},
		{values{"favourites": append(stations(2), values{"band": "FM"})}, "the value is not valid: favourites: entry 3 needs a field name"},
		{values{"last": values{"band": "FM", "frequency_khz": uint32(200)}}, "the value is not valid: last: frequency_khz must be from 64000 to 108000 on FM"},
		{values{"last": values{"band": "AM", "frequency_khz": uint32(30_001)}}, "the value is not valid: last: frequency_khz must be from 100 to 30000 on AM"},
		{values{"last": values{"band": "AM", "service_id": uint32(3)}}, "the value is not valid: last: needs frequency_khz on FM and AM"},
		{values{"last": values{"band": "DAB"}}, "the value is not valid: last: needs either frequency_khz or service_id"},
		{values{"last": values{"band": "AM", "frequency_khz": uint32(9)}}, "the value is not valid: last: frequency_khz must be a whole number (u) from 100 to 3000000"},
		{values{"last": values{"band": "FM", "name": ""}}, "the value is not valid: last: name must have 1 to 64 characters"},
		{values{"last": values{"band": "LW"}}, "the value is not valid: last: band must be FM, AM, DAB or SXM"},
		{values{"volume": byte(1), "tone": byte(2)}, `the value is not valid: radio has no setting "tone"`},
	} {
		if got, err := profiles.NewEdit(profiles.Values{"radio": row.values, "sound": {"bass": int16(1)}}); got.Values != nil || err == nil || err.Error() != row.want {
			t.Errorf("%v: %v, want %s", got, err, row.want)
		}
	}
}

// What was validated is the group's own: changing what came in, or what went out
// before, changes nothing.
func TestValuesShareNothing(t *testing.T) {
	favourites := stations(2)
	edit, err := profiles.NewEdit(profiles.Values{"radio": {"favourites": favourites}})
	if err != nil {
		t.Fatal(err)
	}
	got := edit.Values["radio"]
	favourites[0]["name"] = "changed"
	if got["favourites"].([]map[string]any)[0]["name"] != "station 0" {
		t.Error("a value changed with what came in")
	}
	avoid := []string{"toll", "ferry"}
	if edit, err = profiles.NewEdit(profiles.Values{"navigation": {"avoid": avoid}}); err != nil {
		t.Fatal(err)
	}
	if avoid[0] = "unpaved"; edit.Values["navigation"]["avoid"].([]string)[0] != "toll" {
		t.Error("a list changed with what came in")
	}
	profiles.Radio().Defaults()["last"].(map[string]any)["band"] = "FM"
	if len(profiles.Radio().Defaults()["last"].(map[string]any)) != 0 {
		t.Error("a default changed")
	}
}

// The schema is complete: each default is valid, keeps its type when kept and read, and
// says what it allows.
func TestSchema(t *testing.T) {
	contract := map[string]string{
		"radio":      "favourites:aa{sv} last:a{sv} volume:y",
		"navigation": "home:a{sv} work:a{sv} favourites:aa{sv} recents:aa{sv} route:s avoid:as voice:b",
		"climate":    "driver_celsius:d passenger_celsius:d seat_heating:y fan:y",
		"display":    "language:s units:s theme:s brightness:y",
		"sound":      "bass:n treble:n balance:n fade:n",
		"services":   "enabled:as",
		"seat":       "position:a{sv}",
	}
	if len(profiles.Groups()) != len(contract) {
		t.Errorf("%d groups", len(profiles.Groups()))
	}
	for _, g := range profiles.Groups() {
		var names []string
		for _, s := range g.Settings {
			names = append(names, s.Name+":"+s.Type)
			if s.Range == "" || s.Scope == "" || s.Stage == "" {
				t.Errorf("%s %s does not describe itself", g.Name, s.Name)
			}
			if before := s.Stage == profiles.BeforePIN; before != (g.Name == "seat") {
				t.Errorf("%s %s: before the PIN %v", g.Name, s.Name, before)
			}
		}
		if got := strings.Join(names, " "); got != contract[g.Name] {
			t.Errorf("%s: %s, want %s", g.Name, got, contract[g.Name])
		}
		edit, err := profiles.NewEdit(profiles.Values{g.Name: g.Defaults()})
		if err != nil {
			t.Fatal(err)
		}
		back, unread := profiles.DecodeAll(edit.Person)
		if unread = append(unread, back.Share(edit.Vehicle)...); len(unread) > 0 || !reflect.DeepEqual(back[g.Name], g.Defaults()) {
			t.Errorf("%s: defaults came back as %v, unread %v", g.Name, back[g.Name], unread)
		}
		if got, want := len(g.KeyNames()), len(g.Settings); got != want {
			t.Errorf("%s: %d names", g.Name, got)
		}
	}
}

// A value that cannot be read any more keeps its default and is named, and the others
// are read. What a newer version kept is no damage.
func TestDecodeAllGoesOn(t *testing.T) {
	got, unread := profiles.DecodeAll(profiles.Encoded{"radio": {
		"volume": []byte("7"), "last": []byte(`{"band":`), "favourites": []byte(`[{"band":"FM"}]`), "tone": []byte("1"),
	}, "sound": {"bass": {}}, "smell": {"pine": []byte("1")}})
	want := profiles.Radio().Defaults()
	want["volume"] = byte(7)
	if !reflect.DeepEqual(got["radio"], want) || !reflect.DeepEqual(unread, []string{"radio favourites", "radio last", "sound bass"}) {
		t.Errorf("%v, unread %v", got, unread)
	}
}

// FuzzSettingsValue: what a group accepts is kept, read and accepted again as the
// same value in the same bytes; and what is read from any bytes is accepted.
func FuzzSettingsValue(f *testing.F) {
	f.Add(byte(0), []byte(`[{"name":"Eins","band":"FM","frequency_khz":98500}]`), []byte("\x06\x01\x05\x00"))
	f.Add(byte(1), []byte(`{"band":"DAB","service_id":53776}`), []byte("\x06\x02\x05\x02\x06\x03\x05"))
	f.Add(byte(2), []byte(`100`), []byte("\x02\x64"))
	f.Add(byte(3), []byte(`{"latitude":-0,"longitude":1e2,"name":"<&>"}`), []byte("\x06\x02\x07\x04\x00\x08\x04\x01"))
	f.Add(byte(7), []byte(`"eco"`), []byte("\x05\x04"))
	f.Add(byte(8), []byte(`["toll","ferry"]`), []byte("\x09\x02\x06\x07"))
	f.Add(byte(9), []byte(`null`), []byte("\x01\x01"))
	var all []profiles.Setting
	for _, g := range profiles.Groups() {
		all = append(all, g.Settings...)
	}
	f.Fuzz(func(t *testing.T, which byte, kept, script []byte) {
		s := all[int(which)%len(all)]
		v := (&builder{script}).value(3)
		if checked, err := s.Check(v); err == nil {
			if !reflect.DeepEqual(checked, v) {
				t.Fatalf("%s: %#v was accepted as %#v", s.Name, v, checked)
			}
			stable(t, s, v)
		} else if !errors.Is(err, profiles.ErrInvalid) {
			t.Fatalf("%s: %v", s.Name, err)
		}
		if v, err := s.Decode(kept); err == nil {
			stable(t, s, v)
		}
	})
}

func stable(t *testing.T, s profiles.Setting, v any) {
	data, err := encode(s, v)
	if err != nil {
		t.Fatalf("%s: accepted, then %v", s.Name, err)
	}
	back, err := s.Decode(data)
	if err != nil || !reflect.DeepEqual(back, v) {
		t.Fatalf("%s: %#v was kept as %s and came back as %#v, %v", s.Name, v, data, back, err)
	}
	if again, err := encode(s, back); err != nil || string(again) != string(data) {
		t.Fatalf("%s: kept as %s, then as %s, %v", s.Name, data, again, err)
	}
}

// encode is what is kept of a value; of one for a driving cycle nothing is.
func encode(s profiles.Setting, v any) ([]byte, error) {
	for _, g := range profiles.Groups() {
		if is, err := g.Setting(s.Name); err != nil || is.Range != s.Range || s.Scope == profiles.OfCycle {
			continue
		}
		edit, err := profiles.NewEdit(profiles.Values{g.Name: {s.Name: v}})
		if kept, own := edit.Person[g.Name][s.Name]; own {
			return kept, err
		}
		return edit.Vehicle[g.Name][s.Name], err
	}
	return json.Marshal(v)
}

// builder makes a value of the types that D-Bus brings from a script of bytes.
type builder struct{ script []byte }

func (b *builder) next() byte {
	if len(b.script) == 0 {
		return 0
	}
	n := b.script[0]
	b.script = b.script[1:]
	return n
}

func (b *builder) word() string {
	words := []string{"name", "band", "frequency_khz", "service_id", "FM", "DAB", "toll", "ferry", "eco", "latitude", "longitude", "\x00", "Zoë", "\xff"}
	return words[int(b.next())%len(words)]
}

func (b *builder) value(depth int) any {
	kind := b.next() % 10
	if depth == 0 {
		kind %= 6
	}
	switch kind {
	case 1:
		return b.next()%2 == 0
	case 2:
		return b.next()
	case 3:
		return uint32(b.next())<<10 | uint32(b.next())
	case 4:
		return []float64{0, math.Copysign(0, -1), 54.193, -180, 90.0000001, math.NaN(), math.Inf(-1), 1e-300}[b.next()%8]
	case 5:
		return b.word()
	case 6, 7:
		m := map[string]any{}
		for range b.next() % 5 {
			m[b.word()] = b.value(depth - 1)
		}
		return m
	case 8:
		list := []map[string]any{}
		for range b.next() % 70 {
			m, is := b.value(1).(map[string]any)
			if is {
				list = append(list, m)
			}
		}
		return list
	case 9:
		list := []string{}
		for range b.next() % 6 {
			list = append(list, b.word())
		}
		return list
	}
	return nil
}

// encoded is a value as it is kept, nil for one that is not.
func encoded(t *testing.T, group string, s profiles.Setting, v any) []byte {
	t.Helper()
	edit, err := profiles.NewEdit(profiles.Values{group: {s.Name: v}})
	if err != nil {
		t.Fatal(err)
	}
	if s.Scope == profiles.OfVehicle {
		return edit.Vehicle[group][s.Name]
	}
	return edit.Person[group][s.Name]
}

// What was kept and is not of its setting's type is no value of it, not even an empty one.
func TestDamagedSetting(t *testing.T) {
	for _, g := range profiles.Groups() {
		for _, s := range g.Settings {
			if s.Scope == profiles.OfCycle {
				continue // it is kept nowhere
			}
			whole := encoded(t, g.Name, s, s.Default())
			for _, kept := range []string{"", "null", "x", `"x"`, "7.5", "-1", "[7]", `{"a":1}`, "true ", "[[]]", string(whole) + "x", string(whole[:len(whole)-1])} {
				v, err := s.Decode([]byte(kept))
				if err != nil {
					if v != nil || !errors.Is(err, profiles.ErrInvalid) {
						t.Errorf("%s %s: %v, %v", s.Name, kept, v, err)
					}
					continue
				}
				if again := encoded(t, g.Name, s, v); string(again) != strings.TrimSpace(kept) {
					t.Errorf("%s: %q is read as %v", s.Name, kept, v)
				}
			}
		}
	}
}
