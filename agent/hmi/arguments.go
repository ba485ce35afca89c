package hmi

import (
	"reflect"

	"github.com/godbus/dbus/v5"
	"golang.org/x/sys/unix"

	"glovebox/profiles"
)

// maxPIN bounds the bytes of a PIN argument: longer ones are refused before
// anything looks at them.
const maxPIN = 64

// pin wraps a PIN argument at once, so that nothing can print it.
func pin(arg any) (profiles.PIN, error) {
	typed := arg.(string)
	if len(typed) > maxPIN {
		return profiles.PIN{}, invalid("a PIN has at most %d bytes", maxPIN)
	}
	return profiles.NewPIN(typed), nil
}

// options reads an options bag: every name must be one of known and have the
// type of the value that known points to.
func options(arg any, known map[string]any) error {
	for name, given := range arg.(map[string]dbus.Variant) {
		into, ok := known[name]
		if !ok {
			return invalid("there is no option %.64q here", name)
		}
		target := reflect.ValueOf(into).Elem()
		value := reflect.ValueOf(given.Value())
		if value.Type() != target.Type() {
			return invalid("option %s has the D-Bus type %s", name, dbus.SignatureOfType(target.Type()))
		}
		target.Set(value)
	}
	return nil
}

// measure says about how many bytes the arguments of a call take, and whether
// files came with them. No method takes one, so they are closed here.
func measure(args []any) (bytes int, descriptors bool) {
	files := map[dbus.UnixFD]bool{} // each once: an index may be named twice
	for _, arg := range args {
		bytes += weigh(arg, files)
	}
	for fd := range files {
		_ = unix.Close(int(fd))
	}
	return bytes, len(files) > 0
}

// weigh adds the files in v to files and returns its bytes.
func weigh(v any, files map[dbus.UnixFD]bool) int {
	switch v := v.(type) {
	case dbus.UnixFD:
		files[v] = true
		return 4
	case dbus.Variant:
		return 4 + weigh(v.Value(), files)
	case dbus.Signature:
		return 4 + len(v.String())
	case []byte:
		return 4 + len(v)
	}
	n, value := 4, reflect.ValueOf(v)
	switch value.Kind() {
	case reflect.String:
		n += value.Len()
	case reflect.Slice:
		for i := range value.Len() {
			n += weigh(value.Index(i).Interface(), files)
		}
	case reflect.Map:
		for entries := value.MapRange(); entries.Next(); {
			n += 4 + weigh(entries.Key().Interface(), files) + weigh(entries.Value().Interface(), files)
		}
	}
	return n
}
