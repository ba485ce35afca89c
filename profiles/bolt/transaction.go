package bolt

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"go.etcd.io/bbolt"
)

// transaction is one change of the file. All writing goes through it, so that the sum in
// _meta stays that of the contents: it tells a lost or an old page, which may
// look sound in itself, and bits that flipped in what is not sealed.
type transaction struct {
	tx  *bbolt.Tx
	sum sum
}

// sum is the exclusive or of the hashes of all entries, in any order.
type sum [sha256.Size]byte

// toggle puts an entry into the sum, or takes it out.
func (s *sum) toggle(bucket, key string, value []byte) {
	h := sha256.New()
	var length [4]byte
	for _, part := range [][]byte{[]byte(bucket), []byte(key), value} {
		binary.BigEndian.PutUint32(length[:], uint32(len(part)))
		h.Write(length[:])
		h.Write(part)
	}
	for i, b := range h.Sum(nil) {
		s[i] ^= b
	}
}

// begin starts from the sum on disk; a new file has none.
func begin(tx *bbolt.Tx) *transaction {
	c := &transaction{tx: tx}
	if b := tx.Bucket([]byte(metaBucket)); b != nil {
		copy(c.sum[:], b.Get([]byte("sum")))
	}
	return c
}

// finish writes the sum.
func (c *transaction) finish() error {
	b, err := c.tx.CreateBucketIfNotExists([]byte(metaBucket))
	if err != nil {
		return err
	}
	return b.Put([]byte("sum"), c.sum[:])
}

func (c *transaction) put(bucket, key string, value []byte) error {
	b, err := c.tx.CreateBucketIfNotExists([]byte(bucket))
	if err != nil {
		return fmt.Errorf("bucket %s: %w", bucket, err)
	}
	if old := b.Get([]byte(key)); old != nil {
		c.sum.toggle(bucket, key, old)
	}
	c.sum.toggle(bucket, key, value)
	return b.Put([]byte(key), value)
}

// delete takes key out; that it is not there is no error.
func (c *transaction) delete(bucket, key string) error {
	b := c.tx.Bucket([]byte(bucket))
	if b == nil {
		return nil
	}
	old := b.Get([]byte(key))
	if old == nil {
		return nil
	}
	c.sum.toggle(bucket, key, old)
	return b.Delete([]byte(key))
}

// drop takes a whole bucket out.
func (c *transaction) drop(bucket string) error {
	b := c.tx.Bucket([]byte(bucket))
	if b == nil {
		return nil
	}
	err := b.ForEach(func(key, value []byte) error {
		c.sum.toggle(bucket, string(key), value)
		return nil
	})
	if err != nil {
		return err
	}
	return c.tx.DeleteBucket([]byte(bucket))
}
