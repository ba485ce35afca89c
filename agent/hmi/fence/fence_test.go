package fence_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
	"golang.org/x/sys/unix"

	"glovebox/agent/hmi/internal/rawbus"
)

const bus, login1 = "org.freedesktop.DBus", "org.freedesktop.login1"

// What passes comes with the bytes of its body, whatever its byte order, and with a
// header in which nothing is that the fence does not know.
func TestWhatPassesIsTheSame(t *testing.T) {
	w := start(t)
	w.known(t, ":1.5", 1)
	for _, big := range []bool{false, true} {
		m := call(":1.5", "sa{sv}", nil)
		m.Big, m.Flags = big, 0x0a
		extra := &rawbus.Wire{Big: big}
		m.Extra = string(extra.Raw(200).G("s").S("unknown").B)
		body := &rawbus.Wire{Big: big}
		m.Body = body.S("radio").Array(8, func() { body.Entry("volume", "y").Raw(7) }).B
		serial := w.say(t, m)
		got := w.next(t)
		if got.Serial() != serial || got.Flags != 2 || len(got.Headers) != 6 || len(got.Body) != 2 ||
			got.Body[0] != "radio" || got.Body[1].(map[string]dbus.Variant)["volume"].Value() != byte(7) {
			t.Errorf("big endian %v: got %+v", big, got)
		}
	}
}

// Of what is too long, malformed or brings descriptors nothing passes; the answer
// says so, and nothing of it stays.
func TestWhatIsRefused(t *testing.T) {
	w := start(t)
	w.known(t, ":1.5", 1)
	w.known(t, ":1.7", 7)
	null, err := os.Open("/dev/null")
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	const invalid = "org.glovebox.Error.InvalidArgument"
	before := descriptors(t)
	for _, row := range []struct {
		name  string
		m     rawbus.Message
		files []int
		want  string
	}{
		{"another user", call(":1.7", "s", small), nil, "org.glovebox.Error.NotPermitted"},
		{"a descriptor", call(":1.5", "s", small), []int{int(null.Fd())}, invalid},
		{"sixteen", call(":1.5", "s", small), slices.Repeat([]int{int(null.Fd())}, 16), invalid},
		{"a handle and no descriptor", call(":1.5", "h", (&rawbus.Wire{}).U32(0).B), nil, invalid},
		{"a handle and two descriptors", call(":1.5", "h", (&rawbus.Wire{}).U32(0).B), []int{int(null.Fd()), int(null.Fd())}, invalid},
		{"two handles", call(":1.5", "hh", (&rawbus.Wire{}).U32(0).U32(1).B), []int{int(null.Fd()), int(null.Fd())}, invalid},
		{"a handle to the second of one", call(":1.5", "h", (&rawbus.Wire{}).U32(1).B), []int{int(null.Fd())}, invalid},
		{"a handle in a list", call(":1.5", "ah", (&rawbus.Wire{}).Array(4, func() {}).B), []int{int(null.Fd())}, invalid},
		{"a handle of another user", call(":1.7", "h", (&rawbus.Wire{}).U32(0).B), []int{int(null.Fd())}, "org.glovebox.Error.NotPermitted"},
		{"a handle and a body that is too long", call(":1.5", "hs", (&rawbus.Wire{}).U32(0).S(strings.Repeat("x", 1<<20)).B), []int{int(null.Fd())}, invalid},
		{"a list", call(":1.5", "ay", (&rawbus.Wire{}).Array(1, func() {}).B), nil, ""},
		{"a body longer than the limit", call(":1.5", "s", (&rawbus.Wire{}).S(strings.Repeat("x", 1020)).B), nil, invalid},
		{"a body longer than any limit", call(":1.5", "s", (&rawbus.Wire{}).S(strings.Repeat("x", 1<<20)).B), nil, invalid},
		{"another signature than the body's", call(":1.5", "u", small), nil, invalid},
		{"no body", call(":1.5", "s", nil), nil, invalid},
	} {
		serial := w.say(t, row.m, row.files...)
		if row.want == "" {
			w.next(t)
		} else if got := w.refused(t, serial); got != row.want {
			t.Errorf("%s: answered %s", row.name, got)
		}
	}
	quietly := call(":1.5", "u", small)
	quietly.Flags = rawbus.NoReply
	w.say(t, quietly)
	last := w.say(t, call(":1.5", "o", small))
	if m, err := w.agent.Receive(); err != nil || m.ReplySerial != last {
		t.Errorf("a caller who wants no answer got one: %+v, %v", m, err)
	}
	w.quiet(t, "something refused")
	if after := descriptors(t); after != before {
		t.Errorf("%d descriptors before, %d after", before, after)
	}
}

