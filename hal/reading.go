// Package hal holds what the car says, as values: a reading of a VSS path, a
// position, a moment on both of the car's clocks. The packages below it turn
// wires into these values; nothing here touches a wire.
package hal

import (
	"strconv"
	"time"
)

// Instant is one moment on both clocks of the car. UTC is the wall clock and
// may jump when satellites arrive; Boot is CLOCK_BOOTTIME since the machine
// started, never jumps and counts suspends. Ages, timers and expiries use Boot.
type Instant struct {
	UTC  time.Time
	Boot time.Duration
}

// Since is the time from earlier to i on the boot clock.
func (i Instant) Since(earlier Instant) time.Duration { return i.Boot - earlier.Boot }

// Reading is what one VSS path said at one moment.
type Reading struct {
	Path  string // VSS 6 path, for example Vehicle.Speed
	Value Value  // in VSS's unit for that path
	At    Instant
}

type kind uint8

const (
	absent kind = iota
	number
	truth
	word
)

// Value is a VSS value: a number, a truth value or a word of an enumeration.
// The zero Value is absent, which is not zero. Values compare with ==.
type Value struct {
	kind kind
	num  float64
	word string
}

// Number returns v as a Value.
func Number(v float64) Value { return Value{kind: number, num: v} }

// Word returns a word of an enumeration as a Value.
func Word(w string) Value { return Value{kind: word, word: w} }

// Bool returns v as a Value.
func Bool(v bool) Value {
	if v {
		return Value{kind: truth, num: 1}
	}
	return Value{kind: truth}
}

// Absent reports whether there is no value at all.
func (v Value) Absent() bool { return v.kind == absent }

// Float returns a number; ok is false for anything else.
func (v Value) Float() (f float64, ok bool) { return v.num, v.kind == number }

// IsTrue reports whether v is the truth value true.
func (v Value) IsTrue() bool { return v.kind == truth && v.num == 1 }

// IsBool reports whether v is a truth value.
func (v Value) IsBool() bool { return v.kind == truth }

// Text returns a word of an enumeration; ok is false for anything else.
func (v Value) Text() (w string, ok bool) { return v.word, v.kind == word }

// String is the form that VISS v3 puts on the wire: shortest decimal without
// an exponent, true or false, or the word itself. Absent is the empty string.
func (v Value) String() string {
	switch v.kind {
	case number:
		return strconv.FormatFloat(v.num, 'f', -1, 64)
	case truth:
		return strconv.FormatBool(v.num == 1)
	case word:
		return v.word
	}
	return ""
}
