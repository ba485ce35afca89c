package sim

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/godbus/dbus/v5"

	"glovebox/headunit"
)

// BusLine is a message of a bus: a line of dbus.jsonl.
type BusLine struct {
	T           string `json:"t"`
	Type        string `json:"type"`
	Serial      uint32 `json:"serial"`
	ReplyTo     any    `json:"reply_to,omitempty"`
	Sender      any    `json:"sender,omitempty"`
	Destination any    `json:"destination,omitempty"`
	Path        any    `json:"path,omitempty"`
	Interface   any    `json:"interface,omitempty"`
	Member      any    `json:"member,omitempty"`
	Error       any    `json:"error,omitempty"`
	Signature   string `json:"signature,omitempty"`
	Body        []any  `json:"body,omitempty"`
}

// Monitor sees what passes on a bus, but for messages with files: the decoder does not bear
// each of those. One that it cannot read costs what passes until the monitor is back.
type Monitor struct {
	address  string
	rules    []string
	conn     *dbus.Conn
	messages chan *dbus.Message
}

// NewMonitor makes a connection a monitor of the bus at an address: of what one of the
// match rules takes (D-Bus Specification, Match Rules), of everything without one.
func NewMonitor(address string, rules ...string) (*Monitor, error) {
	m := &Monitor{address: address, rules: append([]string{}, rules...)}
	if err := m.open(); err != nil {
		return nil, fmt.Errorf("monitor the bus: %w", err)
	}
	return m, nil
}

// open makes the connection.
func (m *Monitor) open() error {
	path, _, _ := strings.Cut(strings.TrimPrefix(m.address, "unix:path="), ",")
	socket, err := net.Dial("unix", path)
	if err != nil {
		return err
	}
	conn, err := dbus.NewConn(socket) // not dbus.Connect: such a one is sent no files
	if err != nil {
		return errors.Join(err, socket.Close())
	}
	if err := errors.Join(conn.Auth(nil), conn.Hello()); err != nil {
		return errors.Join(err, conn.Close())
	}
	if call := conn.BusObject().Call("org.freedesktop.DBus.Monitoring.BecomeMonitor", 0, m.rules, uint32(0)); call.Err != nil {
		return errors.Join(call.Err, conn.Close())
	}
	m.conn, m.messages = conn, make(chan *dbus.Message, 4096)
	conn.Eavesdrop(m.messages)
	return nil
}

// Record passes each message, a BusLine, to write until ctx or the bus ends. Where one could
// not be read a line of type lost stands in its place.
func (m *Monitor) Record(ctx context.Context, write func(any)) error {
	for {
		select {
		case message, open := <-m.messages:
			if open {
				write(lineOf(message, time.Now()))
				continue
			}
			if m.open() != nil {
				return nil // the bus ended
			}
			write(BusLine{T: time.Now().UTC().Format(stamp), Type: "lost", Body: []any{"a message that cannot be read, and what came right after it"}})
		case <-ctx.Done():
			m.conn.Eavesdrop(nil) // Close would close a channel that is still sent on
			m.conn.Close()
			m.rest(write)
			return nil
		}
	}
}

// rest passes on what is there already.
func (m *Monitor) rest(write func(any)) {
	for {
		select {
		case message, open := <-m.messages:
			if !open {
				return
			}
			write(lineOf(message, time.Now()))
		default:
			return
		}
	}
}

// lineOf is a message as a line, without the PINs in it.
func lineOf(m *dbus.Message, at time.Time) BusLine {
	field := func(f dbus.HeaderField) any {
		if v, ok := m.Headers[f]; ok {
			return headunit.Plain(v.Value())
		}
		return nil
	}
	l := BusLine{
		T: at.UTC().Format(stamp), Type: strings.ReplaceAll(m.Type.String(), " ", "-"), Serial: m.Serial(),
		ReplyTo: field(dbus.FieldReplySerial), Sender: field(dbus.FieldSender), Destination: field(dbus.FieldDestination),
		Path: field(dbus.FieldPath), Interface: field(dbus.FieldInterface), Member: field(dbus.FieldMember), Error: field(dbus.FieldErrorName),
	}
	if v, ok := m.Headers[dbus.FieldSignature]; ok {
		l.Signature = strings.Trim(v.String(), `"@g `)
	}
	for _, part := range m.Body {
		l.Body = append(l.Body, headunit.Plain(part))
	}
	hidePINs(l)
	return l
}

// hidePINs blanks the arguments that are PINs: a recording may be passed on.
func hidePINs(l BusLine) {
	secret := map[any][]int{"Login": {1}, "SetPIN": {0, 1}}
	if l.Type != dbus.TypeMethodCall.String() && l.Type != "method-call" {
		return
	}
	for _, i := range secret[l.Member] {
		if i < len(l.Body) {
			l.Body[i] = "‹private›"
		}
	}
	for _, part := range l.Body {
		if bag, ok := part.(map[string]any); ok {
			for _, option := range []string{"pin", "code"} {
				if _, there := bag[option]; there {
					bag[option] = "‹private›"
				}
			}
		}
	}
}
