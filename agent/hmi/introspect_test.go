package hmi_test

import (
	"encoding/xml"
	"maps"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/godbus/dbus/v5"
	"github.com/godbus/dbus/v5/introspect"

	"glovebox/agent/hmi"
)

// files are the interfaces as the XML files have them.
func files(t *testing.T) map[string]introspect.Interface {
	t.Helper()
	entries, err := hmi.Interfaces.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]introspect.Interface{}
	for _, entry := range entries {
		text, err := hmi.Interfaces.ReadFile(entry.Name())
		if err != nil {
			t.Fatal(err)
		}
		var node introspect.Node
		if err := xml.Unmarshal(text, &node); err != nil {
			t.Fatalf("%s: %v", entry.Name(), err)
		}
		if len(node.Interfaces) != 1 || node.Interfaces[0].Name+".xml" != entry.Name() {
			t.Errorf("%s: want one interface, named as the file", entry.Name())
		}
		all[node.Interfaces[0].Name] = node.Interfaces[0]
	}
	return all
}

func introspected(t *testing.T, c *dbus.Conn, path dbus.ObjectPath) introspect.Node {
	t.Helper()
	var text string
	if err := askAt(c, path, "org.freedesktop.DBus.Introspectable.Introspect").Store(&text); err != nil {
		t.Fatal(err)
	}
	var node introspect.Node
	if err := xml.Unmarshal([]byte(text), &node); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return node
}

// What the running face says of itself is what the XML files say, each
// interface on its object and nothing of ours besides.
func TestIntrospectionIsTheFiles(t *testing.T) {
	w := start(t)
	c := w.dial(t)
	want := files(t)
	seen := map[string]bool{}
	for _, path := range []dbus.ObjectPath{hmi.RootPath, dbusPath(anna)} {
		for _, iface := range introspected(t, c, path).Interfaces {
			if !strings.HasPrefix(iface.Name, "org.glovebox.") {
				continue
			}
			seen[iface.Name] = true
			if !reflect.DeepEqual(iface, want[iface.Name]) {
				t.Errorf("%s differs from its file:\n%+v\n%+v", iface.Name, iface, want[iface.Name])
			}
		}
	}
	for iface := range want {
		if !seen[iface] {
			t.Errorf("%s is on no object", iface)
		}
	}
}

// The code answers the methods that the face shows, with the types of the XML, and no other.
func TestMembersAreThoseOfTheXML(t *testing.T) {
	w := start(t)
	c := w.dial(t)
	want := map[string]string{}
	for _, path := range []dbus.ObjectPath{hmi.RootPath, dbusPath(anna)} {
		for _, iface := range introspected(t, c, path).Interfaces {
			for _, method := range iface.Methods {
				in := ""
				for _, arg := range method.Args {
					if arg.Direction == "in" {
						in += arg.Type
					}
				}
				want[iface.Name+"."+method.Name] = in
			}
		}
	}
	if got := hmi.Members(); !maps.Equal(got, want) {
		t.Errorf("the code answers\n%v\nand the XML has\n%v", got, want)
	}
}

// From / one finds the way to every profile, as a browser of the bus does.
func TestEveryObjectIsFoundFromTheTop(t *testing.T) {
	w := start(t)
	c := w.dial(t)
	found := map[dbus.ObjectPath]bool{}
	var walk func(path dbus.ObjectPath)
	walk = func(path dbus.ObjectPath) {
		found[path] = true
		for _, child := range introspected(t, c, path).Children {
			walk(dbus.ObjectPath(strings.TrimSuffix(string(path), "/") + "/" + child.Name))
		}
	}
	walk("/")
	for _, path := range []dbus.ObjectPath{hmi.RootPath, dbusPath(anna), dbusPath(jonas)} {
		if !found[path] {
			t.Errorf("%s is not found from /: %v", path, found)
		}
	}
}

// An app sees the interfaces that it may use, and of people neither their objects
// nor whether there is one.
func TestAppSeesNoProfile(t *testing.T) {
	w := start(t)
	c := w.dial(t)
	w.uids.is(c, appUser)
	if node := introspected(t, c, hmi.ProfilesPath); len(node.Children) > 0 {
		t.Errorf("sees %v", node.Children)
	}
	if node := introspected(t, c, hmi.RootPath); len(node.Interfaces) == 0 {
		t.Error("sees no interface of the car")
	}
	for _, path := range []dbus.ObjectPath{dbusPath(anna), dbusPath(foreign)} {
		if got := name(askAt(c, path, "org.freedesktop.DBus.Introspectable.Introspect").Err); got != "NotPermitted" {
			t.Errorf("%s: %q", path, got)
		}
	}
	if node := introspected(t, w.dial(t), hmi.ProfilesPath); len(node.Children) != 2 {
		t.Errorf("the head unit sees %v", node.Children)
	}
}

