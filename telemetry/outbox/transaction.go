package outbox

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"go.etcd.io/bbolt"

	"glovebox/hal"
	"glovebox/profiles"
	"glovebox/telemetry"
	"glovebox/telemetry/outside"
)

var errRefused = errors.New("cannot be sealed")

// transaction is one commit. It changes the index as it goes; when the commit fails
// the index is as before.
type transaction struct {
	o     *Outbox
	tx    *bbolt.Tx
	index *index
	now   hal.Instant
	lost  []*lost
	keep  func(outside.Tag) bool // a gap record that is refused is not made
}

// update runs change in a transaction, then drops what is over the bounds and
// writes the gap records. Called with mu held.
func (o *Outbox) update(change func(*transaction) error) error {
	t := &transaction{o: o, index: o.index, now: o.now(), keep: func(outside.Tag) bool { return true }}
	err := o.db.Update(func(tx *bbolt.Tx) error {
		t.tx = tx
		if err := t.redate(); err != nil {
			return err
		}
		if err := change(t); err != nil {
			return err
		}
		if err := t.trim(); err != nil {
			return err
		}
		return t.writeGaps()
	})
	if err != nil {
		o.index.rollback()
		return err
	}
	o.index.commit()
	o.offset = t.now.UTC.Add(-t.now.Boot)
	return nil
}

// put keeps one message. An alarm takes the place of a waiting one of its code, a gap
// record that of the one it grows from.
func (t *transaction) put(r outside.Released) error {
	if g, ok := r.Gap(); ok {
		return t.putGap(r, missed{gapOf{g.Kind, g.Reason}, g.First, g.Last, g.Dropped})
	}
	old := t.index.box(r.Mailbox()).alarms[r.Code()]
	if err := t.add(r, nil); err != nil || old == nil {
		return err
	}
	return t.remove(old)
}

// add writes a new record behind all others.
func (t *transaction) add(r outside.Released, m *missed) error {
	id, err := t.tx.Bucket(metaBucket).NextSequence()
	if err != nil {
		return err
	}
	content, err := r.MarshalBinary()
	if err != nil {
		return errors.Join(errRefused, err)
	}
	it := t.index.item(id, r.Head())
	it.put, it.missed = t.now, m
	if err := t.write(it, content, "", 0); err != nil {
		return err
	}
	t.index.swap(nil, it)
	return nil
}

// write seals and stores a record and sets the item's size.
func (t *transaction) write(it *item, content []byte, epoch string, seq uint64) error {
	plain, err := encode(it.put.UTC, epoch, seq, it.missed, content)
	if err != nil {
		return err
	}
	owner := it.tag.owner
	sealed, err := t.o.sealer.Seal(owner, fileName, sealKey(it.id), schema, plain)
	if err != nil {
		return errors.Join(errRefused, err)
	}
	it.size = len(sealed)
	bucket, err := t.tx.CreateBucketIfNotExists(owner[:])
	if err != nil {
		return err
	}
	return bucket.Put(key(it.id), sealed)
}

// stamp stores the number that a message is handed over with.
func (t *transaction) stamp(it *item, k telemetry.Kept) error {
	content, err := k.Released.MarshalBinary()
	if err != nil {
		return err
	}
	stamped := *it
	stamped.stamped = true
	if err := t.write(&stamped, content, k.Epoch, k.Seq); err != nil {
		return fmt.Errorf("stamp message %d: %w", it.id, err)
	}
	t.index.swap(it, &stamped)
	return nil
}

// remove forgets messages.
func (t *transaction) remove(items ...*item) error {
	for _, it := range items {
		t.index.swap(it, nil)
		if err := t.delete(it.tag.owner, it.id); err != nil {
			return err
		}
	}
	return nil
}

// delete removes a record that is out of the index, and with the last one of a
// person the bucket.
func (t *transaction) delete(owner profiles.ID, id uint64) error {
	bucket := t.tx.Bucket(owner[:])
	switch {
	case bucket == nil:
		return nil
	case t.index.owners[owner] == 0:
		return t.tx.DeleteBucket(owner[:])
	}
	return bucket.Delete(key(id))
}

// trim drops the oldest of each mailbox until it is within the bounds.
func (t *transaction) trim() error {
	for _, mailbox := range slices.Sorted(maps.Keys(t.index.boxes)) {
		if err := t.trimBox(mailbox); err != nil {
			return err
		}
	}
	return nil
}

func (t *transaction) trimBox(mailbox string) error {
	for i := 0; ; {
		b := t.index.box(mailbox)
		if i == len(b.items) {
			return nil
		}
		it, reason := b.items[i], outside.ReasonAge
		if !t.o.expired(it, t.now) {
			if b.bytes <= t.o.bounds.MaxBytes {
				return nil
			}
			reason = outside.ReasonBytes
		}
		if reason == outside.ReasonBytes && it.counts() == 0 {
			i++ // takes no part in the bound
			continue
		}
		if err := t.remove(it); err != nil {
			return err
		}
		t.miss(it, reason)
	}
}
