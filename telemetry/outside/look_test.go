package outside_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"glovebox/hal"
	"glovebox/telemetry/outside"
)

// act is an action of the reader of a mailbox that is done once it is looked at.
func (c *car) act(mailbox string, ctr uint64) {
	c.out.LookAtAction(mailbox, "", "", 0, c.now, func(at hal.Instant, veiled bool) {
		result := outside.Done
		if veiled {
			result = outside.NotNow
		}
		c.out.Answer(mailbox, key, epoch, ctr, result, at)
	})
	c.take()
}

// answers are when a mailbox was told what: an action's counter and result, or the first
// digit of a challenge.
func (c *car) answers(mailbox string) (all []string) {
	for _, w := range c.of(mailbox, outside.KindAck) {
		when := (w.at - at("12:00:00").Boot).String()
		if !strings.HasPrefix(w.payload, "{") {
			all = append(all, when+" ask "+c.facts(w.payload).Challenge[:1])
			continue
		}
		var ctr int
		if _, err := fmt.Sscanf(w.payload[strings.Index(w.payload, `"ctr":`):], `"ctr":%d,`, &ctr); err != nil {
			c.t.Fatal(err)
		}
		all = append(all, fmt.Sprint(when, " ", ctr, map[bool]string{true: " done", false: " not now"}[strings.Contains(w.payload, `"done"`)]))
		if len(w.payload) != 1024 {
			c.t.Errorf("a result of %d bytes", len(w.payload))
		}
	}
	return all
}

// What is answered at a slot stands before its alarms, whoever answers it: after a guest's
// end that is the pipeline, and else the agent.
func TestAnswersStandBeforeAlarms(t *testing.T) {
	c := asked(t)
	c.at("12:01:08")
	c.inUse(true)
	c.act(boxLimited, 1)
	c.at("12:04:30")
	c.light("abs", true)
	c.at("12:05:01")
	var kinds []string
	for _, w := range c.sent {
		if w.mailbox == boxLimited && w.at == at("12:05:00").Boot {
			kinds = append(kinds, w.suffix)
		}
	}
	if got := strings.Join(kinds, " "); got != "status ack alarms" {
		t.Errorf("at the slot %s", got)
	}
}

// Of a limited reader one ask and one action are looked at in each slot, in use or not:
// the first at once while the car is not in use and at the slot while it is, every
// further one at the next.
func TestOneLookASlot(t *testing.T) {
	type probe struct {
		clock string
		inUse bool
	}
	for _, row := range []struct {
		name   string
		probes []probe
		until  string
		want   []string // of the actions; the asks are answered when they are
	}{
		{"parked", []probe{{"12:01:10", false}, {"12:01:11", false}, {"12:03:00", false}}, "12:16:00", []string{"1m10s 1 done", "5m0s 2 done", "10m0s 3 done"}},
		{"in use", []probe{{"12:01:10", true}, {"12:01:11", true}}, "12:16:00", []string{"5m0s 1 not now", "10m0s 2 not now"}},
		{"in use, parked before the slot", []probe{{"12:01:10", true}, {"12:01:11", false}}, "12:16:00", []string{"5m0s 1 not now", "10m0s 2 done"}},
		{"parked, in use at the slot", []probe{{"12:01:10", false}, {"12:01:11", false}, {"12:04:59", true}}, "12:16:00", []string{"1m10s 1 done", "5m0s 2 not now", "10m0s 3 not now"}},
		{"a slot that was looked at has no look left", []probe{{"12:01:10", false}, {"12:01:11", false}, {"12:06:00", false}, {"12:16:00", false}}, "12:21:00", []string{"1m10s 1 done", "5m0s 2 done", "10m0s 3 done", "16m0s 4 done"}},
		{"a further one is judged at the slot", []probe{{"12:01:10", false}, {"12:01:11", true}, {"12:01:12", false}}, "12:16:00", []string{"1m10s 1 done", "5m0s 2 done", "10m0s 3 done"}},
		{"the next slot is a new one", []probe{{"12:04:59", false}, {"12:05:01", false}}, "12:16:00", []string{"4m59s 1 done", "5m1s 2 done"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			c := asked(t)
			c.at("12:01:08")
			for i, p := range row.probes {
				c.at(p.clock)
				c.inUse(p.inUse)
				c.act(boxLimited, uint64(i+1))
				c.ask(boxLimited, strings.Repeat(fmt.Sprint(i+1), 32))
			}
			c.at(row.until)
			var want []string
			for i, w := range row.want {
				want = append(want, w, fmt.Sprint(strings.Fields(w)[0], " ask ", i+1))
			}
			got := c.answers(boxLimited)
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("answers %q\nwant %q", got, want)
			}
		})
	}
}

// What a reader probes says of the car no more than whether it was in use at the first
// probe of each slot, and at the slots: between them it may come and go.
func TestProbesAreBlindBetweenLooks(t *testing.T) {
	drive := func(moves ...string) []string {
		c := asked(t)
		in := false
		for minute := 1; minute < 30; minute++ {
			for _, second := range []int{10, 20, 30, 40, 50} {
				clock := fmt.Sprintf("12:%02d:%02d", minute, second)
				c.at(clock)
				if slices.Contains(moves, clock) {
					in = !in
					c.inUse(in)
				}
				c.ask(boxLimited, strings.Repeat(fmt.Sprint(minute%10), 32))
				c.act(boxLimited, uint64(minute*10+second/10))
			}
		}
		return c.answers(boxLimited)
	}
	still := drive()
	if moved := drive("12:07:10", "12:07:40", "12:13:20", "12:13:30", "12:21:50", "12:22:10"); !slices.Equal(moved, still) {
		t.Errorf("who moves between the looks: %q\nwho does not: %q", moved, still)
	}
	if moved := drive("12:07:10"); slices.Equal(moved, still) {
		t.Error("who moves on is not told from who does not: the test sees nothing")
	}
}

// Others are answered at once and as often as they ask. Who is no limited reader any
// more is answered at once what waited.
func TestOthersAreLookedAtAtOnce(t *testing.T) {
	c := asked(t)
	c.inUse(true)
	for i := range 20 {
		c.act(boxMain, uint64(i))
	}
	if got := c.acks(boxMain); len(got) != 20 {
		t.Errorf("%d answers", len(got))
	}
	c.act(boxLimited, 1)
	c.act(boxLimited, 2)
	c.at("12:02:00")
	c.out.SetReaders(2, jonasAs(boxLimited, outside.ColumnShared), c.now)
	c.take()
	if got := c.acks(boxLimited); len(got) != 2 {
		t.Errorf("after the change: %q", got)
	}
}

// A slot without a link looks at nothing; the first one with a link does. At most eight
// wait.
func TestLooksWaitForTheLink(t *testing.T) {
	c := asked(t)
	c.inUse(true)
	for i := range 20 {
		c.act(boxLimited, uint64(i+1))
	}
	c.link(false)
	c.at("12:06:00")
	c.link(true)
	c.at("12:09:59")
	if got := c.answers(boxLimited); len(got) != 0 {
		t.Fatalf("the end of the gap was told: %q", got)
	}
	c.at("12:10:01")
	if got := c.answers(boxLimited); !slices.Equal(got, []string{"10m0s 1 not now"}) {
		t.Errorf("answers %q", got)
	}
	c.at("13:20:00")
	if got := c.answers(boxLimited); len(got) != 8 || got[7] != "45m0s 8 not now" {
		t.Errorf("answers %q", got)
	}
}