// A message that is none, or of which the header is too long to say whose it is,
// is left out; what comes behind it is read as before.
func TestOtherMessagesAreLeftOut(t *testing.T) {
	w := start(t)
	w.known(t, ":1.5", 1)
	noPath, wrongPath, kind := call(":1.5", "s", small), call(":1.5", "s", small), call(":1.5", "s", small)
	noPath.Path, wrongPath.Path, kind.Kind = "", "/a//b", 9
	long, twice, types := call(":1.5", "s", small), call(":1.5", "s", small), call(":1.5", "", small)
	long.Path = "/" + strings.Repeat("x", 100_000)
	twice.Extra = string((&rawbus.Wire{}).Raw(3).G("s").S("Small").B)
	deep := call(":1.5", "s", small)
	deep.Extra = "\xc8" + strings.Repeat("\x01v\x00", 70) + "\x01y\x00\x01"
	for name, m := range map[string]rawbus.Message{
		"no path": noPath, "a wrong path": wrongPath, "a kind": kind, "a long header": long, "a field twice": twice,
		"a body without a signature": types, "an unknown field that is deep": deep,
	} {
		w.say(t, m)
		w.quiet(t, name)
	}
}

// A reply passes once, and only from whom the agent called.
func TestRepliesAreNotForged(t *testing.T) {
	w := start(t)
	ask := rawbus.Message{Kind: rawbus.Call, Serial: 41, Path: "/", Interface: bus, Member: "AddMatch", Destination: bus, Signature: "s", Body: small}
	if _, err := w.fence.Write(ask.Bytes()); err != nil {
		t.Fatal(err)
	}
	if m, err := w.agent.Receive(); err != nil || m.Member != "AddMatch" {
		t.Fatal(m, err)
	}
	reply := rawbus.Message{Kind: rawbus.Return, ReplySerial: 41, Sender: bus}
	forged, another, malformed := reply, reply, reply
	forged.Sender, another.ReplySerial = ":1.9", 42
	malformed.Kind, malformed.ReplySerial = rawbus.Error, 41
	for name, m := range map[string]rawbus.Message{"a forged reply": forged, "a reply to nothing": another, "an error without a name": malformed} {
		w.say(t, m)
		w.quiet(t, name)
	}
	w.say(t, reply)
	if m := w.next(t); m.Type != dbus.TypeMethodReply {
		t.Errorf("the reply does not pass: %v", m)
	}
	w.say(t, reply)
	w.quiet(t, "the same reply once more")
}

// A signal passes from the bus and from whoever owns the heard name at that time. That
// its owner is another one passes too, of no other name.
func TestSignalsOfStrangersAreLeftOut(t *testing.T) {
	w := start(t)
	sleep := rawbus.Message{Kind: rawbus.Signal, Path: "/org/freedesktop/login1", Interface: login1 + ".Manager", Member: "PrepareForSleep",
		Signature: "b", Body: (&rawbus.Wire{}).U32(1).B}
	from := func(name string) bool {
		t.Helper()
		m := sleep
		m.Sender = name
		w.say(t, m)
		w.say(t, rawbus.Message{Kind: rawbus.Signal, Path: "/", Interface: bus, Member: "Mark", Sender: bus})
		if got := w.next(t); got.Headers[dbus.FieldMember].Value() == "Mark" {
			return false
		}
		w.next(t)
		return true
	}
	owns := func(name, unique string) {
		body := &rawbus.Wire{}
		w.say(t, rawbus.Message{Kind: rawbus.Signal, Path: "/", Interface: bus, Member: "NameOwnerChanged", Sender: bus, Signature: "sss", Body: body.S(name).S("").S(unique).B})
		if name == login1 {
			if got := w.next(t); got.Headers[dbus.FieldMember].Value() != "NameOwnerChanged" {
				t.Errorf("the owner changed, and %v passes", got)
			}
		}
	}
	if from(":1.2") || from(login1) || from("") {
		t.Error("a signal passes before anybody owns the name")
	}
	w.bus.Owner(login1, ":1.2")
	w.fence.Follow()
	w.answer(<-w.asked)
	for deadline := time.Now().Add(5 * time.Second); !from(":1.2"); {
		if time.Now().After(deadline) {
			t.Fatal("the owner's signal does not pass")
		}
	}
	owns("org.example.Other", ":1.3")
	if from(":1.3") || !from(":1.2") {
		t.Error("the owner of another name")
	}
	owns(login1, ":1.4")
	if from(":1.2") || !from(":1.4") {
		t.Error("the owner before is heard, or the new one is not")
	}
	owns(login1, "")
	if from(":1.4") {
		t.Error("a signal passes after the name has no owner")
	}
	malformed := sleep
	malformed.Sender, malformed.Signature = bus, "ah"
	w.say(t, malformed)
	w.quiet(t, "a malformed signal of the bus")
}

