package main

import (
	"maps"
	"sync"
)

// counters is what Vehicle1.Statistics shows. It is safe to share.
type counters struct {
	mu      sync.Mutex
	all     map[string]uint64         // guarded by mu; what is counted now and then, by name
	streams []func(map[string]uint64) // guarded by mu; each puts the counters of a stream in
}

func newCounters() *counters { return &counters{all: map[string]uint64{}} }

func (c *counters) add(name string, n uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all[name] += n
}

// stream has put asked for the counters of a stream whenever somebody wants to
// see them: what is counted at each read goes through no map.
func (c *counters) stream(put func(all map[string]uint64)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.streams = append(c.streams, put)
}

// copy is every counter by name.
func (c *counters) copy() map[string]uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := maps.Clone(c.all)
	for _, put := range c.streams {
		put(all)
	}
	return all
}

// newest holds the newest counters of a stream, for whoever does not read it.
type newest[S any] struct {
	mu    sync.Mutex
	stats S // guarded by mu
}

func (n *newest[S]) set(stats S) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.stats = stats
}

func (n *newest[S]) get() S {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.stats
}
