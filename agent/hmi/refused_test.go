package hmi_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/godbus/dbus/v5"

	"glovebox/agent/hmi"
	"glovebox/profiles"
)

// wrongTypes are arguments that no method of ours takes.
var wrongTypes = [][]any{
	{int32(7)},
	{"radio", "radio", "radio", "radio"},
	{[]byte{1, 2, 3}},
	{dbus.ObjectPath("/"), int64(1), none},
	{dbus.MakeVariant("radio")},
	{map[string]string{"wait": "true"}},
}

// Whatever the types, each method refuses a call that the XML does not have, and
// nothing happens.
func TestWrongTypesAreRefused(t *testing.T) {
	w := start(t)
	c := w.dial(t)
	for member, good := range goodArguments {
		attempts := append([][]any{}, wrongTypes...)
		if len(good) > 0 {
			attempts = append(attempts, []any{}, good[:len(good)-1])
		}
		attempts = append(attempts, append(append([]any{}, good...), "more"))
		for _, args := range attempts {
			if err := askAt(c, pathFor(member), "org.glovebox."+member, args...).Err; name(err) != "InvalidArgument" {
				t.Errorf("%s%v: %v", member, args, err)
			}
		}
	}
	if did := w.cabin.asked(); len(did) > 0 {
		t.Errorf("the cabin was asked: %v", did)
	}
}

// An option that a method does not know, or of another type, changes nothing.
func TestUnknownOptionsAreRefused(t *testing.T) {
	w := start(t)
	c := w.dial(t)
	tried := 0
	for member, good := range goodArguments {
		if len(good) == 0 {
			continue
		}
		if _, bagged := good[len(good)-1].(map[string]dbus.Variant); !bagged {
			continue
		}
		tried++
		for _, options := range []map[string]dbus.Variant{
			bag("colour", "red"), bag("Wait", true), bag("wait", "true"), bag("limit", -1), bag("", true),
		} {
			args := append(append([]any{}, good[:len(good)-1]...), options)
			if err := askAt(c, pathFor(member), "org.glovebox."+member, args...).Err; name(err) != "InvalidArgument" {
				t.Errorf("%s with %v: %v", member, options, err)
			}
		}
	}
	if did := w.cabin.asked(); len(did) > 0 || tried < 8 {
		t.Errorf("of %d methods the cabin was asked: %v", tried, did)
	}
}

// Arguments over 64 KiB are refused before anything looks at them; a PIN over 64
// bytes too, and it stands neither in the answer nor in the log.
func TestLongArgumentsAreRefused(t *testing.T) {
	w := start(t)
	c := w.dial(t)
	long := strings.Repeat("5", 64<<10)
	pin := strings.Repeat("7", 65)
	for what, call := range map[string]*dbus.Call{
		"a long PIN":       ask(c, "Session1.Login", dbusPath(anna), pin, none),
		"a long new PIN":   askAt(c, dbusPath(anna), "org.glovebox.Profile1.SetPIN", annasPIN, pin, none),
		"a long old PIN":   askAt(c, dbusPath(anna), "org.glovebox.Profile1.SetPIN", pin, annasPIN, none),
		"a long code":      askAt(c, dbusPath(anna), "org.glovebox.Profile1.SetPIN", "", "739105", bag("code", pin)),
		"code and old PIN": askAt(c, dbusPath(anna), "org.glovebox.Profile1.SetPIN", annasPIN, "739105", bag("code", carsCode)),
		"a long text":      ask(c, "Settings1.Set", "radio", bag("volume", long), none),
		"a long list":      ask(c, "Settings1.Set", "radio", bag("avoid", strings.Split(strings.Repeat("toll,", 12000), ",")), none),
		"a long function":  ask(c, "Session1.Permits", long),
		"a long key":       ask(c, "Settings1.Set", "radio", bag(long, true), none),
		"a long path":      ask(c, "Session1.Login", hmi.ProfilesPath+dbus.ObjectPath("/"+long), "", none),
		"a type not ours":  ask(c, "Settings1.Set", "radio", bag("volume", map[string]int32{"a": 1}), none),
		"a number too big": ask(c, "Settings1.Set", "radio", bag("volume", byte(101)), none),
	} {
		if name(call.Err) != "InvalidArgument" {
			t.Errorf("%s: %v", what, call.Err)
		}
		if call.Err != nil && (strings.Contains(call.Err.Error(), pin) || len(call.Err.Error()) > 300) {
			t.Errorf("%s: the answer repeats it", what)
		}
	}
	if did := w.cabin.asked(); len(did) > 0 {
		t.Errorf("the cabin was asked: %v", did)
	}
	if strings.Contains(w.log.String(), pin) {
		t.Error("the log has the PIN")
	}
}

