package kernel

import (
	"context"
	"errors"
	"os"
	"slices"
	"sync"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Group reads several streams in one goroutine: where two of them have something
// at the same moment, the runtime wakes one thread and not two. It waits with an
// epoll instance of its own (epoll(7)), which the runtime polls as it does any
// file; it had better not poll the streams too. It is edge-triggered: a terminal that
// is asked although nothing came waits for its own work queue.
type Group struct {
	file   *os.File
	conn   syscall.RawConn
	events [8]unix.EpollEvent
	err    error // why pass was done

	mu      sync.Mutex
	members []*Member // guarded by mu; a few, found by the number in their events
	last    int32     // guarded by mu
}

// NewGroup returns an empty group.
func NewGroup() (*Group, error) {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("epoll_create1", err)
	}
	err = unix.SetNonblock(fd, true) // only what does not block is polled
	g := &Group{file: os.NewFile(uintptr(fd), "epoll")}
	if err == nil {
		err = g.file.SetReadDeadline(time.Time{}) // it is polled, or Run would not wait
	}
	if err == nil {
		g.conn, err = g.file.SyscallConn()
	}
	if err != nil {
		return nil, errors.Join(err, g.file.Close())
	}
	return g, nil
}

// Run reads what the members have until ctx ends. A member that is slow to take
// holds up the others.
func (g *Group) Run(ctx context.Context) error {
	defer context.AfterFunc(ctx, func() { g.file.Close() })()
	defer g.file.Close()
	err := errors.Join(g.conn.Read(g.pass), g.err) // once: between two of them the runtime would forget what came meanwhile
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// pass reads what there is; it is done only when that cannot be found out any more. It
// does not ask until there is nothing: what comes after it asked is told anew.
func (g *Group) pass(fd uintptr) (done bool) {
	for more := true; more; {
		n, _, errno := syscall.RawSyscall6(unix.SYS_EPOLL_PWAIT, fd, uintptr(unsafe.Pointer(&g.events[0])), uintptr(len(g.events)), 0, 0, 0)
		switch errno {
		case 0:
		case unix.EINTR:
			continue
		default:
			g.err = os.NewSyscallError("epoll_pwait", errno)
			return true
		}
		more = int(n) == len(g.events)
		for _, e := range g.events[:n] {
			more = g.read(e) || more
		}
	}
	return false
}

// read reads once what an event tells of, and reports whether there may be more: the
// bytes filled their room, or a hang-up stands behind them.
func (g *Group) read(e unix.EpollEvent) (more bool) {
	m := g.member(e.Fd)
	if m == nil { // it has left since
		return false
	}
	n, err := m.read()
	if err != nil {
		m.end(err)
		m.Leave() // it would be told again and again
		return false
	}
	if n < len(m.into) && e.Events == unix.EPOLLIN {
		return false
	}
	return m.control(unix.EPOLL_CTL_MOD) == nil // it is told once more
}

func (g *Group) member(number int32) *Member {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, m := range g.members {
		if m.number == number {
			return m
		}
	}
	return nil
}

// Member is a stream that a group reads.
type Member struct {
	reader *Reader
	fd     uintptr // of reader's file, which is open until Leave
	into   []byte
	take   func([]byte)
	group  *Group
	number int32
	ended  chan error // has room for one

	mu   sync.Mutex // held while it is read and take runs
	left bool       // guarded by mu
}

// Join has take see whatever comes on r, through b, from Run's goroutine.
func (g *Group) Join(r *Reader, b []byte, take func([]byte)) (*Member, error) {
	m := &Member{reader: r, into: b, take: take, group: g, ended: make(chan error, 1)}
	if err := r.conn.Control(func(fd uintptr) { m.fd = fd }); err != nil {
		return nil, err
	}
	g.mu.Lock()
	g.last++
	m.number = g.last // never the descriptor, which would soon be another file's
	g.members = append(g.members, m)
	g.mu.Unlock()
	if err := m.control(unix.EPOLL_CTL_ADD); err != nil {
		m.Leave()
		return nil, err
	}
	return m, nil
}

// Wait returns why there is nothing more to read: an error of Read, or
// os.ErrClosed after Leave.
func (m *Member) Wait() error { return <-m.ended }

// Leave ends Wait. After it take is not called, and a call that runs is waited
// for. It comes before the close of the file, never from take, and may come again.
func (m *Member) Leave() {
	_ = m.control(unix.EPOLL_CTL_DEL) // of a file that is closed or was never in nothing is left
	m.group.mu.Lock()
	m.group.members = slices.DeleteFunc(m.group.members, func(other *Member) bool { return other == m })
	m.group.mu.Unlock()
	m.mu.Lock()
	m.left = true
	m.mu.Unlock()
	m.end(os.ErrClosed)
}

// control changes what the group's epoll instance knows of the stream.
func (m *Member) control(op int) (err error) {
	event := unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLRDHUP | unix.EPOLLET, Fd: m.number}
	var inner, outer error
	outer = m.group.conn.Control(func(epoll uintptr) {
		inner = m.reader.conn.Control(func(fd uintptr) {
			err = os.NewSyscallError("epoll_ctl", unix.EpollCtl(int(epoll), op, int(fd), &event))
		})
	})
	return errors.Join(err, inner, outer)
}

// read reads once, and hands on what there was.
func (m *Member) read() (n int, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.left {
		return 0, nil
	}
	r := m.reader
	r.into = m.into
	switch {
	case !r.attempt(m.fd): // somebody else has read it
		return 0, nil
	case r.err == nil:
		m.take(m.into[:r.n])
	}
	return r.n, r.err
}

func (m *Member) end(err error) {
	select {
	case m.ended <- err:
	default: // it has ended
	}
}
