package hal

import "sync"

// Tap hands readings from the one who decodes to the one who watches. Offer
// never blocks and never allocates: a full tap loses its oldest reading and
// counts it. It is safe to share.
type Tap struct {
	ready chan struct{}

	mu      sync.Mutex
	ring    []Reading // guarded by mu
	first   int       // guarded by mu: where the oldest stands
	n       int       // guarded by mu: how many wait
	dropped uint64    // guarded by mu: lost since the last Take
}

// NewTap holds at most room readings; less than one is one.
func NewTap(room int) *Tap {
	return &Tap{ready: make(chan struct{}, 1), ring: make([]Reading, max(room, 1))}
}

// Offer puts r behind the readings that wait.
func (t *Tap) Offer(r Reading) {
	t.mu.Lock()
	if t.n == len(t.ring) {
		t.first = (t.first + 1) % len(t.ring)
		t.n--
		t.dropped++
	}
	t.ring[(t.first+t.n)%len(t.ring)] = r
	t.n++
	t.mu.Unlock()
	select {
	case t.ready <- struct{}{}:
	default: // a wake-up waits already
	}
}

// Ready has something to receive after an Offer that no Take has seen.
func (t *Tap) Ready() <-chan struct{} { return t.ready }

// Take appends all that waits to dst, oldest first, and says how many readings
// were lost before them since the last Take.
func (t *Tap) Take(dst []Reading) (readings []Reading, dropped uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for range t.n {
		dst = append(dst, t.ring[t.first])
		t.ring[t.first] = Reading{}
		t.first = (t.first + 1) % len(t.ring)
	}
	t.n = 0
	dropped, t.dropped = t.dropped, 0
	return dst, dropped
}
