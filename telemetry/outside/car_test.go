package outside_test

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"glovebox/hal"
	"glovebox/telemetry/outside"
	"glovebox/telemetry/trip"
)

// start is a moment well between slots: 12:01:07.250 on the wall, 40 s after boot.
var start = hal.Instant{UTC: time.Date(2026, 11, 21, 12, 1, 7, 250e6, time.UTC), Boot: 40 * time.Second}

const (
	boxMain    = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	boxShared  = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
	boxLimited = "cccccccccccccccccccccccccccccccc"
	boxShop    = "dddddddddddddddddddddddddddddddd"
	boxBack    = "eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee"
	boxInbox   = "ffffffffffffffffffffffffffffffff"
	epoch      = "0123456789abcdef0123456789abcdef"
)

var family = []outside.Reader{
	{ID: "anna", Mailbox: boxMain, Column: outside.ColumnMain},
	{ID: "lea", Mailbox: boxShared, Column: outside.ColumnShared},
	{ID: "jonas", Mailbox: boxLimited, Column: outside.ColumnLimited},
	{ID: "workshop", Mailbox: boxShop, Column: outside.ColumnWorkshop},
	{ID: "backend", Mailbox: boxBack, Column: outside.ColumnBackend, Inbox: boxInbox},
}

// wire is a message as a broker sees it.
type wire struct {
	at      time.Duration // boot
	mailbox string
	suffix  string
	payload string
}

// car drives a pipeline: it ticks at every deadline, as the agent does, and
// hands each message over at once.
type car struct {
	t        testing.TB
	out      *outside.Outside
	now      hal.Instant
	seq      map[string]uint64
	metres   float64 // driven
	sent     []wire
	released []outside.Released
	decided  []outside.Decision
	trips    []trip.Trip // those that ended
	all      []string    // ids of those of which everybody was told
}

func newCar(t testing.TB, p *outside.Policy, o outside.Options) *car {
	c := &car{t: t, now: start, seq: map[string]uint64{}}
	o.Decided = func(d outside.Decision) { c.decided = append(c.decided, d) }
	o.TripIDs = rand.NewChaCha8([32]byte{1})
	o.TripEnded = func(t trip.Trip) { c.trips = append(c.trips, t) }
	o.TripTold = func(id string) { c.all = append(c.all, id) }
	c.out = outside.New(p, start, o)
	c.out.SetReaders(1, family, start)
	return c
}

// run lets time pass to a boot time, ticking at each deadline on the way.
func (c *car) run(boot time.Duration) {
	for c.out.Next() <= boot {
		c.step(max(c.out.Next(), c.now.Boot))
		c.take()
	}
	c.step(boot)
}

func (c *car) step(boot time.Duration) {
	c.now.UTC, c.now.Boot = c.now.UTC.Add(boot-c.now.Boot), boot
}

func (c *car) take() {
	for _, r := range c.out.Tick(c.now) {
		if !c.out.Recheck(r, c.now) {
			continue
		}
		c.seq[r.Mailbox()]++
		suffix, payload, err := r.Encode(outside.Seq{Epoch: epoch, N: c.seq[r.Mailbox()]})
		if err != nil {
			c.t.Fatal(err)
		}
		c.out.Handed(r, c.now)
		c.released = append(c.released, r)
		c.sent = append(c.sent, wire{c.now.Boot, r.Mailbox(), suffix, string(payload)})
	}
}

// at lets time pass to a time of day.
func (c *car) at(clock string) { c.run(at(clock).Boot) }

// at is a time of the first day.
func at(clock string) hal.Instant {
	when, err := time.Parse("15:04:05.999999999", clock)
	if err != nil {
		panic(err)
	}
	utc := start.UTC.Truncate(24 * time.Hour).Add(when.Sub(when.Truncate(24 * time.Hour)))
	return hal.Instant{UTC: utc, Boot: start.Boot + utc.Sub(start.UTC)}
}

func (c *car) link(up bool)  { c.out.Link(up, c.now); c.take() }
func (c *car) inUse(in bool) { c.out.InUse(in, c.now) }
func (c *car) moving(m bool) { c.out.Moving(m, c.now); c.take() }

// drive has the car drive east for so many seconds, a fix a second, and stop.
func (c *car) drive(seconds int, kmh float64) {
	c.inUse(true)
	c.moving(true)
	for range seconds {
		c.run(c.now.Boot + time.Second)
		c.metres += kmh / 3.6
		c.fix(54.19, 6.62+c.metres/(111195.08*0.5851065))
	}
	c.moving(false)
}

// park has the session end with the car out of use.
func (c *car) park() {
	c.run(c.now.Boot + time.Second)
	c.fix(54.19, 6.62+c.metres/(111195.08*0.5851065))
	c.inUse(false)
	c.out.EndTrip(c.now)
	c.take()
}

func (c *car) light(a string, on bool) {
	c.out.Alarm(outside.Alarm{Code: a, Severity: "warning", Active: on}, c.now)
	c.take()
}
func (c *car) fix(lat, lon float64) {
	// A receiver may be 1,024 weeks behind: the car's clock counts.
	c.out.Fix(&hal.Position{Latitude: lat, Longitude: lon, Altitude: 31.5, Course: 270, Time: c.now.UTC.AddDate(0, 0, -7*1024)}, c.now)
}
func (c *car) say(path string, v any) {
	var value hal.Value
	switch v := v.(type) {
	case float64:
		value = hal.Number(v)
	case int:
		value = hal.Number(float64(v))
	case bool:
		value = hal.Bool(v)
	case string:
		value = hal.Word(v)
	}
	c.out.Signal(hal.Reading{Path: path, Value: value, At: c.now})
}

// of are the messages of one kind to one mailbox, the payloads without padding.
func (c *car) of(mailbox string, kind outside.Kind) []wire {
	var out []wire
	for _, w := range c.sent {
		if suffix, _, _ := strings.Cut(w.suffix, "/"); w.mailbox == mailbox && suffix == string(kind) {
			out = append(out, w)
		}
	}
	return out
}

// visEvent is a status or position message as a phone reads it.
type visEvent struct {
	Action, SubscriptionID, Epoch, TS string
	Seq                               uint64
	Resend                            bool
	Data                              []struct {
		Path string
		DP   []struct{ Value, TS string }
	}
}

func (w wire) event(t testing.TB) visEvent {
	var e visEvent
	if err := json.Unmarshal([]byte(w.payload), &e); err != nil {
		t.Fatalf("%q: %v", w.payload, err)
	}
	return e
}

// values are what a status shows, path by path.
func (w wire) values(t testing.TB) map[string]string {
	out := map[string]string{}
	for _, p := range w.event(t).Data {
		out[strings.TrimPrefix(p.Path, "Vehicle.")] = p.DP[0].Value
	}
	return out
}

// last is the newest status to a mailbox; nil if there is none.
func (c *car) last(mailbox string) map[string]string {
	all := c.of(mailbox, outside.KindStatus)
	if len(all) == 0 {
		return nil
	}
	return all[len(all)-1].values(c.t)
}
