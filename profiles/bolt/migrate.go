package bolt

import (
	"encoding/binary"
	"errors"
	"os"
	"strconv"

	"go.etcd.io/bbolt"

	"glovebox/profiles/disk"
)

// migrations bring the file from each schema to the next, inside one change. Since 2
// there are buckets for the stores of apps, since 3 for ledgers, which an agent that does
// not know them would leave behind when it removes a person. Nothing moves.
//
// A version that only adds groups, keys or facts leaves the schema as it is: what an
// older agent does not know it neither reads nor writes over.
var migrations = [schema - 1]func(*transaction) error{
	func(*transaction) error { return nil },
	func(*transaction) error { return nil },
}

// CopyName is the file in which the profiles stand as they were at an older schema. It
// is kept beside them until the next migration or Erase. Who was removed since cannot be
// read in it either: their key is gone.
func CopyName(schema uint32) string { return Name + ".schema" + strconv.Itoa(int(schema)) }

// migrate brings db to this schema, in one change, after a copy of it is on disk.
func migrate(dir string, db *bbolt.DB) error {
	var from uint32
	err := db.View(func(tx *bbolt.Tx) error {
		if b := tx.Bucket([]byte(metaBucket)); b != nil && len(b.Get([]byte("schema"))) == 4 {
			from = binary.BigEndian.Uint32(b.Get([]byte("schema")))
		}
		return nil
	})
	if err != nil || from == 0 || from >= schema {
		return err // checkMeta says what is wrong with it
	}
	path := join(dir, CopyName(from))
	aside := disk.Aside(path)
	err = db.View(func(tx *bbolt.Tx) error { return tx.CopyFile(aside, 0o600) })
	if err == nil {
		err = disk.Rename(aside, path)
	}
	if err != nil {
		return err
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		c := begin(tx)
		for at := from; at < schema; at++ {
			if err := migrations[at-1](c); err != nil {
				return err
			}
		}
		return errors.Join(c.put(metaBucket, "schema", binary.BigEndian.AppendUint32(nil, schema)), c.finish())
	})
	if err != nil {
		return err
	}
	for older := uint32(1); older < from; older++ {
		if err := os.Remove(join(dir, CopyName(older))); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return nil
}
