package hmi_test

import (
	"maps"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"

	"glovebox/agent/hmi"
	"glovebox/profiles"
	"glovebox/telemetry"
)

// changed is a PropertiesChanged signal, read.
type changed struct {
	iface  string
	values map[string]any
	named  []string
}

func read(t *testing.T, s *dbus.Signal) changed {
	t.Helper()
	if s.Name != "org.freedesktop.DBus.Properties.PropertiesChanged" {
		t.Fatalf("got %s, want a property change", s.Name)
	}
	c := changed{s.Body[0].(string), map[string]any{}, s.Body[2].([]string)}
	for name, v := range s.Body[1].(map[string]dbus.Variant) {
		c.values[name] = v.Value()
	}
	return c
}

// While a person is at the wheel a change comes with the new values, each once
// and only where something changed. Names of people never come.
func TestChangesOfAPersonCarryValues(t *testing.T) {
	w := start(t)
	listen := hear(t, w.dial(t))
	w.face.Refresh() // nothing changed: nothing is said
	w.cabin.change(func(c *cabin) {
		c.session = profiles.SessionView{State: "active", Profile: anna, Role: "main", Reason: "chosen", WipeState: "clean", Parked: true}
		c.privacy.Level = "no-position"
		c.privacy.Readers = nil
	})
	w.face.Refresh()
	w.face.LedgerChanged(9)
	all := listen(3)
	byInterface := map[string]changed{}
	for _, s := range all[:2] {
		c := read(t, s)
		byInterface[c.iface] = c
	}
	session := byInterface["org.glovebox.Session1"]
	want := map[string]any{"State": "active", "Profile": dbusPath(anna), "Role": "main", "Reason": "chosen"}
	if !reflect.DeepEqual(session.values, want) || len(session.named) > 0 {
		t.Errorf("session: %+v", session)
	}
	privacy := byInterface["org.glovebox.Privacy1"]
	if !reflect.DeepEqual(privacy.values, map[string]any{"Level": "no-position"}) || !slices.Equal(privacy.named, []string{"Readers"}) {
		t.Errorf("privacy: %+v", privacy)
	}
}

// While a guest is at the wheel, and while the guest is leaving, every change of
// any object is only named.
func TestChangesOfAGuestAreOnlyNamed(t *testing.T) {
	w := start(t)
	listen := hear(t, w.dial(t))
	for _, state := range []string{"guest", "leaving"} {
		w.cabin.change(func(c *cabin) {
			c.session = profiles.SessionView{State: state, Role: "guest", Reason: "chosen", WipeState: "pending", Parked: state == "guest",
				RuntimeDirectory: "/run/glovebox-session/" + state}
			c.privacy.Level, c.privacy.LimitedBy = "offline", []string{state}
			c.vehicle.Country = state
			c.people[1].Sharing = state
		})
		w.face.Refresh()
		for _, s := range listen(4) {
			if c := read(t, s); len(c.values) > 0 || len(c.named) == 0 {
				t.Errorf("%s: %s carries %v", state, c.iface, c.values)
			}
		}
	}
	w.cabin.change(func(c *cabin) { c.people = append(c.people, profiles.ProfileView{ID: foreign, Role: "secondary"}) })
	w.face.Refresh()
	heard := listen(2)
	for _, props := range heard[0].Body[1].(map[string]map[string]dbus.Variant) {
		if len(props) > 0 {
			t.Errorf("%s carries %v", heard[0].Name, props)
		}
	}
	if c := read(t, heard[1]); len(c.values) > 0 || len(c.named) != 8 {
		t.Errorf("then %+v", c)
	}
}

