package cloud

import (
	"slices"
	"time"
)

// Ordered is an action that a phone ordered, and what the car says became of it.
type Ordered struct {
	At     time.Time
	Act    string
	Ctr    uint64
	Result Result // zero while the car has not answered
}

// mostOrdered is how many actions a phone remembers.
const mostOrdered = 50

// Ordered are the newest actions of a phone, oldest first.
func (p *Phone) Ordered() []Ordered {
	p.back.mu.Lock()
	defer p.back.mu.Unlock()
	all := slices.Clone(p.orders)
	for i := range all {
		all[i].Result = p.back.results[order{p.sign.kid, all[i].Ctr}]
	}
	return all
}

// remember notes an action that is about to be sent; mu is held.
func (p *Phone) remember(act string) {
	p.orders = append(p.orders, Ordered{At: time.Now(), Act: act, Ctr: p.ctr})
	if len(p.orders) > mostOrdered {
		p.orders = slices.Delete(p.orders, 0, 1)
	}
	p.back.notify()
}
