package hmi

import (
	"context"
	"maps"
	"strings"
	"time"

	"github.com/godbus/dbus/v5"

	"glovebox/profiles"
)

// The signals of a session's end come before everything else that is told.
const (
	sessionEnding = session1 + ".Ending"
	sessionEnded  = session1 + ".Ended"
)

func (f *Face) session1() map[string]member {
	return map[string]member{
		"Login":         {in: "osa{sv}", prepare: waitOption(2), run: f.login},
		"StartGuest":    {in: "a{sv}", prepare: waitOption(0), run: f.startGuest},
		"CancelPending": {in: "a{sv}", run: f.cancelPending},
		"Logout":        {in: "a{sv}", run: f.logout},
		"Inhibit":       {in: "ss", run: f.inhibit, apps: true},
		"Permits":       {in: "s", run: f.permits, apps: true},
	}
}

// waitOption reads the bag that stands at index i.
func waitOption(i int) func(c *call) error {
	return func(c *call) error {
		if path, ok := c.args[0].(dbus.ObjectPath); ok && !strings.HasPrefix(string(path), string(ProfilesPath)+"/") {
			return invalid("a profile is an object below %s", ProfilesPath)
		}
		return options(c.args[i], map[string]any{"wait": &c.wait})
	}
}

// login answers an object that is no profile as the Cabin answers an unknown
// one: like a wrong PIN, and as late.
func (f *Face) login(ctx context.Context, c *call) ([]any, error) {
	typed, err := pin(c.args[1])
	if err != nil {
		return nil, err
	}
	_, who := resolve(c.args[0].(dbus.ObjectPath))
	return f.start(ctx, func() (map[string]map[string]any, error) {
		return f.cabin.Login(ctx, who, typed, c.wait)
	})
}

func (f *Face) startGuest(ctx context.Context, c *call) ([]any, error) {
	return f.start(ctx, func() (map[string]map[string]any, error) {
		return f.cabin.StartGuest(ctx, c.wait)
	})
}

// start lets one call into the Cabin at a time. The others wait; a newer one
// has ended the context of those before it.
func (f *Face) start(ctx context.Context, session func() (map[string]map[string]any, error)) ([]any, error) {
	select {
	case f.starting <- struct{}{}:
		defer func() { <-f.starting }()
	case <-ctx.Done():
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	settings, err := session()
	if err == nil {
		f.settle(ctx)
	}
	if err == nil && ctx.Err() != nil { // a newer one came meanwhile and will replace it
		err = context.Cause(ctx)
	}
	if err != nil {
		return nil, err
	}
	maps.DeleteFunc(settings, func(group string, _ map[string]any) bool { return profiles.IsApp(group) }) // an app reads its own
	groups, err := toGroups(settings)
	return []any{groups}, err
}

// settle waits until what has arrived by now is known: a newer request may be among it,
// and then this one is answered as superseded, however fast it was. A flood does not hold
// it up for longer than a moment.
func (f *Face) settle(ctx context.Context) {
	for range 100 {
		if ctx.Err() != nil || f.fence.Drained() && f.queue.judged() {
			return
		}
		select {
		case <-ctx.Done():
		case <-time.After(200 * time.Microsecond):
		}
	}
}

func (f *Face) cancelPending(ctx context.Context, c *call) ([]any, error) {
	if err := options(c.args[0], nil); err != nil {
		return nil, err
	}
	return nil, f.cabin.CancelPending(ctx)
}

func (f *Face) logout(ctx context.Context, c *call) ([]any, error) {
	if err := options(c.args[0], nil); err != nil {
		return nil, err
	}
	return nil, f.cabin.Logout(ctx)
}

func (f *Face) permits(_ context.Context, c *call) ([]any, error) {
	allowed, reason := f.cabin.Permits(c.args[0].(string))
	return []any{allowed, reason}, nil
}

func sessionProperties(v profiles.SessionView) map[string]dbus.Variant {
	pending := dbus.ObjectPath("/")
	if v.Pending != "" {
		pending = ProfilesPath + dbus.ObjectPath("/"+v.Pending)
	}
	return map[string]dbus.Variant{
		"State":            dbus.MakeVariant(v.State),
		"Profile":          dbus.MakeVariant(pathOf(v.Profile)),
		"Suggested":        dbus.MakeVariant(pathOf(v.Suggested)),
		"Role":             dbus.MakeVariant(v.Role),
		"Reason":           dbus.MakeVariant(v.Reason),
		"Pending":          dbus.MakeVariant(pending),
		"Functions":        words(v.Functions),
		"WipeState":        dbus.MakeVariant(v.WipeState),
		"RuntimeDirectory": dbus.MakeVariant(v.RuntimeDirectory),
		"Parked":           dbus.MakeVariant(v.Parked),
	}
}

// words is a list of strings; none is an empty list.
func words(list []string) dbus.Variant {
	return dbus.MakeVariant(append([]string{}, list...))
}

// Ending announces that the session will end, at the latest after deadline.
func (f *Face) Ending(reason string, deadline time.Duration) {
	f.events.add(event{RootPath, sessionEnding, []any{reason, uint64(deadline.Milliseconds())}})
}

// Ended announces that the session is over. Where nothing was to be erased the
// zero receipt is an empty one.
func (f *Face) Ended(reason string, receipt profiles.Receipt) {
	f.events.add(event{RootPath, sessionEnded, []any{reason, receiptVariants(receipt)}})
}

func receiptVariants(r profiles.Receipt) map[string]dbus.Variant {
	if r.Method == "" {
		return map[string]dbus.Variant{}
	}
	stores := []map[string]dbus.Variant{}
	for _, s := range r.Stores {
		stores = append(stores, map[string]dbus.Variant{
			"name":   dbus.MakeVariant(s.Name),
			"before": dbus.MakeVariant(s.Before),
			"after":  dbus.MakeVariant(s.After),
			"result": dbus.MakeVariant(s.Result),
		})
	}
	return map[string]dbus.Variant{
		"method":     dbus.MakeVariant(r.Method),
		"generation": dbus.MakeVariant(r.Generation),
		"stores":     dbus.MakeVariant(stores),
		"result":     dbus.MakeVariant(r.Result),
	}
}
