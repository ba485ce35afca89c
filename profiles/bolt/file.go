package bolt

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"go.etcd.io/bbolt"

	"glovebox/profiles/disk"
	"glovebox/profiles/keyring"
)

// options are those of a store that must survive a power cut: a commit is on disk, free list and all.
func options() *bbolt.Options {
	return &bbolt.Options{
		Timeout:         time.Second,
		FreelistType:    bbolt.FreelistMapType,
		InitialMmapSize: 16 << 20,
		MaxSize:         maxSize,
		NoStatistics:    true,
	}
}

// maxSize is the most the file may grow to.
const maxSize = 64 << 20

// fileIDSize is the size of the random id of a file.
const fileIDSize = 16

func join(dir, name string) string { return filepath.Join(dir, name) }

// create makes an empty store in dir if there is none. It is made aside, synced
// and renamed: bbolt's own beginning is not safe against power cuts.
func create(dir string, ring *keyring.Ring) (made bool, err error) {
	if _, err := os.Stat(join(dir, Name)); !errors.Is(err, os.ErrNotExist) {
		return false, err
	}
	aside := disk.Aside(join(dir, Name))
	if err := os.Remove(aside); err != nil && !errors.Is(err, os.ErrNotExist) {
		return false, err
	}
	db, err := bbolt.Open(aside, 0o600, options())
	if err != nil {
		return false, err
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		c := begin(tx)
		var file [fileIDSize]byte
		_, _ = rand.Read(file[:]) // never fails
		of := ring.FileID()
		return errors.Join(
			c.put(metaBucket, "file", file[:]),
			c.put(metaBucket, "ring", of[:]),
			c.put(metaBucket, "schema", binary.BigEndian.AppendUint32(nil, schema)),
			c.finish(),
		)
	})
	if err := errors.Join(err, db.Close()); err != nil {
		return false, err
	}
	return true, disk.Rename(aside, join(dir, Name))
}

// checkMeta holds a file to what it says of itself: of this layout, and sealed
// under the keys of this ring.
func checkMeta(tx *bbolt.Tx, ring *keyring.Ring) error {
	b := tx.Bucket([]byte(metaBucket))
	if b == nil {
		return errors.New("the file does not say what it is")
	}
	if v := b.Get([]byte("schema")); len(v) != 4 || binary.BigEndian.Uint32(v) < 1 || binary.BigEndian.Uint32(v) > schema {
		return fmt.Errorf("the file has schema %x, want 1 to %d", v, schema)
	}
	if of := ring.FileID(); string(b.Get([]byte("ring"))) != string(of[:]) {
		return errors.New("the file belongs to another key ring")
	}
	if len(b.Get([]byte("file"))) != fileIDSize || len(b.Get([]byte("sum"))) != len(sum{}) {
		return errors.New("the file has no id or no sum")
	}
	return nil
}
