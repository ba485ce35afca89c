package headunit

import (
	"fmt"
	"math"
	"os"
	"reflect"
	"strings"
	"syscall"

	"github.com/godbus/dbus/v5"
)

// bag is a{sv}: options, properties, the members of a value.
type bag = map[string]dbus.Variant

const profilePath = rootPath + "/profile/"

// Path is the object of a person, by their id in hex.
func Path(id string) dbus.ObjectPath { return profilePath + dbus.ObjectPath(id) }

// Paths are the objects of people, by their ids.
func Paths(ids []string) []dbus.ObjectPath {
	all := make([]dbus.ObjectPath, len(ids))
	for i, id := range ids {
		all[i] = Path(id)
	}
	return all
}

// ID is the person of an object, or guest; empty for the path of nobody.
func ID(path string) string {
	id, _ := strings.CutPrefix(path, string(profilePath))
	return strings.TrimPrefix(id, "/")
}

// Plain is a value of D-Bus as JSON can hold it: texts, numbers, []string,
// []any, map[string]any. A file descriptor that came with the message is closed:
// it is a copy of the receiver's.
func Plain(v any) any {
	switch v := v.(type) {
	case dbus.Variant:
		return Plain(v.Value())
	case dbus.Signature:
		return v.String()
	case dbus.ObjectPath:
		return string(v)
	case dbus.UnixFD:
		_ = syscall.Close(int(v))
		return "fd"
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Sprint(v)
		}
	case []string, []byte:
		return v
	}
	switch r := reflect.ValueOf(v); r.Kind() {
	case reflect.Slice:
		list := make([]any, r.Len())
		for i := range list {
			list[i] = Plain(r.Index(i).Interface())
		}
		return list
	case reflect.Map:
		members := make(map[string]any, r.Len())
		for _, key := range r.MapKeys() {
			members[fmt.Sprint(Plain(key.Interface()))] = Plain(r.MapIndex(key).Interface())
		}
		return members
	case reflect.Struct:
		return fmt.Sprint(v)
	}
	return v
}

func plainBag(b bag) map[string]any {
	members := make(map[string]any, len(b))
	for name, v := range b {
		members[name] = Plain(v)
	}
	return members
}

func plainBags(list []bag) []map[string]any {
	all := make([]map[string]any, len(list))
	for i, b := range list {
		all[i] = plainBag(b)
	}
	return all
}

// wire is a plain value as an argument of a call: members become a{sv}, an open
// file goes along.
func wire(v any) any {
	switch v := v.(type) {
	case map[string]any:
		return members(v)
	case *os.File:
		return dbus.UnixFD(v.Fd())
	}
	return v
}

// variant is a plain value as D-Bus carries it inside a{sv}: members and lists of
// members become a{sv} and aa{sv}.
func variant(v any) dbus.Variant {
	switch v := v.(type) {
	case map[string]any:
		return dbus.MakeVariant(members(v))
	case []map[string]any:
		list := make([]bag, len(v))
		for i, m := range v {
			list[i] = members(m)
		}
		return dbus.MakeVariant(list)
	case []any:
		list := make([]dbus.Variant, len(v))
		for i, item := range v {
			list[i] = variant(item)
		}
		return dbus.MakeVariant(list)
	case nil:
		return dbus.MakeVariant("")
	}
	return dbus.MakeVariant(v)
}

func members(v map[string]any) bag {
	b := make(bag, len(v))
	for name, item := range v {
		b[name] = variant(item)
	}
	return b
}
