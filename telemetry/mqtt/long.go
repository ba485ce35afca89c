package mqtt

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
)

// longestInbound is the longest packet that is read into memory: more than any that the
// car takes.
const longestInbound = 128 << 10

var errPacket = errors.New("the broker sends no MQTT")

// measured is a stream on which no packet comes in that is too long. MQTT 3.1.1 lets one
// have 256 MiB, and the client takes memory for all of it. A message that is too long comes
// without its payload; any other such packet is an error. Only one goroutine may read.
type measured struct {
	net.Conn
	head []byte // to be read first
	pass int    // then so many bytes as they come
	skip int    // and so many not at all
}

func (m *measured) Read(p []byte) (n int, err error) {
	for len(m.head) == 0 && m.pass == 0 {
		if err := m.next(); err != nil {
			return 0, err
		}
	}
	if len(m.head) > 0 {
		n = copy(p, m.head)
		m.head = m.head[n:]
		return n, nil
	}
	n, err = m.Conn.Read(p[:min(len(p), m.pass)])
	m.pass -= n
	return n, err
}

// next drops what is left of a packet, and reads how the next one begins.
func (m *measured) next() error {
	n, err := io.CopyN(io.Discard, m.Conn, int64(m.skip))
	if m.skip -= int(n); err != nil {
		return err
	}
	first := make([]byte, 1, 8)
	if _, err := io.ReadFull(m.Conn, first); err != nil {
		return err
	}
	length, text, err := m.length()
	switch kind, qos := first[0]>>4, first[0]>>1&3; {
	case err != nil:
		return err
	case length <= longestInbound:
		m.head, m.pass = append(first, text...), length
		return nil
	case kind != publish:
		return errPacket
	default:
		return m.shorten(first, length, qos > 0)
	}
}

// publish is the type of a packet that holds a message.
const publish = 3

// length reads the length of what follows (MQTT 3.1.1, 2.2.3), and returns it as it stands
// there too.
func (m *measured) length() (n int, text []byte, err error) {
	for i := range 4 {
		var b [1]byte
		if _, err := io.ReadFull(m.Conn, b[:]); err != nil {
			return 0, nil, err
		}
		text = append(text, b[0])
		if n |= int(b[0]&0x7f) << (7 * i); b[0] < 0x80 {
			return n, text, nil
		}
	}
	return 0, nil, errPacket
}

// shorten makes a message of that length one without a payload. Numbered, it is one that
// the broker waits to have acknowledged.
func (m *measured) shorten(first []byte, length int, numbered bool) error {
	topic := make([]byte, 2)
	if _, err := io.ReadFull(m.Conn, topic); err != nil {
		return err
	}
	rest := int(binary.BigEndian.Uint16(topic))
	if numbered {
		rest += 2
	}
	topic = append(topic, make([]byte, rest)...) // less than longestInbound
	if _, err := io.ReadFull(m.Conn, topic[2:]); err != nil {
		return err
	}
	m.skip = length - len(topic)
	m.head = append(binary.AppendUvarint(first, uint64(len(topic))), topic...)
	return nil
}
