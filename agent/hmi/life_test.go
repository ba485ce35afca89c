package hmi_test

import (
	"context"
	"errors"
	"log/slog"
	"syscall"
	"testing"
	"time"

	"glovebox/agent/hmi"
)

// When the bus ends, Run says so: the process is to be started again.
func TestRunEndsWithTheBus(t *testing.T) {
	bus, daemon := startDaemon(t)
	face, err := hmi.New(bus, hmi.Access{}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer face.Close()
	ended := make(chan error, 1)
	go func() { ended <- face.Run(context.Background()) }()
	if err := daemon.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-ended:
		if !errors.Is(err, hmi.ErrBusGone) {
			t.Errorf("ended with %v", err)
		}
	case <-time.After(5 * time.Second):
		t.Error("still running")
	}
}

// Closing ends the calls that are still open.
func TestCloseEndsOpenCalls(t *testing.T) {
	w := start(t)
	w.cabin.change(func(c *cabin) { c.slow = make(chan struct{}) })
	login := w.dial(t).Object(hmi.Name, hmi.RootPath).Go("org.glovebox.Session1.Login", 0, nil, dbusPath(anna), annasPIN, none)
	time.Sleep(20 * time.Millisecond)
	if err := w.stop(); err != nil {
		t.Fatal(err)
	}
	select {
	case <-login.Done:
		if login.Err == nil || len(w.cabin.asked()) > 0 {
			t.Errorf("answered %v, did %v", login.Err, w.cabin.asked())
		}
	case <-time.After(5 * time.Second):
		t.Error("still open")
	}
}

func TestNoBusIsAnError(t *testing.T) {
	if _, err := hmi.New("unix:path=/nowhere/bus", hmi.Access{}, slog.New(slog.DiscardHandler)); err == nil {
		t.Error("connected to nothing")
	}
}
