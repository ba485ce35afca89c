package can_test

import (
	"testing"

	"glovebox/hal/can"
	"pgregory.net/rapid"
)

func TestPGN(t *testing.T) {
	for _, test := range []struct {
		name string
		id   uint32
		want uint32
	}{
		{"to all, PDU2", 0x0CF00400, 61444},
		{"the lowest PDU2", 0x18F00000, 61440},
		{"the highest PDU1: PS is where it goes", 0x18EFFF00, 61184},
		{"a request to one", 0x18EA00F9, 59904},
		{"a request to all", 0x18EAFFFE, 59904},
		{"the first number", 0x0C000003, 0},
		{"of the next data page", 0x09F80103, 129025},
		{"of the next data page, to one", 0x0DEF21FE, 126720},
		{"of the extended data page", 0x1AEE1100, 0x2EE00},
	} {
		if got := can.PGN(test.id); got != test.want {
			t.Errorf("%s: %08X has %d, want %d", test.name, test.id, got, test.want)
		}
	}
}

// Whoever sends it, as urgent as it may be: the number is the same. Where the second
// byte names whom it is for, that is no part of the number either, and else it is.
func TestPGNIsBlindToTheWay(outer *testing.T) {
	rapid.Check(outer, func(t *rapid.T) {
		id := rapid.Uint32Range(0, can.MaxExtendedID).Draw(t, "id")
		priority, source, specific := rapid.Uint32Range(0, 7).Draw(t, "priority"), rapid.Uint32Range(0, 255).Draw(t, "source"), rapid.Uint32Range(0, 255).Draw(t, "specific")
		if other := id&0x03FFFF00 | priority<<26 | source; can.PGN(other) != can.PGN(id) {
			t.Errorf("%08X and %08X have other numbers", id, other)
		}
		other := id&^0xFF00 | specific<<8
		if toOne := id>>16&0xFF < 240; (can.PGN(other) == can.PGN(id)) != (toOne || other == id) {
			t.Errorf("%08X has %d, %08X %d", id, can.PGN(id), other, can.PGN(other))
		}
		if page := can.PGN(id) >> 16; page != id>>24&3 {
			t.Errorf("%08X is of page %d", id, page)
		}
	})
}
