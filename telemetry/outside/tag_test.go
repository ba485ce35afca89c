package outside_test

import (
	"maps"
	"slices"
	"testing"
	"time"

	"glovebox/telemetry/outside"
)

// Whatever becomes of the readers and the place, the decision about a tag is the
// decision about each message that has it; what is refused is reported once, with
// its count.
func TestTagDecidesAsItsMessages(t *testing.T) {
	all := slices.Clone(family)
	for name, change := range map[string]func(*car){
		"nothing":         func(*car) {},
		"anna is gone":    func(c *car) { c.out.SetReaders(2, all[1:], c.now) },
		"nobody is there": func(c *car) { c.out.SetReaders(2, nil, c.now) },
		"lea gets no alarms": func(c *car) {
			next := slices.Clone(all)
			next[1].Without = []outside.Kind{outside.KindAlarms}
			c.out.SetReaders(2, next, c.now)
		},
		"another reader has the mailbox": func(c *car) {
			next := slices.Clone(all)
			next[0].ID = "mia"
			c.out.SetReaders(2, next, c.now)
		},
		"columns change": func(c *car) {
			next := slices.Clone(all)
			next[0].Column, next[2].Column = outside.ColumnLimited, outside.ColumnBackend
			c.out.SetReaders(2, next, c.now)
		},
		"in use without a fix": func(c *car) { c.inUse(true); c.step(c.now.Boot + time.Hour) },
	} {
		c := everything(t)
		tags := map[outside.Tag][]outside.Released{}
		for _, r := range c.released {
			if !r.Live() {
				tags[r.Tag()] = append(tags[r.Tag()], r)
			}
		}
		if len(tags) < 8 {
			t.Fatalf("only %d tags: %v", len(tags), slices.Collect(maps.Keys(tags)))
		}
		change(c)
		refused := 0
		for tag, messages := range tags {
			c.decided = nil
			want := c.out.Recheck(messages[0], c.now)
			for _, r := range messages[1:] {
				if c.out.Recheck(r, c.now) != want {
					t.Errorf("%s: two messages of %v are decided differently", name, tag)
				}
			}
			single := c.decided
			c.decided = nil
			if got := c.out.Keeps(tag, len(messages), c.now); got != want {
				t.Errorf("%s: %v is kept: %t, its messages: %t", name, tag, got, want)
			}
			if want {
				if len(c.decided) != 0 {
					t.Errorf("%s: reported %+v of what is kept", name, c.decided)
				}
				continue
			}
			refused++
			d := single[0]
			d.Count = len(messages)
			if len(single) != len(messages) || len(c.decided) != 1 || c.decided[0].Count != d.Count || c.decided[0].Outcome != outside.Purged ||
				c.decided[0].Rule != d.Rule || c.decided[0].Reader != d.Reader || c.decided[0].Class != d.Class {
				t.Errorf("%s: reported %+v, want %+v", name, c.decided, d)
			}
		}
		if (refused == 0) != (name == "nothing" || name == "in use without a fix") {
			t.Errorf("%s: %d tags refused", name, refused)
		}
	}
}
