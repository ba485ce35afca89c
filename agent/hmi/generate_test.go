package hmi_test

import (
	"encoding/binary"
	"slices"
	"strings"

	"glovebox/agent/hmi/internal/rawbus"
)

// generate makes a call of a member out of the fuzzer's bytes:
//
//	0 order member signature body    as it stands; member and signature with their lengths before them
//	1 … 63 choice                    a generated body, then some of its bytes changed
//	64 … 255 choice                  a generated body
//
// The lowest bit of order and choice is the byte order; the others of choice are the member.
func generate(data []byte, members []realMember) rawbus.Message {
	g := &generator{data: data}
	mode, choice := g.byte(), g.byte()
	g.Big = choice&1 == 1
	member := members[int(choice>>1)%len(members)]
	if mode == 0 {
		name := g.text()
		member = members[max(0, slices.IndexFunc(members, func(m realMember) bool { return m.name == name }))]
	}
	m := rawbus.Message{Kind: rawbus.Call, Path: member.path, Interface: member.iface, Member: member.name, Signature: member.in, Big: g.Big}
	if mode == 0 {
		m.Signature, m.Body = g.text(), g.data
		if m.Signature == "" || strings.Contains(m.Signature, "\x00") { // no bus carries such a message
			m.Signature, m.Body = "", nil
		}
		return m
	}
	for rest := member.in; rest != ""; {
		t := oneType(rest)
		g.value(t, 0)
		rest = rest[len(t):]
	}
	m.Body = g.B
	for n := int(mode); mode < 64 && n > 0 && len(m.Body) > 0; n /= 4 {
		at := int(binary.BigEndian.Uint16([]byte{g.byte(), g.byte()})) % len(m.Body)
		switch g.byte() % 4 {
		case 0:
			m.Body = m.Body[:at]
		case 1:
			m.Body = append(m.Body, g.byte())
		default:
			m.Body[at] = g.byte()
		}
	}
	if m.Signature == "" {
		m.Body = nil
	}
	return m
}

// generator marshals values that the bytes choose; where they end everything is 0.
type generator struct {
	rawbus.Wire
	data []byte
}

func (g *generator) byte() byte {
	if len(g.data) == 0 {
		return 0
	}
	b := g.data[0]
	g.data = g.data[1:]
	return b
}

func (g *generator) text() string {
	n := min(int(g.byte()), len(g.data))
	text := string(g.data[:n])
	g.data = g.data[n:]
	return text
}

// words are keys and texts that mean something here, and some that do not.
var words = []string{"", "radio", "volume", "favourites", "wait", "app.maps", "navigation", "home", "name", "latitude", "Küste", "limit", "after", "x",
	"org.glovebox.Session1", "State", "/org/glovebox/Agent1/profile/x"}

var paths = []string{"/", "/org/glovebox/Agent1", "/org/glovebox/Agent1/profile/aa010000000000000000000000000000", "/a/b_1"}

// value writes a value of a complete type, well formed.
func (g *generator) value(t string, depth int) {
	switch t[0] {
	case 'y':
		g.Raw(g.byte())
	case 'b':
		g.U32(uint32(g.byte() & 1))
	case 'n', 'q':
		g.U16(uint16(g.byte()) << (g.byte() & 8))
	case 'i', 'u':
		g.U32(uint32(g.byte()) << (g.byte() & 31))
	case 'x', 't', 'd':
		g.U64(uint64(g.byte()) << (g.byte() & 63))
	case 's':
		g.S(strings.Repeat(words[int(g.byte())%len(words)], 1+int(g.byte()&1)*int(g.byte())))
	case 'o':
		g.S(paths[int(g.byte())%len(paths)])
	case 'g':
		g.G(g.aType(4))
	case 'h':
		g.U32(uint32(g.byte() & 128)) // mostly the first
	case 'v':
		inner := g.aType(3)
		g.G(inner)
		g.value(inner, depth+1)
	case '(':
		g.Pad(8)
		for rest := t[1 : len(t)-1]; rest != ""; {
			one := oneType(rest)
			g.value(one, depth+1)
			rest = rest[len(one):]
		}
	case 'a':
		g.array(t[1:], depth+1)
	}
}

func (g *generator) array(t string, depth int) {
	count := int(g.byte()) % 6
	if depth < 2 && g.byte() > 250 {
		count *= 1 + int(g.byte())
	}
	if depth > 12 {
		count = 0
	}
	alignment := 1
	switch {
	case t[0] == '{' || strings.Contains("xtd(", t[:1]):
		alignment = 8
	case strings.Contains("iubsoah", t[:1]):
		alignment = 4
	case strings.Contains("nq", t[:1]):
		alignment = 2
	}
	g.Array(alignment, func() {
		for range count {
			if t[0] == '{' {
				g.Pad(8)
				g.value(t[1:2], depth)
				g.value(t[2:len(t)-1], depth)
			} else {
				g.value(t, depth)
			}
		}
	})
}

// aType chooses a complete type, mostly one that a setting can hold.
func (g *generator) aType(room int) string {
	choice := g.byte()
	switch {
	case choice > 252:
		return "h"
	case choice > 250:
		return "a{" + string("bgv"[choice&1:][:1]) + "v}"
	case room == 0 || choice < 120:
		return string("ybnqiuxtdsogv"[choice%13])
	case choice < 150:
		return []string{"as", "a{sv}", "aa{sv}"}[choice%3]
	case choice < 185:
		return "a" + g.aType(room-1)
	case choice < 220:
		return "a{" + string("ynqiuxtdso"[choice%10]) + g.aType(room-1) + "}"
	case choice < 235:
		return "v"
	}
	inner := g.aType(room - 1)
	for range choice & 3 {
		inner += g.aType(room - 1)
	}
	return "(" + inner + ")"
}

// oneType is the first complete type of a signature that is right.
func oneType(s string) string {
	switch s[0] {
	case 'a':
		return "a" + oneType(s[1:])
	case '(', '{':
		at := 1
		for s[at] != ')' && s[at] != '}' {
			at += len(oneType(s[at:]))
		}
		return s[:at+1]
	}
	return s[:1]
}
