package hmi_test

import (
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"

	"glovebox/agent/hmi"
	"glovebox/agent/hmi/internal/rawbus"
)

// dialRaw enters the bus as a program of a user, with bytes of its own making.
func (w *world) dialRaw(t *testing.T, uid uint32) *rawbus.Conn {
	t.Helper()
	c, err := rawbus.Dial(w.bus)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if w.uids != nil {
		w.uids.mu.Lock()
		defer w.uids.mu.Unlock()
		w.uids.uids[c.Name] = uid
	}
	return c
}

func rawCall(member, types string, body []byte) rawbus.Message {
	iface, name, _ := strings.Cut(member, ".")
	return rawbus.Message{Destination: hmi.Name, Path: string(hmi.RootPath), Interface: "org.glovebox." + iface, Member: name, Signature: types, Body: body}
}

// decoderEnders are values that a bus carries and that end a decoder which trusts
// it: each is the type and the bytes of one value.
// deep is how many variants the deepest of them have; the bus allows 64 levels.
func decoderEnders(w *rawbus.Wire, deep int) map[string]func() (types string, files int) {
	nested := func(n int, types string, fill func()) func() (string, int) {
		return func() (string, int) {
			for range n - 1 {
				w.G("v")
			}
			w.G(types)
			fill()
			return "v", 0
		}
	}
	return map[string]func() (string, int){
		"ah":    func() (string, int) { w.Array(4, func() { w.U32(0) }); return "ah", 1 },
		"a{sh}": func() (string, int) { w.Array(8, func() { w.S("k").U32(0) }); return "a{sh}", 1 },
		"a{hs}": func() (string, int) { w.Array(8, func() { w.U32(0).S("x") }); return "a{hs}", 1 },
		"a{bv}": func() (string, int) { w.Array(8, func() { w.U32(1).G("y").Raw(1) }); return "a{bv}", 0 },
		"a{gv}": func() (string, int) { w.Array(8, func() { w.G("s").G("y").Raw(1) }); return "a{gv}", 0 },
		"a bag in all but one of the variants that the bus allows": nested(deep-1, "a{sv}", func() { w.Bag() }),
		"a bag in as many variants as the bus allows":              nested(deep, "a{sv}", func() { w.Bag() }),
		"a list in as many": nested(deep, "as", func() { w.U32(0) }),
	}
}

// A value that ends the decoder does not reach it: not as the argument of a method
// that takes another, and not as a setting, where the signature is the method's
// own. The error says what was wrong with it.
func TestValuesThatEndADecoder(t *testing.T) {
	w := start(t)
	null, err := os.Open("/dev/null")
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	for name := range decoderEnders(nil, 0) {
		for deep, inside := range map[int]bool{64: false, 61: true} {
			c := w.dialRaw(t, appUser)
			body := &rawbus.Wire{}
			value := decoderEnders(body, deep)[name]
			var m rawbus.Message
			var files int
			if inside {
				probe := &rawbus.Wire{}
				types, n := decoderEnders(probe, deep)[name]()
				body.S("app.maps").Array(8, func() { body.Entry("k", types); value() }).Bag()
				m, files = rawCall("Settings1.Set", "sa{sv}a{sv}", body.B), n
			} else {
				types, n := value()
				m, files = rawCall("Session1.Permits", types, body.B), n
			}
			answer, err := c.Ask(m, slices.Repeat([]int{int(null.Fd())}, files)...)
			if err != nil || answer.ErrorName != "org.glovebox.Error.InvalidArgument" {
				t.Errorf("%s, inside a bag %v: %s %v", name, inside, answer.ErrorName, err)
			}
			if err := ask(w.dial(t), "Session1.Permits", "radio").Err; err != nil {
				t.Fatalf("%s, inside a bag %v: the agent is gone: %v", name, inside, err)
			}
		}
	}
}

// However many descriptors an app sends, none stays open in the agent.
func TestDescriptorsAreClosed(t *testing.T) {
	w := start(t)
	c := w.dialRaw(t, appUser)
	null, err := os.Open("/dev/null")
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	files := slices.Repeat([]int{int(null.Fd())}, 16)
	open := func() int {
		entries, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Fatal(err)
		}
		return len(entries)
	}
	before := open()
	for range 100 {
		for _, m := range []rawbus.Message{
			rawCall("Session1.Permits", "s", (&rawbus.Wire{}).S("radio").B),
			rawCall("Session1.Permits", "h", (&rawbus.Wire{}).U32(99).B),
		} {
			if answer, err := c.Ask(m, files...); err != nil || answer.ErrorName == "" {
				t.Fatalf("answered %s, %v", answer.ErrorName, err)
			}
		}
	}
	if after := open(); after != before {
		t.Errorf("%d descriptors before, %d after", before, after)
	}
}

