package hmi

import (
	"context"
	"embed"
	"fmt"
	"strings"

	"github.com/godbus/dbus/v5"

	"glovebox/profiles"
)

// Name is taken on the bus when every object answers.
const Name = "org.glovebox.Agent1"

// RootPath is the object of the car; the profiles are below ProfilesPath.
const (
	RootPath     = dbus.ObjectPath("/org/glovebox/Agent1")
	ProfilesPath = RootPath + "/profile"
)

const (
	session1  = "org.glovebox.Session1"
	settings1 = "org.glovebox.Settings1"
	profile1  = "org.glovebox.Profile1"
	roster1   = "org.glovebox.Roster1"
	privacy1  = "org.glovebox.Privacy1"
	messages1 = "org.glovebox.Messages1"
	trips1    = "org.glovebox.Trips1"
	vehicle1  = "org.glovebox.Vehicle1"

	introspectable = "org.freedesktop.DBus.Introspectable"
	peer           = "org.freedesktop.DBus.Peer"
	properties     = "org.freedesktop.DBus.Properties"
	objectManager  = "org.freedesktop.DBus.ObjectManager"
)

// Interfaces are the XML files of our interfaces, as they are installed.
//
//go:embed *.xml
var Interfaces embed.FS

// object is where a path leads.
type object int

const (
	nowhere object = iota
	branch         // above an object of ours: nothing but its children
	root
	person
)

// has reports whether an object has an interface.
func has(at object, iface string) bool {
	for _, have := range interfacesOf(at) {
		if have == iface {
			return true
		}
	}
	return false
}

func interfacesOf(at object) []string {
	switch at {
	case root:
		return []string{introspectable, peer, properties, objectManager, session1, settings1, roster1, privacy1, messages1, trips1, vehicle1}
	case person:
		return []string{introspectable, peer, properties, profile1}
	case branch:
		return []string{introspectable, peer}
	}
	return nil
}

// resolve says what a path is. A path below ProfilesPath that is no ID is the zero ID's.
func resolve(path dbus.ObjectPath) (object, profiles.ID) {
	if path == RootPath {
		return root, profiles.ID{}
	}
	if name, below := strings.CutPrefix(string(path), string(ProfilesPath)+"/"); below {
		id, _ := profiles.ParseID(name)
		return person, id
	}
	if path == "/" || strings.HasPrefix(string(ProfilesPath), string(path)+"/") || path == ProfilesPath {
		return branch, profiles.ID{}
	}
	return nowhere, profiles.ID{}
}

// pathOf is a profile's object; nobody's is "/".
func pathOf(id profiles.ID) dbus.ObjectPath {
	if id.IsZero() {
		return "/"
	}
	return ProfilesPath + dbus.ObjectPath("/"+id.String())
}

// exists reports whether there is a profile of that ID.
func (f *Face) exists(who profiles.ID) bool {
	_, ok := f.profile(who)
	return ok
}

func (f *Face) profile(who profiles.ID) (profiles.ProfileView, bool) {
	for _, p := range f.cabin.Profiles() {
		if p.ID == who && !who.IsZero() {
			return p, true
		}
	}
	return profiles.ProfileView{}, false
}

// description is what the XML has between the tags of an interface: a file of ours, or
// D-Bus's own.
func description(iface string) string {
	text := standard
	if own, err := Interfaces.ReadFile(iface + ".xml"); err == nil {
		text = string(own)
	}
	_, text, _ = strings.Cut(text, `<interface name="`+iface+`">`)
	text, _, _ = strings.Cut(text, "</interface>")
	return text
}

// introspect answers with the XML of the object's interfaces and the names of
// the objects below it.
func (f *Face) introspect(_ context.Context, c *call) ([]any, error) {
	at, _ := resolve(c.path)
	var out strings.Builder
	out.WriteString(`<!DOCTYPE node PUBLIC "-//freedesktop//DTD D-BUS Object Introspection 1.0//EN" ` +
		`"http://www.freedesktop.org/standards/dbus/1.0/introspect.dtd">` + "\n<node>\n")
	for _, name := range interfacesOf(at) {
		fmt.Fprintf(&out, "  <interface name=%q>%s</interface>\n", name, description(name))
	}
	children := f.children(c.path)
	if c.path == ProfilesPath && !c.from.hmi { // who uses this car is no business of an app
		children = nil
	}
	for _, child := range children {
		fmt.Fprintf(&out, "  <node name=%q/>\n", child)
	}
	out.WriteString("</node>\n")
	return []any{out.String()}, nil
}

// children are the names one step below path.
func (f *Face) children(path dbus.ObjectPath) []string {
	if path == ProfilesPath {
		var names []string
		for _, p := range f.cabin.Profiles() {
			names = append(names, p.ID.String())
		}
		return names
	}
	rest, below := strings.CutPrefix(string(ProfilesPath), strings.TrimSuffix(string(path), "/")+"/")
	if !below {
		return nil
	}
	name, _, _ := strings.Cut(rest, "/")
	return []string{name}
}

// managedObjects answers with every profile. The root is the manager itself and,
// as usual, not in its own list.
func (f *Face) managedObjects(context.Context, *call) ([]any, error) {
	out := map[dbus.ObjectPath]map[string]map[string]dbus.Variant{}
	for _, p := range f.cabin.Profiles() {
		out[pathOf(p.ID)] = bare(person)
		out[pathOf(p.ID)][profile1] = profileProperties(p)
	}
	return []any{out}, nil
}
