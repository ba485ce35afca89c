package outbox

import (
	"bytes"
	"errors"
	"fmt"

	"go.etcd.io/bbolt"

	"glovebox/hal"
	"glovebox/profiles"
	"glovebox/telemetry/outside"
)

// New returns the queue in path before it is opened: its methods wait for Open. So
// it can be handed on while the file is still read.
func New(path string, sealer Sealer, bounds Bounds, now func() hal.Instant) *Outbox {
	return &Outbox{path: path, sealer: sealer, bounds: bounds, now: now, opened: make(chan struct{}), index: newIndex()}
}

// ErrClosed is returned for a queue that was closed, or opened twice.
var ErrClosed = errors.New("the outbox is closed")

// Open opens the file, or makes a new one if there is none, and lets go on who waits;
// they get its error. What cannot be unsealed, because the person was removed or the
// record is damaged, is dropped. The file must have passed
// Check. It may be called once.
func (o *Outbox) Open() error {
	o.opening.Lock()
	defer o.opening.Unlock()
	if !o.waits() {
		return ErrClosed
	}
	defer close(o.opened)
	if o.db, o.err = openFile(o.path); o.err == nil {
		if o.err = o.load(); o.err != nil {
			o.err = errors.Join(o.err, o.db.Close())
			o.db = nil
		}
	}
	if o.err != nil {
		o.err = fmt.Errorf("open outbox: %w", o.err)
	}
	return o.err
}

// waits reports whether nobody opened or closed it yet. Called with opening held.
func (o *Outbox) waits() bool {
	select {
	case <-o.opened:
		return false
	default:
		return true
	}
}

// ready waits until the queue is open, and says why it is not.
func (o *Outbox) ready() error {
	<-o.opened
	return o.err
}

// Close closes the file; an Open that is under way ends first.
func (o *Outbox) Close() error {
	o.opening.Lock()
	defer o.opening.Unlock()
	if o.waits() {
		o.err = ErrClosed
		close(o.opened)
	}
	if o.db == nil {
		return nil
	}
	return o.db.Close()
}

// load builds the index. Nothing is written unless something cannot be read, or lies
// in another bucket than that of its tag, as every record did in an older layout.
func (o *Outbox) load() error {
	var strays []stray
	var known []byte // the newest bucket that is a tag's
	now := o.now()
	o.offset = now.UTC.Add(-now.Boot)
	err := o.db.View(func(tx *bbolt.Tx) error {
		return eachRecord(tx, func(owner profiles.ID, bucket, key, sealed []byte) error {
			it, err := o.readItem(owner, number(key), sealed)
			if err != nil {
				strays = append(strays, stray{bytes.Clone(bucket), number(key), nil})
				o.dropped++
				return nil
			}
			if len(it.tag.items) == 0 && len(bucket) == len(it.tag.bucket) && !bytes.Equal(bucket, known) {
				known = bytes.Clone(bucket)
				it.tag.bucket = known
			}
			if !bytes.Equal(bucket, it.tag.bucket) {
				strays = append(strays, stray{bytes.Clone(bucket), it.id, it.tag})
			}
			it.put.Boot, it.loaded = since(it.put.UTC, now), true
			o.index.apply(nil, it)
			return nil
		})
	})
	if err != nil || len(strays) == 0 {
		return err
	}
	return o.update(func(t *transaction) {
		for _, s := range strays {
			t.move(s)
		}
		for _, s := range strays {
			bucket := t.tx.Bucket(s.bucket)
			if bucket == nil {
				continue // it had several
			}
			if first, _ := bucket.Cursor().First(); first == nil {
				t.fail(t.tx.DeleteBucket(s.bucket))
			}
		}
	})
}

// stray is a record that cannot stay where it is.
type stray struct {
	bucket []byte
	id     uint64
	to     *tagged // nil if it cannot be read
}

// move puts a stray into its tag's bucket, or drops it.
func (t *transaction) move(s stray) {
	from := t.tx.Bucket(s.bucket)
	if s.to != nil {
		t.store(s.to, s.id, bytes.Clone(from.Get(key(s.id))))
	}
	t.fail(from.Delete(key(s.id)))
}

// readItem unseals a record for the index; its content is looked at when it is sent.
func (o *Outbox) readItem(owner profiles.ID, id uint64, sealed []byte) (*item, error) {
	r, err := unseal(o.sealer, owner, id, sealed)
	if err != nil {
		return nil, err
	}
	head, err := outside.UnmarshalHead(r.content)
	if err != nil {
		return nil, fmt.Errorf("message %d: %w", id, err)
	}
	it := o.index.item(id, head)
	if it.tag.owner != owner {
		return nil, fmt.Errorf("message %d: %w", id, errRecord)
	}
	it.size, it.put.UTC, it.stamped, it.missed = len(sealed), r.put, r.seq != 0, r.missed
	return it, nil
}
