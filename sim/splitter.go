package sim

import (
	"bytes"
	"encoding/binary"
	"time"

	"github.com/eclipse/paho.mqtt.golang/packets"
)

// splitter finds the messages in one direction of an MQTT 3.1.1 line.
type splitter struct {
	out  bool
	emit func(Publish)
	held []byte // an incomplete packet
	acks []byte // copies of the messages of QoS 1 since between was asked
	lost bool   // what came is not MQTT: nothing more is found
}

// mostPacket is the largest packet of MQTT: its length has 28 bits.
const mostPacket = 1 << 28

// feed takes the next bytes and emits every message that is complete.
func (s *splitter) feed(p []byte) {
	if s.lost {
		return
	}
	s.held = append(s.held, p...)
	for {
		size, ok := packetSize(s.held)
		if !ok || len(s.held) < size {
			s.lost = !ok && len(s.held) >= 5
			return
		}
		packet, err := packets.ReadPacket(bytes.NewReader(s.held[:size]))
		if err != nil {
			s.lost = true
			return
		}
		if m, ok := packet.(*packets.PublishPacket); ok {
			if m.Qos == 1 && len(s.acks)+size <= mostCopied {
				s.acks = append(s.acks, s.held[:size]...)
				s.acks[len(s.acks)-size] |= 1 << 3 // DUP (MQTT 3.1.1 section 3.3.1.1)
			}
			s.emit(Publish{At: time.Now(), Out: s.out, Topic: m.TopicName, QoS: m.Qos, Retain: m.Retain, Dup: m.Dup, Payload: m.Payload})
		}
		s.held = append(s.held[:0], s.held[size:]...)
	}
}

// mostCopied is how much of an unfinished stretch is copied at most.
const mostCopied = 1 << 20

// between returns the messages of QoS 1 that were complete since it was asked
// last, marked as duplicates; nil in the middle of a packet. It is good until the
// next feed.
func (s *splitter) between() []byte {
	if len(s.held) > 0 || s.lost {
		return nil
	}
	again := s.acks
	s.acks = s.acks[:0]
	return again
}

// packetSize reads a fixed header: type and flags, then the length in one to
// four bytes of seven bits (MQTT 3.1.1 section 2.2.3). ok is false while the
// header is incomplete, and for good if it is none.
func packetSize(p []byte) (size int, ok bool) {
	if len(p) < 2 {
		return 0, false
	}
	rest, n := binary.Uvarint(p[1:min(len(p), 5)])
	if n <= 0 || rest >= mostPacket {
		return 0, false
	}
	return 1 + n + int(rest), true
}
