package hmi

import (
	"reflect"

	"github.com/godbus/dbus/v5"

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
