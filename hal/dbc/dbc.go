// Package dbc reads DBC files, the tables that say which bits of which CAN
// message mean what. Files in the wild break the rules of the format: the
// reader takes what can be understood, and names the line of everything it
// repaired or skipped. Each signal carries a plan of shifts and masks; looking
// a value up with it is hot and allocates nothing.
package dbc

import (
	"fmt"

	"glovebox/hal/can"
)

// File is what one DBC file says. It is read only once Parse returned it.
type File struct {
	Name       string
	Version    string
	Messages   []*Message // in the order of the file
	Unassigned []*Signal  // of VECTOR__INDEPENDENT_SIG_MSG: in no message
}

// Message is one BO_ statement.
type Message struct {
	ID       uint32 // 11 bits, or 29 if Extended
	Extended bool
	Name     string
	Len      int // bytes; over 8 is CAN FD and never a classic frame
	Comment  string
	Signals  []*Signal // in the order of the file
	Line     int
}

// Signal is one SG_ statement with what other statements say about it.
type Signal struct {
	Name           string
	Start          int // least bit; the highest if BigEndian
	Bits           int
	BigEndian      bool
	Signed         bool
	Float          Float
	Factor, Offset float64
	Min, Max       float64 // as written, perhaps infinite; both 0 if there are none; never used to clamp
	Unit           string
	Mux            Mux
	Values         []Meaning // in the order of the file
	Comment        string
	Line           int

	plan Plan
}

// Float says whether the bits are a number of IEEE 754 (SIG_VALTYPE_).
type Float uint8

const (
	Integer Float = iota
	Single        // 32 bits
	Double        // 64 bits
)

// Mux says in which frames of its message a signal is.
type Mux struct {
	Switch bool    // its raw value selects other signals
	Under  string  // the signal whose raw value selects this one; empty: always there
	Ranges []Range // the raw values of Under at which it is there
}

// Range is from Low to High, both included.
type Range struct{ Low, High uint64 }

// Meaning is one entry of a value table.
type Meaning struct {
	Raw  int64
	Text string
}

// Problem is a place where a file broke the rules.
type Problem struct {
	Line      int
	Statement string // the keyword, for example SG_
	Text      string
	Skipped   bool // the statement is lost; otherwise it was repaired and kept
}

func (p Problem) String() string {
	verb := "kept"
	if p.Skipped {
		verb = "skipped"
	}
	return fmt.Sprintf("line %d: %s %s: %s", p.Line, p.Statement, verb, p.Text)
}

// Message returns the first message of that name, or nil.
func (f *File) Message(name string) *Message {
	for _, m := range f.Messages {
		if m.Name == name {
			return m
		}
	}
	return nil
}

// ByID returns the first message of that identifier, or nil.
func (f *File) ByID(id uint32, extended bool) *Message {
	for _, m := range f.Messages {
		if m.ID == id && m.Extended == extended {
			return m
		}
	}
	return nil
}

// Frame returns a frame of the message with nothing in it: one of CAN FD, at one bit rate
// and filled up to a length that there is, where no classic frame holds it.
func (m *Message) Frame() can.Frame {
	return can.Frame{ID: m.ID, Extended: m.Extended, FD: m.Len > can.MaxClassic, Len: can.Length(can.DLC(uint8(min(m.Len, can.MaxLen))))}
}

// Signal returns the first signal of that name, or nil.
func (m *Message) Signal(name string) *Signal { return find(m.Signals, name) }

// Plan is the way from the bytes of the signal's message to its value.
func (s *Signal) Plan() *Plan { return &s.plan }

// Meaning returns the text of the value table for a raw value.
func (s *Signal) Meaning(raw int64) (text string, ok bool) {
	for _, m := range s.Values {
		if m.Raw == raw {
			return m.Text, true
		}
	}
	return "", false
}

func find(signals []*Signal, name string) *Signal {
	for _, s := range signals {
		if s.Name == name {
			return s
		}
	}
	return nil
}
