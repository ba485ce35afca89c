package hmi_test

import (
	"context"
	"errors"
	"log/slog"
	"syscall"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"

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
	case <-time.After(patience):
		t.Error("still running")
	}
}

// Whoever asks in the moment in which the name appears finds everything there.
func TestNameComesLast(t *testing.T) {
	address := startBus(t)
	early, err := dbus.Connect(address, dbus.WithSignalHandler(dbus.NewSequentialSignalHandler()))
	if err != nil {
		t.Fatal(err)
	}
	defer early.Close()
	if err := early.AddMatchSignal(dbus.WithMatchInterface("org.freedesktop.DBus"), dbus.WithMatchMember("NameOwnerChanged"), dbus.WithMatchArg(0, hmi.Name)); err != nil {
		t.Fatal(err)
	}
	appeared := make(chan *dbus.Signal, 1)
	early.Signal(appeared)
	asked := make(chan error, 1)
	var people map[dbus.ObjectPath]map[string]map[string]dbus.Variant
	go func() {
		<-appeared
		asked <- early.Object(hmi.Name, hmi.RootPath).Call("org.freedesktop.DBus.ObjectManager.GetManagedObjects", 0).Store(&people)
	}()
	w := &world{bus: address, cabin: newCabin(), log: &logText{}, uids: &users{uids: map[string]uint32{}}}
	w.run(t, hmi.Access{HMI: []uint32{hmiUser}, UID: w.uids.uid, HMILimits: hmi.Limits{PerSecond: 100, Burst: 100, Waiting: 100}})
	if err := <-asked; err != nil || len(people) != len(w.cabin.Profiles()) {
		t.Errorf("%d people are found: %v", len(people), err)
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
	case <-time.After(patience):
		t.Error("still open")
	}
}

func TestNoBusIsAnError(t *testing.T) {
	if _, err := hmi.New("unix:path=/nowhere/bus", hmi.Access{}, slog.New(slog.DiscardHandler)); err == nil {
		t.Error("connected to nothing")
	}
}
