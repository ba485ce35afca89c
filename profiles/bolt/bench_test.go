package bolt_test

import (
	"path/filepath"
	"strconv"
	"testing"

	"go.etcd.io/bbolt"

	"glovebox/profiles/bolt"
)

// What does a durable setting cost beside one bare commit of bbolt?
func BenchmarkSet(b *testing.B) {
	b.Run("settings", func(b *testing.B) {
		dir := b.TempDir()
		s := open(b, dir, openRing(b, dir), nil)
		must(b, applied(s.Apply(roster(b, 1, 1, 2, 3, 4, 5, 6))))
		id := person(b, 3).ID
		b.ReportAllocs()
		for n := 0; b.Loop(); n++ {
			must(b, s.SetSettings(id, group("radio", map[string][]byte{"volume": []byte(strconv.Itoa(n))}), nil))
		}
	})
	b.Run("bare", func(b *testing.B) {
		db, err := bbolt.Open(filepath.Join(b.TempDir(), "bare.db"), 0o600, &bbolt.Options{FreelistType: bbolt.FreelistMapType, InitialMmapSize: 16 << 20})
		must(b, err)
		defer db.Close()
		must(b, db.Update(func(tx *bbolt.Tx) error { _, err := tx.CreateBucket([]byte("person")); return err }))
		b.ReportAllocs()
		for n := 0; b.Loop(); n++ {
			must(b, db.Update(func(tx *bbolt.Tx) error {
				return tx.Bucket([]byte("person")).Put([]byte("volume"), []byte(strconv.Itoa(n)))
			}))
		}
	})
}

// What does the store take of the time to the bus name, with six people in it?
func BenchmarkStart(b *testing.B) {
	dir := b.TempDir()
	ring := openRing(b, dir)
	s := open(b, dir, ring, nil)
	must(b, applied(s.Apply(roster(b, 1, 1, 2, 3, 4, 5, 6))))
	for n := 1; n <= 6; n++ {
		must(b, s.SetSettings(person(b, n).ID, group("radio", map[string][]byte{"volume": []byte("7"), "station": make([]byte, 300)}), nil))
	}
	must(b, s.Close())
	for _, check := range []struct {
		name string
		run  func(string) error
	}{{"open", nil}, {"open and check", bolt.Check}, {"open and check in a child", inChild(b)}} {
		b.Run(check.name, func(b *testing.B) {
			for b.Loop() {
				s, err := bolt.Open(dir, ring, check.run)
				must(b, err)
				_, err = s.Roster()
				must(b, err)
				must(b, s.Close())
			}
		})
	}
}
