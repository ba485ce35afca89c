package outbox_test

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"glovebox/telemetry/outbox"
	"glovebox/telemetry/outside"
)

// What does sealing, index and bounds cost beside bbolt alone, a commit for
// each message and one for 32?
func BenchmarkPut(b *testing.B) {
	for _, n := range []int{1, 32} {
		b.Run(fmt.Sprintf("outbox/batch=%d", n), func(b *testing.B) {
			box := newBox(b, outbox.Bounds{MaxBytes: 1 << 40, MaxAge: time.Hour}) // nothing falls out
			messages := make([]outside.Released, n)
			for i := range messages {
				messages[i] = result(b, anna, i)
			}
			b.ReportAllocs()
			for b.Loop() {
				box.put(messages...)
			}
			b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "records/s")
		})
		b.Run(fmt.Sprintf("bbolt/batch=%d", n), func(b *testing.B) {
			db, err := bbolt.Open(filepath.Join(b.TempDir(), "bare.db"), 0o600, &bbolt.Options{FreelistType: bbolt.FreelistMapType, InitialMmapSize: 64 << 20})
			if err != nil {
				b.Fatal(err)
			}
			defer db.Close()
			record := make([]byte, 262)
			key := uint64(0)
			b.ReportAllocs()
			for b.Loop() {
				if err := db.Update(func(tx *bbolt.Tx) error {
					bucket, err := tx.CreateBucketIfNotExists([]byte("box"))
					for range n {
						key++
						if err == nil {
							err = bucket.Put(fmt.Appendf(nil, "%08x", key), record)
						}
					}
					return err
				}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "records/s")
		})
	}
}
