package outbox_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"glovebox/telemetry"
	"glovebox/telemetry/outbox"
	"glovebox/telemetry/outside"
)

// entry is a message in the model.
type entry struct {
	mailbox, code, severity string // severity tells two states of an alarm apart
	seq                     uint64 // zero until it is stamped
	at                      time.Time
	reason                  string // of a gap record
	dropped                 int
}

// model is the outbox as a plain list. Its alarms are all of the same size.
type model struct {
	most    int // messages per mailbox
	maxAge  time.Duration
	now     time.Time
	waiting []entry
	last    map[string]uint64 // number given last, by mailbox
}

func (m *model) put(e entry) {
	e.at = m.now
	m.waiting = append(m.waiting, e)
	for i, w := range m.waiting[:len(m.waiting)-1] {
		if w.reason == "" && w.mailbox == e.mailbox && w.code == e.code && w.seq == 0 {
			m.waiting = slices.Delete(m.waiting, i, i+1)
			return
		}
	}
}

// trim drops what is over the bounds and tells the readers, with what was lost
// before because of a purge.
func (m *model) trim(purged []entry) {
	lost := slices.Clone(purged)
	for _, mailbox := range mailboxes {
		for {
			i := slices.IndexFunc(m.waiting, func(w entry) bool { return w.mailbox == mailbox })
			if i < 0 || m.now.Sub(m.waiting[i].at) <= m.maxAge {
				break
			}
			lost = m.drop(lost, i, "age")
		}
		for {
			is := func(w entry) bool { return w.mailbox == mailbox && w.reason == "" }
			n := 0
			for _, w := range m.waiting {
				if is(w) {
					n++
				}
			}
			if n <= m.most {
				break
			}
			lost = m.drop(lost, slices.IndexFunc(m.waiting, is), "bytes")
		}
	}
	for _, l := range lost {
		same := func(w entry) bool {
			return w.mailbox == l.mailbox && w.reason == l.reason && w.seq == 0
		}
		e := entry{mailbox: l.mailbox, at: m.now, reason: l.reason, dropped: 1}
		if i := slices.IndexFunc(m.waiting, same); i >= 0 {
			e.dropped += m.waiting[i].dropped
			m.waiting = slices.Delete(m.waiting, i, i+1)
		}
		m.waiting = append(m.waiting, e)
	}
}

func (m *model) drop(lost []entry, i int, reason string) []entry {
	e := m.waiting[i]
	m.waiting = slices.Delete(m.waiting, i, i+1)
	if e.reason != "" {
		return lost
	}
	e.reason = reason
	return append(lost, e)
}

// of is what waits for one mailbox, as text.
func (m *model) of(mailbox string) (all []string) {
	for _, w := range m.waiting {
		if w.mailbox == mailbox {
			all = append(all, fmt.Sprintf("%s %s %d %s %d", w.code, w.severity, w.seq, w.reason, w.dropped))
		}
	}
	return all
}

// readers of the same column and length of id, so that their messages are of
// the same size.
var (
	readers = []outside.Reader{
		anna,
		{ID: lea.ID, Mailbox: lea.Mailbox, Column: anna.Column},
		{ID: "0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c", Mailbox: workshop.Mailbox, Column: anna.Column},
	}
	mailboxes = []string{anna.Mailbox, lea.Mailbox, workshop.Mailbox}
)

// seen is what waits for one mailbox in the outbox, as text.
func seen(t testing.TB, kept []telemetry.Kept, mailbox string) (all []string) {
	for _, k := range kept {
		if k.Released.Mailbox() != mailbox {
			continue
		}
		var p struct {
			Alarm, Severity, Reason string
			Dropped                 int
		}
		if err := json.Unmarshal([]byte(text(t, k)), &p); err != nil {
			t.Fatal(err)
		}
		all = append(all, fmt.Sprintf("%s %s %d %s %d", p.Alarm, p.Severity, k.Seq, p.Reason, p.Dropped))
	}
	return all
}

