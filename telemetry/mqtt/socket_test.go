package mqtt_test

import (
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"glovebox/telemetry/mqtt"
)

// pair is a socket of ours and its peer.
func pair(t *testing.T) (mqtt.Socket, net.Conn) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	raw, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	peer, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	s := mqtt.NewSocket(raw)
	t.Cleanup(func() { s.Release(); _ = peer.Close() })
	return s, peer
}

// silent fails unless the peer hears nothing, not even a close, for a while.
func silent(t *testing.T, peer net.Conn) {
	t.Helper()
	_ = peer.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
	if n, err := peer.Read(make([]byte, 8)); n != 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("the peer read %d bytes, error %v: want silence", n, err)
	}
}

// A muted socket lets no byte out or in and stays open through Close until it
// is released.
func TestMutedSocketStaysOpen(t *testing.T) {
	t.Parallel()
	s, peer := pair(t)
	if _, err := s.Write([]byte("heard")); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(peer, make([]byte, 5)); err != nil {
		t.Fatal(err)
	}
	read := make(chan error)
	go func() {
		n, err := s.Read(make([]byte, 8))
		if n != 0 {
			err = errors.New("read something")
		}
		read <- err
	}()
	s.Mute()
	if n, err := s.Write([]byte("unheard")); n != 7 || err != nil {
		t.Errorf("a muted Write: %d, %v: want it swallowed", n, err)
	}
	if _, err := peer.Write([]byte("unread")); err != nil {
		t.Fatal(err)
	}
	silent(t, peer)
	select {
	case err := <-read:
		t.Fatalf("a muted Read returned: %v", err)
	default:
	}
	_ = s.Close()
	if err := <-read; !errors.Is(err, net.ErrClosed) {
		t.Errorf("Read after Close: %v", err)
	}
	silent(t, peer)
	s.Release()
	_ = peer.SetReadDeadline(time.Now().Add(time.Second))
	if _, err := peer.Read(make([]byte, 8)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("after release the peer read %v: want the end", err)
	}
}

// Muting does not wait for a peer that takes nothing any more: the write under
// way is cut short.
func TestMuteCutsABlockedWrite(t *testing.T) {
	t.Parallel()
	s, _ := pair(t)
	written := make(chan struct{})
	go func() {
		defer close(written)
		for range 100 { // until the buffers of both ends are full, and then some
			if _, err := s.Write(make([]byte, 1<<20)); err != nil {
				return
			}
		}
	}()
	time.Sleep(100 * time.Millisecond)
	start := time.Now()
	s.Mute()
	if took := time.Since(start); took > 200*time.Millisecond {
		t.Errorf("Mute took %v", took)
	}
	<-written
}

// A frozen peer holds up a write for a second, not for ever.
func TestFrozenPeer(t *testing.T) {
	t.Parallel()
	s, _ := pair(t)
	for start := time.Now(); ; {
		if _, err := s.Write(make([]byte, 1<<20)); err != nil {
			if !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(start) > 3*time.Second {
				t.Errorf("after %v: %v", time.Since(start), err)
			}
			return
		}
	}
}
