package main

import (
	"context"
	"fmt"
	"time"

	"github.com/godbus/dbus/v5"

	"glovebox/headunit"
)

// calls keeps calling while guests come and go: each guest's end is an exchange of the
// process, and no call of anybody may be lost over it. A call is one over an exchange if it
// was sent between Logout and the name being owned again; it goes on until there were n.
func calls(n int) error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	c, err := headunit.Dial(ctx, "system")
	if err != nil {
		return err
	}
	defer c.Close()
	conn, err := dbus.ConnectSystemBus()
	if err != nil {
		return err
	}
	defer conn.Close()
	over, failed, ends := 0, 0, 0
	for over < n {
		if _, err := c.Guest(ctx, true); err != nil { // it waits until the car counts as parked
			return fmt.Errorf("guest: %w", err)
		}
		out := make(chan error, 1)
		go func() { out <- c.Logout(ctx) }()
		var waiting []*dbus.Call
		for ended := false; !ended; {
			select {
			case err := <-out:
				if err != nil {
					return fmt.Errorf("logout: %w", err)
				}
				ended = true
			default:
			}
			waiting = append(waiting, ask1(ctx, conn))
			time.Sleep(5 * time.Millisecond)
		}
		for range 20 { // the name is given back once Logout was answered
			waiting = append(waiting, ask1(ctx, conn))
			time.Sleep(5 * time.Millisecond)
		}
		for _, call := range waiting {
			<-call.Done
			if over++; call.Err != nil {
				failed++
				fmt.Println("call:", call.Err)
			}
		}
		ends++
	}
	fmt.Println(over, "calls over", ends, "exchanges,", failed, "failed")
	if failed > 0 {
		return fmt.Errorf("%d of %d calls failed", failed, over)
	}
	return nil
}

func ask1(ctx context.Context, conn *dbus.Conn) *dbus.Call {
	return conn.Object(headunit.BusName, root).GoWithContext(ctx, "org.freedesktop.DBus.Properties.Get", 0, nil, "org.glovebox.Session1", "State")
}
