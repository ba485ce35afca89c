package kernel_test

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"glovebox/hal/kernel"
)

// running is a group that reads until the test ends.
func running(t *testing.T) *kernel.Group {
	t.Helper()
	g, err := kernel.NewGroup()
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- g.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return g
}

// join has a group read a fresh pipe.
func join(t *testing.T, g *kernel.Group, room int, take func([]byte)) (m *kernel.Member, out, in *os.File) {
	t.Helper()
	r, out, in := pipe(t)
	m, err := g.Join(r, make([]byte, room), take)
	if err != nil {
		t.Fatal(err)
	}
	return m, out, in
}

func soon(t *testing.T, m *kernel.Member) error {
	t.Helper()
	ended := make(chan error, 1)
	go func() { ended <- m.Wait() }()
	select {
	case err := <-ended:
		return err
	case <-time.After(5 * time.Second):
		t.Fatal("no end within 5 s")
		return nil
	}
}

// Each member gets all that was said to it, however much comes at once and
// however little room there is, and its end, also if that comes with the last bytes.
func TestGroup(t *testing.T) {
	g := running(t)
	for _, room := range []int{1, 3, 4096} {
		var got strings.Builder
		var read atomic.Int64
		m, _, in := join(t, g, room, func(b []byte) { got.Write(b); read.Add(int64(len(b))) })
		want := strings.Repeat("0123456789", 50)
		for i := 0; i < len(want); i += 50 {
			say(t, in, want[i:i+50])
			if i%100 == 0 {
				time.Sleep(2 * time.Millisecond) // it is read meanwhile
			}
		}
		for end := time.Now().Add(5 * time.Second); read.Load() < 500 && room > 1; time.Sleep(time.Millisecond) { // before the end, too
			if time.Now().After(end) {
				t.Fatalf("room for %d: %d of 500 bytes are read", room, read.Load())
			}
		}
		in.Close()
		if err := soon(t, m); err != io.EOF {
			t.Errorf("the end: %v, want %v", err, io.EOF)
		}
		if got.String() != want {
			t.Errorf("room for %d: %d bytes, want %d", room, got.Len(), len(want))
		}
	}
}

// Whoever leaves is not read any more, whatever has its descriptor's number then.
func TestLeave(t *testing.T) {
	g := running(t)
	for range 300 {
		var left atomic.Bool
		m, out, in := join(t, g, 1, func([]byte) {
			if left.Load() {
				t.Error("read after Leave")
			}
		})
		say(t, in, "xxx")
		m.Leave()
		left.Store(true)
		if err := soon(t, m); !errors.Is(err, os.ErrClosed) {
			t.Fatalf("ended with %v, want %v", err, os.ErrClosed)
		}
		out.Close()
		other, from, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		say(t, from, "others'")
		b := make([]byte, 10)
		if n, _ := other.Read(b); string(b[:n]) != "others'" {
			t.Fatalf("of the other file only %q is left", b[:n])
		}
		m.Leave() // again
		other.Close()
		from.Close()
	}
}

// Whoever leaves while another member holds the group up is not read afterwards,
// although its bytes were there before.
func TestLeaveBehindAnother(t *testing.T) {
	g, begun, goOn := running(t), make(chan bool, 10), make(chan bool)
	defer close(goOn)
	var order []string
	busy := func(name string) func([]byte) {
		return func([]byte) { order = append(order, name); begun <- true; <-goOn }
	}
	one, _, in1 := join(t, g, 10, busy("one"))
	two, _, in2 := join(t, g, 10, busy("two"))
	say(t, in1, "x")
	<-begun
	say(t, in2, "x")
	say(t, in1, "x")
	goOn <- true
	<-begun // the first of those two, told of together
	first := order[1]
	other := two
	if first == "two" {
		other = one
	}
	released := make(chan bool)
	go func() { time.Sleep(20 * time.Millisecond); goOn <- true; close(released) }()
	other.Leave()
	<-released
	time.Sleep(50 * time.Millisecond)
	if len(order) != 2 {
		t.Errorf("taken: %v, want nothing of who left", order)
	}
}

// Leave waits for a take that runs.
func TestLeaveWaits(t *testing.T) {
	var begun, done atomic.Bool
	m, _, in := join(t, running(t), 10, func([]byte) {
		begun.Store(true)
		time.Sleep(50 * time.Millisecond)
		done.Store(true)
	})
	say(t, in, "x")
	for !begun.Load() {
		time.Sleep(time.Millisecond)
	}
	if m.Leave(); !done.Load() {
		t.Error("Leave returned while take was running")
	}
}

// A file that is closed is not joined.
func TestJoinClosed(t *testing.T) {
	r, out, _ := pipe(t)
	out.Close()
	if _, err := running(t).Join(r, make([]byte, 1), nil); err == nil {
		t.Error("a closed file is read")
	}
}

// A busy group allocates nothing.
func TestGroupAllocatesNothing(t *testing.T) {
	took := make(chan bool)
	_, _, in := join(t, running(t), 10, func([]byte) { took <- true })
	b := []byte("x")
	if n := testing.AllocsPerRun(100, func() {
		if _, err := in.Write(b); err != nil {
			t.Fatal(err)
		}
		<-took
	}); n != 0 {
		t.Errorf("%v allocations a read", n)
	}
}
