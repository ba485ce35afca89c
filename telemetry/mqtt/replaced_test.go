package mqtt_test

import (
	"errors"
	"log/slog"
	"os"
	"testing"
	"time"

	"glovebox/telemetry"
	"glovebox/telemetry/internal/testbroker"
	"glovebox/telemetry/mqtt"
)

// Certificates are replaced while the agent runs: the connection that is open stays, and the
// next one is made with what the files say then. Files that cannot be used, such as those of
// which only one is there yet, leave those of before in use; one of another vehicle does not
// connect.
func TestCertificatesReplaced(t *testing.T) {
	ours, theirs := newAuthority(t), newAuthority(t)
	old, fresh := testbroker.Start(t, ours.server("127.0.0.1", 0)), testbroker.Start(t, theirs.server("127.0.0.1", 0))
	files, next, foreign := ours.client(vid), theirs.client(vid), theirs.client("beef")
	dialer := func(broker *testbroker.Broker) *mqtt.Dialer {
		d, err := mqtt.New("mqtts://"+broker.Address(), files, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	toOld, toFresh := dialer(old), dialer(fresh)
	dial := func(d *mqtt.Dialer) (telemetry.Connection, error) {
		c, err := d.Dial(t.Context(), opening(30*time.Second))
		if err == nil {
			t.Cleanup(c.Close)
		}
		return c, err
	}
	replace := func(file, with string) {
		text, err := os.ReadFile(with)
		if err == nil {
			err = os.WriteFile(file, text, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}

	if _, err := dial(toOld); err != nil {
		t.Fatal(err)
	}
	if _, err := dial(toFresh); err == nil {
		t.Fatal("a broker of another authority was taken")
	}
	replace(files.Cert, next.Cert)
	open, err := dial(toOld)
	if err != nil {
		t.Fatalf("key and authority are not there yet: %v", err)
	}
	replace(files.Key, next.Key)
	replace(files.CA, next.CA)
	if c, err := dial(toFresh); err != nil {
		t.Errorf("replaced: %v", err)
	} else {
		acknowledged(t, c.Publish(telemetry.Message{Topic: "fresh"}))
	}
	if _, err := dial(toOld); err == nil {
		t.Error("the authority of before is believed")
	}
	acknowledged(t, open.Publish(telemetry.Message{Topic: "still open"}))

	replace(files.Cert, foreign.Cert)
	replace(files.Key, foreign.Key)
	if _, err := dial(toFresh); !errors.Is(err, mqtt.ErrForeignName) {
		t.Errorf("with the certificate of another vehicle: %v", err)
	}
	if n := fresh.Count("connect"); n != 1 {
		t.Errorf("the broker saw %d CONNECT: want 1", n)
	}
}
