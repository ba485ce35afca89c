package cloud

import "time"

// bucket lets rate things through a second, and burst at once. Time is the boot
// clock; the zero bucket is full.
type bucket struct {
	used float64 // tokens that are missing
	at   time.Duration
}

// limit is the size of a bucket.
type limit struct{ rate, burst float64 }

// How much is looked at (docs/security.md, Actions): of each topic, and of each key.
var (
	perTopic = limit{20, 40}
	perKey   = limit{5, 10}
)

// busyEvery is how often the same key is told that it sends too much.
const busyEvery = time.Minute

// take reports whether one more may pass now. A clock that goes back fills nothing.
func (b *bucket) take(l limit, now time.Duration) bool {
	b.used = max(0, b.used-max(0, now-b.at).Seconds()*l.rate)
	b.at = now
	if b.used+1 > l.burst {
		return false
	}
	b.used++
	return true
}
