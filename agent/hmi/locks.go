package hmi

import (
	"context"
	"fmt"
	"io"
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// Bounds of the delay locks.
const (
	maxLocks = 8   // of one user
	maxWord  = 256 // bytes of who and why
)

// locks are the pipes whose other ends are held by other programs. One that is closed,
// by its holder or with its holder, is released.
type locks struct {
	watched sync.WaitGroup // a goroutine each, ended by end

	mu    sync.Mutex
	users map[uint32]int        // guarded by mu: how many each user holds
	open  map[*os.File]struct{} // guarded by mu; nil once ended
}

func newLocks() *locks { return &locks{users: map[uint32]int{}, open: map[*os.File]struct{}{}} }

// take counts a lock of a user, and is false where that is one too many.
func (l *locks) take(user uint32) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.users[user] == maxLocks {
		return false
	}
	l.users[user]++
	return true
}

func (l *locks) give(user uint32) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.users[user]--; l.users[user] == 0 {
		delete(l.users, user)
	}
}

// watch calls released once the last copy of a pipe's other end is closed.
func (l *locks) watch(pipe *os.File, released func()) {
	l.mu.Lock()
	ended := l.open == nil
	if !ended {
		l.open[pipe] = struct{}{}
		l.watched.Go(func() { // begun under the lock: end waits for all that it closes
			_, _ = io.Copy(io.Discard, pipe) // what is written there says nothing
			_ = pipe.Close()
			l.mu.Lock()
			delete(l.open, pipe)
			l.mu.Unlock()
			released()
		})
	}
	l.mu.Unlock()
	if ended {
		_ = pipe.Close()
		released()
	}
}

// end lets go of all.
func (l *locks) end() {
	l.mu.Lock()
	for pipe := range l.open {
		_ = pipe.Close()
	}
	l.open = nil
	l.mu.Unlock()
	l.watched.Wait()
}

// inhibit hands one end of a pipe over and waits for it beside the call.
func (f *Face) inhibit(_ context.Context, c *call) ([]any, error) {
	for _, word := range c.args {
		if len(word.(string)) > maxWord {
			return nil, invalid("who and why have at most %d bytes", maxWord)
		}
	}
	user := c.from.uid
	if !f.locks.take(user) {
		return nil, errLocks
	}
	release, err := f.cabin.Inhibit()
	if err != nil {
		f.locks.give(user)
		return nil, err
	}
	released := func() { release(); f.locks.give(user) }
	var ends [2]int
	if err := unix.Pipe2(ends[:], unix.O_CLOEXEC|unix.O_NONBLOCK); err != nil {
		released()
		return nil, fmt.Errorf("open a pipe: %w", err)
	}
	defer unix.Close(ends[1]) // the holder has a copy once the reply is sent
	f.locks.watch(os.NewFile(uintptr(ends[0]), "lock"), released)
	return nil, f.handOver(c, ends[1])
}
