package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"

	"glovebox/profiles/bolt"
)

// What the program and systemd tell each other: sd_notify(3), systemd.service(5).

// said tells systemd, where it listens.
func said(log *slog.Logger, state string) {
	if _, err := daemon.SdNotify(false, state); err != nil {
		log.Warn("systemd", "error", err)
	}
}

// stopTime is how long a stop may take. The unit kills after eight seconds.
const stopTime = 7500 * time.Millisecond

// untilStopped ends its context when the program is asked to stop; systemd hears of it
// before anything else happens. A stop that takes too long, as where the disk hangs, is
// cut off: the next start finds what a power cut would have left. Of an abort, as the
// watchdog orders one, one line is left where GOTRACEBACK is none: the runtime of Go minds
// that in a panic alone, and would write hundreds.
func untilStopped(log *slog.Logger, flush func()) (ctx context.Context, release func()) {
	ctx, cancel := context.WithCancel(context.Background())
	over := func(code int, words string, args ...any) {
		log.Error(words, args...)
		flush()
		os.Exit(code)
	}
	asked, released, done := make(chan os.Signal, 1), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		signal.Notify(asked, syscall.SIGINT, syscall.SIGTERM) // a thread of its own waits for them: making it takes a while
		if os.Getenv("GOTRACEBACK") == "none" {
			signal.Notify(asked, syscall.SIGABRT, syscall.SIGQUIT)
		}
		for {
			select {
			case <-released:
				return
			case s := <-asked:
				switch {
				case s == syscall.SIGABRT || s == syscall.SIGQUIT:
					over(exitCrashed, "aborted", "signal", s.String())
				case ctx.Err() == nil:
					said(log, daemon.SdNotifyStopping)
					time.AfterFunc(stopTime, func() { over(exitFailed, "stop cut off", "after", stopTime) })
					cancel()
				}
			}
		}
	}()
	return ctx, func() { signal.Stop(asked); cancel(); close(released); <-done }
}

// stepTime is how long one step of a start may take: a child that checks a store is waited
// for, and its file is copied, wiped or brought to a newer form.
const stepTime = bolt.CheckTime + 20*time.Second

// progress gives a start that still does something more time. Only steps that are done
// lead to the next: one that hangs is not given any. A fresh process is a running unit to
// systemd, whose watchdog waits.
func progress(log *slog.Logger, fresh bool) {
	said(log, fmt.Sprintf("EXTEND_TIMEOUT_USEC=%d", stepTime.Microseconds()))
	if fresh {
		said(log, daemon.SdNotifyWatchdog)
	}
}