// A flood does not hold up what others are answered. dbus-daemon reads 2,048 bytes
// of a connection in its turn, and a turn takes long while it serves a flood: another
// program's answer is among the first that it finds.
func TestAFloodHoldsUpNoAnswer(t *testing.T) {
	w := start(t)
	w.known(t, ":1.7", 1000)
	w.known(t, ":1.8", 8)
	if err := w.agent.SetWriteDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	for range 5000 { // of which the bus reads no answer
		w.say(t, call(":1.8", "s", small))
	}
	serial := w.say(t, call(":1.7", "s", small))
	w.next(t)
	answer := rawbus.Message{Kind: rawbus.Return, Serial: 1, ReplySerial: serial, Destination: ":1.7"}
	if _, err := w.fence.Write(answer.Bytes()); err != nil {
		t.Fatal(err)
	}
	before := 0
	for {
		m, err := w.agent.Receive()
		if err != nil {
			t.Fatal(err)
		}
		if m.ReplySerial == serial {
			break
		}
		before += len(m.Bytes())
	}
	if before == 0 || before > 2048-len(answer.Bytes()) {
		t.Errorf("%d bytes of answers to the flood stand before it", before)
	}
}

// Whoever waits for each answer gets it, however many others of the same user ask for,
// who do not read them or are gone.
func TestAFloodLeavesNobodyWithoutAnAnswer(t *testing.T) {
	for name, gone := range map[string]bool{"programs that do not read": false, "programs that hang up": true} {
		t.Run(name, func(t *testing.T) {
			w := start(t)
			w.known(t, ":1.9", 8)
			if err := w.agent.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
				t.Fatal(err)
			}
			for n := range 250 { // with what they ask here there is room for four answers each
				program := fmt.Sprint(":2.", n)
				w.bus.User(program, 8)
				w.say(t, call(program, "s", small))
				w.answer(<-w.asked)
				for range 20 {
					w.say(t, call(program, "s", small))
				}
				if gone {
					w.say(t, rawbus.Message{Kind: rawbus.Signal, Path: "/", Interface: bus, Member: "NameOwnerChanged", Sender: bus,
						Signature: "sss", Body: (&rawbus.Wire{}).S(program).S(program).S("").B})
				}
			}
			serial := w.say(t, call(":1.9", "s", small))
			others := 0
			for {
				m, err := w.agent.Receive()
				if err != nil {
					t.Fatalf("after %d answers to others: %v", others, err)
				}
				if m.ReplySerial == serial && m.Destination == ":1.9" {
					break
				}
				others++
			}
			if others > 1024+8 || gone && others > 64 { // some have left before the socket was full
				t.Errorf("%d answers to others stand before it", others)
			}
		})
	}
}

// descriptors counts the open ones of this process.
func descriptors(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

// Where no descriptor can be opened any more, calls that bring some are refused as
// before.
func TestNoRoomForDescriptors(t *testing.T) {
	w := start(t)
	w.known(t, ":1.5", 1)
	null, err := os.Open("/dev/null")
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	tight := limit
	tight.Cur = uint64(null.Fd()) + 2
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &tight); err != nil {
		t.Fatal(err)
	}
	defer unix.Setrlimit(unix.RLIMIT_NOFILE, &limit)
	for range 3 {
		serial := w.say(t, call(":1.5", "s", small), slices.Repeat([]int{int(null.Fd())}, 16)...)
		if got := w.refused(t, serial); got != "org.glovebox.Error.InvalidArgument" {
			t.Errorf("answered %s", got)
		}
	}
}
