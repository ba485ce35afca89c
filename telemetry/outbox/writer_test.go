package outbox_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"glovebox/hal"
	"glovebox/telemetry/outside"
)

// line is what somebody wrote to the workshop, as outside releases it.
func line(t testing.TB, by outside.Reader, text string) outside.Released {
	t.Helper()
	at := hal.Instant{UTC: noon, Boot: time.Hour}
	o := outside.New(outside.Builtin(), at, outside.Options{})
	o.SetReaders(1, []outside.Reader{by, workshop}, at)
	o.Message(workshop.Mailbox, by.ID, outside.Message{ID: text, Kind: "chat", Role: "main", Text: text, Time: noon}, at)
	for _, r := range o.Tick(at) {
		return r
	}
	t.Fatalf("no line of %s was released", by.ID)
	return outside.Released{}
}

// What somebody wrote is sealed under their key, whoever it is for: it goes with them, and
// what others wrote stays, in order.
func TestWhatSomebodyWroteIsTheirs(t *testing.T) {
	b := newBox(t, roomy)
	for i := range 3 {
		b.put(line(t, anna, fmt.Sprint("anna ", i)), line(t, lea, fmt.Sprint("lea ", i)))
	}
	b.keys.remove(id(t, lea.ID))
	b.reopen()
	left := b.next()
	if len(left) != 3 {
		t.Fatalf("%d messages are left", len(left))
	}
	for i, k := range left {
		if got := text(t, k); !strings.Contains(got, fmt.Sprintf(`"text":"anna %d"`, i)) {
			t.Errorf("message %d is %s", i, got)
		}
	}
	if n, asked := b.purge(func(tag outside.Tag) bool { return tag.By != anna.ID }); n != 3 || len(asked) != 1 {
		t.Errorf("purged %d, asked %q", n, asked)
	}
}
