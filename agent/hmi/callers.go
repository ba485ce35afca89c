package hmi

import (
	"context"
	"fmt"
	"sync"

	"github.com/godbus/dbus/v5"

	"glovebox/profiles"
)

// Access says whose programs may call. Everybody else is refused, root and the
// agent's own user too unless they are listed.
type Access struct {
	HMI []uint32          // users of the head unit's own programs: everything
	App map[uint32]string // users of other apps, each with the id of its app.<id>

	// UID is the user behind a unique name. Nil asks the bus.
	UID func(ctx context.Context, sender string) (uint32, error)
	// Limits of one sender. The zero value has those of docs/security.md, Budgets.
	Limits Limits
}

// caller is who sends a call.
type caller struct {
	hmi bool
	app string // the id of its app.<id>, for an app user that is no HMI user
}

// callers remembers who stands behind which unique name, until it vanishes.
// Unique names are never used twice on a bus.
type callers struct {
	access Access

	mu    sync.Mutex
	known map[string]caller // guarded by mu
}

func newCallers(access Access) *callers {
	return &callers{access: access, known: map[string]caller{}}
}

// who is the caller behind a unique name, or NotPermitted.
func (c *callers) who(ctx context.Context, conn *dbus.Conn, sender string) (caller, error) {
	c.mu.Lock()
	from, cached := c.known[sender]
	c.mu.Unlock()
	if !cached {
		uid, err := c.uid(ctx, conn, sender)
		if err != nil { // it vanished meanwhile, or the bus cannot say
			return caller{}, fmt.Errorf("ask who calls: %w", profiles.ErrNotPermitted)
		}
		from = c.access.of(uid)
		c.mu.Lock()
		c.known[sender] = from
		c.mu.Unlock()
	}
	if !from.hmi && from.app == "" {
		return caller{}, notPermitted("this program's user is not one of the head unit's; see hmi_users and app_users")
	}
	return from, nil
}

func (c *callers) uid(ctx context.Context, conn *dbus.Conn, sender string) (uint32, error) {
	if c.access.UID != nil {
		return c.access.UID(ctx, sender)
	}
	var uid uint32
	err := conn.BusObject().CallWithContext(ctx, "org.freedesktop.DBus.GetConnectionUnixUser", 0, sender).Store(&uid)
	return uid, err
}

// of sorts a user into the lists; the zero caller is in none.
func (a Access) of(uid uint32) caller {
	for _, hmi := range a.HMI {
		if hmi == uid {
			return caller{hmi: true}
		}
	}
	return caller{app: a.App[uid]}
}

// forget drops a name that vanished from the bus.
func (c *callers) forget(sender string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.known, sender)
}
