package docs_test

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"glovebox/sim"
	"glovebox/sim/cloud"
)

// programs is where the programs of this project are built, once for all tests here.
var programs string

func TestMain(m *testing.M) {
	var err error
	if programs, err = os.MkdirTemp("", "gbdocs"); err != nil {
		panic(err)
	}
	code := m.Run()
	_ = os.RemoveAll(programs)
	os.Exit(code)
}

var gloveboxd = sync.OnceValues(func() (string, error) {
	return sim.Find(context.Background(), "gloveboxd", "", programs)
})

// realAgent is a made car at rest with the real agent in it, and people with the PINs
// of a scenario.
func realAgent(t *testing.T) *sim.World {
	t.Helper()
	tool(t, "dbus-daemon")
	program, err := gloveboxd()
	if err != nil {
		t.Fatal(err)
	}
	o, err := sim.Made(sim.Options{Gloveboxd: program, Users: []cloud.User{
		{Name: "anna", Role: cloud.Main, PIN: "480213"}, {Name: "lea", Role: cloud.Shared, PIN: "590324"}, {Name: "jonas", Role: cloud.Limited, PIN: "601435"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	w, err := sim.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := w.Boot(t.Context()); err != nil {
		t.Fatal(err)
	}
	return w
}

// client runs a program of the head unit on the world's bus, with a PIN on standard
// input, and returns what it printed.
func client(t *testing.T, w *sim.World, pin, program string, args ...string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Env = append(os.Environ(), "DBUS_SYSTEM_BUS_ADDRESS="+w.DBus.Address, "PYTHONDONTWRITEBYTECODE=1")
	cmd.Stdin = strings.NewReader(pin + "\n")
	out, err := cmd.CombinedOutput()
	return string(out), err
}
