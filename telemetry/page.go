package telemetry

import (
	"bytes"
	"compress/flate"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"glovebox/telemetry/outside"
)

// minute counts the minutes of UTC since 1970.
type minute int64

func minuteOf(t time.Time) minute { return minute(t.Unix() / 60) }

func (m minute) time() time.Time { return time.Unix(int64(m)*60, 0).UTC() }

// dated reports whether the clock was set in that minute.
func (m minute) dated() bool { return outside.ClockSet(m.time()) }

// leaf is the entries of a page. Most of what they say they have in common: that stands
// once, in said.
type leaf struct {
	records []record
	said    []said
	index   map[string]int // of said
	newest  time.Duration  // boot time of the newest entry's first decision
}

// record is an entry but for its id.
type record struct {
	from, to minute
	said     int // index
	count    uint32
}

// said is what an entry says beside its times.
type said struct {
	Class     string   `json:"class"`
	Reader    string   `json:"reader"`
	Kind      string   `json:"kind"`
	Outcome   string   `json:"outcome"`
	Rule      string   `json:"rule"`
	LimitedBy []string `json:"limited_by"`
}

func newLeaf() *leaf { return &leaf{index: map[string]int{}} }

// recordBytes is what a record takes in memory.
const recordBytes = 32

// add appends a record and returns about how many bytes more the leaf takes in memory.
func (l *leaf) add(r record, of run, limitedBy []string, boot time.Duration) (grown int64) {
	s := said{string(of.class), of.reader, string(of.kind), string(of.outcome), of.rule, limitedBy}
	key := strings.Join(append([]string{s.Class, s.Reader, s.Kind, s.Outcome, s.Rule}, limitedBy...), "\n")
	i, known := l.index[key]
	if !known {
		i = len(l.said)
		s.LimitedBy = slices.Clone(limitedBy)
		l.said, l.index[key] = append(l.said, s), i
		grown = int64(2 * len(key))
	}
	r.said = i
	l.records, l.newest = append(l.records, r), boot
	return grown + recordBytes
}

// snapshot is a leaf that nobody changes: what it shares only grows.
func (l *leaf) snapshot() *leaf { return &leaf{records: slices.Clone(l.records), said: l.said} }

// entry is the i-th entry of a page.
func (l *leaf) entry(number uint64, i int) Entry {
	r := l.records[i]
	s := l.said[r.said]
	return Entry{
		ID: number + uint64(i), From: r.from.time(), To: r.to.time(), Class: s.Class, Reader: s.Reader, Kind: s.Kind,
		Outcome: s.Outcome, Rule: s.Rule, LimitedBy: slices.Clone(s.LimitedBy), Count: r.count,
	}
}

// stored is a leaf on disk: JSON, deflated (RFC 1951).
type stored struct {
	Said    []said     `json:"said"`
	Records [][4]int64 `json:"records"` // from, minutes to, said, count
}

// largest is more than any leaf has as JSON.
const largest = 4 << 20

func (l *leaf) encode() []byte {
	s := stored{Said: l.said, Records: make([][4]int64, len(l.records))}
	for i, r := range l.records {
		s.Records[i] = [4]int64{int64(r.from), int64(r.to - r.from), int64(r.said), int64(r.count)}
	}
	var out bytes.Buffer
	w, _ := flate.NewWriter(&out, flate.DefaultCompression) // fails for another level only
	_ = json.NewEncoder(w).Encode(s)                        // a buffer takes all
	_ = w.Close()
	return out.Bytes()
}

func decodeLeaf(data []byte) (*leaf, error) {
	var s stored
	if err := json.NewDecoder(io.LimitReader(flate.NewReader(bytes.NewReader(data)), largest)).Decode(&s); err != nil {
		return nil, fmt.Errorf("page of the ledger: %w", err)
	}
	l := &leaf{said: s.Said, records: make([]record, len(s.Records))}
	for i, r := range s.Records {
		if r[2] < 0 || r[2] >= int64(len(s.Said)) {
			return nil, fmt.Errorf("page of the ledger: entry %d says nothing", i)
		}
		l.records[i] = record{minute(r[0]), minute(r[0] + r[1]), int(r[2]), uint32(r[3])}
	}
	return l, nil
}
