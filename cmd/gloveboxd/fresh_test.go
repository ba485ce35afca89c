package main

import (
	"encoding/json"
	"log/slog"
	"os"
	"reflect"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"glovebox/agent"
	"glovebox/headunit"
	"glovebox/profiles"
)

// memoryFile is a memory file with a text, as a process leaves one to the next.
func memoryFile(t *testing.T, text string, sealed int) (descriptor string) {
	t.Helper()
	fd, err := unix.MemfdCreate("test", unix.MFD_ALLOW_SEALING)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := unix.Write(fd, []byte(text)); err != nil {
		t.Fatal(err)
	}
	if _, err := unix.FcntlInt(uintptr(fd), unix.F_ADD_SEALS, sealed); err != nil {
		t.Fatal(err)
	}
	return strconv.Itoa(fd)
}

// A fresh process believes what is sealed and whole, and nothing else: then nobody is at
// the wheel. No later process finds the name of it again.
func TestTakeOver(t *testing.T) {
	cfg := defaults()
	cfg.Buses = []Bus{{Name: "body", Port: "/dev/ttyACM0", Baud: 115200}}
	said := carried{
		Config:  &cfg,
		Carried: agent.Carried{Ended: agent.HasLeft, Next: agent.Request{Who: profiles.ID{7}}, Why: agent.Chosen, Parked: true},
		Line:    lineLeft{Opens: time.Minute, Pause: time.Second, Socket: -1}, Sound: true, Lock: -1,
	}
	good, err := json.Marshal(said)
	if err != nil {
		t.Fatal(err)
	}
	for name, row := range map[string]struct {
		descriptor string
		believed   bool
	}{
		"as it is left":    {memoryFile(t, string(good), seals), true},
		"not sealed":       {memoryFile(t, string(good), 0), false},
		"may be written":   {memoryFile(t, string(good), unix.F_SEAL_SEAL|unix.F_SEAL_SHRINK|unix.F_SEAL_GROW), false},
		"empty":            {memoryFile(t, "", seals), false},
		"cut off":          {memoryFile(t, string(good[:20]), seals), false},
		"garbage":          {memoryFile(t, "\x00\xff\x17", seals), false},
		"far too long":     {memoryFile(t, string(good)+strings.Repeat(" ", carriedMax), seals), false},
		"no such file":     {"1021", false},
		"no number":        {"x", false},
		"nothing was left": {"", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv(carriedIn, row.descriptor)
			got := takeOver(slog.New(slog.DiscardHandler))
			if (got != nil) != row.believed || got != nil && !reflect.DeepEqual(*got, said) {
				t.Errorf("taken over: %+v", got)
			}
			if row.descriptor != "" && os.Getenv(carriedIn) != "" {
				t.Error("a later process finds it again")
			}
		})
	}
}

// A configuration that was broken while the agent ran is for the next start: a guest's end
// goes by the one that it was started with.
func TestConfigurationIsCarriedOver(t *testing.T) {
	t.Parallel()
	a := newProgram(t, "[vehicle]\nmodel = \"Taycan\"\nmodel_year = 2024\n")
	_, stop := a.boot()
	a.write("gloveboxd.toml", "[radio\n")
	if _, err := a.hmi.Guest(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	if err := a.hmi.Logout(t.Context()); err != nil {
		t.Fatal(err)
	}
	for s := (headunit.Session{}); s.WipeState != "clean" || s.State == "leaving"; time.Sleep(20 * time.Millisecond) {
		var err error
		if s, err = a.hmi.Session(t.Context()); err != nil { // the bus keeps calls over the exchange
			_, said := stop(syscall.SIGKILL)
			t.Fatalf("%v: %s", err, said)
		}
	}
	if code, said := a.run(); code != exitConfig {
		t.Errorf("a start with it: exit %d: %s", code, said)
	}
	if code, said := stop(syscall.SIGTERM); code != exitStopped {
		t.Errorf("exit %d: %s", code, said)
	}
}

// The socket of a silent line stays open until the broker must have given it up, and then
// goes; no other program gets it.
func TestASilentLineIsHeld(t *testing.T) {
	ends, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(ends[1])
	text, err := json.Marshal(carried{Line: lineLeft{Silent: now().Boot + 200*time.Millisecond, Socket: ends[0]}})
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv(carriedIn, memoryFile(t, string(text), seals))
	begun := time.Now()
	if takeOver(slog.New(slog.DiscardHandler)) == nil {
		t.Fatal("not taken over")
	}
	if flags, err := unix.FcntlInt(uintptr(ends[0]), unix.F_GETFD, 0); err != nil || flags&unix.FD_CLOEXEC == 0 {
		t.Errorf("other programs get it: %v", err)
	}
	var b [1]byte
	if n, err := unix.Read(ends[1], b[:]); n != 0 || err != nil {
		t.Errorf("read %d, %v", n, err)
	}
	if open := time.Since(begun); open < 190*time.Millisecond {
		t.Errorf("open for %v", open)
	}
}
