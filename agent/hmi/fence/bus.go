package fence

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"
)

const busName = "org.freedesktop.DBus"

// sockets are the names of the bus's socket: address is system, session or a D-Bus
// address with a unix transport (D-Bus Specification, "Server Addresses"). Others
// cannot carry descriptors nor say which user calls.
func sockets(address string) (names []string, err error) {
	switch address {
	case "system":
		address = os.Getenv("DBUS_SYSTEM_BUS_ADDRESS")
		if address == "" {
			address = "unix:path=/run/dbus/system_bus_socket;unix:path=/var/run/dbus/system_bus_socket"
		}
	case "session":
		address = os.Getenv("DBUS_SESSION_BUS_ADDRESS")
		if address == "" {
			address = fmt.Sprintf("unix:path=/run/user/%d/bus", os.Getuid())
		}
	}
	for one := range strings.SplitSeq(address, ";") {
		keys, unix := strings.CutPrefix(one, "unix:")
		for pair := range strings.SplitSeq(keys, ",") {
			key, value, _ := strings.Cut(pair, "=")
			value, err := url.PathUnescape(value)
			if err != nil || !unix {
				continue
			}
			switch key {
			case "path":
				names = append(names, value)
			case "abstract":
				names = append(names, "@"+value)
			}
		}
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("the bus address %q names no unix socket", address)
	}
	return names, nil
}

// dial connects to the bus and says who it is, the user of the process. What the bus
// answers is for welcome.
func dial(address string, patience time.Duration, descriptors bool) (*stream, error) {
	names, err := sockets(address)
	if err != nil {
		return nil, err
	}
	var conn *net.UnixConn
	for _, name := range names {
		if conn, err = net.DialUnix("unix", nil, &net.UnixAddr{Name: name, Net: "unix"}); err == nil {
			break
		}
	}
	if err != nil {
		return nil, err
	}
	s := newStream(conn)
	if err := s.authenticate(patience, descriptors); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return s, nil
}

// authenticate says in one go what the bus needs (D-Bus Specification, "Authentication
// Protocol", mechanism EXTERNAL).
func (s *stream) authenticate(patience time.Duration, descriptors bool) error {
	if err := s.conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	said := "\x00AUTH EXTERNAL " + hex.EncodeToString([]byte(strconv.Itoa(os.Geteuid()))) + "\r\n"
	if descriptors {
		said += "NEGOTIATE_UNIX_FD\r\n"
	}
	_, err := s.conn.Write([]byte(said + "BEGIN\r\n"))
	return err
}

// welcome reads what the bus answers to that.
func (s *stream) welcome(descriptors bool) error {
	want := []string{"OK "}
	if descriptors {
		want = append(want, "AGREE_UNIX_FD")
	}
	for _, start := range want {
		line, err := s.line()
		if err == nil && !strings.HasPrefix(line, start) {
			err = fmt.Errorf("the bus answers %.40q", line)
		}
		if err != nil {
			return fmt.Errorf("authenticate: %w", err)
		}
	}
	return s.conn.SetDeadline(time.Time{})
}

// line is the next line of the authentication.
func (s *stream) line() (string, error) {
	for n := 1; n <= 512; {
		b, err := s.peek(n)
		if err != nil {
			return "", err
		}
		if end := bytes.Index(b, []byte("\r\n")); end >= 0 {
			line := string(b[:end])
			s.start += end + 2
			return line, nil
		}
		n = len(b) + 1
	}
	return "", errors.New("the bus answers without an end of line")
}
