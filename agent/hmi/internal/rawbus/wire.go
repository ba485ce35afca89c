// Package rawbus is for tests: a client and a bus that send any bytes, right or
// wrong. No library checks what they send.
package rawbus

import (
	"encoding/binary"
)

// Wire marshals values by hand (D-Bus Specification, "Marshaling (Wire Format)").
// The methods return it, so that a body reads as one line.
type Wire struct {
	B   []byte
	Big bool
}

func (w *Wire) order() binary.AppendByteOrder {
	if w.Big {
		return binary.BigEndian
	}
	return binary.LittleEndian
}

func (w *Wire) Pad(n int) *Wire {
	w.B = append(w.B, make([]byte, -len(w.B)&(n-1))...)
	return w
}

func (w *Wire) Raw(b ...byte) *Wire { w.B = append(w.B, b...); return w }

func (w *Wire) U16(v uint16) *Wire { w.Pad(2); w.B = w.order().AppendUint16(w.B, v); return w }

func (w *Wire) U32(v uint32) *Wire { w.Pad(4); w.B = w.order().AppendUint32(w.B, v); return w }

func (w *Wire) U64(v uint64) *Wire { w.Pad(8); w.B = w.order().AppendUint64(w.B, v); return w }

// S is a string or an object path.
func (w *Wire) S(s string) *Wire { w.U32(uint32(len(s))); w.B = append(append(w.B, s...), 0); return w }

// G is a signature, of a variant too.
func (w *Wire) G(s string) *Wire { w.B = append(append(append(w.B, byte(len(s))), s...), 0); return w }

// Array writes the length of what fill writes, which begins aligned.
func (w *Wire) Array(alignment int, fill func()) *Wire {
	w.U32(0)
	at := len(w.B)
	w.Pad(alignment)
	start := len(w.B)
	fill()
	length := w.order().AppendUint32(nil, uint32(len(w.B)-start))
	copy(w.B[at-4:], length)
	return w
}

// Entry is one entry of an a{sv}; the value follows.
func (w *Wire) Entry(key, signature string) *Wire { return w.Pad(8).S(key).G(signature) }

// Bag is an a{sv} with nothing in it.
func (w *Wire) Bag() *Wire { return w.Array(8, func() {}) }

// Kinds of messages and flags.
const (
	Call = 1 + iota
	Return
	Error
	Signal

	NoReply = 1
)

// Message is one to send, or one that was read.
type Message struct {
	Kind, Flags                           byte
	Serial, ReplySerial, Files            uint32
	Path, Interface, Member, ErrorName    string
	Destination, Sender, Signature, Extra string // Extra is the bytes of more header fields
	Body                                  []byte
	Big                                   bool
}

// Bytes are the message as it is sent.
func (m Message) Bytes() []byte {
	w := &Wire{Big: m.Big}
	mark := byte('l')
	if m.Big {
		mark = 'B'
	}
	w.Raw(mark, m.Kind, m.Flags, 1).U32(uint32(len(m.Body))).U32(m.Serial)
	w.Array(8, func() {
		field := func(code byte, t, v string) {
			if v != "" {
				w.Pad(8).Raw(code).G(t)
				if t == "g" {
					w.G(v)
				} else {
					w.S(v)
				}
			}
		}
		field(1, "o", m.Path)
		field(2, "s", m.Interface)
		field(3, "s", m.Member)
		field(4, "s", m.ErrorName)
		field(6, "s", m.Destination)
		field(7, "s", m.Sender)
		field(8, "g", m.Signature)
		if m.ReplySerial != 0 {
			w.Pad(8).Raw(5).G("u").U32(m.ReplySerial)
		}
		if m.Files != 0 {
			w.Pad(8).Raw(9).G("u").U32(m.Files)
		}
		if m.Extra != "" {
			w.Pad(8).Raw([]byte(m.Extra)...)
		}
	})
	return append(w.Pad(8).B, m.Body...)
}
