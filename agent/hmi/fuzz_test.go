package hmi_test

import (
	"bytes"
	"context"
	"encoding/xml"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/godbus/dbus/v5"
	"github.com/godbus/dbus/v5/introspect"
	"golang.org/x/sys/unix"

	"glovebox/agent/hmi"
	"glovebox/agent/hmi/fence"
	"glovebox/agent/hmi/internal/rawbus"
)

// Any call, three of four well formed: it is answered, by the agent if the strict
// decoder finds nothing in it and by the fence if it does; and what passes is taken
// by the decoder, who holds it in four times its bytes and 64 KiB.
func FuzzFence(f *testing.F) {
	bus := startFake(f)
	members := realMembers(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		m := generate(data, members)
		m.Serial, m.Sender, m.Destination = bus.serial(), ":1.7", hmi.Name
		answer := bus.ask(t, m)
		strict := rawbus.Strict(m.Signature, m.Big, m.Body)
		walked := fence.Walk([]byte(m.Signature), m.Big, m.Body)
		if (walked == nil) != (strict == nil) && (strict != nil || !strings.Contains(walked.Error(), "far more memory")) {
			t.Fatalf("%q %x: the walk says %v, the strict decoder %v", m.Signature, m.Body, walked, strict)
		}
		known := members[slices.IndexFunc(members, func(o realMember) bool { return o.iface == m.Interface && o.name == m.Member })]
		if good := walked == nil && known.in == m.Signature && len(m.Body) <= 64<<10; !good && len(m.Body) <= 64<<10 && answer.ErrorName != "org.glovebox.Error.InvalidArgument" {
			t.Fatalf("%s(%q) %x is answered %q", m.Member, m.Signature, m.Body, answer.ErrorName)
		} else if good && strings.Contains(string(answer.Body), "cannot be read") {
			t.Fatalf("%s(%q) %x is answered %q", m.Member, m.Signature, m.Body, answer.Body)
		}
		if walked != nil {
			return
		}
		m.Signature = strings.ReplaceAll(m.Signature, "h", "u") // so the fence hands it on
		decoded, err := dbus.DecodeMessage(bytes.NewReader(m.Bytes()))
		if err != nil {
			t.Fatalf("%q %x passes: %v", m.Signature, m.Body, err)
		}
		if held, most := hold(reflect.ValueOf(decoded.Body)), 4*len(m.Body)+64<<10; held > most {
			t.Fatalf("%q of %d bytes takes %d", m.Signature, len(m.Body), held)
		}
	})
}

// hold counts the bytes behind a decoded value; of a map at least its entries.
func hold(v reflect.Value) (n int) {
	switch v.Kind() {
	case reflect.String:
		return v.Len()
	case reflect.Slice:
		n = v.Cap() * int(v.Type().Elem().Size())
		for i := range v.Len() {
			n += hold(v.Index(i))
		}
	case reflect.Map:
		n = 48 + (v.Len()+7)&^7*int(v.Type().Key().Size()+v.Type().Elem().Size())
		for entries := v.MapRange(); entries.Next(); {
			n += hold(entries.Key()) + hold(entries.Value())
		}
	case reflect.Interface:
		if !v.IsNil() {
			n = int(v.Elem().Type().Size()) + hold(v.Elem())
		}
	case reflect.Struct: // a signature, or a variant with one
		if variant, ok := v.Interface().(dbus.Variant); ok {
			inner := reflect.ValueOf(variant.Value())
			return int(inner.Type().Size()) + hold(inner) + len(variant.Signature().String())
		}
		return int(unsafe.Sizeof("")) // its string
	}
	return n
}

// realMember is a method as the XML has it.
type realMember struct{ iface, name, in, path string }

