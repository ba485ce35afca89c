package fence

import (
	"bytes"
	"encoding/binary"
	"errors"
	"unicode/utf8"
)

// What can be wrong with marshalled bytes. Each is one sentence for the caller.
var (
	errShort   = errors.New("a value is longer than what holds it")
	errPadding = errors.New("the padding before a value is not made of zeros")
	errText    = errors.New("a string is not UTF-8 or has no zero behind it and only there")
	errPath    = errors.New("an object path is not valid")
	errBoolean = errors.New("a boolean is neither 0 nor 1")
	errType    = errors.New("a value has a type that no setting can hold")
	errDeep    = errors.New("the values are nested too deep")
	errHandle  = errors.New("a file descriptor is not the one whose turn it is")
	errArray   = errors.New("an array does not end where its length says")
	errMore    = errors.New("there is more than the signature names")
	errMemory  = errors.New("the values take far more memory than their message")
)

// cursor reads marshalled values and never leaves its bytes (D-Bus Specification,
// "Marshaling (Wire Format)"). Offset 0 is a place where a message or a body
// begins, so that alignment counts from there. After the first error it stands at
// its end and reads zeros.
type cursor struct {
	b   []byte
	at  int
	big bool // the byte order of the message
	err error
}

func (c *cursor) fail(err error) {
	if c.err == nil {
		c.err = err
	}
	c.at = len(c.b)
}

// bytes are the next n, nil where there are fewer.
func (c *cursor) bytes(n int) []byte {
	if n < 0 || n > len(c.b)-c.at {
		c.fail(errShort)
		return nil
	}
	c.at += n
	return c.b[c.at-n : c.at]
}

// align skips the padding before a value of that alignment, a power of two.
func (c *cursor) align(n int) {
	for _, pad := range c.bytes(-c.at & (n - 1)) {
		if pad != 0 {
			c.fail(errPadding)
		}
	}
}

func (c *cursor) uint8() byte {
	if p := c.bytes(1); p != nil {
		return p[0]
	}
	return 0
}

func (c *cursor) uint32() uint32 {
	c.align(4)
	p := c.bytes(4)
	switch {
	case p == nil:
		return 0
	case c.big:
		return binary.BigEndian.Uint32(p)
	}
	return binary.LittleEndian.Uint32(p)
}

// text is a STRING or an OBJECT_PATH.
func (c *cursor) text() []byte {
	n := c.uint32()
	if uint64(n) >= uint64(len(c.b)-c.at) {
		c.fail(errShort)
		return nil
	}
	p := c.bytes(int(n) + 1)
	if bytes.IndexByte(p, 0) != int(n) || !utf8.Valid(p) {
		c.fail(errText)
		return nil
	}
	return p[:n]
}

// signature is a SIGNATURE; what it names is not looked at.
func (c *cursor) signature() []byte {
	n := int(c.uint8())
	p := c.bytes(n + 1)
	if p == nil || p[n] != 0 {
		c.fail(errText)
		return nil
	}
	return p[:n]
}

// validPath reports whether p is an object path (D-Bus Specification, "Valid
// Object Paths").
func validPath[T string | []byte](p T) bool {
	if len(p) == 0 || p[0] != '/' {
		return false
	}
	for i := 1; i < len(p); i++ {
		switch c := p[i]; {
		case c == '/':
			if p[i-1] == '/' {
				return false
			}
		case c != '_' && (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z'):
			return false
		}
	}
	return len(p) == 1 || p[len(p)-1] != '/'
}
