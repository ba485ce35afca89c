package bolt

import (
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"go.etcd.io/bbolt"

	"glovebox/profiles/keyring"
)

// Check reads and opens everything in the profiles file at path, with the key
// ring beside it, and says what is wrong. It may panic, hang or fault on a
// damaged file, also outside the caller's goroutine: it is for a process that
// does nothing else. It changes nothing.
func Check(path string) error {
	if err := checkPages(path); err != nil {
		return fmt.Errorf("check %s: %w", filepath.Base(path), err)
	}
	ring, err := keyring.Peek(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer ring.Close()
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true, Timeout: time.Second, FreelistType: bbolt.FreelistMapType})
	if err != nil {
		return fmt.Errorf("check %s: %w", filepath.Base(path), err)
	}
	defer db.Close()
	if err := db.View(func(tx *bbolt.Tx) error { return checkAll(tx, ring) }); err != nil {
		return fmt.Errorf("check %s: %w", filepath.Base(path), err)
	}
	return nil
}

func checkAll(tx *bbolt.Tx, ring *keyring.Ring) error {
	var wrong error
	for err := range tx.Check() { // to the end: it runs in a goroutine of its own
		if wrong == nil {
			wrong = err
		}
	}
	if wrong != nil {
		return wrong
	}
	if err := checkMeta(tx, ring); err != nil {
		return err
	}
	var got sum
	err := tx.ForEach(func(name []byte, b *bbolt.Bucket) error {
		id, owned := ownerOf(name)
		sealed := owned && (id.IsZero() || ring.Has(id))
		return b.ForEach(func(key, value []byte) error {
			if value == nil {
				return fmt.Errorf("bucket %s holds another bucket", name)
			}
			if string(name) == metaBucket && string(key) == "sum" {
				return nil
			}
			got.toggle(string(name), string(key), value)
			if !sealed {
				return nil
			}
			_, err := ring.Open(id, Name, string(key), sealing, value)
			return err
		})
	})
	if err != nil {
		return err
	}
	if string(tx.Bucket([]byte(metaBucket)).Get([]byte("sum"))) != string(got[:]) {
		return errors.New("the contents are not those of the last change")
	}
	_, err = readRoster(tx, ring)
	return err
}
