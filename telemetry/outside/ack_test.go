package outside_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"glovebox/hal"
	"glovebox/telemetry/outside"
)

const key = "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"

// asked is a car with a link that knows its facts: ten seconds of the epoch are
// over at 12:01:07.25.
func asked(t testing.TB) *car {
	c := newCar(t, outside.Builtin(), outside.Options{
		VID: vid, Sign: carKey(),
		Freshness: func(k string, at hal.Instant) outside.Freshness {
			if k != key {
				t.Errorf("asked for the counter of %q", k)
			}
			return outside.Freshness{Epoch: epoch, Now: uint64((at.Boot - start.Boot + 10*time.Second) / time.Second), Ctr: 41, DocumentVersion: 12}
		},
	})
	c.link(true)
	return c
}

func (c *car) answer(mailbox string, ctr uint64, r outside.Result) {
	c.out.Answer(mailbox, key, epoch, ctr, r, c.now)
	c.take()
}

func (c *car) ask(mailbox, challenge string) {
	c.out.Ask(mailbox, key, challenge, c.now)
	c.take()
}

// acks are the acks to a mailbox, without padding.
func (c *car) acks(mailbox string) (all []string) {
	for _, w := range c.of(mailbox, outside.KindAck) {
		all = append(all, strings.TrimRight(w.payload, " "))
	}
	return all
}

// Each result has one form; the five public reasons are refusals, and nothing else
// is told.
func TestResults(t *testing.T) {
	for result, want := range map[outside.Result]string{
		outside.Done:         `{"key":"` + key + `","epoch":"` + epoch + `","ctr":7,"result":"done"}`,
		outside.Uncertain:    `{"key":"` + key + `","epoch":"` + epoch + `","ctr":7,"result":"unknown"}`,
		outside.Expired:      `{"key":"` + key + `","epoch":"` + epoch + `","ctr":7,"result":"refused","reason":"expired"}`,
		outside.NotPermitted: `{"key":"` + key + `","epoch":"` + epoch + `","ctr":7,"result":"refused","reason":"not-permitted"}`,
		outside.BadRequest:   `{"key":"` + key + `","epoch":"` + epoch + `","ctr":7,"result":"refused","reason":"bad-request"}`,
		outside.NotNow:       `{"key":"` + key + `","epoch":"` + epoch + `","ctr":7,"result":"refused","reason":"not-now"}`,
		outside.Busy:         `{"key":"` + key + `","epoch":"` + epoch + `","ctr":7,"result":"refused","reason":"busy"}`,
	} {
		c := asked(t)
		c.answer(boxMain, 7, result)
		if got := c.acks(boxMain); len(got) != 1 || got[0] != want {
			t.Errorf("%s: %q, want %s", result, got, want)
		}
	}
	c := asked(t)
	c.answer(boxMain, 7, "")
	c.answer(boxMain, 8, "guest-driving")
	c.answer("00000000000000000000000000000000", 9, outside.Done)
	if len(c.of(boxMain, outside.KindAck)) != 0 || len(c.sent) != len(c.of(boxMain, outside.KindStatus)) {
		t.Errorf("told what nobody may be told: %q", c.acks(boxMain))
	}
}

// A pipeline that does not know the epoch answers no ask.
func TestAskOfNobodyWhoKnows(t *testing.T) {
	c := newCar(t, outside.Builtin(), outside.Options{VID: vid, Sign: carKey()})
	c.link(true)
	c.ask(boxMain, strings.Repeat("5a", 16))
	if got := c.acks(boxMain); len(got) != 0 {
		t.Errorf("answered %q", got)
	}
}

// What becomes of an action is told to the people, never to the workshop or the
// back end.
func TestResultColumns(t *testing.T) {
	c := asked(t)
	for _, r := range family {
		c.answer(r.Mailbox, 1, outside.Done)
	}
	for i, r := range family {
		if got, want := len(c.acks(r.Mailbox)), i < 3; (got == 1) != want {
			t.Errorf("%s has %d answers", r.ID, got)
		}
	}
}

type claims struct {
	VID, Epoch, Challenge string
	Now, Ctr, Policy      uint64
}

