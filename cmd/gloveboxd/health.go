package main

import (
	"log/slog"
	"sync/atomic"
	"time"

	"glovebox/hal/socketcan"
)

// calm is how long a bus has to be without trouble until it is well again.
const calm = 10 * time.Second

// troubles are the events that make a bus degraded: what it says may be missing
// something, or it may fall silent. The others are counted alone.
var troubles = [...]socketcan.Event{socketcan.BusOff, socketcan.Passive, socketcan.Overflow, socketcan.Lost}

// health is whether the buses are well. The readers of buses tell it, anybody asks.
type health struct {
	until atomic.Int64 // boot clock: to then at least one is not well
}

// ill reports whether a bus is not well.
func (h *health) ill(boot time.Duration) bool { return int64(boot) < h.until.Load() }

// busHealth is what the reader of one bus has told of it.
type busHealth struct {
	of   *health
	wire string
	log  *slog.Logger

	before socketcan.Counts
	said   [len(troubles)]bool // since it was well
	until  time.Duration       // boot clock; 0 while it is well
}

func newBusHealth(of *health, wire string, log *slog.Logger) *busHealth {
	return &busHealth{of: of, wire: wire, log: log}
}

// judge looks at what was counted up to now. Each cause is said once, and once that the
// bus is well again.
func (b *busHealth) judge(counts *socketcan.Counts, boot time.Duration) {
	for i, event := range troubles {
		if counts[event] == b.before[event] {
			continue
		}
		b.until = boot + calm
		if !b.said[i] {
			b.said[i] = true
			b.log.Warn("bus degraded", "wire", b.wire, "cause", event.String())
		}
	}
	b.before = *counts
	switch {
	case b.until == 0:
	case boot >= b.until:
		b.until, b.said = 0, [len(troubles)]bool{}
		b.log.Info("bus well", "wire", b.wire)
	default:
		for before := b.of.until.Load(); before < int64(b.until) && !b.of.until.CompareAndSwap(before, int64(b.until)); {
			before = b.of.until.Load()
		}
	}
}
