package outbox_test

import (
	"fmt"
	"testing"
	"time"

	"glovebox/telemetry/outbox"
	"glovebox/telemetry/outside"
)

// full is a queue in which n messages wait for anna and lea in turn, two kinds of
// each in turn.
func full(t testing.TB, n int) *box {
	b := newBox(t, outbox.Bounds{MaxBytes: 1 << 40, MaxAge: time.Hour})
	for at := 0; at < n; at += 100 {
		var some []outside.Released
		for i := at; i < at+100; i++ {
			to := []outside.Reader{anna, lea}[i%2]
			if i%4 < 2 {
				some = append(some, alarm(t, to, fmt.Sprint("code-", i), "warning", b.clock))
			} else {
				some = append(some, result(t, to, i))
			}
		}
		b.put(some...)
	}
	return b
}

// How do purge, hand-over and opening grow with what waits?
func BenchmarkGrowth(b *testing.B) {
	for _, n := range []int{100, 1_000, 10_000} {
		kept := full(b, n)
		b.Run(fmt.Sprintf("purge-none/%d", n), func(b *testing.B) {
			for b.Loop() {
				if gone, err := kept.Purge(everything); gone != 0 || err != nil {
					b.Fatal(gone, err)
				}
			}
		})
		b.Run(fmt.Sprintf("next-32/%d", n), func(b *testing.B) {
			for b.Loop() {
				if all, err := kept.Next(0, 32); len(all) != 32 || err != nil {
					b.Fatal(len(all), err)
				}
			}
		})
		b.Run(fmt.Sprintf("put-and-settle/%d", n), func(b *testing.B) {
			one := result(b, anna, 1)
			last := kept.next()[n-1].ID
			for b.Loop() {
				kept.put(one)
				last++
				kept.settle([]uint64{last}, nil, nil)
			}
		})
		b.Run(fmt.Sprintf("open/%d", n), func(b *testing.B) {
			for b.Loop() {
				kept.reopen()
			}
		})
		b.Run(fmt.Sprintf("check/%d", n), func(b *testing.B) {
			if err := kept.Close(); err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if err := outbox.Check(kept.path, kept.keys); err != nil {
					b.Fatal(err)
				}
			}
			kept.open()
		})
		for _, purge := range []struct {
			name string
			keep func(outside.Tag, int) bool
		}{
			{"all", func(outside.Tag, int) bool { return false }},
			{"one-person", func(tag outside.Tag, _ int) bool { return tag.Reader != lea.ID }},
			{"one-kind", func(tag outside.Tag, _ int) bool { return tag.Kind != outside.KindAlarms }},
		} {
			b.Run(fmt.Sprintf("purge-%s/%d", purge.name, n), func(b *testing.B) {
				var took []time.Duration
				for b.Loop() { // mostly filling it
					filled := full(b, n)
					begun := time.Now()
					if gone, err := filled.Purge(purge.keep); gone < n/2 || err != nil {
						b.Fatal(gone, err)
					}
					took = append(took, time.Since(begun))
					_ = filled.Close()
				}
				b.ReportMetric(median(took), "purge-us")
				b.ReportMetric(0, "ns/op")
			})
		}
	}
}
