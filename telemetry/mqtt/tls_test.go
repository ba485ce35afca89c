package mqtt_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"glovebox/telemetry"
	"glovebox/telemetry/internal/testbroker"
	"glovebox/telemetry/mqtt"
)

// authority signs certificates for a test.
type authority struct {
	t    *testing.T
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{t: t}
	a.cert, a.key = a.sign(&x509.Certificate{
		Subject: pkix.Name{CommonName: "test authority"}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	})
	return a
}

func (a *authority) sign(c *x509.Certificate) (*x509.Certificate, *ecdsa.PrivateKey) {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	c.SerialNumber, c.NotBefore = big.NewInt(1), time.Now().Add(-2*time.Hour)
	if c.NotAfter.IsZero() {
		c.NotAfter = time.Now().Add(time.Hour)
	}
	parent, signer := a.cert, a.key
	if parent == nil {
		parent, signer = c, key
	}
	der, err := x509.CreateCertificate(rand.Reader, c, parent, &key.PublicKey, signer)
	if err != nil {
		a.t.Fatal(err)
	}
	made, err := x509.ParseCertificate(der)
	if err != nil {
		a.t.Fatal(err)
	}
	return made, key
}

// server is the broker's side: a certificate for ip, our clients' certificates required.
func (a *authority) server(ip string, version uint16) *tls.Config {
	return a.serverUntil(ip, version, time.Time{})
}

func (a *authority) serverUntil(ip string, version uint16, end time.Time) *tls.Config {
	cert, key := a.sign(&x509.Certificate{Subject: pkix.Name{CommonName: "broker"}, IPAddresses: []net.IP{net.ParseIP(ip)}, NotAfter: end})
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	return &tls.Config{
		Certificates: []tls.Certificate{{Certificate: [][]byte{cert.Raw}, PrivateKey: key}},
		ClientAuth:   tls.RequireAndVerifyClientCert,
		ClientCAs:    pool,
		MaxVersion:   version,
	}
}

// client writes the files of a car whose certificate is made for name.
func (a *authority) client(name string) mqtt.Files {
	a.t.Helper()
	return a.clientUntil(name, time.Time{})
}

func (a *authority) clientUntil(name string, end time.Time) mqtt.Files {
	a.t.Helper()
	cert, key := a.sign(&x509.Certificate{Subject: pkix.Name{CommonName: name}, NotAfter: end})
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		a.t.Fatal(err)
	}
	dir := a.t.TempDir()
	write := func(file, kind string, der []byte) string {
		name := filepath.Join(dir, file)
		if err := os.WriteFile(name, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
			a.t.Fatal(err)
		}
		return name
	}
	return mqtt.Files{
		CA:   write("ca.pem", "CERTIFICATE", a.cert.Raw),
		Cert: write("cert.pem", "CERTIFICATE", cert.Raw),
		Key:  write("key.pem", "PRIVATE KEY", der),
	}
}