// A message of 28 MiB costs the agent no memory, and nobody else waits for it
// longer than the bus takes to carry it.
func TestLargeMessagesAreNotKept(t *testing.T) {
	w := start(t)
	c, other := w.dialRaw(t, appUser), w.dial(t)
	const n = 7 << 20
	body := &rawbus.Wire{B: make([]byte, 0, 4*n+8)}
	body.Array(1, func() {
		for range n {
			body.G("y").Raw(1)
		}
	})
	for _, types := range []string{"av", "s"} {
		m := rawCall("Session1.Permits", types, body.B)
		runtime.GC()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		m.Serial, m.Kind = 77, rawbus.Call
		whole := m.Bytes()
		if _, err := c.Write(whole); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		if err := ask(other, "Session1.Permits", "radio").Err; err != nil {
			t.Error(err)
		}
		if took := time.Since(began); took > patience {
			t.Errorf("another program waited %v", took)
		}
		if types == "av" { // the bus itself refuses the string: it is none
			if answer, err := c.Answer(77); err != nil || answer.ErrorName != "org.glovebox.Error.InvalidArgument" {
				t.Errorf("answered %s, %v", answer.ErrorName, err)
			}
		}
		runtime.ReadMemStats(&after)
		if grown := int64(after.TotalAlloc-before.TotalAlloc) - 3*int64(len(whole)); grown > 4<<20 {
			t.Errorf("%d bytes were allocated beside the message of the test", grown)
		}
	}
}

// A reply that nobody asked for and a stranger's signal do not reach the agent's
// decoder: they would end it.
func TestStrangersAreNotHeard(t *testing.T) {
	w := start(t)
	c := w.dialRaw(t, appUser)
	owner := ""
	if err := w.dial(t).BusObject().Call("org.freedesktop.DBus.GetNameOwner", 0, hmi.Name).Store(&owner); err != nil {
		t.Fatal(err)
	}
	body := (&rawbus.Wire{})
	body.Array(8, func() { body.U32(1).G("y").Raw(1) })
	for serial := range uint32(8) {
		for _, m := range []rawbus.Message{
			{Kind: rawbus.Signal, Path: "/", Interface: "org.freedesktop.DBus", Member: "NameAcquired", Destination: owner, Signature: "a{bv}", Body: body.B},
			{Kind: rawbus.Return, ReplySerial: serial + 1, Destination: owner, Signature: "a{bv}", Body: body.B},
			{Kind: rawbus.Error, ErrorName: "x.Y", ReplySerial: serial + 1, Destination: owner, Signature: "a{bv}", Body: body.B},
		} {
			if _, err := c.Send(m); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := ask(w.dial(t), "Session1.Permits", "radio").Err; err != nil {
		t.Errorf("the agent is gone: %v", err)
	}
}

// The whole way with nobody but the bus to say who calls: many programs at once,
// each with its first calls in one go.
func TestManyProgramsCallForTheFirstTime(t *testing.T) {
	w := &world{bus: startBus(t), cabin: newCabin(), log: &logText{}}
	w.run(t, hmi.Access{HMI: []uint32{uint32(os.Getuid())}})
	for range 50 {
		c := w.dialRaw(t, 0)
		var serials []uint32
		for range 5 {
			serial, err := c.Send(rawCall("Session1.Permits", "s", (&rawbus.Wire{}).S("radio").B))
			if err != nil {
				t.Fatal(err)
			}
			serials = append(serials, serial)
		}
		for range serials { // in whichever order
			m, err := c.Receive()
			for err == nil && m.Kind == rawbus.Signal {
				m, err = c.Receive()
			}
			if err != nil || m.Signature != "bs" || !slices.Contains(serials, m.ReplySerial) {
				t.Fatalf("answered %+v, %v", m, err)
			}
		}
	}
}

// A wrong header does not cost the connection either: the fence writes it anew.
func TestForeignByteOrder(t *testing.T) {
	w := start(t)
	c := w.dialRaw(t, hmiUser)
	body := &rawbus.Wire{Big: true}
	m := rawCall("Settings1.Set", "sa{sv}a{sv}", body.S("radio").Array(8, func() { body.Entry("volume", "y").Raw(33) }).Bag().B)
	m.Big = true
	if answer, err := c.Ask(m); err != nil || answer.ErrorName != "" {
		t.Fatalf("answered %+v, %v", answer, err)
	}
	var got map[string]dbus.Variant
	if err := ask(w.dial(t), "Settings1.Get", "radio").Store(&got); err != nil || got["volume"].Value() != byte(33) {
		t.Errorf("read %v, %v", got["volume"], err)
	}
}
