package outbox

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"time"

	"go.etcd.io/bbolt"

	"glovebox/hal"
	"glovebox/profiles"
	"glovebox/telemetry"
	"glovebox/telemetry/outside"
)

const (
	fileName = "outbox.db" // what a record is sealed for, whatever the path
	schema   = 1
)

// item is what the index knows of one message. It is never changed once it is in.
type item struct {
	id      uint64
	tag     *tagged
	code    string    // of an alarm
	slot    time.Time // UTC
	size    int
	put     hal.Instant // Boot is of this boot, also of what was put before it
	loaded  bool        // it was put in an earlier run
	stamped bool
	missed  *missed // of a gap record
}

// age is how long it has waited. Within one run the boot clock alone counts: the wall
// clock may be set at any time.
func (it *item) age(now hal.Instant) time.Duration { return now.Since(it.put) }

// since is the boot time at which something was put in an earlier run, by the wall clock,
// and now at the latest. A wall clock that was never set says nothing.
func since(put time.Time, now hal.Instant) time.Duration {
	if !outside.ClockSet(put) || !outside.ClockSet(now.UTC) {
		return now.Boot
	}
	return now.Boot - max(0, now.UTC.Sub(put))
}

// A record, before it is sealed (integers big endian, times as Unix ns):
//
//	version 1 │ put 8 │ epoch 16 │ seq 8 │ length 2 │ missed │ message
//	missed: first 8 │ last 8 │ dropped 8 │ kind, reason: length 1 and text each
const (
	recordVersion = 1
	headLen       = 1 + 8 + 16 + 8 + 2
)

var errRecord = errors.New("the record is not whole")

// encode makes a record.
func encode(put time.Time, epoch string, seq uint64, m *missed, message []byte) ([]byte, error) {
	b := make([]byte, 0, headLen+64+len(message))
	b = append(b, recordVersion)
	b = binary.BigEndian.AppendUint64(b, uint64(put.UnixNano()))
	stamp := make([]byte, 16)
	if epoch != "" {
		if n, err := hex.Decode(stamp, []byte(epoch)); err != nil || n != 16 {
			return nil, fmt.Errorf("epoch %q: want 32 hex digits", epoch)
		}
	}
	b = append(b, stamp...)
	b = binary.BigEndian.AppendUint64(b, seq)
	gap := m.encode()
	b = binary.BigEndian.AppendUint16(b, uint16(len(gap)))
	b = append(b, gap...)
	return append(b, message...), nil
}

func (m *missed) encode() []byte {
	if m == nil {
		return nil
	}
	b := binary.BigEndian.AppendUint64(nil, uint64(m.first.UnixNano()))
	b = binary.BigEndian.AppendUint64(b, uint64(m.last.UnixNano()))
	b = binary.BigEndian.AppendUint64(b, m.dropped)
	b = append(append(b, byte(len(m.kind))), m.kind...)
	return append(append(b, byte(len(m.reason))), m.reason...)
}

func decodeMissed(b []byte) (*missed, error) {
	if len(b) == 0 {
		return nil, nil
	}
	if len(b) < 3*8+2 {
		return nil, errRecord
	}
	m := &missed{first: unix(b), last: unix(b[8:]), dropped: binary.BigEndian.Uint64(b[16:])}
	b = b[24:]
	text := func() (s string) {
		if len(b) > 0 && len(b) > int(b[0]) {
			s, b = string(b[1:1+b[0]]), b[1+b[0]:]
		}
		return s
	}
	m.kind, m.reason = outside.Kind(text()), outside.Reason(text())
	if m.kind == "" || m.reason == "" || len(b) != 0 {
		return nil, errRecord
	}
	return m, nil
}

func unix(b []byte) time.Time { return time.Unix(0, int64(binary.BigEndian.Uint64(b))).UTC() }

// record is a record as it was before it was sealed.
type record struct {
	put     time.Time
	epoch   []byte // 16 bytes
	seq     uint64 // zero until it is stamped
	missed  *missed
	content []byte
}

// unseal opens and splits a record.
func unseal(sealer Sealer, owner profiles.ID, id uint64, sealed []byte) (r record, err error) {
	b, err := sealer.Open(owner, fileName, sealKey(id), schema, sealed)
	if err != nil {
		return r, fmt.Errorf("message %d: %w", id, err)
	}
	if len(b) < headLen || b[0] != recordVersion {
		return r, fmt.Errorf("message %d: %w", id, errRecord)
	}
	r = record{put: unix(b[1:]), epoch: b[9:25], seq: binary.BigEndian.Uint64(b[25:])}
	gap := int(binary.BigEndian.Uint16(b[33:]))
	if b = b[headLen:]; len(b) < gap {
		return r, fmt.Errorf("message %d: %w", id, errRecord)
	}
	if r.missed, err = decodeMissed(b[:gap]); err != nil {
		return r, fmt.Errorf("message %d: %w", id, err)
	}
	r.content = b[gap:]
	return r, nil
}

// name is the epoch of the first hand-over; empty before.
func (r record) name() string {
	if r.seq == 0 {
		return ""
	}
	return hex.EncodeToString(r.epoch)
}

// kept is the message of a record.
func (r record) kept(id uint64) (k telemetry.Kept, err error) {
	if k.Released, err = outside.UnmarshalReleased(r.content); err != nil {
		return k, fmt.Errorf("message %d: %w", id, err)
	}
	k.ID = id
	if r.seq != 0 {
		k.Epoch, k.Seq, k.Resend = r.name(), r.seq, true
	}
	return k, nil
}

// fetch reads an item's message.
func (o *Outbox) fetch(tx *bbolt.Tx, it *item) (telemetry.Kept, error) {
	r, err := unseal(o.sealer, it.tag.owner, it.id, tx.Bucket(it.tag.bucket).Get(key(it.id)))
	if err != nil {
		return telemetry.Kept{}, err
	}
	return r.kept(it.id)
}

func key(id uint64) []byte { return binary.BigEndian.AppendUint64(nil, id) }

func number(key []byte) uint64 { return binary.BigEndian.Uint64(key) }

func sealKey(id uint64) string { return strconv.FormatUint(id, 10) }

// ownerOf is the person under whose key the messages of a reader are sealed; a
// reader who is no person has the car's own.
func ownerOf(reader string) profiles.ID {
	id, _ := profiles.ParseID(reader) // zero where it is none
	return id
}
