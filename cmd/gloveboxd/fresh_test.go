package main

import (
	"encoding/json"
	"log/slog"
	"os"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"glovebox/agent"
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
	said := carried{
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
