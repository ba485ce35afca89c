package main

import (
	"maps"
	"sync"
)

// counters is what Vehicle1.Statistics shows of the wires. It is safe to share.
type counters struct {
	mu  sync.Mutex
	all map[string]uint64 // guarded by mu
}

func newCounters() *counters { return &counters{all: map[string]uint64{}} }

func (c *counters) add(name string, n uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all[name] += n
}

func (c *counters) set(name string, n uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all[name] = n
}

func (c *counters) copy() map[string]uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.all)
}
