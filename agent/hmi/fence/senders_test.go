package fence_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/godbus/dbus/v5"

	"glovebox/agent/hmi/internal/rawbus"
)

// The bus is asked once who a sender is. Its calls wait for that, in their order,
// and nobody else's do.
func TestCallsWaitForTheirSender(t *testing.T) {
	w := start(t)
	w.known(t, ":1.5", 1)
	w.bus.User(":1.6", 2)
	want := []string{":1.5 1"}
	for range 3 {
		w.say(t, call(":1.6", "s", small))
	}
	w.say(t, call(":1.5", "s", small))
	if from := sender(w.next(t)); from != ":1.5" {
		t.Errorf("%s passes first", from)
	}
	w.answer(<-w.asked)
	for range 3 {
		if from := sender(w.next(t)); from != ":1.6" {
			t.Errorf("%s passes then", from)
		}
	}
	w.say(t, call(":1.6", "s", small))
	w.next(t)
	if len(w.asked) > 0 {
		t.Error("asked more than once")
	}
	want = append(want, ":1.5 5", ":1.6 2", ":1.6 3", ":1.6 4", ":1.6 6")
	w.mu.Lock()
	defer w.mu.Unlock()
	if !slices.Equal(w.passed, want) {
		t.Errorf("passed %v, want %v", w.passed, want)
	}
}

// A name that left the bus is asked for again, though it left while it was being
// asked for. What it had sent is done.
func TestSendersAreForgotten(t *testing.T) {
	w := start(t)
	left := func(name string) {
		body := &rawbus.Wire{}
		w.say(t, rawbus.Message{Kind: rawbus.Signal, Path: "/", Interface: bus, Member: "NameOwnerChanged", Sender: bus, Signature: "sss", Body: body.S(name).S(name).S("").B})
	}
	w.known(t, ":1.5", 1)
	left(":1.5")
	for range 2 {
		w.say(t, call(":1.5", "s", small))
		left(":1.5")
		w.quiet(t, "a call of nobody")
		w.answer(<-w.asked)
		w.next(t)
	}
}

// Where the bus does not know a sender its calls are refused, but not for want of a
// right. Too many callers who are not known yet are refused, and so are too many
// calls of one.
func TestUnknownSendersAreBounded(t *testing.T) {
	w := start(t)
	const limit = "org.freedesktop.DBus.Error.LimitsExceeded"
	gone := w.say(t, call(":2.1", "s", small))
	w.answer(<-w.asked)
	if got := w.refused(t, gone); got != "org.glovebox.Error.NotReady" {
		t.Errorf("nobody's call is answered %s", got)
	}
	for range 64 {
		w.say(t, call(":2.2", "s", small))
	}
	if got := w.refused(t, w.say(t, call(":2.2", "s", small))); got != limit {
		t.Errorf("the 65th call of one: %s", got)
	}
	for i := range 511 {
		w.say(t, call(fmt.Sprint(":3.", i), "s", small))
	}
	if got := w.refused(t, w.say(t, call(":4.1", "s", small))); got != limit {
		t.Errorf("the 513th caller: %s", got)
	}
}

// A call that waits counts with 256 bytes beside its body: many small ones take no more than
// few large ones.
func TestSmallWaitingCallsAreBounded(t *testing.T) {
	w := start(t)
	body := (&rawbus.Wire{}).S(strings.Repeat("x", 996)).B // 1001 bytes
	for i := range 8 << 20 / (1001 + 256) {
		w.say(t, call(fmt.Sprint(":3.", i/64), "s", body))
	}
	if got := w.refused(t, w.say(t, call(":4.1", "s", body))); got != "org.freedesktop.DBus.Error.LimitsExceeded" {
		t.Errorf("one more: %s", got)
	}
}

// What waits for its senders takes 8 MiB at most.
func TestWaitingCallsAreBounded(t *testing.T) {
	w := start(t)
	long := (&rawbus.Wire{}).S(strings.Repeat("x", 120_000)).B
	for i := range 69 { // 8 MiB are 69.9 of them
		w.say(t, call(fmt.Sprint(":3.", i), "s", long))
	}
	if got := w.refused(t, w.say(t, call(":4.1", "s", long))); got != "org.freedesktop.DBus.Error.LimitsExceeded" {
		t.Errorf("the 70th: %s", got)
	}
	w.bus.User(":4.2", 1)
	w.say(t, call(":4.2", "s", small))
	for m := range w.asked {
		w.answer(m)
		if strings.Contains(string(m.Body), ":4.2") {
			break
		}
	}
	if from := sender(w.next(t)); from != ":4.2" {
		t.Errorf("a small call of %s passes", from)
	}
}

func sender(m *dbus.Message) string {
	s, _ := m.Headers[dbus.FieldSender].Value().(string)
	return s
}
