package main

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// secureBroker listens on loopback with TLS and notes whose certificate came; it never
// says a word of MQTT.
type secureBroker struct {
	net.Listener
	mu    sync.Mutex
	heard map[string]int // guarded by mu; by the name in the certificate
}

func newSecureBroker(t *testing.T) (b *secureBroker, ca string) {
	t.Helper()
	ca, key := certificateWith(t, "broker", func(c *x509.Certificate) { c.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1)} })
	pair, err := tls.X509KeyPair([]byte(ca), []byte(key))
	if err != nil {
		t.Fatal(err)
	}
	b = &secureBroker{heard: map[string]int{}}
	if b.Listener, err = tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{pair}, ClientAuth: tls.RequireAnyClientCert}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	go func() {
		for {
			conn, err := b.Accept()
			if err != nil {
				return
			}
			line := conn.(*tls.Conn)
			if line.Handshake() == nil {
				b.mu.Lock()
				b.heard[line.ConnectionState().PeerCertificates[0].Subject.CommonName]++
				b.mu.Unlock()
			}
			_ = line.Close()
		}
	}()
	return b, ca
}

func (b *secureBroker) of(name string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.heard[name]
}

// The certificate of a car that was erased is another car's: there is no line, and log,
// status and --check say why, until there is one for the new vehicle id.
func TestErasedCarNeedsAnotherCertificate(t *testing.T) {
	broker, ca := newSecureBroker(t)
	a := newProgram(t, "[mqtt]\nbroker = \"mqtts://"+broker.Addr().String()+"\"\nca = \"ca.pem\"\ncert = \"cert.pem\"\nkey = \"key.pem\"\n")
	a.write("ca.pem", ca)
	identity := func() string {
		t.Helper()
		_, said := a.run("--identity")
		return vid([]byte(said[strings.Index(said, "{"):]))
	}
	certified := func(name string) {
		t.Helper()
		cert, key := certificate(t, name)
		a.write("cert.pem", cert)
		a.write("key.pem", key)
	}
	before := identity()
	certified(before)
	vehicle, stop := a.boot()
	eventually(t, "the line is tried with the car's certificate", func() bool { return broker.of(before) > 0 })
	if cloud := vehicle()["Cloud"]; cloud != "down" {
		t.Errorf("the cloud is %v before", cloud)
	}
	stop(syscall.SIGTERM)

	if out, err := exec.Command("erase-car", a.state("")).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	heard := broker.of(before)
	vehicle, stop = a.boot()
	shown := vehicle()
	after, _ := shown["Identity"].(map[string]any)["vid"].(string)
	if shown["Cloud"] != "off" || after == before || len(after) != len(before) {
		t.Errorf("the cloud is %v, the car %v, and was %s", shown["Cloud"], after, before)
	}
	const why = "not made for this vehicle id"
	if _, log := stop(syscall.SIGTERM); !strings.Contains(log, why) {
		t.Errorf("the log does not say %q:\n%s", why, log)
	}
	if code, said := a.run("--check"); code != 1 || !strings.Contains(said, why) {
		t.Errorf("--check: exit %d, does not say %q:\n%s", code, why, said)
	}

	certified(after)
	vehicle, _ = a.boot()
	eventually(t, "the line is tried with the new certificate", func() bool { return broker.of(after) > 0 })
	if cloud := vehicle()["Cloud"]; cloud != "down" || broker.of(before) != heard {
		t.Errorf("the cloud is %v; the old certificate came %d times more", cloud, broker.of(before)-heard)
	}
}
