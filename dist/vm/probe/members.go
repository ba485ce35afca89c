package main

import (
	"encoding/xml"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/godbus/dbus/v5"

	"glovebox/headunit"
)

const root = dbus.ObjectPath("/org/glovebox/Agent1")

// described is an interface in the introspection data.
type described struct {
	Interface struct {
		Name    string `xml:"name,attr"`
		Methods []struct {
			Name string `xml:"name,attr"`
			Args []struct {
				Type      string `xml:"type,attr"`
				Direction string `xml:"direction,attr"`
			} `xml:"arg"`
		} `xml:"method"`
		Properties []struct {
			Name string `xml:"name,attr"`
		} `xml:"property"`
	} `xml:"interface"`
}

// members calls every member as the user who runs it, on the root or, of Profile1, on the
// first person. A method that takes arguments is called with none: a caller who may call it
// hears that they are missing, so nothing is changed.
func members(dir string) error {
	conn, err := dbus.ConnectSystemBus()
	if err != nil {
		return err
	}
	defer conn.Close()
	files, err := filepath.Glob(filepath.Join(dir, "org.glovebox.*.xml"))
	if err != nil || len(files) == 0 {
		return errors.Join(err, fmt.Errorf("no introspection data in %s", dir))
	}
	for _, file := range files {
		var d described
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		if err := xml.Unmarshal(text, &d); err != nil {
			return err
		}
		name, path := d.Interface.Name, root
		if strings.HasSuffix(name, ".Profile1") {
			path = dbus.ObjectPath(os.Getenv("PROFILE"))
		}
		for _, m := range d.Interface.Methods {
			ask(conn, path, name, m.Name)
		}
		for _, p := range d.Interface.Properties {
			ask(conn, path, name, "."+p.Name, name, p.Name)
		}
	}
	for _, standard := range []string{"Properties.GetAll org.glovebox.Session1", "Properties.GetAll org.glovebox.Vehicle1", "ObjectManager.GetManagedObjects", "Introspectable.Introspect", "Peer.Ping", "Peer.GetMachineId"} {
		words := strings.Fields(standard)
		iface, method, _ := strings.Cut(words[0], ".")
		args := make([]any, len(words)-1)
		for i, w := range words[1:] {
			args[i] = w
		}
		ask(conn, root, "org.freedesktop.DBus."+iface, method, args...)
	}
	return nil
}

// refusals are what keeps somebody out: the bus itself, and the agent.
var refusals = []string{"org.freedesktop.DBus.Error.AccessDenied", "org.glovebox.Error.NotPermitted"}

// ask prints what one call answers. A method that begins with a dot is a property.
func ask(conn *dbus.Conn, path dbus.ObjectPath, iface, method string, args ...any) {
	call := iface + "." + method
	if strings.HasPrefix(method, ".") {
		call = "org.freedesktop.DBus.Properties.Get"
	}
	for {
		err := conn.Object(headunit.BusName, path).Call(call, dbus.FlagNoAutoStart, args...).Err
		var e dbus.Error
		said := "answered"
		switch {
		case errors.As(err, &e) && e.Name == "org.freedesktop.DBus.Error.LimitsExceeded":
			time.Sleep(200 * time.Millisecond)
			continue
		case errors.As(err, &e) && slices.Contains(refusals, e.Name):
			said = "refused by " + map[bool]string{true: "the bus", false: "the agent"}[e.Name == refusals[0]]
		case errors.As(err, &e):
			said = e.Name
		case err != nil:
			said = err.Error()
		}
		fmt.Println(strings.TrimPrefix(iface, "org.glovebox.")+strings.Replace("."+method, "..", ".", 1), said)
		return
	}
}
