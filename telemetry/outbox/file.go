package outbox

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"go.etcd.io/bbolt"

	"glovebox/profiles"
	"glovebox/profiles/disk"
	"glovebox/telemetry/outside"
)

var (
	metaBucket = []byte("_meta")
	metaID     = []byte("id")     // 16 random bytes
	metaSchema = []byte("schema") // 4 bytes, big endian
)

// ErrDamaged is wrapped when a file is no outbox, or not one any more.
var ErrDamaged = errors.New("the file is not a whole outbox")

// options is how the file is opened. Everything that trades safety for speed
// stays off.
func options() *bbolt.Options {
	return &bbolt.Options{
		Timeout:         time.Second,
		FreelistType:    bbolt.FreelistMapType,
		InitialMmapSize: 64 << 20,
		MaxSize:         256 << 20,
	}
}

// open opens a file for its owner alone.
func open(path string) (*bbolt.DB, error) { return bbolt.Open(path, 0o600, options()) }

// openFile opens path, or makes the file first.
func openFile(path string) (*bbolt.DB, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if err := create(path); err != nil {
			return nil, err
		}
	case err != nil:
		return nil, err
	case info.Size() == 0: // bbolt would take it for a new file
		return nil, fmt.Errorf("%s: empty: %w", path, ErrDamaged)
	}
	db, err := open(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if err := db.View(checkMeta); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), db.Close())
	}
	return db, nil
}

// create makes a new file aside and renames it: bbolt's first pages are not
// safe against a power cut.
func create(path string) error {
	aside := disk.Aside(path)
	if err := os.Remove(aside); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	db, err := open(aside)
	if err != nil {
		return err
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		meta, err := tx.CreateBucket(metaBucket)
		if err != nil {
			return err
		}
		id := make([]byte, 16)
		_, _ = rand.Read(id) // never fails
		return errors.Join(meta.Put(metaID, id), meta.Put(metaSchema, binary.BigEndian.AppendUint32(nil, schema)))
	})
	if err := errors.Join(err, db.Close()); err != nil {
		return err
	}
	return disk.Rename(aside, path)
}

func checkMeta(tx *bbolt.Tx) error {
	meta := tx.Bucket(metaBucket)
	if meta == nil || len(meta.Get(metaID)) != 16 || len(meta.Get(metaSchema)) != 4 {
		return ErrDamaged
	}
	if v := binary.BigEndian.Uint32(meta.Get(metaSchema)); v != schema {
		return fmt.Errorf("schema %d: want %d", v, schema)
	}
	return nil
}

// eachRecord calls f for every record of every person. f must not keep the slices.
func eachRecord(tx *bbolt.Tx, f func(owner profiles.ID, bucket, key, sealed []byte) error) error {
	return tx.ForEach(func(name []byte, bucket *bbolt.Bucket) error {
		var owner profiles.ID
		if n := copy(owner[:], name); n < len(owner) {
			return nil // _meta
		}
		return bucket.ForEach(func(key, sealed []byte) error {
			if len(key) != 8 {
				return fmt.Errorf("record key of %d bytes: %w", len(key), ErrDamaged)
			}
			return f(owner, name, key, sealed)
		})
	})
}

// Check reads the whole file and unseals every record, without changing it. It
// may panic on a damaged file, in goroutines of bbolt's own too: call it in a
// child process. Records of persons whose key is gone are no damage.
func Check(path string, sealer Sealer) (err error) {
	o := options()
	o.ReadOnly = true
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if info.Size() == 0 {
		return fmt.Errorf("%s: empty: %w", path, ErrDamaged)
	}
	db, err := bbolt.Open(path, 0o600, o)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return db.View(func(tx *bbolt.Tx) error {
		var all []error
		for err := range tx.Check() {
			all = append(all, fmt.Errorf("%s: %w", path, err))
		}
		all = append(all, checkMeta(tx))
		err := eachRecord(tx, func(owner profiles.ID, _, key, sealed []byte) error {
			if !sealer.Has(owner) {
				return nil
			}
			r, err := unseal(sealer, owner, number(key), sealed)
			if err == nil {
				_, err = outside.UnmarshalHead(r.content)
			}
			if err != nil {
				all = append(all, fmt.Errorf("%s: %w", path, err))
			}
			return nil
		})
		return errors.Join(append(all, err)...)
	})
}
