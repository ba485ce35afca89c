package fence_test

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"glovebox/agent/hmi/internal/rawbus"
)

// A descriptor belongs to the message that it was sent with, whatever stands before,
// behind and around it in the socket; those of messages that are left out are closed.
func TestDescriptorsBelongToTheirMessage(t *testing.T) {
	w := start(t)
	w.known(t, ":1.5", 1)
	before := descriptors(t)
	handle := call(":1.5", "h", (&rawbus.Wire{}).U32(0).B)
	long := call(":1.5", "s", (&rawbus.Wire{}).S(strings.Repeat("x", 300<<10)).B)
	broken := call(":1.5", "s", small)
	broken.Path = "/" + strings.Repeat("x", 100_000)
	var want []string
	for i := range 50 {
		fd, err := unix.MemfdCreate("file", unix.MFD_CLOEXEC)
		if err != nil {
			t.Fatal(err)
		}
		text := fmt.Sprint("file ", i)
		if _, err := unix.Write(fd, []byte(text)); err != nil {
			t.Fatal(err)
		}
		other, err := os.Open("/dev/null")
		if err != nil {
			t.Fatal(err)
		}
		switch i % 5 {
		case 1:
			w.say(t, call(":1.5", "s", small))
		case 2:
			w.say(t, long, int(other.Fd()))
		case 3:
			w.say(t, broken, int(other.Fd()), int(other.Fd()))
		case 4:
			w.say(t, rawbus.Message{Kind: rawbus.Signal, Path: "/", Interface: bus, Member: "Mark", Sender: bus}, int(other.Fd()))
		}
		w.say(t, handle, fd)
		want = append(want, text)
		if err := errors.Join(unix.Close(fd), other.Close()); err != nil {
			t.Fatal(err)
		}
	}
	for range 60 {
		w.next(t)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	var got []string
	for _, fd := range w.files {
		text := make([]byte, 20)
		n, err := unix.Pread(fd, text, 0)
		if err := errors.Join(err, unix.Close(fd)); err != nil {
			t.Fatal(err)
		}
		got = append(got, string(text[:n]))
	}
	if !slices.Equal(got, want) {
		t.Errorf("came %q, want %q", got, want)
	}
	if after := descriptors(t); after != before {
		t.Errorf("%d descriptors before, %d after", before, after)
	}
}