// Over TLS a line opens only with 1.3, to a broker whose certificate names its
// host, with a certificate of ours that names this vehicle.
func TestTLS(t *testing.T) {
	ours, theirs, over := newAuthority(t), newAuthority(t), time.Now().Add(-time.Hour)
	for _, row := range []struct {
		name   string
		server *tls.Config
		files  mqtt.Files
		want   string // in the error; empty if the line opens
	}{
		{"both sides right", ours.server("127.0.0.1", 0), ours.client(vid), ""},
		{"certificate of another vehicle", ours.server("127.0.0.1", 0), ours.client("beef"), "not made for this vehicle"},
		{"broker of another host", ours.server("127.0.0.2", 0), ours.client(vid), "not 127.0.0.1"},
		{"broker of another authority", theirs.server("127.0.0.1", 0), ours.client(vid), "unknown authority"},
		{"TLS 1.2 only", ours.server("127.0.0.1", tls.VersionTLS12), ours.client(vid), "protocol version"},
		{"the broker's certificate expired", ours.serverUntil("127.0.0.1", 0, over), ours.client(vid), "expired"},
		{"our certificate expired", ours.server("127.0.0.1", 0), ours.clientUntil(vid, over), "expired"},
		{"our certificate from another authority", ours.server("127.0.0.1", 0), withCA(theirs.client(vid), ours.client(vid).CA), "unknown"},
	} {
		t.Run(row.name, func(t *testing.T) {
			broker := testbroker.Start(t, row.server)
			d, err := mqtt.New("mqtts://"+broker.Address(), row.files, slog.New(slog.DiscardHandler))
			if err != nil {
				t.Fatal(err)
			}
			l, err := d.Dial(t.Context(), opening(30*time.Second))
			if err == nil {
				defer l.Close()
			}
			switch {
			case row.want == "" && err != nil:
				t.Fatal(err)
			case row.want == "":
				acknowledged(t, l.Publish(telemetry.Message{Topic: "sealed by TLS"}))
			case err == nil:
				t.Error("the line opened")
			case !strings.Contains(err.Error(), row.want):
				t.Errorf("error %q, want one about %q", err, row.want)
			}
			if row.want != "" && broker.Count("connect") != 0 {
				t.Error("the broker saw a CONNECT")
			}
		})
	}
}

func withCA(f mqtt.Files, ca string) mqtt.Files {
	f.CA = ca
	return f
}

// A muted line over TLS sends no alert and no close either.
func TestMuteTLS(t *testing.T) {
	t.Parallel()
	a := newAuthority(t)
	broker := testbroker.Start(t, a.server("127.0.0.1", 0))
	d, err := mqtt.New("mqtts://"+broker.Address(), a.client(vid), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	l, err := d.Dial(t.Context(), opening(time.Second))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	acknowledged(t, l.Publish(telemetry.Message{Topic: "before"}))
	l.Mute()
	muted := time.Now()
	broker.Wait("the will", func() bool { return broker.Count("will") == 1 })
	if waited := time.Since(muted); waited < 900*time.Millisecond {
		t.Errorf("the broker noticed after %v: something was sent or closed", waited)
	}
}

// What is wrong with a broker's address or files is said at once, before any socket.
func TestNew(t *testing.T) {
	files := newAuthority(t).client(vid)
	for _, row := range []struct {
		name, broker string
		files        mqtt.Files
		want         string // empty if it is right
	}{
		{"plain to this machine", "mqtt://127.0.0.1:1883", mqtt.Files{}, ""},
		{"plain to this machine, IPv6", "tcp://[::1]", mqtt.Files{}, ""},
		{"plain to localhost", "mqtt://localhost", mqtt.Files{}, ""},
		{"plain to another machine", "mqtt://192.0.2.1:1883", mqtt.Files{}, "only to loopback"},
		{"plain to a name", "tcp://localhost.example", mqtt.Files{}, "only to loopback"},
		{"TLS", "mqtts://broker.example", files, ""},
		{"TLS without files", "mqtts://broker.example", mqtt.Files{}, "ca:"},
		{"TLS with a key for a certificate", "ssl://broker.example", mqtt.Files{CA: files.Key, Cert: files.Cert, Key: files.Key}, "no certificate"},
		{"web socket", "ws://127.0.0.1", mqtt.Files{}, "want mqtt://"},
		{"no host", "mqtt://:1883", mqtt.Files{}, "host is missing"},
		{"no address", "%", mqtt.Files{}, "broker"},
	} {
		_, err := mqtt.New(row.broker, row.files, slog.New(slog.DiscardHandler))
		if row.want == "" {
			if err != nil {
				t.Errorf("%s: %v", row.name, err)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: error %v, want one about %q", row.name, err, row.want)
		}
	}
	d, err := mqtt.New("mqtts://broker.example", files, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Check("another"); !errors.Is(err, mqtt.ErrForeignName) {
		t.Errorf("Check of another vehicle: %v", err)
	}
}
