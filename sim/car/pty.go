// Package car is the part of a simulated vehicle that speaks: serial ports made
// of pseudo-terminals, and a recorded drive played onto them.
package car

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// Pty is a serial port without hardware: a raw pseudo-terminal whose slave has
// a name of our choice, so that it can vanish and return under that name. Like
// a real adapter it loses what it says while nobody has it open; while somebody
// has, Write waits and nothing is lost. Safe for concurrent use; each Write
// goes out in one piece.
type Pty struct {
	name string

	writing sync.Mutex // held over a whole Write, taken before mu

	mu     sync.Mutex // guards the rest, never held while waiting
	pair   *pair      // nil while unplugged
	mute   bool
	closed bool
	ear    func([]byte)
}

// NewPty makes a plugged port called name in dir.
func NewPty(dir, name string) (*Pty, error) {
	p := &Pty{name: filepath.Join(dir, name)}
	if err := p.Plug(); err != nil {
		return nil, err
	}
	return p, nil
}

// Name is the path to open: a link to the slave, the same after each Plug.
func (p *Pty) Name() string { return p.name }

// Plug makes the device appear. A port that is plugged stays as it is.
func (p *Pty) Plug() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.closed:
		return fmt.Errorf("plug %s: %w", p.name, os.ErrClosed)
	case p.pair != nil:
		return nil
	}
	pair, err := openPair()
	if err != nil {
		return fmt.Errorf("plug %s: %w", p.name, err)
	}
	// A link left by a run that was killed is replaced.
	fresh := p.name + ".new"
	err = os.Remove(fresh)
	if err == nil || errors.Is(err, os.ErrNotExist) {
		err = os.Symlink(pair.slaveName, fresh)
	}
	if err == nil {
		err = os.Rename(fresh, p.name)
	}
	if err != nil {
		return fmt.Errorf("plug %s: %w", p.name, errors.Join(err, pair.close()))
	}
	p.pair = pair
	return nil
}

// Unplug makes the device vanish: its name is gone, a reader gets a hang-up,
// and what it had not read is lost.
func (p *Pty) Unplug() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.unplug()
}

// unplug expects mu.
func (p *Pty) unplug() error {
	if p.pair == nil {
		return nil
	}
	err := os.Remove(p.name)
	err = errors.Join(err, p.pair.close())
	p.pair = nil
	if err != nil {
		return fmt.Errorf("unplug %s: %w", p.name, err)
	}
	return nil
}

// Mute makes the port silent without unplugging it: what is written is dropped.
func (p *Pty) Mute(mute bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mute = mute
}

// Close unplugs the port for good and ends a waiting Write.
func (p *Pty) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	return p.unplug()
}

// Listen hands what the reader writes from now on to ear, piece by piece, when the
// port is used next. ear is called under the port's lock: it must not use the
// port, and keeps no part of what it gets.
func (p *Pty) Listen(ear func([]byte)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ear = ear
}

// fullWait is the time between two tries to write to a full port.
const fullWait = time.Millisecond

// Write says b. It waits while the reader is behind, and drops the rest when
// there is no reader (any more). Only a closed port is an error.
func (p *Pty) Write(b []byte) (int, error) {
	p.writing.Lock()
	defer p.writing.Unlock()
	said := 0
	for {
		n, wait, err := p.try(b[said:])
		if err != nil {
			return said, fmt.Errorf("write %s: %w", p.name, err)
		}
		said += n
		if said == len(b) {
			return said, nil
		}
		if wait {
			<-time.After(fullWait)
		}
	}
}

// try writes what goes out without waiting.
func (p *Pty) try(b []byte) (n int, wait bool, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return 0, false, os.ErrClosed
	}
	if attached := p.read(); !attached || p.mute {
		return len(b), false, nil
	}
	n, err = unix.Write(p.pair.master, b)
	switch {
	case err == unix.EAGAIN:
		return 0, true, nil
	case err == unix.EINTR:
		return 0, false, nil
	case err != nil:
		return 0, false, err
	}
	return n, false, nil
}

// read takes in what the other side did since last time and reports whether
// there is one. It expects mu.
func (p *Pty) read() (attached bool) {
	if p.pair == nil {
		return false
	}
	attached = p.pair.attached()
	for {
		var buf [256]byte
		n, err := unix.Read(p.pair.master, buf[:])
		if n <= 0 || err != nil {
			return attached
		}
		if p.ear != nil {
			p.ear(buf[:n])
		}
	}
}
