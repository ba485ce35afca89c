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

// draft is one transaction and the index as it will be when it is committed.
type draft struct {
	o     *Outbox
	tx    *bbolt.Tx
	now   hal.Instant
	boxes map[string]*box // copies of those that were touched
	lost  []*lost
	keep  func(outside.Released) bool // a gap record that is refused is not made
}

// update runs change in a transaction, then drops what is over the bounds and
// writes the gap records. The index follows only after the commit. Called with
// mu held.
func (o *Outbox) update(change func(*draft) error) error {
	d := &draft{o: o, now: o.now(), boxes: map[string]*box{}}
	err := o.db.Update(func(tx *bbolt.Tx) error {
		d.tx = tx
		if err := change(d); err != nil {
			return err
		}
		if err := d.trim(); err != nil {
			return err
		}
		return d.tell()
	})
	if err != nil {
		return err
	}
	for mailbox, b := range d.boxes {
		if len(b.items) == 0 {
			delete(o.boxes, mailbox)
		} else {
			o.boxes[mailbox] = b
		}
	}
	return nil
}

// box is a copy of what waits for a mailbox, to be changed.
func (d *draft) box(mailbox string) *box {
	b, ok := d.boxes[mailbox]
	if !ok {
		b = &box{}
		if old := d.o.boxes[mailbox]; old != nil {
			b.items, b.bytes, b.shared = old.items, old.bytes, true
		}
		d.boxes[mailbox] = b
	}
	return b
}

// find returns the item with an id, or nil.
func (d *draft) find(id uint64) *item {
	for mailbox, b := range d.o.boxes {
		if i := b.search(id); i < len(b.items) && b.items[i].id == id {
			own := d.box(mailbox)
			if i := own.search(id); i < len(own.items) && own.items[i].id == id {
				return own.items[i]
			}
		}
	}
	return nil
}

// put keeps one message. An alarm takes the place of a waiting one of its code.
func (d *draft) put(r outside.Released) error {
	var old []*item
	if r.Code() != "" {
		for _, it := range d.box(r.Mailbox()).items {
			if it.code == r.Code() && !it.stamped {
				old = append(old, it)
			}
		}
	}
	if err := d.add(r, nil); err != nil {
		return err
	}
	return d.remove(old...)
}

// add writes a new record behind all others.
func (d *draft) add(r outside.Released, m *missed) error {
	id, err := d.tx.Bucket(metaBucket).NextSequence()
	if err != nil {
		return err
	}
	message, err := r.MarshalBinary()
	if err != nil {
		return errors.Join(errRefused, err)
	}
	it := newItem(id, ownerOf(r.Reader()), r, 0, d.now)
	it.missed = m
	if err := d.write(it, message, "", 0); err != nil {
		return err
	}
	d.box(it.mailbox).add(it)
	return nil
}

// write seals and stores a record and sets the item's size.
func (d *draft) write(it *item, message []byte, epoch string, seq uint64) error {
	plain, err := encode(it.put.UTC, epoch, seq, it.missed, message)
	if err != nil {
		return err
	}
	sealed, err := d.o.sealer.Seal(it.owner, fileName, sealKey(it.id), schema, plain)
	if err != nil {
		return errors.Join(errRefused, err)
	}
	it.size = len(sealed)
	bucket, err := d.tx.CreateBucketIfNotExists(it.owner[:])
	if err != nil {
		return err
	}
	return bucket.Put(key(it.id), sealed)
}

// stamp stores the number that a message is handed over with.
func (d *draft) stamp(it *item, k telemetry.Kept) error {
	message, err := k.Released.MarshalBinary()
	if err != nil {
		return err
	}
	stamped := *it
	stamped.stamped = true
	if err := d.write(&stamped, message, k.Epoch, k.Seq); err != nil {
		return fmt.Errorf("stamp message %d: %w", it.id, err)
	}
	b := d.box(it.mailbox)
	b.own()
	b.items[b.search(it.id)] = &stamped
	return nil
}

// remove forgets messages.
func (d *draft) remove(items ...*item) error {
	for _, it := range items {
		d.box(it.mailbox).remove(it.id)
		if err := d.delete(it.owner, key(it.id)); err != nil {
			return err
		}
	}
	return nil
}

// delete removes a record, and the bucket with its last one.
func (d *draft) delete(owner profiles.ID, key []byte) error {
	bucket := d.tx.Bucket(owner[:])
	if bucket == nil {
		return nil
	}
	if err := bucket.Delete(key); err != nil {
		return err
	}
	if first, _ := bucket.Cursor().First(); first == nil {
		return d.tx.DeleteBucket(owner[:])
	}
	return nil
}

// trim drops the oldest of each mailbox until it is within the bounds.
func (d *draft) trim() error {
	for mailbox := range d.o.boxes {
		if b := d.o.boxes[mailbox]; d.o.expired(b.items[0], d.now) {
			d.box(mailbox)
		}
	}
	for _, mailbox := range slices.Sorted(maps.Keys(d.boxes)) {
		if err := d.trimBox(d.boxes[mailbox]); err != nil {
			return err
		}
	}
	return nil
}

func (d *draft) trimBox(b *box) error {
	for i := 0; i < len(b.items); {
		it, reason := b.items[i], outside.ReasonAge
		if !d.o.expired(it, d.now) {
			if b.bytes <= d.o.bounds.MaxBytes {
				break
			}
			reason = outside.ReasonBytes
		}
		if reason == outside.ReasonBytes && it.missed != nil {
			i++ // takes no part in the bound
			continue
		}
		if err := d.remove(it); err != nil {
			return err
		}
		d.miss(it, reason)
	}
	return nil
}