// Profiles that come and go are announced with all interfaces and properties, but for
// their names: these have to be asked for.
func TestProfilesComeAndGo(t *testing.T) {
	w := start(t)
	listen := hear(t, w.dial(t))
	w.cabin.change(func(c *cabin) {
		c.people = append(c.people[:1], profiles.ProfileView{ID: foreign, Name: profiles.Conceal("Lea"), Role: "secondary", State: "active"})
	})
	w.face.Refresh()
	all := listen(3)
	if all[0].Name != "org.freedesktop.DBus.ObjectManager.InterfacesRemoved" || all[0].Body[0] != dbusPath(jonas) {
		t.Errorf("got %v", all[0])
	}
	var objects map[dbus.ObjectPath]map[string]map[string]dbus.Variant
	if err := askAt(w.dial(t), hmi.RootPath, "org.freedesktop.DBus.ObjectManager.GetManagedObjects").Store(&objects); err != nil {
		t.Fatal(err)
	}
	want := objects[dbusPath(foreign)]
	delete(want["org.glovebox.Profile1"], "Name")
	if all[1].Body[0] != dbusPath(foreign) || !reflect.DeepEqual(all[1].Body[1], want) || len(want) != 4 {
		t.Errorf("got %v, want %v", all[1], want)
	}
	if c := read(t, all[2]); all[2].Path != dbusPath(foreign) || len(c.values) > 0 || !slices.Equal(c.named, []string{"Name"}) {
		t.Errorf("then %+v", c)
	}
	if gone := all[0].Body[1].([]string); len(gone) != len(want) {
		t.Errorf("removed are %q", gone)
	}
	if name(askAt(w.dial(t), dbusPath(jonas), "org.freedesktop.DBus.Properties.GetAll", "org.glovebox.Profile1").Err) != "org.freedesktop.DBus.Error.UnknownObject" {
		t.Error("a removed profile still answers")
	}
}

// A wait that runs down is not news each second; its beginning and its end are.
func TestWaitIsAnnouncedAtItsEnds(t *testing.T) {
	for property, set := range map[string]func(c *cabin, seconds uint32){
		"RetryAfter": func(c *cabin, seconds uint32) { c.people[0].RetryAfter = seconds },
		"OpensIn": func(c *cabin, seconds uint32) {
			c.privacy.OpensIn = time.Duration(seconds)*time.Second - time.Nanosecond
		},
	} {
		w := start(t)
		listen := hear(t, w.dial(t))
		for _, step := range []struct {
			seconds uint32
			told    bool
		}{{30, true}, {29, false}, {1, false}, {0, true}, {60, true}, {90, true}} {
			w.cabin.change(func(c *cabin) { set(c, step.seconds) })
			w.face.Refresh()
			w.face.LedgerChanged(1)
			s := listen(1)[0]
			if told := s.Name != "org.glovebox.Privacy1.LedgerChanged"; told != step.told {
				t.Errorf("%s, %d s: told %v", property, step.seconds, told)
			} else if told {
				if c := read(t, s); len(c.values) > 0 || !slices.Equal(c.named, []string{property}) {
					t.Errorf("got %+v", c)
				}
				listen(1)
			}
		}
	}
}

// Readers have names for a person, not for a guest.
func TestGuestReadsNoNames(t *testing.T) {
	w := start(t)
	c := w.dial(t)
	for state, want := range map[string]string{"active": "Jonas", "guest": "", "leaving": ""} {
		role := map[string]string{"active": "main"}[state]
		if role == "" {
			role = "guest"
		}
		w.cabin.change(func(c *cabin) {
			c.session = profiles.SessionView{State: state, Role: role}
			c.privacy.Readers = []telemetry.ReaderView{{Name: profiles.Conceal("Jonas"), Role: "secondary"}}
		})
		var v dbus.Variant
		if err := askAt(c, "/org/glovebox/Agent1", "org.freedesktop.DBus.Properties.Get", "org.glovebox.Privacy1", "Readers").Store(&v); err != nil {
			t.Fatal(err)
		}
		if readers := v.Value().([]map[string]dbus.Variant); len(readers) != 1 || readers[0]["name"].Value() != want {
			t.Errorf("%s: %v", state, readers)
		}
	}
}

// GetAll and Get agree on each property.
func TestGetIsOneOfGetAll(t *testing.T) {
	w := start(t)
	c := w.dial(t)
	for _, iface := range []string{"org.glovebox.Session1", "org.glovebox.Privacy1", "org.glovebox.Vehicle1"} {
		var all map[string]dbus.Variant
		if err := askAt(c, "/org/glovebox/Agent1", "org.freedesktop.DBus.Properties.GetAll", iface).Store(&all); err != nil {
			t.Fatal(err)
		}
		for _, property := range slices.Sorted(maps.Keys(all)) {
			var one dbus.Variant
			if err := askAt(c, "/org/glovebox/Agent1", "org.freedesktop.DBus.Properties.Get", iface, property).Store(&one); err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(one, all[property]) {
				t.Errorf("%s.%s: %v and %v", iface, property, one, all[property])
			}
		}
	}
}
