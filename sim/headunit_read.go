package sim

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/godbus/dbus/v5"
	"golang.org/x/sys/unix"
)

// Properties reads an interface of the root object, such as Session1, Privacy1
// or Vehicle1.
func (h *HeadUnit) Properties(ctx context.Context, face string) (map[string]any, error) {
	return h.properties(ctx, h.root, face)
}

// Profile reads the properties of a person, by their id in hex.
func (h *HeadUnit) Profile(ctx context.Context, id string) (map[string]any, error) {
	return h.properties(ctx, h.conn.Object(AgentName, ProfilePath(id)), "Profile1")
}

func (h *HeadUnit) properties(ctx context.Context, of dbus.BusObject, face string) (map[string]any, error) {
	var answer bag
	call := of.CallWithContext(ctx, "org.freedesktop.DBus.Properties.GetAll", dbus.FlagNoAutoStart, prefix+face)
	if call.Err != nil {
		return nil, refusal(call.Err)
	}
	if err := call.Store(&answer); err != nil {
		return nil, fmt.Errorf("properties of %s: %w", face, err)
	}
	return plainBag(answer), nil
}

// Session is who is at the wheel.
type Session struct {
	State   string // idle, guest, active, leaving
	Profile string // id in hex, empty if nobody
	Role    string
	Reason  string
	Pending string // id in hex or guest, empty if nothing waits
	Wipe    string
	Parked  bool
}

// Session reads who is at the wheel.
func (h *HeadUnit) Session(ctx context.Context) (Session, error) {
	p, err := h.Properties(ctx, "Session1")
	if err != nil {
		return Session{}, err
	}
	text := func(name string) string {
		v, _ := p[name].(string)
		return v
	}
	parked, _ := p["Parked"].(bool)
	return Session{
		State: text("State"), Profile: idOf(text("Profile")), Role: text("Role"), Reason: text("Reason"),
		Pending: idOf(text("Pending")), Wipe: text("WipeState"), Parked: parked,
	}, nil
}

// idOf is the last part of a profile's path, empty for the path of nobody.
func idOf(path string) string {
	if len(path) <= len(profilePath) {
		return ""
	}
	return path[len(profilePath):]
}

// LocationInUse reads the indicator: true exactly while position leaves.
func (h *HeadUnit) LocationInUse(ctx context.Context) (bool, error) {
	p, err := h.Properties(ctx, "Privacy1")
	on, _ := p["LocationInUse"].(bool)
	return on, err
}

// Signals reads the newest value of each path: path, value, age_ms.
func (h *HeadUnit) Signals(ctx context.Context) ([]map[string]any, error) {
	return h.list(ctx, "Vehicle1.Signals")
}

// Health reads warning lights and maintenance.
func (h *HeadUnit) Health(ctx context.Context) ([]map[string]any, error) {
	return h.list(ctx, "Vehicle1.Health")
}

func (h *HeadUnit) list(ctx context.Context, method string) ([]map[string]any, error) {
	var answer []bag
	err := h.call(ctx, h.root, method, []any{&answer})
	return plainBags(answer), err
}

// Statistics reads the counters.
func (h *HeadUnit) Statistics(ctx context.Context) (map[string]any, error) {
	var answer bag
	err := h.call(ctx, h.root, "Vehicle1.Statistics", []any{&answer})
	return plainBag(answer), err
}

// Watch passes each line of Vehicle1.Watch, a JSON object, to see until ctx or
// the stream ends.
func (h *HeadUnit) Watch(ctx context.Context, see func(line []byte)) error {
	var fd dbus.UnixFD
	if err := h.call(ctx, h.root, "Vehicle1.Watch", []any{&fd}); err != nil {
		return err
	}
	if err := unix.SetNonblock(int(fd), true); err != nil { // so that closing it ends a read
		return errors.Join(fmt.Errorf("watch: %w", err), unix.Close(int(fd)))
	}
	stream := os.NewFile(uintptr(fd), "watch")
	defer stream.Close()
	defer context.AfterFunc(ctx, func() { stream.Close() })()
	lines := bufio.NewScanner(stream)
	for lines.Scan() {
		see(lines.Bytes())
	}
	if ctx.Err() != nil {
		return nil
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("watch: %w", err)
	}
	return nil
}

// Event is a signal that the agent sent to everybody.
type Event struct {
	Name string // interface and member: Session1.Ended, or org.freedesktop.DBus.Properties.PropertiesChanged
	Path string
	Body []any
}

// Follow passes each signal of the agent to see until ctx or the bus ends. It
// calls ready, if that is not nil, once nothing can be missed any more.
func (h *HeadUnit) Follow(ctx context.Context, ready func(), see func(Event)) error {
	conn, err := dbus.Connect(h.address, dbus.WithSignalHandler(dbus.NewSequentialSignalHandler()))
	if err != nil {
		return fmt.Errorf("follow the agent: %w", err)
	}
	defer conn.Close()
	signals := make(chan *dbus.Signal, 256)
	conn.Signal(signals)
	if err := conn.AddMatchSignalContext(ctx, dbus.WithMatchSender(AgentName)); err != nil {
		return fmt.Errorf("follow the agent: %w", err)
	}
	if ready != nil {
		ready()
	}
	for {
		select {
		case <-ctx.Done():
			return nil
		case s, open := <-signals:
			if !open {
				return errors.New("follow the agent: the bus ended")
			}
			if s.Name == "org.freedesktop.DBus.NameAcquired" {
				continue
			}
			body := make([]any, len(s.Body))
			for i, part := range s.Body {
				body[i] = plain(part)
			}
			see(Event{Name: strings.TrimPrefix(s.Name, prefix), Path: string(s.Path), Body: body})
		}
	}
}
