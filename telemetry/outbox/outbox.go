// Package outbox is the kept queue on disk: what waits for the broker, reader
// by reader, bounded in bytes and age. Each message is sealed under the key of
// the person it goes to, so a removed person's messages die with the key.
//
//	outbox.db   _meta: file id, schema; its sequence numbers the messages
//	            one bucket a person (zero for readers who are none):
//	                number 8 │ sealed record (record.go)
//
// An index in memory holds order, sizes and ages; no content.
package outbox

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"maps"
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
	MaxAge   time.Duration // by the larger of boot and wall clock
}

// Outbox is the open queue. It implements telemetry.Outbox and is safe to share.
type Outbox struct {
	db      *bbolt.DB
	sealer  Sealer
	bounds  Bounds
	now     func() hal.Instant
	dropped int // at opening

	mu    sync.Mutex
	boxes map[string]*box // guarded by mu; by mailbox
}

// Open opens the queue in path, or makes a new one if there is no file. What
// cannot be unsealed, because the person was removed or the record is damaged,
// is dropped and counted in Dropped. The file must have passed Check.
func Open(path string, sealer Sealer, bounds Bounds, now func() hal.Instant) (*Outbox, error) {
	db, err := openFile(path)
	if err != nil {
		return nil, fmt.Errorf("open outbox: %w", err)
	}
	o := &Outbox{db: db, sealer: sealer, bounds: bounds, now: now, boxes: map[string]*box{}}
	if err := o.load(); err != nil {
		return nil, errors.Join(fmt.Errorf("open outbox: %w", err), db.Close())
	}
	return o, nil
}

// Close closes the file.
func (o *Outbox) Close() error { return o.db.Close() }

// Dropped is how many messages could not be read when the queue was opened.
func (o *Outbox) Dropped() int { return o.dropped }

// Len is how many messages wait.
func (o *Outbox) Len() (n int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, b := range o.boxes {
		n += len(b.items)
	}
	return n
}

// load builds the index.
func (o *Outbox) load() error {
	return o.update(func(d *draft) error {
		type bad struct {
			owner profiles.ID
			key   []byte
		}
		var unreadable []bad
		err := eachRecord(d.tx, func(owner profiles.ID, key, sealed []byte) error {
			it, _, err := o.read(owner, number(key), sealed)
			if err != nil {
				unreadable = append(unreadable, bad{owner, bytes.Clone(key)})
				return nil
			}
			it.put.Boot = d.now.Boot
			d.box(it.mailbox).add(it)
			return nil
		})
		if err != nil {
			return err
		}
		for _, u := range unreadable {
			if err := d.delete(u.owner, u.key); err != nil {
				return err
			}
		}
		o.dropped = len(unreadable)
		for _, b := range d.boxes {
			slices.SortFunc(b.items, func(a, b *item) int { return cmp.Compare(a.id, b.id) })
		}
		return nil
	})
}

// Put keeps messages behind all others; they are on disk when it returns. One
// that cannot be sealed, for its person is gone, is refused without the others.
func (o *Outbox) Put(messages []outside.Released) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	var refused []error
	err := o.update(func(d *draft) error {
		for _, r := range messages {
			if err := d.put(r); errors.Is(err, errRefused) {
				refused = append(refused, err)
			} else if err != nil {
				return err
			}
		}
		return nil
	})
	return errors.Join(append(refused, err)...)
}

// Next returns at most n messages after the id, in order.
func (o *Outbox) Next(after uint64, n int) ([]telemetry.Kept, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.stale() {
		if err := o.update(func(*draft) error { return nil }); err != nil {
			return nil, err
		}
	}
	var kept []telemetry.Kept
	var unreadable []*item
	err := o.db.View(func(tx *bbolt.Tx) error {
		for _, it := range o.after(after, n) {
			k, err := o.fetch(tx, it)
			if err != nil {
				unreadable = append(unreadable, it)
				continue
			}
			kept = append(kept, k)
		}
		return nil
	})
	if err == nil && len(unreadable) > 0 {
		err = o.update(func(d *draft) error { return d.remove(unreadable...) })
	}
	return kept, err
}

// after returns the first n items after the id.
func (o *Outbox) after(id uint64, n int) []*item {
	var all []*item
	for _, b := range o.boxes {
		i := b.search(id + 1)
		all = append(all, b.items[i:min(i+n, len(b.items))]...)
	}
	slices.SortFunc(all, func(a, b *item) int { return cmp.Compare(a.id, b.id) })
	return all[:min(n, len(all))]
}

// Settle forgets what is done and stamps what is about to be handed over, in
// one commit.
func (o *Outbox) Settle(done, send []uint64, stamp func(series string) (epoch string, seq uint64)) ([]telemetry.Kept, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(done) == 0 && len(send) == 0 {
		return nil, nil
	}
	var kept []telemetry.Kept
	err := o.update(func(d *draft) error {
		for _, id := range done {
			if it := d.find(id); it != nil {
				if err := d.remove(it); err != nil {
					return err
				}
			}
		}
		for _, id := range send {
			it := d.find(id)
			if it == nil {
				continue
			}
			k, err := o.fetch(d.tx, it)
			if err != nil {
				if err := d.remove(it); err != nil {
					return err
				}
				continue
			}
			if !k.Resend {
				k.Epoch, k.Seq = stamp(outside.Series(it.mailbox, it.kind))
				if err := d.stamp(it, k); err != nil {
					return err
				}
			}
			kept = append(kept, k)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("settle outbox: %w", err)
	}
	return kept, nil
}

// Purge forgets what keep refuses, and what cannot be read any more. Of what
// may have been handed over the reader is told that it is not sent again: it
// counts as too old.
func (o *Outbox) Purge(keep func(outside.Released) bool) (n int, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.boxes) == 0 {
		return 0, nil
	}
	err = o.update(func(d *draft) error {
		d.keep = keep
		for _, mailbox := range slices.Sorted(maps.Keys(o.boxes)) {
			for _, it := range slices.Clone(d.box(mailbox).items) {
				k, err := o.fetch(d.tx, it)
				if err == nil && keep(k.Released) {
					continue
				}
				n++
				if err := d.remove(it); err != nil {
					return err
				}
				if it.stamped {
					d.miss(it, outside.ReasonAge)
				}
			}
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("purge outbox: %w", err)
	}
	return n, nil
}

// stale reports whether a mailbox begins with something too old.
func (o *Outbox) stale() bool {
	now := o.now()
	for _, b := range o.boxes {
		if len(b.items) > 0 && o.expired(b.items[0], now) {
			return true
		}
	}
	return false
}

// expired reports whether an item waited longer than it may.
func (o *Outbox) expired(it *item, now hal.Instant) bool { return it.age(now) > o.bounds.MaxAge }
