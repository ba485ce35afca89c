package outside_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"glovebox/telemetry/outside"
)

const freshBox = "ffffffffffffffffffffffffffffffff"

// told is the lights that a mailbox was told of since n messages: code, state, minute.
func (c *car) told(mailbox string, n int) (all []string) {
	for _, w := range c.sent[n:] {
		if w.mailbox != mailbox || w.suffix != "alarms" {
			continue
		}
		var code, state, minute string
		for _, part := range strings.Split(strings.Trim(w.payload, "{} "), ",") {
			name, value, _ := strings.Cut(part, ":")
			switch strings.Trim(name, `"`) {
			case "alarm":
				code = strings.Trim(value, `"`)
			case "active":
				state = value
			case "minute":
				minute = strings.Trim(value, `"`)[11:]
			}
		}
		all = append(all, fmt.Sprint(code, " ", state, " ", minute))
	}
	return all
}

// jonasAs is the family with jonas in another mailbox and column.
func jonasAs(mailbox string, column outside.Column) []outside.Reader {
	all := slices.Clone(family)
	all[2].Mailbox, all[2].Column = mailbox, column
	return all
}

// Who has a new mailbox, or another column, is told the lights that are on, and nobody
// else; a limited reader at the next full minute.
func TestNewMailboxIsToldWhatIsOn(t *testing.T) {
	for _, row := range []struct {
		name    string
		mailbox string
		column  outside.Column
		want    []string
	}{
		{"limited to shared, a new mailbox", freshBox, outside.ColumnShared, []string{"abs true 12:02Z", "brake true 12:02Z"}},
		{"limited, a new mailbox", freshBox, outside.ColumnLimited, []string{"abs true 12:03Z", "airbag false 12:03Z", "brake true 12:03Z", "engine false 12:03Z"}},
		{"limited to shared, the old mailbox", boxLimited, outside.ColumnShared, []string{"abs true 12:02Z", "airbag false 12:02Z", "brake true 12:02Z", "engine false 12:02Z"}},
		{"nothing changes", boxLimited, outside.ColumnLimited, []string{"airbag false 12:03Z", "brake true 12:03Z", "engine false 12:03Z"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			c := newCar(t, outside.Builtin(), outside.Options{})
			c.link(true)
			c.light("abs", true)
			c.light("engine", true)
			c.light("airbag", true)
			c.at("12:02:05")
			c.light("engine", false)
			c.at("12:02:10")
			c.light("airbag", false) // jonas is to be told these two at 12:03
			c.light("brake", true)
			n := len(c.sent)
			c.out.SetReaders(2, jonasAs(row.mailbox, row.column), c.now)
			c.take()
			c.at("12:08:00")
			if got := c.told(row.mailbox, n); !slices.Equal(got, row.want) {
				t.Errorf("told %q, want %q", got, row.want)
			}
			if got := c.told(boxMain, n); got != nil {
				t.Errorf("anna was told %q again", got)
			}
		})
	}
}

// A restart before the full minute loses nothing; after it nobody is told again.
func TestUntoldOutlivesARestart(t *testing.T) {
	c := newCar(t, outside.Builtin(), outside.Options{})
	c.link(true)
	c.light("brake", true)
	c.at("12:02:10")
	c.out.SetReaders(2, jonasAs(freshBox, outside.ColumnLimited), c.now)
	for _, row := range []struct {
		held []byte
		want int
	}{{c.out.Held(), 1}, {func() []byte { c.at("12:03:01"); return c.out.Held() }(), 0}} {
		again := newCar(t, outside.Builtin(), outside.Options{})
		again.out = outside.New(outside.Builtin(), start, outside.Options{})
		if err := again.out.Restore(row.held); err != nil {
			t.Fatal(err)
		}
		again.out.SetReaders(2, jonasAs(freshBox, outside.ColumnLimited), start)
		again.link(true)
		again.at("12:10:00")
		if got := again.told(freshBox, 0); len(got) != row.want {
			t.Errorf("after a restart: %q", got)
		}
		if got := again.told(boxMain, 0); len(got) != 0 {
			t.Errorf("after a restart anna is told %q", got)
		}
	}
}

// After the queue was lost everyone is told once more what is on.
func TestRetell(t *testing.T) {
	c := newCar(t, outside.Builtin(), outside.Options{})
	c.link(true)
	c.light("brake", true)
	c.light("abs", true)
	c.light("abs", false)
	c.at("12:06:10")
	n := len(c.sent)
	c.out.Retell(c.now)
	c.take()
	c.at("12:12:00")
	for box, want := range map[string]string{boxMain: "brake true 12:06Z", boxShared: "brake true 12:06Z", boxLimited: "brake true 12:07Z", boxBack: "brake true 12:10Z"} {
		if got := c.told(box, n); !slices.Equal(got, []string{want}) {
			t.Errorf("%.4s: %q", box, got)
		}
	}
}
