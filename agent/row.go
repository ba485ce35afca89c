package agent

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"glovebox/hal"
	"glovebox/profiles"
)

// again is how long after a failure what is owed is tried again.
const again = time.Second

// effects carries out what the cabin wants done, in order. There are two rows: what
// touches memory only is done at once by whoever brought it, and never waits for the
// other row, which is as slow as the disk.
type effects struct {
	world world
	log   *slog.Logger
	now   func() hal.Instant
	wake  bell // the slow row has work, or the cabin has a transition that is due

	memory, disk row
}

// row is effects in order.
type row struct {
	undone  atomic.Int64 // effects that wait or are being done
	since   atomic.Int64 // boot clock: when what is being done was begun, 0 where nothing is
	busy    turn         // held while effects are done
	mu      sync.Mutex
	waiting []effect      // guarded by mu, which is held for moments only
	owed    []effect      // guarded by busy: what failed, oldest first, each name once
	due     time.Duration // guarded by busy: when it is tried again, boot clock
}

// add puts effects behind all others. The cabin calls it with its lock held, so that
// their order is that of the changes they follow from. From the first one that
// touches a disk on, all that were brought together stay together.
func (e *effects) add(todo ...effect) {
	if e.put(todo...) {
		e.wake.ring()
	}
}

// put is add for whoever waits right after it: nobody else is woken to do what it does
// itself. It reports whether there is something for the disk.
func (e *effects) put(todo ...effect) bool {
	n := 0
	for n < len(todo) && todo[n].memory {
		n++
	}
	e.memory.add(todo[:n])
	return e.disk.add(todo[n:])
}

func (r *row) add(todo []effect) bool {
	if len(todo) == 0 {
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.waiting = append(r.waiting, todo...)
	r.undone.Add(int64(len(todo)))
	return true
}

// atOnce does what touches memory only: it never waits for a disk. Called without
// the cabin's lock.
func (e *effects) atOnce() { e.carryOut(&e.memory) }

// wait returns when everything that was added before is done, or failed.
func (e *effects) wait() {
	e.atOnce()
	e.carryOut(&e.disk)
}

// carryOut does what waits in a row, in order; one goroutine at a time. Whoever was
// there before is waited for.
func (e *effects) carryOut(r *row) {
	if r.undone.Load() == 0 { // at nearly every reading
		return
	}
	r.busy <- struct{}{}
	defer r.busy.give()
	for {
		r.mu.Lock()
		if len(r.waiting) == 0 {
			r.waiting = nil
			r.mu.Unlock()
			return
		}
		next := r.waiting[0]
		r.waiting = r.waiting[1:]
		r.mu.Unlock()
		e.one(r, next)
		r.undone.Add(-1)
	}
}

// one does one effect; busy is held.
func (e *effects) one(r *row, next effect) {
	next = r.join(next)
	r.since.Swap(int64(e.now().Boot))
	err := next.do(&e.world)
	r.since.Swap(0)
	if next.owed && errors.Is(err, profiles.ErrNoSuchProfile) {
		err = nil // who it is about is gone
	}
	if err != nil && next.owed {
		e.log.Warn("not done, tried again", "effect", next.what, "error", err)
		r.owed = append(r.owed, next)
		r.due = e.now().Boot + again
		e.wake.ring() // whoever did it may have been somebody who waited, and nobody tries it again
	}
	if err == nil && !next.owed { // an older one would undo it
		r.owed = slices.DeleteFunc(r.owed, func(old effect) bool { return old.what == next.what })
	}
	if next.after != nil {
		next.after(err)
	}
}

// join has an effect take the place of an older one of its name that failed.
func (r *row) join(next effect) effect {
	i := slices.IndexFunc(r.owed, func(old effect) bool { return old.what == next.what })
	if i < 0 || !next.owed {
		return next
	}
	old, after := r.owed[i], next.after
	if old.batch != nil {
		next.batch.behind(old.batch)
	}
	if next.both && old.after != nil {
		next.after = func(err error) {
			if old.after(err); after != nil {
				after(err)
			}
		}
	}
	r.owed = slices.Delete(r.owed, i, i+1)
	return next
}

// diskMost is how long one effect may take on a disk that works.
const diskMost = 15 * time.Second

// stuck reports whether the disk does not come back from what it was asked for.
func (e *effects) stuck(now time.Duration) bool {
	since := time.Duration(e.disk.since.Load())
	return since > 0 && now-since > diskMost
}

// retry does once more what is owed and due, or early, and returns how long until the next
// time; zero if nothing is owed.
func (e *effects) retry(early bool) time.Duration {
	r := &e.disk
	r.busy <- struct{}{}
	defer r.busy.give()
	if left := r.due - e.now().Boot; len(r.owed) == 0 || left > 0 && !early {
		return max(0, left)
	}
	owed := r.owed
	r.owed = nil
	for _, next := range owed {
		e.one(r, next)
	}
	if len(r.owed) == 0 {
		return 0
	}
	return again
}

// left is what is still owed, as an error.
func (e *effects) left() error {
	e.disk.busy <- struct{}{}
	defer e.disk.busy.give()
	var all error
	for _, owed := range e.disk.owed {
		all = errors.Join(all, fmt.Errorf("%s: not done", owed.what))
	}
	return all
}
