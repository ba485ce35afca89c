// Package outbox is the kept queue on disk: what waits for the broker, reader
// by reader, bounded in bytes and age. Each message is sealed under the key of
// the person it goes to, or who wrote it, so a removed person's messages die with the key.
//
//	outbox.db   _meta: file id, schema; its sequence numbers the messages
//	            one bucket a tag, called by the person (zero for readers who are
//	            none) and the number of its first message:
//	                number 8 │ sealed record (record.go)
//
// So all that has a tag is forgotten in one step, however much that is.
// An index in memory holds order, sizes and ages; no content.
package outbox

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"go.etcd.io/bbolt"

	"glovebox/hal"
	"glovebox/profiles"
	"glovebox/telemetry"
	"glovebox/telemetry/outside"
)

// Sealer encrypts under the key of a person; the zero id is the car itself. It
// is safe to share.
type Sealer interface {
	Has(id profiles.ID) bool
	Seal(id profiles.ID, file, key string, schema uint32, plaintext []byte) ([]byte, error)
	Open(id profiles.ID, file, key string, schema uint32, sealed []byte) ([]byte, error)
}

// Bounds are how much waits for each mailbox at most: @queue.kept of the policy.
type Bounds struct {
	MaxBytes int64         // sealed records of messages; gap records are not counted
	MaxAge   time.Duration // by the boot clock; before this run by the wall clock
}

// Outbox is the queue. It implements telemetry.Outbox and is safe to share.
type Outbox struct {
	path   string
	sealer Sealer
	bounds Bounds
	now    func() hal.Instant

	opening sync.Mutex    // held while the file is opened or closed
	opened  chan struct{} // closed once what follows is set
	err     error         // why it is not open
	db      *bbolt.DB     // nil if it is not open
	dropped int           // at opening

	mu     sync.Mutex
	index  *index    // guarded by mu
	offset time.Time // guarded by mu; the wall clock when the boot clock was zero, as it was last seen
}

// Put keeps messages behind all others; they are on disk when it returns. One
// that cannot be sealed, for its person is gone, is refused without the others: it will
// never be taken. With an error none was kept, and all may be put again.
func (o *Outbox) Put(messages []outside.Released) (refused []outside.Released, err error) {
	if err := o.ready(); err != nil {
		return nil, err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	err = o.update(func(t *transaction) {
		for _, r := range messages {
			if !t.put(r) {
				refused = append(refused, r)
			}
		}
	})
	if err != nil {
		return nil, err
	}
	return refused, nil
}

// Next returns at most n messages after the id, in order.
func (o *Outbox) Next(after uint64, n int) ([]telemetry.Kept, error) {
	if err := o.ready(); err != nil {
		return nil, err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.stale() {
		if err := o.update(func(*transaction) {}); err != nil {
			return nil, err
		}
	}
	var kept []telemetry.Kept
	var unreadable []*item
	err := o.db.View(func(tx *bbolt.Tx) error {
		for _, it := range o.index.after(after, n) {
			k, err := o.fetch(tx, it)
			if err != nil {
				unreadable = append(unreadable, it)
				continue
			}
			kept = append(kept, k)
		}
		return nil
	})
	if len(unreadable) > 0 {
		err = o.update(func(t *transaction) { t.remove(unreadable...) })
	}
	return kept, err
}

// Settle forgets what is done and stamps what is about to be handed over, in
// one commit.
func (o *Outbox) Settle(done, send []uint64, stamp func(series string) (epoch string, seq uint64)) ([]telemetry.Kept, error) {
	if err := o.ready(); err != nil {
		return nil, err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	var kept []telemetry.Kept
	err := o.update(func(t *transaction) {
		for _, id := range done {
			if it := o.index.find(id); it != nil {
				t.remove(it)
			}
		}
		for _, id := range send {
			it := o.index.find(id)
			if it == nil {
				continue
			}
			k, err := o.fetch(t.tx, it)
			if err != nil {
				t.remove(it)
				continue
			}
			if !k.Resend {
				k.Epoch, k.Seq = stamp(outside.Series(it.tag.Mailbox, it.tag.Kind))
				t.stamp(it, k)
			}
			kept = append(kept, k)
		}
	})
	if err != nil {
		return nil, fmt.Errorf("settle outbox: %w", err)
	}
	return kept, nil
}

// stale reports whether something is too old, or the clock was corrected.
func (o *Outbox) stale() bool {
	now := o.now()
	return o.corrected(now) || slices.ContainsFunc(o.index.all(), func(t *tagged) bool { return o.expired(t.items[0], now) })
}

// expired reports whether an item waited longer than it may.
func (o *Outbox) expired(it *item, now hal.Instant) bool { return it.age(now) > o.bounds.MaxAge }
