package hmi

import (
	"cmp"

	"github.com/godbus/dbus/v5"

	"glovebox/agent/hmi/fence"
)

// What a call's arguments may take, in bytes: settings come in one call with the
// bag of a whole group.
const (
	maxArguments = 64 << 10
	maxSettings  = 128 << 10
)

// admission is what the fence asks about each call that arrived.
type admission struct {
	face    *Face
	checked *ticket // of the call checked last, nil where it was not within its user's limits
}

// Check refuses by the header alone: who calls, how much, what is called, and with
// which types.
func (a *admission) Check(c *fence.Call) (limit int, refusal *fence.Refusal) {
	m, err := a.check(c)
	if err == nil {
		return cmp.Or(m.limit, maxArguments), nil
	}
	answer, _ := publicError(a.face.ctx, err)
	text, _ := answer.Body[0].(string)
	return 0, &fence.Refusal{Name: answer.Name, Text: text, Flood: a.checked == nil}
}

func (a *admission) check(c *fence.Call) (m member, err error) {
	a.checked = nil
	from := a.face.access.of(c.UID)
	if !from.hmi && from.app == "" {
		return m, notPermitted("this program's user is not one of the head unit's; see hmi_users and app_users")
	}
	known := a.face.members[c.Interface][c.Member]
	a.checked = a.face.queue.take(c.UID, a.face.access.limits(from), known.prepare != nil)
	if a.checked == nil {
		return m, errLimits
	}
	a.checked.from, a.checked.number = from, c.Number
	at, _ := resolve(dbus.ObjectPath(c.Path))
	if at == person && !from.hmi {
		return m, notPermitted("apps may not look at people; this is for the head unit's own programs")
	}
	if m, err = a.face.find(at, c.Interface, c.Member); err != nil {
		return m, err
	}
	if !from.hmi && !m.apps {
		return m, notPermitted("apps may not call this; it is for the head unit's own programs")
	}
	if c.Signature != m.in {
		return m, invalid("%s takes the D-Bus types %q", c.Member, m.in)
	}
	return m, nil
}

// Pass gives a call its place, but for those that godbus answers by itself.
func (a *admission) Pass(c *fence.Call) {
	if c.Interface != peer {
		a.checked.files = c.Files
		a.face.queue.arrive(a.face.ctx, a.checked, callID{c.Sender, c.Serial})
	}
}