// facts checks a gb-facts as a phone does.
func (c *car) facts(text string) (f claims) {
	c.t.Helper()
	jws, err := jose.ParseSignedCompact(text, []jose.SignatureAlgorithm{jose.EdDSA})
	if err != nil {
		c.t.Fatalf("%q: %v", text, err)
	}
	payload, err := jws.Verify(carKey().Public())
	if err != nil {
		c.t.Fatal(err)
	}
	if typ := jws.Signatures[0].Protected.ExtraHeaders["typ"]; typ != "gb-facts" {
		c.t.Errorf("typ %v", typ)
	}
	if err := json.Unmarshal(payload, &f); err != nil {
		c.t.Fatal(err)
	}
	return f
}

// An ask is answered at once, signed, and never kept.
func TestFacts(t *testing.T) {
	c := asked(t)
	challenge := strings.Repeat("ab", 16)
	c.ask(boxShared, challenge)
	got := c.acks(boxShared)
	if len(got) != 1 {
		t.Fatalf("answers %q", got)
	}
	want := claims{vid, epoch, challenge, 10, 41, 12}
	if f := c.facts(got[0]); f != want {
		t.Errorf("facts %+v, want %+v", f, want)
	}
	if r := c.released[len(c.released)-1]; !r.Live() {
		t.Error("facts are kept")
	}
}

// A result that was kept leaves to a limited reader only at a slot, unless the car
// is parked and it is fresh.
func TestKeptResultIsTimely(t *testing.T) {
	c := asked(t)
	c.answer(boxLimited, 1, outside.Done)
	r := c.released[len(c.released)-1]
	data, err := r.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	back, err := outside.UnmarshalReleased(data)
	if err != nil || back.Kind() != outside.KindAck || back.Mailbox() != boxLimited {
		t.Fatalf("back %v %v: %v", back.Kind(), back.Mailbox(), err)
	}
	for _, row := range []struct {
		clock string
		inUse bool
		want  bool
	}{
		{"12:01:08", false, true}, {"12:01:08", true, false}, {"12:01:20", false, false},
		{"12:05:00.2", true, true}, {"12:05:00.2", false, true}, {"12:05:10", false, false},
	} {
		c.inUse(row.inUse)
		if got := c.out.Timely(back, at(row.clock)); got != row.want {
			t.Errorf("%s in use %v: timely %v", row.clock, row.inUse, got)
		}
	}
	for _, bad := range []string{
		strings.Replace(string(data), `"done"`, `"level"`, 1),
		strings.Replace(string(data), `"done"`, `"refused"`, 1),
		strings.Replace(string(data), `"done"`, `"refused","reason":"offline"`, 1),
		strings.Replace(string(data), `"kind":"ack"`, `"kind":"alarms"`, 1),
	} {
		if _, err := outside.UnmarshalReleased([]byte(bad)); err == nil {
			t.Errorf("read %s", bad)
		}
	}
}

// Locate sends the newest gated fix to those who may have the place, and looks the
// same to a limited reader as to a main user without a fix.
func TestLocate(t *testing.T) {
	c := asked(t)
	if c.out.Locate(boxMain, c.now) {
		t.Error("located without a fix")
	}
	c.fix(54.19, 6.62)
	for _, r := range family {
		if got, want := c.out.Locate(r.Mailbox, c.now), r.Mailbox == boxMain || r.Mailbox == boxShared; got != want {
			t.Errorf("%s: located %v", r.ID, got)
		}
	}
	c.take()
	got := c.of(boxMain, outside.KindPosition)
	if len(got) != 1 || !strings.Contains(got[0].payload, "54.1900000") || len(c.of(boxLimited, outside.KindPosition)) != 0 {
		t.Errorf("positions %v", got)
	}
	c.out.PurgePlace(c.now)
	if c.out.Locate(boxMain, c.now) {
		t.Error("located after the place closed")
	}
	c.fix(54.19, 6.62)
	c.step(c.now.Boot + 21*time.Second)
	if c.out.Locate(boxMain, c.now) {
		t.Error("located by a fix of 21 s ago")
	}
}