// A method takes 64 KiB of arguments; Set takes 128, a whole group with its options.
func TestHowLongArgumentsMayBe(t *testing.T) {
	w := start(t)
	c := w.dial(t)
	text := func(kib int) string { return strings.Repeat("5", kib<<10) }
	for _, row := range []struct {
		call *dbus.Call
		says string
	}{
		{ask(c, "Session1.Permits", text(63)), ""},
		{ask(c, "Session1.Permits", text(64)), "at most 64 KiB"},
		{ask(c, "Settings1.Set", "radio", bag("volume", text(127)), none), "volume"}, // the cabin has looked at it
		{ask(c, "Settings1.Set", "radio", bag("volume", text(128)), none), "at most 128 KiB"},
		{ask(c, "Settings1.Set", "radio", bag("volume", text(1024)), none), "at most 128 KiB"},
	} {
		if said := fmt.Sprint(row.call.Err); row.says == "" && row.call.Err != nil || !strings.Contains(said, row.says) {
			t.Errorf("%s says %.200s, want %q", row.call.Method, said, row.says)
		}
	}
}

// A user in neither list is refused everywhere, whatever is asked.
func TestForeignUserIsRefused(t *testing.T) {
	w := start(t)
	c := w.dial(t)
	w.uids.is(c, foreignUser)
	for member, good := range goodArguments {
		for _, args := range append([][]any{good}, wrongTypes...) {
			if err := askAt(c, pathFor(member), "org.glovebox."+member, args...).Err; name(err) != "NotPermitted" {
				t.Errorf("%s: %v", member, err)
			}
		}
	}
	for member, args := range map[string][]any{
		"org.freedesktop.DBus.Properties.Get":                  {"org.glovebox.Session1", "State"},
		"org.freedesktop.DBus.Properties.GetAll":               {"org.glovebox.Session1"},
		"org.freedesktop.DBus.ObjectManager.GetManagedObjects": {},
		"org.freedesktop.DBus.Introspectable.Introspect":       {},
		"org.glovebox.Session1.NoSuchMethod":                   {},
	} {
		if err := askAt(c, hmi.RootPath, member, args...).Err; name(err) != "NotPermitted" {
			t.Errorf("%s: %v", member, err)
		}
	}
	if did := w.cabin.asked(); len(did) > 0 {
		t.Errorf("the cabin was asked: %v", did)
	}
}

