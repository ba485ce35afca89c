package outbox_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"glovebox/telemetry/outbox"
	"glovebox/telemetry/outside"
)

// What does sealing, index and bounds cost beside bbolt alone, a commit for each message
// and one for 32? Both in turn, so that whatever else the disk does falls on both; medians.
// Goal: 0.7 of bbolt's records a second or more.
func BenchmarkPut(b *testing.B) {
	for _, n := range []int{1, 32} {
		b.Run(fmt.Sprintf("batch=%d", n), func(b *testing.B) {
			box := newBox(b, outbox.Bounds{MaxBytes: 1 << 40, MaxAge: time.Hour}) // nothing falls out
			messages := make([]outside.Released, n)
			for i := range messages {
				messages[i] = result(b, anna, i)
			}
			bare := bareAppend(b, n)
			var ours, its []time.Duration
			for b.Loop() {
				begun := time.Now()
				box.put(messages...)
				between := time.Now()
				if err := bare(); err != nil {
					b.Fatal(err)
				}
				ours, its = append(ours, between.Sub(begun)), append(its, time.Since(between))
			}
			b.ReportMetric(median(ours), "outbox-us")
			b.ReportMetric(median(its), "bbolt-us")
			b.ReportMetric(median(its)/median(ours), "bbolt/outbox")
		})
	}
}

// median is in microseconds.
func median(all []time.Duration) float64 {
	slices.Sort(all)
	return float64(all[len(all)/2].Nanoseconds()) / 1e3
}

// bareAppend commits n records of the same size to a bbolt file of its own.
func bareAppend(b *testing.B, n int) func() error {
	db, err := bbolt.Open(filepath.Join(b.TempDir(), "bare.db"), 0o600, &bbolt.Options{FreelistType: bbolt.FreelistMapType, InitialMmapSize: 64 << 20})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { db.Close() })
	record, key := make([]byte, 262), 0
	return func() error {
		return db.Update(func(tx *bbolt.Tx) error {
			bucket, err := tx.CreateBucketIfNotExists([]byte("box"))
			for range n {
				key++
				if err == nil {
					err = bucket.Put(fmt.Appendf(nil, "%08x", key), record)
				}
			}
			return err
		})
	}
}
