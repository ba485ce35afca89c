package sim

import (
	"context"
	"os"

	"github.com/godbus/dbus/v5"
)

// Call calls a method such as Roster1.Invite on the root, or on the object of a
// person, and returns what it answers as plain Go values. An empty bag of options
// is added behind the arguments.
func (h *HeadUnit) Call(ctx context.Context, person, method string, args ...any) ([]any, error) {
	return h.CallWith(ctx, person, method, nil, args...)
}

// CallWith is Call with options.
func (h *HeadUnit) CallWith(ctx context.Context, person, method string, options map[string]any, args ...any) ([]any, error) {
	on := h.root
	if person != "" {
		on = h.conn.Object(AgentName, ProfilePath(person))
	}
	wire := make([]any, 0, len(args)+1)
	for _, a := range args {
		switch a := a.(type) {
		case map[string]any:
			wire = append(wire, members(a))
		case *os.File:
			wire = append(wire, dbus.UnixFD(a.Fd()))
		default:
			wire = append(wire, a)
		}
	}
	wire = append(wire, members(options))
	call := on.CallWithContext(ctx, prefix+method, dbus.FlagNoAutoStart, wire...)
	if call.Err != nil {
		return nil, refusal(call.Err)
	}
	answer := make([]any, len(call.Body))
	for i, v := range call.Body {
		answer[i] = plain(v)
	}
	return answer, nil
}

// Paths makes object paths of a list of them.
func Paths(list []any) []dbus.ObjectPath {
	all := make([]dbus.ObjectPath, 0, len(list))
	for _, v := range list {
		if p, ok := v.(dbus.ObjectPath); ok {
			all = append(all, p)
		}
	}
	return all
}
