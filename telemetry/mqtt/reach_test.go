package mqtt_test

import (
	"log/slog"
	"net"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"glovebox/telemetry/mqtt"
)

// A machine that does not answer costs no more than it may. Here its queue of connections is full.
func TestNobodyAnswers(t *testing.T) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	socket := os.NewFile(uintptr(fd), "queue")
	defer socket.Close()
	if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	if err := unix.Listen(fd, 0); err != nil {
		t.Fatal(err)
	}
	name, err := unix.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	at := (&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: name.(*unix.SockaddrInet4).Port}).String()
	for {
		waits, err := net.DialTimeout("tcp", at, time.Second)
		if err != nil {
			break
		}
		defer waits.Close()
	}

	d, err := mqtt.New("mqtt://"+at, mqtt.Files{}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	o := opening(30 * time.Second)
	o.Reach = 50 * time.Millisecond
	failed := make(chan error, 1)
	go func() { _, err := d.Dial(t.Context(), o); failed <- err }()
	select {
	case err := <-failed:
		if err == nil {
			t.Error("somebody answered")
		}
	case <-time.After(5 * time.Second): // all of it may take ten
		t.Error("still dials")
		<-failed
	}
}