// goodArguments calls each method so that it succeeds.
var goodArguments = map[string][]any{
	"Session1.Login":         {dbusPath(anna), annasPIN, none},
	"Session1.StartGuest":    {none},
	"Session1.CancelPending": {none},
	"Session1.Logout":        {none},
	"Session1.Inhibit":       {"maps", "a file is open"},
	"Session1.Permits":       {"radio"},
	"Settings1.Get":          {"radio"},
	"Settings1.Set":          {"radio", bag("volume", byte(40)), none},
	"Settings1.Reset":        {"radio", none},
	"Settings1.Groups":       {},
	"Settings1.Describe":     {"radio"},
	"Profile1.SetPIN":        {annasPIN, "739105", none},
	"Profile1.Rename":        {"Anna M.", none},
	"Profile1.LinkFob":       {none},
	"Profile1.UnlinkFobs":    {none},
	"Profile1.Export":        {},
	"Profile1.Import":        {dbus.UnixFD(must(memory(`{"glovebox":"settings","version":1,"settings":{}}`, true))), none},
	"Privacy1.SetLevel":      {"offline", none},
	"Privacy1.Ledger":        {none},
	"Privacy1.Why":           {uint64(1)},
	"Vehicle1.Health":        {},
	"Messages1.List":         {none},
	"Messages1.Send":         {"hello", none},
	"Messages1.Book":         {bag("text", "winter tyres"), none},
	"Messages1.MarkRead":     {[]string{"q1"}, none},
	"Trips1.List":            {none},
	"Trips1.Assign":          {"t1", []dbus.ObjectPath{dbusPath(jonas)}, none},
	"Trips1.Delete":          {"t1", none},

	"Roster1.Invite":            {bag("name", "Mia", "email", "mia@example.com", "mobile", "+12025550123"), "shared", none},
	"Roster1.Cancel":            {dbusPath(jonas), none},
	"Roster1.Activate":          {dbusPath(jonas), none},
	"Roster1.Remove":            {dbusPath(jonas), none},
	"Roster1.SetSharing":        {dbusPath(jonas), "shared", none},
	"Roster1.Restrict":          {dbusPath(jonas), []string{"booking"}, none},
	"Roster1.SetGuestServices":  {true, none},
	"Roster1.SetRemoteServices": {true, none},
	"Roster1.ResetPIN":          {dbusPath(jonas), none},
	"Roster1.Erase":             {"everything", bag("pin", "480213")},
	"Roster1.Transfer":          {bag("name", "Mia", "email", "mia@example.com", "mobile", "+12025550123"), none},

	"Vehicle1.Statistics": {},
	"Vehicle1.Signals":    {},
	"Vehicle1.Watch":      {},
}

func pathFor(member string) dbus.ObjectPath {
	if strings.HasPrefix(member, "Profile1.") {
		return dbusPath(anna)
	}
	return hmi.RootPath
}

// Each method in the XML is answered with the types that the XML promises, and
// each property has its type.
func TestEveryMemberAnswersWithItsTypes(t *testing.T) {
	w := start(t)
	c := w.dial(t)
	for iface, d := range files(t) {
		for _, method := range d.Methods {
			member := strings.TrimPrefix(iface, "org.glovebox.") + "." + method.Name
			args, known := goodArguments[member]
			if !known {
				t.Errorf("%s: the test has no arguments for it", member)
				continue
			}
			var in, out string
			for _, arg := range method.Args {
				if arg.Direction == "in" {
					in += arg.Type
				} else {
					out += arg.Type
				}
			}
			if got := dbus.SignatureOf(args...).String(); got != in {
				t.Errorf("%s: the test sends %q, the XML says %q", member, got, in)
			}
			if strings.HasPrefix(member, "Profile1.") { // by that person
				w.cabin.change(func(c *cabin) { c.session.State, c.session.Profile = "active", anna })
			}
			answer := askAt(c, pathFor(member), "org.glovebox."+member, args...)
			if answer.Err != nil {
				t.Errorf("%s: %v", member, answer.Err)
				continue
			}
			if got := dbus.SignatureOf(answer.Body...).String(); got != out {
				t.Errorf("%s answers %q, the XML says %q", member, got, out)
			}
		}
		var all map[string]dbus.Variant
		if err := askAt(c, pathFor(strings.TrimPrefix(iface, "org.glovebox.")+"."), "org.freedesktop.DBus.Properties.GetAll", iface).Store(&all); err != nil {
			t.Fatal(err)
		}
		if len(all) != len(d.Properties) {
			t.Errorf("%s has %d properties, the XML %d", iface, len(all), len(d.Properties))
		}
		for _, p := range d.Properties {
			if got := all[p.Name].Signature().String(); got != p.Type {
				t.Errorf("%s.%s is of type %q, the XML says %q", iface, p.Name, got, p.Type)
			}
		}
	}
}

func TestManagedObjectsAreTheProfiles(t *testing.T) {
	w := start(t)
	var objects map[dbus.ObjectPath]map[string]map[string]dbus.Variant
	err := askAt(w.dial(t), hmi.RootPath, "org.freedesktop.DBus.ObjectManager.GetManagedObjects").Store(&objects)
	if err != nil {
		t.Fatal(err)
	}
	if len(objects) != 2 || objects[dbusPath(anna)]["org.glovebox.Profile1"]["Name"].Value() != "Anna" {
		t.Errorf("got %v", objects)
	}
}

// The machine's id is the machine's, not the bus's.
func TestMachineID(t *testing.T) {
	text, err := os.ReadFile("/etc/machine-id")
	if err != nil {
		t.Skip("this machine has no id")
	}
	var got string
	if err := askAt(start(t).dial(t), hmi.RootPath, "org.freedesktop.DBus.Peer.GetMachineId").Store(&got); err != nil {
		t.Fatal(err)
	}
	if want := strings.TrimSpace(string(text)); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
