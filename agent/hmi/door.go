package hmi

import (
	"context"

	"github.com/godbus/dbus/v5"

	"glovebox/profiles"
)

// maxArguments bounds the bytes of one call's arguments.
const maxArguments = 64 << 10

// door is what godbus asks for a call's object, interface and method. It says
// yes to everything and decides in Call, where the whole message is known, so
// that each call passes the same checks in the same order.
type door struct{ face *Face }

func (d door) LookupObject(dbus.ObjectPath) (dbus.ServerObject, bool) { return d, true }
func (d door) LookupInterface(string) (dbus.Interface, bool)          { return d, true }
func (d door) LookupMethod(string) (dbus.Method, bool)                { return &visit{face: d.face}, true }

// visit is one call on its way through the door.
type visit struct {
	face *Face
	conn *dbus.Conn
	msg  *dbus.Message
}

// DecodeArguments keeps the message; the checks follow in Call.
func (v *visit) DecodeArguments(conn *dbus.Conn, _ string, msg *dbus.Message, _ []any) ([]any, error) {
	v.conn, v.msg = conn, msg
	return nil, nil
}

// Call answers. Every error that leaves here has a public name.
func (v *visit) Call(...any) ([]any, error) {
	t := v.face.take(v.msg)
	defer t.leave()
	ret, err := v.face.serve(t, v.conn, v.msg)
	if err == nil {
		return ret, nil
	}
	answer, known := publicError(t.ctx, err)
	if !known {
		v.face.log.Warn("call failed", "member", header(v.msg, dbus.FieldMember), "err", err)
	}
	return nil, answer
}

func (v *visit) NumArguments() int     { return 0 }
func (v *visit) NumReturns() int       { return 0 }
func (v *visit) ArgumentValue(int) any { return nil }
func (v *visit) ReturnValue(int) any   { return nil }

// arrived sees each message in the order of the bus, before godbus gives it to
// a goroutine. It must not block.
func (f *Face) arrived(msg *dbus.Message) {
	iface := header(msg, dbus.FieldInterface)
	if msg.Type != dbus.TypeMethodCall || iface == peer { // godbus answers Peer by itself
		return
	}
	m := f.members[iface][header(msg, dbus.FieldMember)]
	t := f.queue.arrive(f.ctx, header(msg, dbus.FieldSender), m.prepare != nil)
	f.mu.Lock()
	f.tickets[msg] = t
	f.mu.Unlock()
}

// take hands a call its ticket.
func (f *Face) take(msg *dbus.Message) *ticket {
	f.mu.Lock()
	defer f.mu.Unlock()
	t := f.tickets[msg]
	delete(f.tickets, msg)
	return t
}

// call is a call that passed the checks: its arguments have the types that the
// XML promises.
type call struct {
	from caller
	path dbus.ObjectPath
	who  profiles.ID // of a profile's object
	args []any
	wait bool // option of Login and StartGuest
	msg  *dbus.Message
	conn *dbus.Conn
}

// serve checks a call and runs it: room in line, who calls, what is called,
// with what, then its turn.
func (f *Face) serve(t *ticket, conn *dbus.Conn, msg *dbus.Message) ([]any, error) {
	bytes, descriptors := measure(msg.Body)
	if t.refused {
		return nil, errLimits
	}
	select {
	case <-f.owned:
	case <-t.ctx.Done():
		return nil, context.Cause(t.ctx)
	}
	from, err := f.callers.who(t.ctx, conn, t.sender)
	if err != nil {
		return nil, err
	}
	c := &call{from: from, path: objectPath(msg), args: msg.Body, msg: msg, conn: conn}
	iface, name := header(msg, dbus.FieldInterface), header(msg, dbus.FieldMember)
	m, err := f.route(c, iface, name)
	if err != nil {
		return nil, err
	}
	if !from.hmi && !m.apps {
		return nil, notPermitted("apps may not call this; it is for the head unit's own programs")
	}
	if got := signature(msg); got != m.in {
		return nil, invalid("%s takes the D-Bus types %q", name, m.in)
	}
	if descriptors || bytes > maxArguments {
		return nil, invalid("%s takes at most %d KiB of arguments and no file descriptor", name, maxArguments>>10)
	}
	if m.prepare != nil {
		if err := m.prepare(c); err != nil {
			return nil, err
		}
		if err := t.supersede(); err != nil {
			return nil, err
		}
	}
	if err := t.wait(); err != nil {
		return nil, err
	}
	return m.run(t.ctx, c)
}

// route finds the member that is called, and whose object it is.
func (f *Face) route(c *call, iface, name string) (member, error) {
	at, who := place(c.path)
	if at == person && !f.exists(who) {
		return member{}, profiles.ErrNoSuchProfile
	}
	c.who = who
	if at == nowhere {
		return member{}, dbus.Error{Name: "org.freedesktop.DBus.Error.UnknownObject",
			Body: []any{"there is no such object"}}
	}
	members, known := f.members[iface]
	if !known || !has(at, iface) {
		return member{}, dbus.Error{Name: "org.freedesktop.DBus.Error.UnknownInterface",
			Body: []any{"the object does not have this interface"}}
	}
	m, known := members[name]
	if !known {
		return member{}, dbus.Error{Name: "org.freedesktop.DBus.Error.UnknownMethod",
			Body: []any{"the interface does not have this method"}}
	}
	return m, nil
}

// member is one method of an interface: its types as in the XML, and what it does.
type member struct {
	in, out string
	apps    bool                // open to apps too; run decides further
	prepare func(c *call) error // for Login and StartGuest: reads the options before the turn
	run     func(ctx context.Context, c *call) ([]any, error)
}

func header(msg *dbus.Message, field dbus.HeaderField) string {
	s, _ := msg.Headers[field].Value().(string)
	return s
}

func objectPath(msg *dbus.Message) dbus.ObjectPath {
	p, _ := msg.Headers[dbus.FieldPath].Value().(dbus.ObjectPath)
	return p
}

func signature(msg *dbus.Message) string {
	s, _ := msg.Headers[dbus.FieldSignature].Value().(dbus.Signature)
	return s.String()
}

// reply sends the answer to a call at once and keeps godbus from sending
// another: a descriptor can be closed here only after it has been sent.
func reply(c *call, values ...any) error {
	if c.msg.Flags&dbus.FlagNoReplyExpected != 0 {
		return nil
	}
	c.msg.Flags |= dbus.FlagNoReplyExpected
	answer := &dbus.Message{Type: dbus.TypeMethodReply, Body: values, Headers: map[dbus.HeaderField]dbus.Variant{
		dbus.FieldDestination: c.msg.Headers[dbus.FieldSender],
		dbus.FieldReplySerial: dbus.MakeVariant(c.msg.Serial()),
		dbus.FieldSignature:   dbus.MakeVariant(dbus.SignatureOf(values...)),
	}}
	return c.conn.Send(answer, nil).Err
}
