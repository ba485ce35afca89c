package sim

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/godbus/dbus/v5"
	"golang.org/x/sys/unix"
)

const (
	loginManager     = "org.freedesktop.login1"
	loginManagerPath = dbus.ObjectPath("/org/freedesktop/login1")
	sleepWaits       = 5 * time.Second // for delay locks: InhibitDelayMaxSec of logind.conf(5)
	answerSent       = time.Second     // by then whoever asked for a lock has its copy
)

// LoginManager is as much of logind as it takes to sleep: it hands out delay locks and
// says what comes.
type LoginManager struct {
	conn  *dbus.Conn
	locks delayLocks
}

// StartLoginManager takes logind's name on a bus.
func StartLoginManager(address string) (*LoginManager, error) {
	conn, err := dbus.Connect(address)
	if err != nil {
		return nil, fmt.Errorf("login manager: %w", err)
	}
	m := &LoginManager{conn: conn}
	err = conn.Export(&m.locks, loginManagerPath, loginManager+".Manager")
	if err == nil {
		_, err = conn.RequestName(loginManager, dbus.NameFlagDoNotQueue)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("login manager: %w", err), conn.Close())
	}
	return m, nil
}

// Close leaves the bus.
func (m *LoginManager) Close() error {
	m.locks.close()
	return m.conn.Close()
}

// Sleep puts the unit to sleep for a while: everybody is told, and has five seconds at
// most; then the agent stands still. It returns how long the locks were held.
func (w *World) Sleep(ctx context.Context, d time.Duration) (held time.Duration, err error) {
	if w.LoginManager == nil {
		return 0, errors.New("there is no login manager in this world")
	}
	begun := time.Now()
	if err := w.LoginManager.say(true); err != nil {
		return 0, err
	}
	err = w.LoginManager.locks.wait(ctx, sleepWaits)
	held = time.Since(begun)
	if err != nil {
		return held, err
	}
	if err := w.Agent.Signal(unix.SIGSTOP); err != nil {
		return held, err
	}
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
	return held, errors.Join(w.Agent.Signal(unix.SIGCONT), w.LoginManager.say(false))
}

func (m *LoginManager) say(begins bool) error {
	if err := m.conn.Emit(loginManagerPath, loginManager+".Manager.PrepareForSleep", begins); err != nil {
		return fmt.Errorf("login manager: %w", err)
	}
	return nil
}

// delayLocks are the ends of pipes that see the other one closed.
type delayLocks struct {
	mu   sync.Mutex
	open []*os.File // guarded by mu
}

// Inhibit is the method of D-Bus.
func (l *delayLocks) Inhibit(_, _, _, _ string) (dbus.UnixFD, *dbus.Error) {
	read, write, err := os.Pipe()
	if err != nil {
		return 0, dbus.MakeFailedError(err)
	}
	fd := dbus.UnixFD(write.Fd())
	time.AfterFunc(answerSent, func() { write.Close() })
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open = append(l.open, read)
	return fd, nil
}

// wait returns once every lock is released.
func (l *delayLocks) wait(ctx context.Context, most time.Duration) error {
	l.mu.Lock()
	open := l.open
	l.open = nil
	l.mu.Unlock()
	end := time.Now().Add(most)
	if deadline, ok := ctx.Deadline(); ok && deadline.Before(end) {
		end = deadline
	}
	for _, lock := range open {
		if err := lock.SetReadDeadline(end); err != nil {
			return err
		}
		_, err := lock.Read(make([]byte, 1))
		if err := lock.Close(); err != nil {
			return err
		}
		if os.IsTimeout(err) {
			return fmt.Errorf("a delay lock is held after %v", most)
		}
	}
	return nil
}

func (l *delayLocks) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, lock := range l.open {
		_ = lock.Close()
	}
	l.open = nil
}
