package headunit_test

import (
	"context"
	"reflect"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"

	"glovebox/headunit"
)

// Whoever follows hears that the agent came, what it says, and that it left.
func TestFollow(t *testing.T) {
	address, c := bus(t)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	f, err := c.Follow(ctx)
	if err != nil {
		t.Fatal(err)
	}
	a := boot(t, address)
	person := root + "/profile/00112233445566778899aabbccddeeff"
	for _, say := range []struct {
		path dbus.ObjectPath
		name string
		body []any
	}{
		{root, "org.glovebox.Session1.Ended", []any{"logout", map[string]dbus.Variant{"method": dbus.MakeVariant("forget")}}},
		{"/elsewhere", "org.glovebox.Session1.Ended", []any{"x"}},
		{person, "org.freedesktop.DBus.Properties.PropertiesChanged", []any{"org.glovebox.Profile1", map[string]dbus.Variant{"HasPIN": dbus.MakeVariant(true)}, []string{"Name"}}},
	} {
		if err := a.conn.Emit(say.path, say.name, say.body...); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := a.conn.ReleaseName(headunit.BusName); err != nil {
		t.Fatal(err)
	}
	for _, want := range []headunit.Signal{
		{Name: headunit.Came},
		{Name: "Session1.Ended", Body: []any{"logout", map[string]any{"method": "forget"}}},
		{Name: "Properties.PropertiesChanged", Person: "00112233445566778899aabbccddeeff", Body: []any{"org.glovebox.Profile1", map[string]any{"HasPIN": true}, []string{"Name"}}},
		{Name: headunit.Left},
	} {
		got, err := f.Next(ctx)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("heard %v, want %v: %v", got, want, err)
		}
		if of, values, named, ok := got.Changes(); ok && (of != "Profile1" || values["HasPIN"] != true || len(named) != 1) {
			t.Errorf("changes of %s: %v, %v", of, values, named)
		}
	}
}
