package outside_test

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"glovebox/telemetry/outside"
)

// write has somebody write a line to mailboxes.
func (c *car) write(kind, by string, mailboxes ...string) {
	m := outside.Message{ID: "6d1", Kind: kind, From: "Lea", Role: "secondary", Text: "the brake squeaks", Time: c.now.UTC}
	if kind == "booking" {
		m.Wish = `{"service":"brakes"}`
	}
	for _, mailbox := range mailboxes {
		c.out.Message(mailbox, by, m, c.now)
	}
	c.take()
}

// What somebody writes goes to whom it is for, whatever the car does, with the members of
// the contract; with somebody's booking goes their wish.
func TestWhatIsWritten(t *testing.T) {
	c := newCar(t, outside.Builtin(), outside.Options{})
	c.inUse(true)
	c.step(c.now.Boot + time.Hour) // without a fix
	c.write("chat", "lea", boxShop, boxShared)
	c.write("booking", "lea", boxShop)
	shop := c.of(boxShop, outside.KindMessages)
	if len(shop) != 2 || len(c.of(boxShared, outside.KindMessages)) != 1 || len(c.of(boxMain, outside.KindMessages)) != 0 {
		t.Fatalf("the wire has %v", c.sent)
	}
	want := map[string]any{
		"epoch": epoch, "seq": 2.0, "resend": false, "id": "6d1", "kind": "booking", "from": "Lea", "role": "secondary",
		"text": "the brake squeaks", "wish": map[string]any{"service": "brakes"}, "time": "2026-11-21T13:01:07.250Z", "read": false,
	}
	var got map[string]any
	if err := json.Unmarshal([]byte(shop[1].payload), &got); err != nil {
		t.Fatal(err)
	}
	a, _ := json.Marshal(got)
	if b, _ := json.Marshal(want); string(a) != string(b) {
		t.Errorf("the booking is %s\nwant %s", a, b)
	}
}

// A line to the workshop leaves at once, also after an outage; to a limited reader it
// leaves at a slot, like everything.
func TestOnlyALimitedReaderWaitsForALine(t *testing.T) {
	c := newCar(t, outside.Builtin(), outside.Options{})
	c.write("chat", "lea", boxShop, boxBack, boxShared, boxMain, boxLimited)
	if len(c.released) != 5 {
		t.Fatalf("%d were released", len(c.released))
	}
	for _, at := range []time.Duration{0, time.Second, 3 * time.Minute} {
		now := c.now
		now.UTC, now.Boot = now.UTC.Add(at), now.Boot+at
		for _, r := range c.released {
			if got, want := c.out.Timely(r, now), r.Column() != outside.ColumnLimited; got != want {
				t.Errorf("to %s, %v after it was written: %t, want %t", r.Reader(), at, got, want)
			}
		}
	}
	slot := at("12:05:00")
	if !c.out.Timely(c.released[4], slot) {
		t.Error("to a limited reader it does not leave at the slot either")
	}
}

// What somebody wrote is theirs while it waits: it may not be sent once they are no reader
// any more. What they were written goes with them too.
func TestALineGoesWithItsWriter(t *testing.T) {
	c := newCar(t, outside.Builtin(), outside.Options{})
	c.write("chat", "lea", boxShop)
	c.write("chat", "workshop", boxShared)
	line, answer := c.released[0], c.released[1]
	if line.Tag().Owner() != "lea" || answer.Tag().Owner() != "workshop" {
		t.Errorf("they belong to %s and %s", line.Tag().Owner(), answer.Tag().Owner())
	}
	stored, err := line.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	back, err := outside.UnmarshalReleased(stored)
	if err != nil || back.Tag() != line.Tag() {
		t.Fatalf("from disk %+v, %v", back.Tag(), err)
	}
	without := slices.DeleteFunc(slices.Clone(family), func(r outside.Reader) bool { return r.ID == "lea" })
	c.out.SetReaders(2, without, c.now)
	for _, r := range []outside.Released{line, back, answer} {
		if c.out.Recheck(r, c.now) {
			t.Errorf("what is %s's may be sent to %s", r.Tag().Owner(), r.Reader())
		}
	}
	if c.out.Keeps(line.Tag(), 1, c.now) {
		t.Error("it stays in the queue")
	}
}
