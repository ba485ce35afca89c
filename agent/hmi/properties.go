package hmi

import (
	"context"
	"maps"
	"reflect"
	"slices"

	"github.com/godbus/dbus/v5"
)

// unannounced are the properties whose values are never broadcast, whoever is
// at the wheel: names of people, and counts that run down each second.
var unannounced = map[string]bool{"Name": true, "Readers": true, "RetryAfter": true, "OpensIn": true}

// get and getAll read the views at the moment of the call. Apps read Session1.
func (f *Face) get(_ context.Context, c *call) ([]any, error) {
	all, err := f.readable(c, c.args[0].(string))
	if err != nil {
		return nil, err
	}
	value, ok := all[c.args[1].(string)]
	if !ok {
		return nil, unknown("Property", "the interface does not have this property")
	}
	return []any{value}, nil
}

func (f *Face) getAll(_ context.Context, c *call) ([]any, error) {
	all, err := f.readable(c, c.args[0].(string))
	return []any{all}, err
}

// set refuses: what can be changed has a method.
func (f *Face) set(context.Context, *call) ([]any, error) {
	return nil, dbus.Error{Name: "org.freedesktop.DBus.Error.PropertyReadOnly",
		Body: []any{"every property is read-only; call a method instead"}}
}

func (f *Face) readable(c *call, iface string) (map[string]dbus.Variant, error) {
	if !c.from.hmi && iface != session1 {
		return nil, notPermitted("apps read the properties of " + session1 + " only")
	}
	at, _ := resolve(c.path)
	if !has(at, iface) {
		return nil, unknown("Interface", "the object does not have this interface")
	}
	switch iface {
	case session1:
		return sessionProperties(f.cabin.SessionView()), nil
	case privacy1:
		return privacyProperties(f.cabin.PrivacyView(), f.cabin.SessionView().Guest()), nil
	case vehicle1:
		return vehicleProperties(f.cabin.VehicleView(), f.identity), nil
	case profile1:
		p, ok := f.profile(c.who)
		if !ok { // removed since the call was routed
			return map[string]dbus.Variant{}, nil
		}
		return profileProperties(p), nil
	}
	return map[string]dbus.Variant{}, nil
}

// table is the properties of every object, by path and interface.
type table map[dbus.ObjectPath]map[string]map[string]dbus.Variant

// table reads all views.
func (f *Face) table() table {
	all := table{RootPath: {
		session1: sessionProperties(f.cabin.SessionView()),
		privacy1: privacyProperties(f.cabin.PrivacyView(), f.cabin.SessionView().Guest()),
		vehicle1: vehicleProperties(f.cabin.VehicleView(), f.identity),
	}}
	for _, p := range f.cabin.Profiles() {
		all[pathOf(p.ID)] = map[string]map[string]dbus.Variant{profile1: profileProperties(p)}
	}
	return all
}

// announce tells the bus what differs from what it was told last. While a guest
// is at the wheel it only names what changed. It belongs to Run alone.
func (f *Face) announce() {
	guest := f.cabin.SessionView().Guest()
	now := f.table()
	guest = guest || f.cabin.SessionView().Guest() // one may have begun while the views were read
	for _, path := range slices.Sorted(maps.Keys(f.announced)) {
		if _, still := now[path]; !still {
			f.emit(RootPath, objectManager+".InterfacesRemoved", path, interfacesOf(person))
		}
	}
	for _, path := range slices.Sorted(maps.Keys(now)) {
		before, known := f.announced[path]
		if !known {
			f.arrive(path, now[path], guest)
			continue
		}
		for _, iface := range slices.Sorted(maps.Keys(now[path])) {
			changed, named := difference(before[iface], now[path][iface], guest)
			if len(changed)+len(named) > 0 {
				f.emit(path, properties+".PropertiesChanged", iface, changed, named)
			}
		}
	}
	f.announced = now
}

// difference sorts what changed into what is told and what is only named.
func difference(before, now map[string]dbus.Variant, guest bool) (changed map[string]dbus.Variant, named []string) {
	changed, named = map[string]dbus.Variant{}, []string{}
	for _, name := range slices.Sorted(maps.Keys(now)) {
		switch {
		case reflect.DeepEqual(before[name], now[name]) || runsDown(name, before[name], now[name]):
		case guest || unannounced[name]:
			named = append(named, name)
		default:
			changed[name] = now[name]
		}
	}
	return changed, named
}

// runsDown reports a wait that only became shorter: whoever shows it counts by
// itself.
func runsDown(name string, before, now dbus.Variant) bool {
	b, okB := before.Value().(uint32)
	n, okN := now.Value().(uint32)
	return (name == "RetryAfter" || name == "OpensIn") && okB && okN && n > 0 && n < b
}

// arrive announces a new object: every interface, and every property with its value or,
// where that is not for everybody, by its name right behind.
func (f *Face) arrive(path dbus.ObjectPath, now map[string]map[string]dbus.Variant, guest bool) {
	told := bare(person)
	for iface, props := range now {
		told[iface] = maps.Clone(props)
		maps.DeleteFunc(told[iface], func(name string, _ dbus.Variant) bool { return guest || name == "Name" })
	}
	f.emit(RootPath, objectManager+".InterfacesAdded", path, told)
	for _, iface := range slices.Sorted(maps.Keys(now)) {
		named := slices.DeleteFunc(slices.Sorted(maps.Keys(now[iface])), func(name string) bool { _, has := told[iface][name]; return has })
		f.emit(path, properties+".PropertiesChanged", iface, map[string]dbus.Variant{}, named)
	}
}

// bare is the interfaces of an object, none with a property yet.
func bare(at object) map[string]map[string]dbus.Variant {
	all := map[string]map[string]dbus.Variant{}
	for _, iface := range interfacesOf(at) {
		all[iface] = map[string]dbus.Variant{}
	}
	return all
}
