package kernel_test

import (
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"glovebox/hal/kernel"
)

// records is a socket pair that keeps records apart, as a CAN socket does.
func records(t testing.TB) (here, there *os.File) {
	t.Helper()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	here, there = os.NewFile(uintptr(fds[0]), "here"), os.NewFile(uintptr(fds[1]), "there")
	t.Cleanup(func() { here.Close(); there.Close() })
	return here, there
}

func batch(t testing.TB, file *os.File, count, room int) *kernel.Batch {
	t.Helper()
	b, err := kernel.NewBatch(file, count, room)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func put(t testing.TB, to *os.File, words ...string) {
	t.Helper()
	for _, word := range words {
		if _, err := to.Write([]byte(word)); err != nil {
			t.Fatal(err)
		}
	}
}

// received is what comes at once, in words; * marks a record that was longer than its room.
func received(b *kernel.Batch) (words []string, err error) {
	err = b.Receive(func(n int) bool {
		for i := range n {
			record, whole := b.Record(i)
			word := string(record)
			if !whole {
				word += "*"
			}
			words = append(words, word)
		}
		return false
	})
	return words, err
}

// What waits comes at once, in its order and apart, as far as there is room; the rest
// comes with the next call, and the end behind it.
func TestBatch(t *testing.T) {
	here, there := records(t)
	b := batch(t, here, 3, 4)
	put(t, there, "one", "two", "three", "four", "x")
	there.Close()
	for _, want := range []string{"[one two thre*] <nil>", "[four x] <nil>", "[] EOF", "[] EOF"} {
		words, err := received(b)
		if got := fmt.Sprint(words, " ", err); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

// One Receive hears all that comes for as long as more is wanted, whether there was room
// for more or not, and nothing twice.
func TestBatchAgainAndAgain(t *testing.T) {
	here, there := records(t)
	b, said := batch(t, here, 3, 8), make(chan string)
	ended := make(chan error)
	go func() {
		ended <- b.Receive(func(n int) bool {
			for i := range n {
				record, _ := b.Record(i)
				said <- string(record)
			}
			return true
		})
	}()
	for round := range 200 {
		for i := range round % 8 {
			put(t, there, fmt.Sprint(round, " ", i))
		}
		for i := range round % 8 {
			if got, want := <-said, fmt.Sprint(round, " ", i); got != want {
				t.Fatalf("%q, want %q", got, want)
			}
		}
	}
	here.Close()
	if err := <-ended; !errors.Is(err, os.ErrClosed) {
		t.Errorf("a closed socket: %v", err)
	}
}

// A call waits for the first record alone. A deadline ends it, and a close.
func TestBatchWaits(t *testing.T) {
	here, there := records(t)
	b := batch(t, here, 3, 4)
	if err := here.SetReadDeadline(time.Now().Add(10 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if _, err := received(b); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("nothing came: %v", err)
	}
	if err := here.SetReadDeadline(time.Time{}); err != nil {
		t.Fatal(err)
	}
	type result struct {
		words []string
		err   error
	}
	got := make(chan result)
	receive := func() { words, err := received(b); got <- result{words, err} }
	go receive()
	put(t, there, "a")
	if r := <-got; fmt.Sprint(r.words, r.err) != "[a] <nil>" {
		t.Errorf("%v, %v", r.words, r.err)
	}
	go receive()
	time.Sleep(20 * time.Millisecond)
	here.Close()
	if r := <-got; !errors.Is(r.err, os.ErrClosed) {
		t.Errorf("a closed socket: %v, %v", r.words, r.err)
	}
}

// What the kernel drops for want of room is counted beside the next record.
func TestBatchCountsWhatWasLost(t *testing.T) {
	here, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	file := os.NewFile(uintptr(here), "here")
	defer file.Close()
	there, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(there)
	err = errors.Join(unix.SetsockoptInt(here, unix.SOL_SOCKET, unix.SO_RXQ_OVFL, 1), unix.SetsockoptInt(here, unix.SOL_SOCKET, unix.SO_RCVBUF, 4096),
		unix.Bind(here, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}))
	if err != nil {
		t.Fatal(err)
	}
	to, err := unix.Getsockname(here)
	if err != nil {
		t.Fatal(err)
	}
	b := batch(t, file, 16, 100)
	const sent = 300
	taken, lost := uint32(0), uint32(0)
	take := func() {
		if err := b.Receive(func(n int) bool {
			for i := range n {
				if count, ok := b.Lost(i); ok {
					lost = count
				}
			}
			taken += uint32(n)
			return false
		}); err != nil {
			t.Fatal(err)
		}
	}
	for i := range sent {
		if err := unix.Sendto(there, make([]byte, 50), 0, to); err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			take()
			if _, ok := b.Lost(0); ok {
				t.Error("lost before anything was")
			}
		}
	}
	for taken+lost < sent {
		take()
		if lost == 0 { // room for one more, which says how many there was none for
			if err := unix.Sendto(there, make([]byte, 50), 0, to); err != nil {
				t.Fatal(err)
			}
			taken-- // it is not one of those
		}
	}
	if taken+lost != sent || lost == 0 {
		t.Errorf("%d came and %d were lost of %d", taken, lost, sent)
	}
}

func TestBatchAllocatesNothing(t *testing.T) {
	here, there := records(t)
	b, word := batch(t, here, 8, 16), []byte("word")
	once := func(n int) bool { return n != 3 }
	if n := testing.AllocsPerRun(100, func() {
		for range 3 {
			if _, err := there.Write(word); err != nil {
				t.Fatal(err)
			}
		}
		if err := b.Receive(once); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
