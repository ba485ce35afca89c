// Package headunit is the client side of the agent's D-Bus interfaces: what the
// screen of a car asks and says. gloveboxctl and the simulator speak through it;
// the agent itself never does.
package headunit

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/godbus/dbus/v5"
)

// BusName is the name that the agent owns on the bus.
const BusName = "org.glovebox.Agent1"

const (
	rootPath = dbus.ObjectPath("/org/glovebox/Agent1")
	ours     = "org.glovebox."
	standard = "org.freedesktop.DBus."
)

// answerWithin is how long the bus or the agent may take to answer.
const answerWithin = 30 * time.Second

// Client is a connection to the bus of an agent. Its methods may be called from
// several goroutines.
type Client struct {
	conn *dbus.Conn
	end  context.CancelFunc

	answered atomic.Bool // an agent has
}

// Dial connects to a bus: system, session or an address. The agent need not be
// there yet: that shows with the first call.
func Dial(ctx context.Context, bus string) (*Client, error) {
	life, end := context.WithCancel(context.WithoutCancel(ctx))
	defer time.AfterFunc(answerWithin, end).Stop() // a bus may take the connection and never answer
	defer context.AfterFunc(ctx, end)()
	options := []dbus.ConnOption{dbus.WithContext(life), dbus.WithSignalHandler(dbus.NewSequentialSignalHandler())}
	var conn *dbus.Conn
	var err error
	switch bus {
	case "system":
		conn, err = dbus.ConnectSystemBus(options...)
	case "session":
		conn, err = dbus.ConnectSessionBus(options...)
	default:
		conn, err = dbus.Connect(bus, options...)
	}
	if err != nil {
		end()
		return nil, fmt.Errorf("no D-Bus: %w", err)
	}
	return &Client{conn: conn, end: end}, nil
}

// Close leaves the bus.
func (c *Client) Close() error {
	defer c.end()
	return c.conn.Close()
}

// How long the name may be nobody's while a fresh process takes over. Who has never heard an
// agent waits shorter: there is likely none.
const (
	freshWithin = 5 * time.Second // a busy unit takes its time
	firstWithin = time.Second
)

// send calls a method by its whole name. It does not start an agent that is not
// running, but waits a moment for one.
func (c *Client) send(ctx context.Context, on dbus.ObjectPath, method string, args []any) (*dbus.Call, error) {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	patience := firstWithin
	if c.answered.Load() {
		patience = freshWithin
	}
	for begun := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		answer := c.conn.Object(BusName, on).CallWithContext(ctx, method, dbus.FlagNoAutoStart, args...)
		if answer.Err == nil {
			c.answered.Store(true)
			return answer, nil
		}
		var e dbus.Error
		if !errors.As(answer.Err, &e) || e.Name != "org.freedesktop.DBus.Error.NameHasNoOwner" || time.Since(begun) > patience {
			return nil, refusal(answer.Err)
		}
	}
}

// call is send that stores the answer.
func (c *Client) call(ctx context.Context, on dbus.ObjectPath, method string, args []any, into ...any) error {
	answer, err := c.send(ctx, on, method, args)
	if err != nil || len(into) == 0 {
		return err
	}
	if err := answer.Store(into...); err != nil {
		return fmt.Errorf("the agent's answer to %s: %w", method, err)
	}
	return nil
}

// ask calls a method such as Session1.Login on the root object.
func (c *Client) ask(ctx context.Context, method string, args []any, into ...any) error {
	return c.call(ctx, rootPath, ours+method, args, into...)
}

// Properties reads an interface of the root object, such as Session1.
func (c *Client) Properties(ctx context.Context, name string) (map[string]any, error) {
	return c.properties(ctx, rootPath, name)
}

func (c *Client) properties(ctx context.Context, of dbus.ObjectPath, name string) (map[string]any, error) {
	var answer bag
	err := c.call(ctx, of, standard+"Properties.GetAll", []any{ours + name}, &answer)
	return plainBag(answer), err
}

// Present reports whether the agent owns its name.
func (c *Client) Present(ctx context.Context) (bool, error) {
	var owned bool
	if err := c.conn.BusObject().CallWithContext(ctx, standard+"NameHasOwner", 0, BusName).Store(&owned); err != nil {
		return false, fmt.Errorf("ask the bus for the agent: %w", err)
	}
	return owned, nil
}

// Await blocks until the agent owns its name, or gone is closed.
func (c *Client) Await(ctx context.Context, gone <-chan struct{}) error {
	const pause = 2 * time.Millisecond
	for {
		if owned, err := c.Present(ctx); owned || err != nil {
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