// Whatever is put, stamped, done and purged, however often the file is opened
// again and whatever the clock does, the outbox holds what a plain list would.
func TestOutboxIsAPlainList(t *testing.T) {
	probe := newBox(t, roomy)
	probe.put(alarm(t, anna, "code-0", "state-0", probe.clock))
	size := int64(probe.keys.last)

	rapid.Check(t, func(rt *rapid.T) {
		most := rapid.IntRange(1, 4).Draw(rt, "most")
		b := newBox(t, outbox.Bounds{MaxBytes: int64(most)*size + rapid.Int64Range(0, size-1).Draw(rt, "spare"), MaxAge: time.Hour})
		defer func() { _ = b.Close() }()
		m := &model{most: most, maxAge: time.Hour, now: b.clock.UTC, last: map[string]uint64{}}
		states := 0

		rt.Repeat(map[string]func(*rapid.T){
			"put": func(rt *rapid.T) {
				var messages []outside.Released
				for range rapid.IntRange(1, 4).Draw(rt, "n") {
					to := rapid.SampledFrom(readers).Draw(rt, "to")
					e := entry{mailbox: to.Mailbox, code: fmt.Sprintf("code-%d", rapid.IntRange(0, 5).Draw(rt, "code")), severity: fmt.Sprintf("state-%d", states%10)}
					states++
					messages = append(messages, alarm(t, to, e.code, e.severity, b.clock))
					m.put(e)
				}
				m.trim(nil)
				b.put(messages...)
			},
			"hand over": func(rt *rapid.T) {
				kept := b.next()
				m.trim(nil)
				n := rapid.IntRange(0, len(kept)).Draw(rt, "n")
				var send []uint64
				left := map[string]int{}
				for _, k := range kept[:n] {
					send = append(send, k.ID)
					left[k.Released.Mailbox()]++
				}
				b.settle(nil, send, counter(m.last))
				m.stamp(left)
			},
			"done": func(rt *rapid.T) {
				kept := b.next()
				m.trim(nil)
				if len(kept) == 0 {
					return
				}
				k := rapid.SampledFrom(kept).Draw(rt, "which")
				place := 0
				for _, other := range kept {
					if other.ID < k.ID && other.Released.Mailbox() == k.Released.Mailbox() {
						place++
					}
				}
				b.settle([]uint64{k.ID}, nil, nil)
				m.remove(k.Released.Mailbox(), place)
			},
			"purge": func(rt *rapid.T) {
				mailbox := rapid.SampledFrom(mailboxes).Draw(rt, "mailbox")
				told := rapid.Bool().Draw(rt, "told")
				if _, err := b.Purge(func(tag outside.Tag, _ int) bool {
					return tag.Mailbox != mailbox || told && tag.Kind == outside.KindGaps
				}); err != nil {
					rt.Fatal(err)
				}
				var purged []entry
				m.waiting = slices.DeleteFunc(m.waiting, func(w entry) bool {
					gone := w.mailbox == mailbox && (!told || w.reason == "")
					if gone && told && w.seq != 0 {
						w.reason = "age"
						purged = append(purged, w)
					}
					return gone
				})
				m.trim(purged)
			},
			"reopen": func(*rapid.T) { b.reopen(); m.trim(nil) },
			"wait": func(rt *rapid.T) {
				d := time.Duration(rapid.IntRange(0, 40).Draw(rt, "minutes")) * time.Minute
				b.clock.UTC, b.clock.Boot, m.now = b.clock.UTC.Add(d), b.clock.Boot+d, m.now.Add(d)
			},
			"": func(rt *rapid.T) {
				kept := b.next()
				m.trim(nil)
				if !slices.IsSortedFunc(kept, func(a, b telemetry.Kept) int { return int(int64(a.ID) - int64(b.ID)) }) {
					rt.Fatal("out of order")
				}
				for _, mailbox := range mailboxes {
					if got, want := seen(t, kept, mailbox), m.of(mailbox); !slices.Equal(got, want) {
						rt.Fatalf("mailbox %s:\n got %q\nwant %q", mailbox[:2], got, want)
					}
				}
			},
		})
	})
}

// stamp numbers the first entries of each mailbox, as many as left says.
func (m *model) stamp(left map[string]int) {
	for i, w := range m.waiting {
		if left[w.mailbox] == 0 {
			continue
		}
		left[w.mailbox]--
		if w.seq == 0 {
			m.last[w.mailbox]++
			m.waiting[i].seq = m.last[w.mailbox]
		}
	}
}

// remove forgets the n-th entry of a mailbox.
func (m *model) remove(mailbox string, n int) {
	for i, w := range m.waiting {
		if w.mailbox != mailbox {
			continue
		}
		if n == 0 {
			m.waiting = slices.Delete(m.waiting, i, i+1)
			return
		}
		n--
	}
}