// An app asks what is permitted, uses its own group and reads the session.
func TestAppReachesItsOwnOnly(t *testing.T) {
	w := start(t)
	w.cabin.change(func(c *cabin) {
		c.values["app.maps"] = map[string]any{"zoom": profiles.Typed{Type: "u", Value: uint32(3)}}
	})
	c := w.dial(t)
	w.uids.is(c, appUser)
	const get, getAll = "org.freedesktop.DBus.Properties.Get", "org.freedesktop.DBus.Properties.GetAll"
	for _, row := range []struct {
		member string
		want   string
		args   []any
	}{
		{"org.glovebox.Session1.Permits", "", []any{"radio"}},
		{"org.glovebox.Settings1.Get", "", []any{"app.maps"}},
		{"org.glovebox.Settings1.Get", "NotPermitted", []any{"app.other"}},
		{"org.glovebox.Settings1.Get", "NotPermitted", []any{"radio"}},
		{"org.glovebox.Settings1.Set", "NotPermitted", []any{"radio", bag("volume", byte(1)), none}},
		{"org.glovebox.Session1.StartGuest", "NotPermitted", []any{none}},
		{"org.glovebox.Vehicle1.Watch", "NotPermitted", nil},
		{"org.freedesktop.DBus.ObjectManager.GetManagedObjects", "NotPermitted", nil},
		{getAll, "", []any{"org.glovebox.Session1"}},
		{get, "", []any{"org.glovebox.Session1", "State"}},
		{getAll, "NotPermitted", []any{"org.glovebox.Privacy1"}},
		{get, "NotPermitted", []any{"org.glovebox.Vehicle1", "Model"}},
	} {
		if err := askAt(c, hmi.RootPath, row.member, row.args...).Err; name(err) != row.want {
			t.Errorf("%s%v: %v, want %q", row.member, row.args, err, row.want)
		}
	}
	if err := askAt(c, dbusPath(anna), getAll, "org.glovebox.Profile1").Err; name(err) != "NotPermitted" {
		t.Errorf("a profile's properties: %v", err)
	}
}

func TestWhatIsNotThereIsRefused(t *testing.T) {
	w := start(t)
	c := w.dial(t)
	const standard = "org.freedesktop.DBus."
	for _, row := range []struct {
		path   dbus.ObjectPath
		member string
		want   string
		args   []any
	}{
		{"/org/glovebox/Agent1", "org.glovebox.Session1.Nothing", standard + "Error.UnknownMethod", nil},
		{"/org/glovebox/Agent1", "org.glovebox.Profile1.SetPIN", standard + "Error.UnknownInterface", []any{"", "", none}},
		{"/org/glovebox/Agent1", "org.glovebox.Nothing1.Get", standard + "Error.UnknownInterface", nil},
		{"/org/glovebox", "org.glovebox.Session1.Permits", standard + "Error.UnknownInterface", []any{"radio"}},
		{"/somewhere/else", "org.glovebox.Session1.Permits", standard + "Error.UnknownObject", []any{"radio"}},
		{dbusPath(foreign), "org.glovebox.Profile1.SetPIN", standard + "Error.UnknownObject", []any{"", "", none}},
		{hmi.ProfilesPath + "/anna", "org.glovebox.Profile1.SetPIN", standard + "Error.UnknownObject", []any{"", "", none}},
		{"/org/glovebox/Agent1", standard + "Properties.Get", standard + "Error.UnknownProperty", []any{"org.glovebox.Session1", "Colour"}},
		{"/org/glovebox/Agent1", standard + "Properties.Set", standard + "Error.PropertyReadOnly", []any{"org.glovebox.Privacy1", "Level", dbus.MakeVariant("offline")}},
		{"/org/glovebox/Agent1", standard + "Properties.GetAll", standard + "Error.UnknownInterface", []any{"org.glovebox.Profile1"}},
		{"/org/glovebox/Agent1", "org.glovebox.Session1.Login", "InvalidArgument", []any{dbus.ObjectPath("/"), "", none}},
	} {
		if err := askAt(c, row.path, row.member, row.args...).Err; name(err) != row.want {
			t.Errorf("%s on %s: %v, want %s", row.member, row.path, err, row.want)
		}
	}
}

// Login answers an unknown profile, and a path that is no profile, like a wrong PIN.
func TestUnknownProfileIsLikeAWrongPIN(t *testing.T) {
	w := start(t)
	c := w.dial(t)
	answers := map[string]bool{}
	for _, path := range []dbus.ObjectPath{dbusPath(anna), dbusPath(foreign), hmi.ProfilesPath + "/nobody"} {
		answers[fmt.Sprintf("%#v", ask(c, "Session1.Login", path, "111222", none).Err)] = true
	}
	if len(answers) != 1 {
		t.Errorf("the answers differ: %v", answers)
	}
}
