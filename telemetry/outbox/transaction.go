package outbox

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"go.etcd.io/bbolt"

	"glovebox/hal"
	"glovebox/telemetry"
	"glovebox/telemetry/outside"
)

// transaction is one commit. It changes the index as it goes; when the commit fails
// the index is as before.
type transaction struct {
	o     *Outbox
	tx    *bbolt.Tx
	index *index
	now   hal.Instant
	lost  []*lost
	keep  func(outside.Tag) bool // a gap record that is refused is not made
	err   error                  // what went wrong; then nothing is committed
}

// fail notes that the transaction must not be committed, unless err is nil.
func (t *transaction) fail(err error) { t.err = errors.Join(t.err, err) }

// update runs change in a transaction, then drops what is over the bounds and
// writes the gap records. Called with mu held.
func (o *Outbox) update(change func(*transaction)) error {
	t := &transaction{o: o, index: o.index, now: o.now(), keep: func(outside.Tag) bool { return true }}
	err := o.db.Update(func(tx *bbolt.Tx) error {
		t.tx = tx
		t.redate()
		change(t)
		t.trim()
		t.writeGaps()
		return t.err
	})
	if err != nil {
		o.index.rollback()
		return err
	}
	o.index.commit()
	o.offset = t.now.UTC.Add(-t.now.Boot)
	return nil
}

// put keeps one message, unless it cannot be sealed. An alarm takes the place of a
// waiting one of its code, a gap record that of the one it grows from.
func (t *transaction) put(r outside.Released) (kept bool) {
	if g, ok := r.Gap(); ok {
		return t.putGap(r, missed{gapOf{g.Kind, g.Reason}, g.First, g.Last, g.Dropped})
	}
	old := t.index.holder(r.Mailbox(), role{code: r.Code()})
	kept = t.add(r, nil)
	if kept && old != nil {
		t.remove(old)
	}
	return kept
}

// add writes a new record behind all others, unless it cannot be sealed.
func (t *transaction) add(r outside.Released, m *missed) (kept bool) {
	id, err := t.tx.Bucket(metaBucket).NextSequence()
	t.fail(err)
	content, err := r.MarshalBinary()
	if err != nil {
		return false
	}
	it := t.index.item(id, r.Head())
	it.put, it.missed = t.now, m
	if err := t.write(it, content, "", 0); err != nil {
		return false
	}
	t.index.swap(nil, it)
	return true
}

// write seals and stores a record and sets the item's size. The error is why it cannot
// be sealed: its person is gone.
func (t *transaction) write(it *item, content []byte, epoch string, seq uint64) error {
	plain, err := encode(it.put.UTC, epoch, seq, it.missed, content)
	if err != nil {
		return err
	}
	sealed, err := t.o.sealer.Seal(it.tag.owner, fileName, sealKey(it.id), schema, plain)
	if err != nil {
		return err
	}
	it.size = len(sealed)
	t.store(it.tag, it.id, sealed)
	return nil
}

// store puts a sealed record into the bucket of its tag.
func (t *transaction) store(tag *tagged, id uint64, sealed []byte) {
	bucket, err := t.tx.CreateBucketIfNotExists(tag.bucket)
	if err == nil {
		err = bucket.Put(key(id), sealed)
	}
	t.fail(err)
}

// stamp stores the number that a message is handed over with.
func (t *transaction) stamp(it *item, k telemetry.Kept) {
	content, err := k.Released.MarshalBinary()
	stamped := *it
	stamped.stamped = true
	if err = errors.Join(err, t.write(&stamped, content, k.Epoch, k.Seq)); err != nil {
		t.fail(fmt.Errorf("stamp message %d: %w", it.id, err))
	}
	t.index.swap(it, &stamped)
}

// remove forgets messages, and with the last one of a tag the bucket.
func (t *transaction) remove(items ...*item) {
	for _, it := range items {
		t.index.swap(it, nil)
		if len(it.tag.items) == 0 {
			t.fail(t.tx.DeleteBucket(it.tag.bucket))
		} else {
			t.fail(t.tx.Bucket(it.tag.bucket).Delete(key(it.id)))
		}
	}
}

// trim drops the oldest of each mailbox until it is within the bounds.
func (t *transaction) trim() {
	for _, mailbox := range slices.Sorted(maps.Keys(t.index.boxes)) {
		t.trimBox(mailbox)
	}
}

func (t *transaction) trimBox(mailbox string) {
	for {
		it, bytes := t.index.oldest(mailbox, false)
		reason := outside.ReasonAge
		switch {
		case it == nil:
			return
		case t.o.expired(it, t.now):
		case bytes > t.o.bounds.MaxBytes:
			it, _ = t.index.oldest(mailbox, true)
			reason = outside.ReasonBytes
		default:
			return
		}
		t.remove(it)
		t.miss(it, reason)
	}
}
