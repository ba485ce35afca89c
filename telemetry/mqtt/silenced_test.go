package mqtt_test

import (
	"bufio"
	"context"
	"io"
	"log/slog"
	"net"
	"testing"
	"time"

	"github.com/eclipse/paho.mqtt.golang/packets"

	"glovebox/telemetry"
	"glovebox/telemetry/mqtt"
)

// Whoever wants silence while a connection opens gets it: the broker, which knows the will
// since the CONNECT, sees neither a close nor one more byte until the connection is closed.
// Any other end of the dial closes it.
func TestSilencedWhileItOpens(t *testing.T) {
	for _, row := range []struct {
		name     string
		answered bool // the CONNECT
		cause    error
	}{
		{"before the CONNACK", false, telemetry.ErrSilenced},
		{"before the SUBACK", true, telemetry.ErrSilenced},
		{"called off before the CONNACK", false, nil},
		{"called off before the SUBACK", true, nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer listener.Close()
			d, err := mqtt.New("mqtt://"+listener.Addr().String(), mqtt.Files{}, slog.New(slog.DiscardHandler))
			if err != nil {
				t.Fatal(err)
			}
			ctx, end := context.WithCancelCause(t.Context())
			defer end(nil)
			o := opening(30 * time.Second)
			o.Subscribe = []string{state}
			type dialed struct {
				telemetry.Connection
				err error
			}
			done := make(chan dialed, 1)
			go func() {
				line, err := d.Dial(ctx, o)
				done <- dialed{line, err}
			}()
			peer, err := listener.Accept()
			if err != nil {
				t.Fatal(err)
			}
			defer peer.Close()
			stream := bufio.NewReader(peer)
			next := func() {
				t.Helper()
				if _, err := packets.ReadPacket(stream); err != nil {
					t.Fatal(err)
				}
			}
			if next(); row.answered {
				if err := packets.NewControlPacket(packets.Connack).Write(peer); err != nil {
					t.Fatal(err)
				}
				next()
			}
			end(row.cause)
			l := <-done
			if row.cause == nil {
				if _, err := io.Copy(io.Discard, stream); err != nil || l.err == nil {
					t.Errorf("the peer reads %v, the dial %v", err, l.err)
				}
				return
			}
			if l.err != nil {
				t.Fatal(l.err)
			}
			<-l.Ended()
			silent(t, peer)
			if time.Since(l.Written()) > time.Minute {
				t.Errorf("written at %v", l.Written())
			}
			l.Close()
			_ = peer.SetReadDeadline(time.Now().Add(5 * time.Second))
			if n, err := io.Copy(io.Discard, stream); n != 0 || err != nil {
				t.Errorf("at the close the peer reads %d bytes, %v", n, err)
			}
		})
	}
}
