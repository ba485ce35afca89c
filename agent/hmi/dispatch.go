package hmi

import (
	"context"

	"github.com/godbus/dbus/v5"

	"glovebox/profiles"
)

// dispatcher is what godbus asks for a call's object, interface and method. It says
// yes to everything: the fence has let through only what is there.
type dispatcher struct{ face *Face }

func (d dispatcher) LookupObject(dbus.ObjectPath) (dbus.ServerObject, bool) { return d, true }
func (d dispatcher) LookupInterface(string) (dbus.Interface, bool)          { return d, true }
func (d dispatcher) LookupMethod(string) (dbus.Method, bool)                { return &invocation{face: d.face}, true }

// invocation is one call that passed the fence, in the hands of godbus.
type invocation struct {
	face *Face
	msg  *dbus.Message
}

// DecodeArguments keeps the message; the rest follows in Call.
func (v *invocation) DecodeArguments(_ *dbus.Conn, _ string, msg *dbus.Message, _ []any) ([]any, error) {
	v.msg = msg
	return nil, nil
}

// Call answers. Every error that leaves here has a public name.
func (v *invocation) Call(...any) ([]any, error) {
	t := v.face.queue.claim(callID{header(v.msg, dbus.FieldSender), v.msg.Serial()})
	if t == nil {
		return nil, errLimits
	}
	defer t.leave()
	ret, err := v.face.serve(t, v.msg)
	if err == nil {
		return ret, nil
	}
	answer, known := publicError(t.ctx, err)
	if !known {
		v.face.log.Warn("call failed", "member", header(v.msg, dbus.FieldMember), "err", err)
	}
	return nil, answer
}

func (v *invocation) NumArguments() int     { return 0 }
func (v *invocation) NumReturns() int       { return 0 }
func (v *invocation) ArgumentValue(int) any { return nil }
func (v *invocation) ReturnValue(int) any   { return nil }

// call is a call that passed the fence: its arguments have the types that the XML
// promises.
type call struct {
	from caller
	path dbus.ObjectPath
	who  profiles.ID // of a profile's object
	args []any
	file int  // the descriptor that came with it; closed when it is answered
	wait bool // option of Login and StartGuest
	msg  *dbus.Message
}

// serve runs a call when it is its turn.
func (f *Face) serve(t *ticket, msg *dbus.Message) ([]any, error) {
	select {
	case <-f.owned:
	case <-t.ctx.Done():
		return nil, context.Cause(t.ctx)
	}
	c := &call{from: t.from, path: objectPath(msg), args: msg.Body, file: -1, msg: msg}
	if len(t.files) > 0 {
		c.file = t.files[0]
	}
	at, who := resolve(c.path)
	if at == person && !f.exists(who) {
		return nil, errNoObject
	}
	c.who = who
	m := f.members[header(msg, dbus.FieldInterface)][header(msg, dbus.FieldMember)]
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

// member is one method of an interface. Its types are those of the XML; a test holds them
// together, so that no start has to read the XML.
type member struct {
	in      string              // the D-Bus types of its arguments
	limit   int                 // bytes that its arguments may take, 0 for maxArguments
	apps    bool                // open to apps too; run decides further
	prepare func(c *call) error // for Login and StartGuest: reads the options before the turn
	run     func(ctx context.Context, c *call) ([]any, error)
}

// find is the member that is called on an object.
func (f *Face) find(at object, iface, name string) (m member, err error) {
	if at == nowhere {
		return m, errNoObject
	}
	members, known := f.members[iface]
	if !known || !has(at, iface) {
		return m, unknown("Interface", "the object does not have this interface")
	}
	if m, known = members[name]; !known {
		return m, unknown("Method", "the interface does not have this method")
	}
	return m, nil
}

func header(msg *dbus.Message, field dbus.HeaderField) string {
	s, _ := msg.Headers[field].Value().(string)
	return s
}

func objectPath(msg *dbus.Message) dbus.ObjectPath {
	p, _ := msg.Headers[dbus.FieldPath].Value().(dbus.ObjectPath)
	return p
}

// reply sends an answer past godbus, and keeps godbus from sending another: it sends no
// descriptors, which can be closed here only after they have been sent, and no values
// without a Go type.
func (f *Face) reply(c *call, types string, body []byte, descriptors ...int) error {
	if c.msg.Flags&dbus.FlagNoReplyExpected != 0 {
		return nil
	}
	c.msg.Flags |= dbus.FlagNoReplyExpected
	return f.fence.Reply(header(c.msg, dbus.FieldSender), c.msg.Serial(), types, body, descriptors...)
}

// handOver answers with one descriptor.
func (f *Face) handOver(c *call, fd int) error { return f.reply(c, "h", make([]byte, 4), fd) }
