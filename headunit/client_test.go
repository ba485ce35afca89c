package headunit_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"

	"glovebox/headunit"
)

// A refusal has the agent's public name; one of the bus its whole one. No agent,
// or one that is silent, is told from one that says no.
func TestRefusals(t *testing.T) {
	address, c := bus(t)
	_, err := c.Session(t.Context())
	if headunit.RefusedAs(err) != "org.freedesktop.DBus.Error.NameHasNoOwner" || !errors.Is(err, headunit.ErrNotReached) {
		t.Errorf("nobody there: %v", err)
	}
	boot(t, address)
	for _, tt := range []struct{ name, sent, as string }{
		{"of the agent", "org.glovebox.Error.WrongPIN", "WrongPIN"},
		{"of D-Bus", "org.freedesktop.DBus.Error.UnknownMethod", "org.freedesktop.DBus.Error.UnknownMethod"},
	} {
		_, err := c.Login(t.Context(), "aa", tt.sent, false)
		r, _ := errors.AsType[*headunit.Refusal](err)
		if headunit.RefusedAs(fmt.Errorf("log in: %w", err)) != tt.as || r.Message != "the PIN is wrong" || errors.Is(err, headunit.ErrNotReached) {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := c.Logout(ctx); headunit.RefusedAs(err) != "" || !errors.Is(err, headunit.ErrNotReached) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a silent agent: %v", err)
	}
}

// A bus that takes the connection and never says a word does not hold whoever
// gives up.
func TestDialGivesUp(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "bus")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	ended := make(chan error, 1)
	go func() {
		_, err := headunit.Dial(ctx, "unix:path="+socket)
		ended <- err
	}()
	select {
	case err := <-ended:
		if err == nil || !strings.HasPrefix(err.Error(), "no D-Bus") {
			t.Error(err)
		}
	case <-time.After(5 * time.Second):
		t.Error("it waits for ever")
	}
}

// Await returns when the agent owns its name, and says when it never will.
func TestAwait(t *testing.T) {
	address, c := bus(t)
	gone := make(chan struct{})
	close(gone)
	if err := c.Await(t.Context(), gone); err == nil {
		t.Error("there is an agent that ended")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := c.Await(ctx, nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("nobody comes: %v", err)
	}
	booted := make(chan struct{})
	time.AfterFunc(20*time.Millisecond, func() { defer close(booted); boot(t, address) })
	if err := c.Await(t.Context(), nil); err != nil {
		t.Error(err)
	}
	<-booted // its name is there a moment before it is done
}

// Watch hands on whole lines until whoever watches has enough, gives up, or the
// agent is gone.
func TestWatch(t *testing.T) {
	address, c := bus(t)
	a := boot(t, address)
	enough := errors.New("enough")
	for _, tt := range []struct {
		name string
		see  error
		then func(end context.CancelFunc, stream io.Closer) // once a line was seen
		want error
	}{
		{"enough", enough, func(context.CancelFunc, io.Closer) {}, enough},
		{"given up", nil, func(end context.CancelFunc, _ io.Closer) { end() }, nil},
		{"the agent is gone", nil, func(_ context.CancelFunc, stream io.Closer) { stream.Close() }, headunit.ErrNotReached},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			lines := make(chan string, 1)
			ended := make(chan error, 1)
			go func() {
				ended <- c.Watch(ctx, func(line []byte) error { lines <- string(line); return tt.see })
			}()
			stream := <-a.streams
			if _, err := stream.WriteString("{\"t\":1}\n"); err != nil {
				t.Fatal(err)
			}
			if got := <-lines; got != `{"t":1}` {
				t.Errorf("line %q", got)
			}
			tt.then(cancel, stream)
			if err := <-ended; !errors.Is(err, tt.want) {
				t.Errorf("ended with %v, want %v", err, tt.want)
			}
			stream.Close()
		})
	}
}

// A ledger of any length is read whole, however many calls that takes; of a limit so many.
func TestWholeLedger(t *testing.T) {
	address, c := bus(t)
	a := boot(t, address)
	a.entries.Store(5000)
	for limit, want := range map[uint32]int{0: 5000, 1: 1, 2048: 2048, 3000: 3000, 9000: 5000} {
		filter := map[string]any{}
		if limit > 0 {
			filter["limit"] = limit
		}
		all, err := c.Ledger(t.Context(), filter)
		if err != nil || len(all) != want {
			t.Fatalf("limit %d: %d entries, %v", limit, len(all), err)
		}
		for i, e := range all {
			if e["id"] != uint64(5000-want+i+1) {
				t.Fatalf("limit %d: entry %d is %v", limit, i, e["id"])
			}
		}
		if limit > 0 && filter["limit"] != limit || filter["before"] != nil {
			t.Errorf("the filter became %v", filter)
		}
	}
}

// Each change of the ledger is one Next, and the agent's leaving is the last, unless another
// process takes over.
func TestLedgerChanges(t *testing.T) {
	address, c := bus(t)
	a := boot(t, address)
	changes, err := c.LedgerChanges(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, newest := range []uint64{7, 8} {
		if err := a.conn.Emit(root, "org.glovebox.Privacy1.LedgerChanged", newest); err != nil {
			t.Fatal(err)
		}
		if got, err := changes.Next(t.Context()); got != newest || err != nil {
			t.Errorf("newest %d, %v", got, err)
		}
	}
	if err := a.conn.Emit(root, "org.glovebox.Session1.Ended", "logout", map[string]dbus.Variant{}); err != nil {
		t.Fatal(err)
	}
	if got, err := changes.Next(t.Context()); got != 0 || err != nil {
		t.Errorf("the session ended: newest %d, %v", got, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := changes.Next(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("given up: %v", err)
	}
	if _, err := a.conn.ReleaseName(headunit.BusName); err != nil {
		t.Fatal(err)
	}
	fresh := boot(t, address) // another process took over, as after each guest
	if got, err := changes.Next(t.Context()); got != 0 || err != nil {
		t.Errorf("another process took over: newest %d, %v", got, err)
	}
	if err := fresh.conn.Emit(root, "org.glovebox.Privacy1.LedgerChanged", uint64(1)); err != nil {
		t.Fatal(err)
	}
	if got, err := changes.Next(t.Context()); got != 1 || err != nil {
		t.Errorf("of the fresh process: newest %d, %v", got, err)
	}
	if _, err := fresh.conn.ReleaseName(headunit.BusName); err != nil {
		t.Fatal(err)
	}
	if _, err := changes.Next(t.Context()); !errors.Is(err, headunit.ErrNotReached) {
		t.Errorf("the agent has left: %v", err)
	}
}

// A person's object leads to their id, and nobody's to none.
func TestID(t *testing.T) {
	for path, want := range map[dbus.ObjectPath]string{
		headunit.Path("aa01"): "aa01", headunit.Path("guest"): "guest", "/": "", "": "",
	} {
		if got := headunit.ID(string(path)); got != want {
			t.Errorf("%q is %q, want %q", path, got, want)
		}
	}
}
