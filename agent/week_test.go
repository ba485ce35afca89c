package agent_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"glovebox/hal"
	"glovebox/profiles"
	"glovebox/telemetry/outside"
)

// A week without a network, the queue on disk full from the first hour on: the head unit is
// served every day as ever, the file and the memory stay bounded, and when the line is back
// the newest state comes first and then what was kept, in order. It prints what the week took.
func TestAWeekOffline(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.broker.mu.Lock()
		b.broker.away = true
		line := b.broker.line
		b.broker.mu.Unlock()
		line.Close()
		synctest.Wait()
		b.observe("Vehicle.LowVoltageSystemState", hal.Word("OFF"))

		filled := fillQueue(t, b)
		heap, spent := heapInUse(), processorTime(t)
		served := 0
		for hour := range 7 * 24 {
			b.observe("Vehicle.Chassis.Brake.IsBrakesWorn", hal.Bool(hour%2 == 0))
			time.Sleep(time.Hour)
			if hour%24 != 8 {
				continue
			}
			b.login(anna)
			if err := b.Set(t.Context(), profiles.ID{}, profiles.Values{"radio": {"volume": byte(hour % 50)}}, nil); err != nil {
				t.Errorf("day %d: %v", hour/24, err)
			}
			for _, level := range []string{"no-position", "share"} {
				if err := b.SetLevel(t.Context(), level); err != nil {
					t.Errorf("day %d, %v: %v", hour/24, level, err)
				}
			}
			if err := b.Logout(t.Context()); err != nil {
				t.Errorf("day %d: %v", hour/24, err)
			}
			served++
		}
		grown, took := heapInUse()-heap, processorTime(t)-spent
		size := queueSize(t, b)
		t.Logf("%d messages put into the queue; a week later: %d days served, file %.1f MiB, heap %+.1f MiB, processor %v",
			filled, served, float64(size)/(1<<20), float64(grown)/(1<<20), took.Round(time.Millisecond))
		if size > 24<<20 || grown > 8<<20 {
			t.Errorf("the file has %d bytes and the heap grew by %d", size, grown)
		}

		b.broker.mu.Lock()
		before := len(b.broker.wire)
		b.broker.away = false
		b.broker.mu.Unlock()
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		backInOrder(t, b, before)
	})
}

// backInOrder looks at what came once the line was back.
func backInOrder(t *testing.T, b *bubble, before int) {
	t.Helper()
	b.broker.mu.Lock()
	defer b.broker.mu.Unlock()
	first, last, results := "", 0, 0
	for _, w := range b.broker.wire[before:] {
		parts := strings.Split(w.Topic, "/")
		if w.event != "" || len(parts) < 5 || !strings.Contains(w.Topic, annaBox) {
			continue
		}
		kind := parts[len(parts)-1]
		if parts[3] == "ack" {
			kind = "ack"
		}
		if first == "" {
			first = kind
		}
		var result struct{ Ctr int }
		if err := json.Unmarshal(w.Payload, &result); err != nil {
			t.Fatal(err)
		}
		if kind != "ack" {
			continue
		}
		if results++; result.Ctr <= last {
			t.Errorf("result %d came after %d", result.Ctr, last)
		}
		last = result.Ctr
	}
	if first != "status" || results < 5000 || last != 20_000 {
		t.Errorf("the first was %s; %d results came, the last was %d", first, results, last)
	}
	t.Logf("the newest state first, then %d results in order", results)
}

// fillQueue puts results into the queue until the oldest give way.
func fillQueue(t *testing.T, b *bubble) (n int) {
	t.Helper()
	reader := outside.Reader{ID: anna.String(), Mailbox: annaBox, Column: outside.ColumnMain}
	for n < 20_000 {
		out := outside.New(outside.Builtin(), b.instant(), outside.Options{})
		out.SetReaders(1, []outside.Reader{reader}, b.instant())
		for range 500 {
			n++
			out.Answer(reader.Mailbox, phoneKey(anna).Thumbprint(), firstEpoch, uint64(n), outside.Done, b.instant())
		}
		if _, err := b.queue.Put(out.Tick(b.instant())); err != nil {
			t.Fatal(err)
		}
	}
	return n
}

func queueSize(t *testing.T, b *bubble) int64 {
	t.Helper()
	about, err := os.Stat(filepath.Join(b.dir, "outbox.db"))
	if err != nil {
		t.Fatal(err)
	}
	return about.Size()
}

func heapInUse() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func processorTime(t *testing.T) time.Duration {
	t.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		t.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
