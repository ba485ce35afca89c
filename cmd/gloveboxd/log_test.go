package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"glovebox/hal/kernel"
)

// logged is a log that is read while a timer writes it.
type logged struct {
	mu   sync.Mutex
	text bytes.Buffer // guarded by mu
}

func (s *logged) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(b)
}

func (s *logged) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// A cause in a loop gives ten lines a minute and a count, and hides no other cause; the
// same words of another bus are another cause, with another error the same one.
func TestACauseInALoop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var said logged
		log, flush := newLog(&said)
		count := func(text string) int { return strings.Count(said.String(), text) }
		for n := range 1000 {
			log.Warn("not done, tried again", "effect", "queue", "error", fmt.Errorf("no space left, block %d", n))
			time.Sleep(10 * time.Millisecond)
		}
		log.Warn("not done, tried again", "effect", "messages", "error", errors.New("no space left"))
		for n := range 20 {
			log.Info("connection lost", "error", n)
		}
		for range linesPerMinute { // not one more
			log.Warn("refused", "kind", "actions")
		}
		if count(`msg="not done, tried again" effect=queue`) != 10 || count("kind=actions") != 10 || count("effect=messages") != 1 || count("connection lost") != 10 || count("more of the same") != 0 {
			t.Errorf("the log says:\n%s", &said)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if count(`level=WARN msg="more of the same" words="not done, tried again" effect=queue lines=990`) != 1 || count(`level=INFO msg="more of the same" words="connection lost" lines=10`) != 1 || count("more of the same") != 2 {
			t.Errorf("after a minute the log says:\n%s", &said)
		}
		log.Warn("not done, tried again", "effect", "queue")
		if count(`msg="not done, tried again" effect=queue`) != 11 {
			t.Error("after a minute of rest it is not said again")
		}
		for range 12 {
			log.Warn("not done, tried again", "effect", "queue")
		}
		flush()
		if count(`words="not done, tried again" effect=queue lines=3`) != 1 {
			t.Errorf("at the end the log says:\n%s", &said)
		}
	})
}

// However many causes there are, neither memory nor log grows with them.
func TestCausesWithoutEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var said logged
		log, flush := newLog(&said)
		for n := range 100 * causesMost {
			log.Warn("call failed", "member", fmt.Sprint(n))
		}
		if lines := strings.Count(said.String(), "\n"); lines > causesMost+linesPerMinute {
			t.Errorf("%d lines", lines)
		}
		flush()
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if n := strings.Count(said.String(), "more of the same"); n != 1 {
			t.Errorf("%d times more of the same", n)
		}
	})
}

// Whoever reads the log may go: the agent goes on.
func TestNobodyReadsTheLog(t *testing.T) {
	a := newProgram(t, "[vehicle]\nmodel = \"Taycan\"\nmodel_year = 2024\n")
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	_, stop := a.boot("sh", "-c", `exec "$@" 2>/proc/`+fmt.Sprint(os.Getpid())+`/fd/`+fmt.Sprint(write.Fd()), "sh")
	if err := errors.Join(write.Close(), read.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := a.hmi.Guest(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	before := a.pid()
	if err := a.hmi.Logout(t.Context()); err != nil { // the fresh process says that it is ready
		t.Fatal(err)
	}
	if _, err := a.hmi.Guest(t.Context(), false); err != nil || a.pid() != before {
		t.Errorf("process %d after %d, %v", a.pid(), before, err)
	}
	if code, _ := stop(syscall.SIGTERM); code != exitStopped {
		t.Errorf("exit %d", code)
	}
}

// The clocks that main hands to the cabin: UTC, and one that a step of it does not touch.
func TestBothClocks(t *testing.T) {
	boot := kernel.BootTime()
	at := now()
	if at.UTC.Location() != time.UTC || time.Since(at.UTC).Abs() > time.Minute || at.Boot < boot || at.Boot > kernel.BootTime() {
		t.Errorf("%+v, the boot clock was at %v", at, boot)
	}
}

// An abort, as the watchdog orders one, leaves a line, and an exit code with which the unit
// is started again.
func TestAnAbortIsShort(t *testing.T) {
	for _, s := range []syscall.Signal{syscall.SIGABRT, syscall.SIGQUIT} {
		t.Run(s.String(), func(t *testing.T) {
			t.Parallel()
			a := newProgram(t, "")
			_, stop := a.boot("env", "GOTRACEBACK=none")
			code, said := stop(s)
			if code != exitCrashed || strings.Contains(said, "goroutine") || !strings.Contains(said, "level=ERROR msg=aborted signal="+s.String()+"\n") {
				t.Errorf("exit %d:\n%s", code, said)
			}
		})
	}
}
