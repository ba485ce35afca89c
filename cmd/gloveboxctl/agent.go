package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/godbus/dbus/v5"
)

const (
	busName      = "org.glovebox.Agent1"
	rootPath     = dbus.ObjectPath("/org/glovebox/Agent1")
	errorPrefix  = "org.glovebox.Error."
	standard     = "org.freedesktop.DBus."
	answerWithin = 30 * time.Second
)

// agent is the agent on the bus.
type agent struct {
	ctx  context.Context
	conn *dbus.Conn
	end  context.CancelFunc
}

// dial connects to the bus; whether the agent is there shows with the first call.
func dial(ctx context.Context, bus string) (*agent, error) {
	life, end := context.WithCancel(context.WithoutCancel(ctx))
	defer time.AfterFunc(answerWithin, end).Stop() // a bus may take the connection and never answer
	opts := []dbus.ConnOption{dbus.WithContext(life), dbus.WithSignalHandler(dbus.NewSequentialSignalHandler())}
	var conn *dbus.Conn
	var err error
	switch bus {
	case "system":
		conn, err = dbus.ConnectSystemBus(opts...)
	case "session":
		conn, err = dbus.ConnectSessionBus(opts...)
	default:
		conn, err = dbus.Connect(bus, opts...)
	}
	if err != nil {
		end()
		return nil, notReached(fmt.Sprintf("no D-Bus: %v", err))
	}
	return &agent{ctx, conn, end}, nil
}

func (a *agent) close() {
	_ = a.conn.Close()
	a.end()
}

func notReached(text string) error { return failure{exitNotReached, "NotReachable", text} }

// call calls a method of ours on an object and stores the answer. It does not
// start an agent that is not running.
func (a *agent) call(path dbus.ObjectPath, member string, args []any, into ...any) error {
	ctx, cancel := context.WithTimeout(a.ctx, answerWithin)
	defer cancel()
	answer := a.conn.Object(busName, path).CallWithContext(ctx, member, dbus.FlagNoAutoStart, args...)
	if answer.Err != nil {
		return explain(answer.Err)
	}
	if err := answer.Store(into...); err != nil {
		return fmt.Errorf("the agent's answer to %s: %w", member, err)
	}
	return nil
}

// ask calls a method of ours (Interface.Method) on the root object.
func (a *agent) ask(member string, args []any, into ...any) error {
	return a.call(rootPath, "org.glovebox."+member, args, into...)
}

// properties reads all properties of one of our interfaces on the root object.
func (a *agent) properties(iface string) (all map[string]dbus.Variant, err error) {
	err = a.call(rootPath, standard+"Properties.GetAll", []any{"org.glovebox." + iface}, &all)
	return all, err
}

// explain gives an error of the bus its exit code.
func explain(err error) error {
	e, answered := errors.AsType[dbus.Error](err)
	if !answered {
		return notReached("the agent does not answer: " + err.Error())
	}
	text := e.Error()
	if short, ours := strings.CutPrefix(e.Name, errorPrefix); ours {
		return failure{exitRefused, short, text}
	}
	short := strings.TrimPrefix(e.Name, standard+"Error.")
	switch short {
	case "ServiceUnknown", "NameHasNoOwner", "NoReply", "Disconnected", "TimedOut", "Timeout":
		return notReached("the agent is not running on this bus")
	}
	return failure{exitRefused, short, text}
}

// person is a profile of this car.
type person struct {
	path  dbus.ObjectPath
	id    string
	props map[string]dbus.Variant
}

func (p person) name() string { return text(p.props["Name"]) }

// text is a variant's string; "" if it is none.
func text(v dbus.Variant) string {
	s, _ := v.Value().(string)
	return s
}

// people lists the profiles, the main user first, then by name.
func (a *agent) people() ([]person, error) {
	var objects map[dbus.ObjectPath]map[string]map[string]dbus.Variant
	if err := a.call(rootPath, standard+"ObjectManager.GetManagedObjects", nil, &objects); err != nil {
		return nil, err
	}
	var all []person
	for path, interfaces := range objects {
		if props, ok := interfaces["org.glovebox.Profile1"]; ok {
			all = append(all, person{path, lastElement(path), props})
		}
	}
	sortPeople(all)
	return all, nil
}

// find is the person of that id or name.
func (a *agent) find(nameOrID string) (person, error) {
	all, err := a.people()
	if err != nil {
		return person{}, err
	}
	var found []person
	for _, p := range all {
		if p.id == nameOrID {
			return p, nil
		}
		if strings.EqualFold(p.name(), nameOrID) {
			found = append(found, p)
		}
	}
	switch len(found) {
	case 0:
		return person{}, failure{exitRefused, "NoSuchProfile", fmt.Sprintf("nobody in this car is called %q", nameOrID)}
	case 1:
		return found[0], nil
	}
	return person{}, failure{exitRefused, "Ambiguous", fmt.Sprintf("%d people are called %q; use the id", len(found), nameOrID)}
}

// lastElement is the profile's id in its path; "" for "/".
func lastElement(path dbus.ObjectPath) string {
	return string(path[strings.LastIndex(string(path), "/")+1:])
}