// realMembers are all methods of the agent, in a fixed order.
func realMembers(f *testing.F) (all []realMember) {
	f.Helper()
	entries, err := hmi.Interfaces.ReadDir(".")
	if err != nil {
		f.Fatal(err)
	}
	for _, entry := range entries {
		text, err := hmi.Interfaces.ReadFile(entry.Name())
		if err != nil {
			f.Fatal(err)
		}
		var node introspect.Node
		if err := xml.Unmarshal(text, &node); err != nil {
			f.Fatal(err)
		}
		iface := node.Interfaces[0]
		path := string(hmi.RootPath)
		if strings.HasSuffix(iface.Name, "Profile1") {
			path = string(dbusPath(anna))
		}
		for _, method := range iface.Methods {
			m := realMember{iface: iface.Name, name: method.Name, path: path}
			for _, arg := range method.Args {
				if arg.Direction == "in" {
					m.in += arg.Type
				}
			}
			all = append(all, m)
		}
	}
	const standard = "org.freedesktop.DBus."
	return append(all,
		realMember{standard + "Properties", "Get", "ss", string(hmi.RootPath)}, realMember{standard + "Properties", "Set", "ssv", string(hmi.RootPath)},
		realMember{standard + "Properties", "GetAll", "s", string(hmi.RootPath)}, realMember{standard + "ObjectManager", "GetManagedObjects", "", string(hmi.RootPath)},
		realMember{standard + "Introspectable", "Introspect", "", string(hmi.RootPath)}, realMember{standard + "Peer", "Ping", "", "/"})
}

// fakeBus is a bus with the agent alone on it.
type fakeBus struct {
	*rawbus.Bus
	agent *rawbus.Conn
	last  uint32
	file  int // comes with a call that takes one
}

func (b *fakeBus) serial() uint32 { b.last++; return b.last }

// ask sends a call and reads until its answer.
func (b *fakeBus) ask(t *testing.T, m rawbus.Message) rawbus.Message {
	files := slices.Repeat([]int{b.file}, min(8, strings.Count(m.Signature, "h")))
	m.Files = uint32(len(files))
	message, rights := m.Bytes(), []byte(nil)
	if len(files) > 0 {
		rights = unix.UnixRights(files...)
	}
	n, _, err := b.agent.WriteMsgUnix(message, rights, nil)
	if err == nil && n < len(message) {
		_, err = b.agent.Write(message[n:])
	}
	if err != nil {
		t.Fatal("the agent has left: ", err)
	}
	answer, err := b.agent.Answer(m.Serial)
	if err != nil {
		t.Fatalf("%+v is not answered: %v", m, err)
	}
	return answer
}

func startFake(f *testing.F) *fakeBus {
	f.Helper()
	dir, err := os.MkdirTemp("", "gb")
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { os.RemoveAll(dir) })
	bus, listener, err := rawbus.Listen(filepath.Join(dir, "bus"))
	if err != nil {
		f.Fatal(err)
	}
	ready := make(chan *rawbus.Conn)
	go func() {
		agent, err := bus.Accept(listener)
		if err != nil {
			return
		}
		agent.Patience = 30 * time.Second
		asker, err := bus.Accept(listener)
		if err != nil {
			return
		}
		go func() {
			for {
				m, err := asker.Receive()
				if err != nil {
					return
				}
				bus.Handle(asker, m)
			}
		}()
		for {
			m, err := agent.Receive()
			if err != nil || !bus.Handle(agent, m) {
				return
			}
			if m.Member == "RequestName" {
				ready <- agent
				return
			}
		}
	}()
	limits := hmi.Limits{PerSecond: 1e9, Burst: 1e9, Waiting: 1e9}
	access := hmi.Access{HMI: []uint32{hmiUser}, HMILimits: limits, UID: func(context.Context, string) (uint32, error) { return hmiUser, nil }}
	face, err := hmi.New(bus.Address, access, slog.New(slog.DiscardHandler))
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { face.Close() })
	owned := make(chan error, 1)
	go func() { owned <- face.Own(newCabin()) }()
	b := &fakeBus{Bus: bus, agent: <-ready, file: must(memory(`{"glovebox":"settings","version":1,"settings":{"radio":{"volume":7}}}`, true))}
	if err := <-owned; err != nil {
		f.Fatal(err)
	}
	go face.Run(f.Context())
	return b
}
