package fence

import (
	"encoding/binary"
	"errors"
)

// Kinds of messages (D-Bus Specification, "Message Types").
const (
	methodCall = 1 + iota
	methodReturn
	methodError
	signal
)

// Header fields (D-Bus Specification, "Header Fields"), and the type of each.
const (
	fieldPath = 1 + iota
	fieldInterface
	fieldMember
	fieldErrorName
	fieldReplySerial
	fieldDestination
	fieldSender
	fieldSignature
	fieldDescriptors
	fields
)

const fieldTypes = " osssussgu"

const (
	fixedLength = 16 // of the fixed part, with the length of the header fields
	maxFields   = 64 << 10
	maxMessage  = 128 << 20

	noReplyExpected = 1
	knownFlags      = 7
)

var errHeader = errors.New("the header of a message is not valid")

// Header is what a message says before its body.
type Header struct {
	Kind, Flags byte
	BigEndian   bool
	Length      int // bytes of the body
	Serial      uint32

	Path, Interface, Member, ErrorName string
	Destination, Sender, Signature     string
	ReplySerial, Descriptors           uint32
}

// lengths reads the fixed part: how long the header with its padding is, and the body.
func lengths(b []byte) (header, body int, err error) {
	c := cursor{b: b[:fixedLength], at: 4, big: b[0] == 'B'}
	length, _, named := c.uint32(), c.uint32(), c.uint32()
	if b[0] != 'l' && b[0] != 'B' || length > maxMessage || named > maxMessage || length+named > maxMessage {
		return 0, 0, errHeader
	}
	return (fixedLength + int(named) + 7) &^ 7, int(length), nil
}

// parseHeader reads a header, b, with its padding. Fields that it does not know
// are skipped, as the specification asks; a field that comes twice is refused.
func parseHeader(b []byte) (h Header, err error) {
	c := cursor{b: b, at: 4, big: b[0] == 'B'}
	h.Kind, h.Flags, h.BigEndian = b[1], b[2]&knownFlags, c.big
	h.Length, h.Serial = int(c.uint32()), c.uint32()
	end := fixedLength + int(c.uint32())
	if b[3] != 1 || h.Serial == 0 || end > len(b) {
		return h, errHeader
	}
	w := walk{cursor: c}
	var seen [fields]bool
	for w.b = b[:end]; w.at < end && w.err == nil; {
		w.align(8)
		field := w.uint8()
		if field == 0 {
			return h, errHeader
		}
		if field >= fields {
			w.container([]byte{'v'}, 0)
			continue
		}
		t := w.signature()
		if seen[field] || len(t) != 1 || t[0] != fieldTypes[field] {
			return h, errHeader
		}
		seen[field] = true
		h.set(field, &w.cursor)
	}
	w.b = b
	w.align(8)
	if w.err != nil || w.at != len(b) {
		return h, errHeader
	}
	return h, h.complete()
}

func (h *Header) set(field byte, c *cursor) {
	switch field {
	case fieldReplySerial:
		h.ReplySerial = c.uint32()
	case fieldDescriptors:
		h.Descriptors = c.uint32()
	case fieldSignature:
		h.Signature = string(c.signature())
	default:
		*h.text(field) = string(c.text())
	}
}

func (h *Header) text(field byte) *string {
	switch field {
	case fieldPath:
		return &h.Path
	case fieldInterface:
		return &h.Interface
	case fieldMember:
		return &h.Member
	case fieldErrorName:
		return &h.ErrorName
	case fieldDestination:
		return &h.Destination
	}
	return &h.Sender
}

// complete reports what a message of its kind must have and does not.
func (h *Header) complete() error {
	has := h.Path != "" && h.Member != ""
	switch h.Kind {
	case methodCall:
	case signal:
		has = has && h.Interface != ""
	case methodReturn:
		has = h.ReplySerial != 0
	case methodError:
		has = h.ReplySerial != 0 && h.ErrorName != ""
	default:
		has = false
	}
	if !has || h.Path != "" && !validPath(h.Path) || h.Signature == "" && h.Length > 0 {
		return errHeader
	}
	return nil
}

// append writes the header anew, with nothing in it but what was understood, and
// the padding before the body.
func (h *Header) append(b []byte) []byte {
	var order binary.AppendByteOrder = binary.LittleEndian
	mark := byte('l')
	if h.BigEndian {
		order, mark = binary.BigEndian, 'B'
	}
	start := len(b)
	b = append(b, mark, h.Kind, h.Flags, 1)
	b = order.AppendUint32(b, uint32(h.Length))
	b = order.AppendUint32(b, h.Serial)
	b = order.AppendUint32(b, 0) // the length of the fields, below
	field := func(code byte, t byte) {
		b = append(b, make([]byte, -(len(b)-start)&7)...)
		b = append(b, code, 1, t, 0)
	}
	for code := byte(fieldPath); code <= fieldSender; code++ {
		if code == fieldReplySerial {
			continue
		}
		if s := *h.text(code); s != "" {
			field(code, fieldTypes[code])
			b = append(append(order.AppendUint32(b, uint32(len(s))), s...), 0)
		}
	}
	if h.ReplySerial != 0 {
		field(fieldReplySerial, 'u')
		b = order.AppendUint32(b, h.ReplySerial)
	}
	if h.Descriptors != 0 {
		field(fieldDescriptors, 'u')
		b = order.AppendUint32(b, h.Descriptors)
	}
	if h.Signature != "" {
		field(fieldSignature, 'g')
		b = append(append(append(b, byte(len(h.Signature))), h.Signature...), 0)
	}
	if h.BigEndian {
		binary.BigEndian.PutUint32(b[start+12:], uint32(len(b)-start-fixedLength))
	} else {
		binary.LittleEndian.PutUint32(b[start+12:], uint32(len(b)-start-fixedLength))
	}
	return append(b, make([]byte, -(len(b)-start)&7)...)
}
