// Package mqtt is one connection to the broker, its life and its end. Each one
// has a paho client of its own that never reconnects (with reconnection a token
// can complete before its message was delivered, paho issue 563); when it ends,
// what was not acknowledged is whoever sent it's to send again.
package mqtt

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"os"
	"sync/atomic"
	"syscall"
	"time"

	"glovebox/telemetry"
)

// Files are the PEM files of TLS: the authority that signed the broker's certificate, and
// the car's own certificate and key. They may be replaced while the agent runs: each
// connection reads them.
type Files struct{ CA, Cert, Key string }

// ErrForeignName is wrapped when the certificate is not made for the vehicle.
var ErrForeignName = errors.New("the certificate is not made for this vehicle id")

// Dialer opens connections to one broker. It may be shared.
type Dialer struct {
	host, port string
	secure     bool // false on loopback
	files      Files
	read       atomic.Pointer[credentials] // the newest that can be used
	log        *slog.Logger
}

// credentials are what the files said.
type credentials struct {
	tls  *tls.Config
	name string // common name of our certificate
}

// New returns a dialer for broker, which CheckBroker takes. The error says all that
// is wrong.
func New(broker string, files Files, log *slog.Logger) (*Dialer, error) {
	d, err := parse(broker)
	if err != nil {
		return nil, err
	}
	d.files, d.log = files, log
	if err := d.readFiles(); err != nil {
		return nil, fmt.Errorf("broker %q: %w", broker, err)
	}
	return d, nil
}

// CheckBroker says what is wrong with the address of a broker, of the form
// mqtts://host[:8883], or mqtt://host[:1883] where host is this machine; tls and
// ssl, tcp mean the same.
func CheckBroker(broker string) error {
	_, err := parse(broker)
	return err
}

// parse reads the address of a broker. A dialer for a secure one lacks its files.
func parse(broker string) (*Dialer, error) {
	u, err := url.Parse(broker)
	if err != nil {
		return nil, fmt.Errorf("broker: %w", err)
	}
	d := &Dialer{host: u.Hostname(), port: u.Port()}
	if d.host == "" {
		return nil, fmt.Errorf("broker %q: the host is missing", broker)
	}
	switch u.Scheme {
	case "mqtt", "tcp":
		d.port = orElse(d.port, "1883")
		if ip, err := netip.ParseAddr(d.host); d.host != "localhost" && (err != nil || !ip.IsLoopback()) {
			return nil, fmt.Errorf("broker %q: plain TCP only to loopback, use mqtts://", broker)
		}
		return d, nil
	case "mqtts", "ssl", "tls":
		d.port, d.secure = orElse(d.port, "8883"), true
		return d, nil
	}
	return nil, fmt.Errorf("broker %q: want mqtt:// or mqtts://", broker)
}

// readFiles reads the files of TLS 1.3, where there is TLS. The credentials of before stay
// in use if something is wrong with one of them.
func (d *Dialer) readFiles() error {
	if !d.secure {
		return nil
	}
	var all []error
	pool := x509.NewCertPool()
	if pem, err := os.ReadFile(d.files.CA); err != nil {
		all = append(all, fmt.Errorf("ca: %w", err))
	} else if !pool.AppendCertsFromPEM(pem) {
		all = append(all, fmt.Errorf("ca %s: no certificate in it", d.files.CA))
	}
	own, err := tls.LoadX509KeyPair(d.files.Cert, d.files.Key)
	if err != nil {
		all = append(all, fmt.Errorf("cert and key: %w", err))
	}
	if len(all) > 0 {
		return errors.Join(all...)
	}
	d.read.Store(&credentials{name: own.Leaf.Subject.CommonName, tls: &tls.Config{
		MinVersion:   tls.VersionTLS13,
		ServerName:   d.host,
		RootCAs:      pool,
		Certificates: []tls.Certificate{own},
	}})
	return nil
}

// Check reports whether the certificate, where there is one, is made for client.
// A broker takes the certificate's common name for who is calling.
func (d *Dialer) Check(client string) error {
	if c := d.read.Load(); c != nil && c.name != client {
		return fmt.Errorf("certificate of %q: %w", c.name, ErrForeignName)
	}
	return nil
}

// Dial opens one connection. It blocks until the connection is ready, or ctx ends, or 10 s
// went by, or the broker's machine did not answer within o.Reach; the end of ctx afterwards does nothing to the connection.
// Where it ends because of ErrSilenced what was opened is returned, ended and silent.
func (d *Dialer) Dial(ctx context.Context, o telemetry.Opening) (telemetry.Connection, error) {
	if err := d.readFiles(); err != nil {
		d.log.Warn("the files of TLS cannot be used: those of before are", "error", err)
	}
	if err := d.Check(o.Client); err != nil {
		return nil, err
	}
	var secure *tls.Config
	if c := d.read.Load(); c != nil {
		secure = c.tls
	}
	ctx, cancel := context.WithTimeout(ctx, openTimeout)
	defer cancel()
	raw, err := d.connect(ctx, o.Reach)
	if err != nil {
		return nil, err
	}
	socket := newSocket(raw, func() error { return context.Cause(ctx) })
	defer context.AfterFunc(ctx, func() {
		switch {
		case socket.ready.Load():
		case silenced(ctx):
			socket.Mute()
		default:
			socket.release()
		}
	})()
	l, err := open(ctx, socket, secure, o, d.log)
	if err != nil {
		socket.release()
		return nil, fmt.Errorf("connect to %s: %w", net.JoinHostPort(d.host, d.port), errors.Join(err, ctx.Err()))
	}
	return l, nil
}

// connect opens the socket, within timeout if that is not zero. Without TLS it connects to loopback addresses only,
// whatever the name resolved to.
func (d *Dialer) connect(ctx context.Context, timeout time.Duration) (net.Conn, error) {
	dialer := net.Dialer{Timeout: timeout}
	if !d.secure {
		dialer.Control = func(_, address string, _ syscall.RawConn) error {
			if to, err := netip.ParseAddrPort(address); err != nil || !to.Addr().IsLoopback() {
				return fmt.Errorf("%s: plain TCP only to loopback", address)
			}
			return nil
		}
	}
	return dialer.DialContext(ctx, "tcp", net.JoinHostPort(d.host, d.port))
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}
