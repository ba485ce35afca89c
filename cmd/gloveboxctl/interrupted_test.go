package main

import (
	"bytes"
	"context"
	"io"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// typist ends the context when something is read, as an interrupt does that comes while a
// PIN is typed.
type typist struct {
	interrupt func()
	from      io.Reader
}

func (t typist) Read(b []byte) (int, error) {
	t.interrupt()
	return t.from.Read(b)
}

// begun is a bus with an agent on it.
func begun(t *testing.T) *world {
	t.Helper()
	program, err := exec.LookPath("dbus-daemon")
	if err != nil {
		t.Skip("dbus-daemon is not installed")
	}
	w := &world{}
	t.Cleanup(w.end)
	if err := w.begin(program); err != nil {
		t.Fatal(err)
	}
	return w
}

// Exit code 0 is done: what was interrupted may not have been.
func TestInterruptedIsNotDone(t *testing.T) {
	w := begun(t)
	for _, args := range [][]string{{"login", anna.String(), "--pin-stdin"}, {"erase", "everything", "--yes", "--pin-stdin", "--json"}} {
		ctx, interrupt := context.WithCancel(context.Background())
		var out, errOut bytes.Buffer
		code := run(ctx, append([]string{"--bus", w.address}, args...), typist{interrupt, strings.NewReader("480213\n")}, &out, &errOut)
		if said := out.String() + errOut.String(); code != exitRefused || !strings.Contains(said, "interrupted") {
			t.Errorf("%s: exit code %d, %q", args[0], code, said)
		}
	}
}

// An interrupt ends a program that waits for a PIN, although nobody types.
func TestInterruptWhileNobodyTypes(t *testing.T) {
	w := begun(t)
	ctx, interrupt := context.WithCancel(context.Background())
	nobody, end := io.Pipe()
	defer end.Close()
	ended := make(chan int)
	go func() {
		ended <- run(ctx, []string{"--bus", w.address, "login", anna.String(), "--pin-stdin"}, typist{interrupt, nobody}, io.Discard, io.Discard)
	}()
	select {
	case code := <-ended:
		if code != exitRefused {
			t.Errorf("exit code %d", code)
		}
	case <-time.After(20 * time.Second):
		t.Error("it still waits")
	}
}
