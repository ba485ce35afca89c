package scenario_test

import (
	"testing"

	"github.com/godbus/dbus/v5"

	"glovebox/headunit"
	"glovebox/sim/scenario"
)

// The receipt of a removal is said store by store, as it comes over the bus.
func TestReceiptInWords(t *testing.T) {
	store := func(name string, before, after uint32) map[string]dbus.Variant {
		return map[string]dbus.Variant{"name": dbus.MakeVariant(name), "before": dbus.MakeVariant(before), "after": dbus.MakeVariant(after), "result": dbus.MakeVariant("erased")}
	}
	receipt := map[string]dbus.Variant{"method": dbus.MakeVariant("key"), "stores": dbus.MakeVariant([]map[string]dbus.Variant{store("keys", 3, 2), store("outbox", 4, 0)})}
	if got, want := scenario.InWords([]any{headunit.Plain(receipt)}), "keys: 3 before, 2 after, erased; outbox: 4 before, 0 after, erased"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got := scenario.InWords([]any{uint32(7)}); got != "7" {
		t.Errorf("a number: %q", got)
	}
}
