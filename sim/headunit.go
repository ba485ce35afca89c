package sim

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/godbus/dbus/v5"
)

// The agent's root object and the prefix of what it answers with.
const (
	rootPath    = dbus.ObjectPath("/org/glovebox/Agent1")
	profilePath = rootPath + "/profile/"
	prefix      = "org.glovebox."
)

// Refusal is an error of the agent by its public name, or of the bus by its
// whole one.
type Refusal struct {
	Name    string // WrongPIN
	Message string // a sentence a person can act on
}

func (r *Refusal) Error() string { return r.Name + ": " + r.Message }

// RefusedAs returns the public name an error was refused with, empty if it was
// not refused.
func RefusedAs(err error) string {
	var r *Refusal
	if errors.As(err, &r) {
		return r.Name
	}
	return ""
}

// HeadUnit is the screen of the car: it speaks to the agent over D-Bus.
type HeadUnit struct {
	address string
	conn    *dbus.Conn
	root    dbus.BusObject
}

// NewHeadUnit connects to a bus. The agent need not be there yet.
func NewHeadUnit(address string) (*HeadUnit, error) {
	conn, err := dbus.Connect(address)
	if err != nil {
		return nil, fmt.Errorf("head unit: %w", err)
	}
	return &HeadUnit{address: address, conn: conn, root: conn.Object(AgentName, rootPath)}, nil
}

// Close leaves the bus.
func (h *HeadUnit) Close() error { return h.conn.Close() }

// call calls a method such as Session1.Login and stores what it returns.
func (h *HeadUnit) call(ctx context.Context, on dbus.BusObject, method string, into []any, args ...any) error {
	call := on.CallWithContext(ctx, prefix+method, dbus.FlagNoAutoStart, args...)
	if call.Err != nil {
		return refusal(call.Err)
	}
	if len(into) == 0 {
		return nil
	}
	if err := call.Store(into...); err != nil {
		return fmt.Errorf("answer of %s: %w", method, err)
	}
	return nil
}

// refusal turns an error of D-Bus into a Refusal; others stay what they are.
func refusal(err error) error {
	var from dbus.Error
	if !errors.As(err, &from) {
		return err
	}
	r := &Refusal{Name: strings.TrimPrefix(from.Name, prefix+"Error.")}
	if len(from.Body) > 0 {
		r.Message = fmt.Sprint(from.Body[0])
	}
	return r
}

// bag is an options bag.
type bag = map[string]dbus.Variant

func waiting(wait bool) bag {
	if wait {
		return bag{"wait": dbus.MakeVariant(true)}
	}
	return bag{}
}

// ProfilePath is the object of a person, by their id in hex.
func ProfilePath(id string) dbus.ObjectPath { return profilePath + dbus.ObjectPath(id) }

// Settings are those of a person, by group and key, as plain Go values.
type Settings map[string]map[string]any

func settings(answer map[string]map[string]dbus.Variant) Settings {
	s := Settings{}
	for group, values := range answer {
		s[group] = plainBag(values)
	}
	return s
}

func plainBag(values bag) map[string]any {
	members := make(map[string]any, len(values))
	for name, v := range values {
		members[name] = plain(v)
	}
	return members
}

func plainBags(list []bag) []map[string]any {
	all := make([]map[string]any, len(list))
	for i, b := range list {
		all[i] = plainBag(b)
	}
	return all
}

// Login logs a person in, by their id in hex. With wait a request on the move
// is queued until the car is parked.
func (h *HeadUnit) Login(ctx context.Context, id, pin string, wait bool) (Settings, error) {
	var answer map[string]map[string]dbus.Variant
	err := h.call(ctx, h.root, "Session1.Login", []any{&answer}, ProfilePath(id), pin, waiting(wait))
	return settings(answer), err
}

// Guest starts a guest's session.
func (h *HeadUnit) Guest(ctx context.Context, wait bool) (Settings, error) {
	var answer map[string]map[string]dbus.Variant
	err := h.call(ctx, h.root, "Session1.StartGuest", []any{&answer}, waiting(wait))
	return settings(answer), err
}

// CancelPending drops the request that waits.
func (h *HeadUnit) CancelPending(ctx context.Context) error {
	return h.call(ctx, h.root, "Session1.CancelPending", nil, bag{})
}

// Logout ends whoever is at the wheel.
func (h *HeadUnit) Logout(ctx context.Context) error {
	return h.call(ctx, h.root, "Session1.Logout", nil, bag{})
}

// Permits asks whether the person at the wheel may use a function.
func (h *HeadUnit) Permits(ctx context.Context, function string) (allowed bool, reason string, err error) {
	err = h.call(ctx, h.root, "Session1.Permits", []any{&allowed, &reason}, function)
	return allowed, reason, err
}

// SetPIN changes a person's PIN.
func (h *HeadUnit) SetPIN(ctx context.Context, id, old, fresh string) error {
	return h.call(ctx, h.conn.Object(AgentName, ProfilePath(id)), "Profile1.SetPIN", nil, old, fresh, bag{})
}

// SetLevel lowers or raises what leaves the car: share, no-position, offline.
func (h *HeadUnit) SetLevel(ctx context.Context, level string) error {
	return h.call(ctx, h.root, "Privacy1.SetLevel", nil, level, bag{})
}

// Ledger reads what was published, reduced and withheld. A nil filter takes all.
func (h *HeadUnit) Ledger(ctx context.Context, filter map[string]any) ([]map[string]any, error) {
	asked := bag{}
	for name, v := range filter {
		asked[name] = dbus.MakeVariant(v)
	}
	var answer []bag
	err := h.call(ctx, h.root, "Privacy1.Ledger", []any{&answer}, asked)
	return plainBags(answer), err
}

// Why reads one entry of the ledger with all that made it so.
func (h *HeadUnit) Why(ctx context.Context, entry uint64) (map[string]any, error) {
	var answer bag
	err := h.call(ctx, h.root, "Privacy1.Why", []any{&answer}, entry)
	return plainBag(answer), err
}

// Present reports whether the agent owns its name.
func (h *HeadUnit) Present(ctx context.Context) (bool, error) {
	var owned bool
	err := h.conn.BusObject().CallWithContext(ctx, "org.freedesktop.DBus.NameHasOwner", 0, AgentName).Store(&owned)
	if err != nil {
		return false, fmt.Errorf("ask the bus for the agent: %w", err)
	}
	return owned, nil
}

// Await blocks until the agent owns its name, or gone is closed.
func (h *HeadUnit) Await(ctx context.Context, gone <-chan struct{}) error {
	const pause = 2 * time.Millisecond
	for {
		if owned, err := h.Present(ctx); owned || err != nil {
			return err
		}
		select {
		case <-gone:
			return errors.New("the agent ended before it owned its name")
		case <-ctx.Done():
			return fmt.Errorf("wait for the agent's name: %w", ctx.Err())
		case <-time.After(pause):
		}
	}
}
