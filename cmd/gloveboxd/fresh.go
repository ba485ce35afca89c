package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"glovebox/agent"
	"glovebox/agent/hmi"
	"glovebox/telemetry"
)

// A session's end after which nothing may be left in memory is followed by a fresh
// process: this program executes itself. The PID stays, so systemd sees nothing; the bus
// keeps what is called meanwhile (docs/erasure.md, A fresh process).

// carriedIn names the descriptor of what the process before carried over.
const carriedIn = "GLOVEBOX_CARRIED"

// carriedMax is how much there may be of it: what the car said last is most.
const carriedMax = 1 << 20

// carried is what the process before hands over, in a sealed memory file and nowhere else.
type carried struct {
	agent.Carried
	Config *Config  `json:"config"` // nil: it is read
	Line   lineLeft `json:"line"`
	Sound  bool     `json:"sound"` // the stores were closed as they should be
	Lock   int      `json:"lock"`  // the login manager's delay lock; -1: none

	socket *silentSocket // of Line; nil: none
	lock   *os.File      // nil: none
}

// lineLeft is a telemetry.Left, on the boot clock.
type lineLeft struct {
	Opens  time.Duration `json:"opens"`
	Pause  time.Duration `json:"pause"`
	Brisk  time.Duration `json:"brisk"`  // zero: never was
	Silent time.Duration `json:"silent"` // zero: none is
	Socket int           `json:"socket"`
}

func lineOf(l telemetry.Left) lineLeft {
	boot := now().Boot
	kept := lineLeft{Opens: boot + time.Until(l.Opens), Pause: l.Pause, Socket: l.Socket}
	if !l.Brisk.IsZero() {
		kept.Brisk = boot + time.Until(l.Brisk)
	}
	if !l.Silent.IsZero() {
		kept.Silent = boot + time.Until(l.Silent)
	}
	return kept
}

// left is what the courier is told of it.
func (l lineLeft) left() telemetry.Left {
	at, boot := time.Now(), now().Boot
	left := telemetry.Left{Opens: at.Add(l.Opens - boot), Pause: l.Pause, Socket: l.Socket}
	if l.Brisk > 0 {
		left.Brisk = at.Add(l.Brisk - boot)
	}
	if l.Silent > 0 {
		left.Silent = at.Add(l.Silent - boot)
	}
	return left
}

// config is what the process before ran by. A file that was changed meanwhile is for the
// next start: a guest's end must neither change how the car is set up nor, where the file is
// broken, end the agent.
func (c *carried) config(file string) (Config, error) {
	if c == nil || c.Config == nil {
		return readConfig(file)
	}
	return *c.Config, nil
}

// told is what the cabin is told of the process before.
func (c *carried) told() *agent.Carried {
	if c == nil {
		return nil
	}
	return &c.Carried
}

// silent is the socket that the process before left open, or nil.
func (c *carried) silent() *silentSocket {
	if c == nil {
		return nil
	}
	return c.socket
}

// delayLock is the lock that the process before left, or nil.
func (c *carried) delayLock() *os.File {
	if c == nil {
		return nil
	}
	return c.lock
}

// silentSocket is the socket of a silent line of the process before. Nothing is written to
// it; it stays open until the broker must have given it up, over another exchange too.
type silentSocket struct {
	mu sync.Mutex
	fd int // guarded by mu; -1: closed
}

func newSilentSocket(fd int, rest time.Duration) *silentSocket {
	unix.CloseOnExec(fd)
	s := &silentSocket{fd: fd}
	time.AfterFunc(rest, s.close)
	return s
}

func (s *silentSocket) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fd >= 0 {
		_ = unix.Close(s.fd)
		s.fd = -1
	}
}

