package ni_test

import (
	"bytes"
	"compress/gzip"
	"crypto/ecdh"
	"crypto/hpke"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/go-jose/go-jose/v4"
)

// trace is what went over the wire of one world.
type trace struct {
	s         *skeleton
	wires     []Wire
	taps      []tapped
	acts      []string
	processes int
}

// observer is who looks, and at what.
type observer struct {
	name      string
	mailboxes []string
	state     bool // the retained state, and the will
	all       bool // every topic
	events    bool // of the connection
	limited   bool // may not have the place
	padded    bool // gets what is padded
	key       *ecdh.PrivateKey
}

// observers are the readers of a skeleton, workshop and back end, and the broker.
func (s *skeleton) observers() (all []observer) {
	for i, p := range s.people {
		boxes, limited := s.mailboxesOf(i)
		all = append(all, observer{name: fmt.Sprintf("person %d", i), mailboxes: boxes, limited: limited, padded: limited, key: p.seal})
	}
	return append(all,
		observer{name: "workshop", mailboxes: []string{s.workshop}, limited: true},
		observer{name: "back end", mailboxes: []string{s.backend, s.inbox}, state: true, limited: true},
		observer{name: "broker", all: true, state: true, events: true})
}

// sees are the wires that an observer may read, in order.
func (t trace) sees(o observer) (seen []Wire) {
	for _, w := range t.wires {
		parts := strings.Split(w.topic, "/") // gb/1/VID/to/MAILBOX/…, gb/1/VID/ack/MAILBOX, gb/1/VID/state
		switch {
		case w.event == "mute":
		case w.event == "will" && (o.state || o.events), w.event != "" && o.events:
			seen = append(seen, w)
		case w.event != "":
		case o.all, len(parts) == 4 && o.state, len(parts) > 4 && slices.Contains(o.mailboxes, parts[4]):
			seen = append(seen, w)
		}
	}
	return seen
}

// difference names the first difference between what two worlds show an observer.
func difference(o observer, a, b trace) string {
	one, other := a.sees(o), b.sees(o)
	for i := range min(len(one), len(other)) {
		if !same(o, a.s, one[i], other[i]) {
			return fmt.Sprintf("%s, wire %d of %d and %d, %s\n%s\n%s", o.name, i, len(one), len(other), one[i].class(), a.s.shown(o, one[i]), a.s.shown(o, other[i]))
		}
	}
	if n := min(len(one), len(other)); len(one) != len(other) {
		more := slices.Concat(one[n:], other[n:])[0]
		return fmt.Sprintf("%s, %d wires and %d, %s\n%s", o.name, len(one), len(other), more.class(), more.dump())
	}
	return ""
}

// same compares two wires; what is sealed is compared by length, and opened.
func same(o observer, s *skeleton, a, b Wire) bool {
	if a.at != b.at || a.event != b.event || a.topic != b.topic || a.qos != b.qos || a.retain != b.retain || a.resend != b.resend || len(a.payload) != len(b.payload) {
		return false
	}
	if !strings.HasSuffix(a.topic, "/hpke") {
		return bytes.Equal(a.payload, b.payload)
	}
	if o.key == nil {
		return o.all // a broker sees the length
	}
	one, err := s.opened(o.key, a)
	other, err2 := s.opened(o.key, b)
	return err == nil && err2 == nil && bytes.Equal(one, other)
}

// opened is what is inside a seal, signed by the car.
func (s *skeleton) opened(key *ecdh.PrivateKey, w Wire) ([]byte, error) {
	private, err := hpke.NewDHKEMPrivateKey(key)
	if err != nil {
		return nil, err
	}
	mailbox := strings.Split(w.topic, "/")[4]
	var plain []byte
	for version := range s.documents { // the newest that the car had then
		info := binary.BigEndian.AppendUint64([]byte("glovebox/1/seal\x00"+s.identity.VID+mailbox), uint64(version+1))
		r, err := hpke.NewRecipient(w.payload[1:33], private, hpke.HKDFSHA256(), hpke.AES128GCM(), info)
		if err != nil {
			return nil, err
		}
		if plain, err = r.Open([]byte(w.topic), w.payload[33:]); err == nil {
			break
		}
	}
	jws, err := jose.ParseSignedCompact(strings.TrimRight(string(plain), "\x00"), []jose.SignatureAlgorithm{jose.EdDSA})
	if err != nil {
		return nil, err
	}
	return jws.Verify(s.identity.Sign.Public())
}

// shown is a wire as an observer reads it.
func (s *skeleton) shown(o observer, w Wire) string {
	if o.key != nil && strings.HasSuffix(w.topic, "/hpke") {
		if plain, err := s.opened(o.key, w); err == nil {
			w.payload = plain
		}
	}
	return w.dump()
}

// class is what the policy calls a wire, as far as its topic says.
func (w Wire) class() string {
	if w.event != "" {
		return "link: " + w.event
	}
	parts := strings.Split(w.topic, "/")
	return strings.Join(parts[3:], "/")
}

func (w Wire) dump() string {
	const most = 3000
	text := strings.TrimRight(string(unzipped(w.payload)), " ")
	if len(text) > most {
		text = text[:most] + "…"
	}
	head := fmt.Sprintf("at %s %s %s qos %d retain %v resend %v, %d bytes", w.at, w.event, w.topic, w.qos, w.retain, w.resend, len(w.payload))
	return head + "\n" + text + "\n" + hex.Dump(w.payload[:min(64, len(w.payload))])
}

// unzipped is a payload as it was before it went gzipped, if it did.
func unzipped(payload []byte) []byte {
	r, err := gzip.NewReader(bytes.NewReader(payload))
	if err != nil {
		return payload
	}
	plain, err := io.ReadAll(r)
	if err != nil {
		return payload
	}
	return plain
}