// keep hands the socket on to the next process, if it is open: it closes it then.
func (s *silentSocket) keep() (fd int) {
	if s == nil {
		return -1
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	fd, s.fd = s.fd, -1
	if fd >= 0 {
		if _, err := unix.FcntlInt(uintptr(fd), unix.F_SETFD, 0); err != nil {
			return -1
		}
	}
	return fd
}

// replacement is how a run makes way for a fresh process.
type replacement struct {
	config  Config
	face    *hmi.Face
	courier *telemetry.Courier
	end     context.CancelCauseFunc
	socket  *silentSocket
	lock    *os.File     // the login manager's delay lock: held until the next process has its own
	stopped func() error // not nil once the program is asked to stop: then nothing takes over
	next    atomic.Pointer[func() agent.Carried]
}

// drainTime is how long calls that have arrived may take before the process is replaced.
const drainTime = time.Second

// wanted is what the cabin calls when nobody is at the wheel any more and the name is
// given back: the calls that arrived are answered, then the run ends.
func (r *replacement) wanted(on bool) func(func() agent.Carried) {
	if !on {
		return nil
	}
	return func(next func() agent.Carried) {
		r.courier.HandOver()
		r.next.Store(&next)
		go func() {
			r.face.Drain(drainTime)
			r.end(&replaced{})
		}()
	}
}

func (r *replacement) begun() bool { return r.next.Load() != nil && r.stopped() == nil }

// told ends the run with what the next process is told; sound says how the stores were
// closed.
func (r *replacement) told(sound bool) *replaced {
	line := lineOf(r.courier.Left())
	if line.Socket < 0 {
		line.Socket = r.socket.keep()
	}
	lock := -1
	if r.lock != nil {
		if fd, err := unix.Dup(int(r.lock.Fd())); err == nil { // not closed by exec
			lock = fd
		}
	}
	return &replaced{carried{Carried: (*r.next.Load())(), Config: &r.config, Line: line, Sound: sound, Lock: lock}}
}

// replaced ends a run after which a fresh process takes over.
type replaced struct{ carried carried }

func (*replaced) Error() string { return "a fresh process takes over" }

// execute replaces this process. It returns only where that fails. The next one comes also
// where nothing can be handed over: then nobody is at the wheel, and nothing is left in
// memory either.
func (r *replaced) execute(log *slog.Logger) error {
	env := os.Environ()
	if fd, err := r.carried.file(); err != nil {
		log.Error("nothing is handed over", "error", err)
	} else {
		env = append(env, carriedIn+"="+strconv.Itoa(fd))
	}
	return fmt.Errorf("execute anew: %w", unix.Exec("/proc/self/exe", os.Args, env))
}

// file is a sealed memory file that exec does not close.
func (c *carried) file() (fd int, err error) {
	text, err := json.Marshal(c)
	if err != nil {
		return -1, err
	}
	if fd, err = unix.MemfdCreate("glovebox", unix.MFD_ALLOW_SEALING); err != nil {
		return -1, fmt.Errorf("make a memory file: %w", err)
	}
	if _, err = unix.Write(fd, text); err == nil {
		_, err = unix.FcntlInt(uintptr(fd), unix.F_ADD_SEALS, seals)
	}
	return fd, err
}

const seals = unix.F_SEAL_SEAL | unix.F_SEAL_SHRINK | unix.F_SEAL_GROW | unix.F_SEAL_WRITE

// takeOver reads what the process before carried over, nil where this one is the first. A
// part that cannot be read counts as the end of everything: nobody is at the wheel.
func takeOver(log *slog.Logger) *carried {
	text := os.Getenv(carriedIn)
	if text == "" {
		return nil
	}
	err := os.Unsetenv(carriedIn)
	c := carried{Line: lineLeft{Socket: -1}, Lock: -1}
	if err == nil {
		err = c.read(text)
	}
	if err != nil {
		log.Warn("nothing is carried over", "error", err)
		return nil
	}
	if socket := c.Line.Socket; socket >= 0 {
		c.socket = newSilentSocket(socket, max(0, c.Line.Silent-now().Boot))
	}
	if c.Lock >= 0 {
		unix.CloseOnExec(c.Lock)
		c.lock = os.NewFile(uintptr(c.Lock), "delay lock")
	}
	return &c
}

func (c *carried) read(text string) error {
	fd, err := strconv.Atoi(text)
	if err != nil {
		return err
	}
	file := os.NewFile(uintptr(fd), "carried over")
	defer file.Close()
	if have, err := unix.FcntlInt(file.Fd(), unix.F_GET_SEALS, 0); err != nil || have&seals != seals {
		return errors.Join(errors.New("not sealed"), err)
	}
	info, err := file.Stat()
	if err != nil || info.Size() == 0 || info.Size() > carriedMax {
		return errors.Join(errors.New("no fitting length"), err)
	}
	b := make([]byte, info.Size())
	if _, err := file.ReadAt(b, 0); err != nil {
		return err
	}
	return json.Unmarshal(b, c)
}
