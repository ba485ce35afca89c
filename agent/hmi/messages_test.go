package hmi_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"

	"glovebox/profiles"
)

// messages are those of every cabin: a booking that Anna made, and an answer.
var messages = []profiles.Message{
	{ID: "b1", Kind: "booking", From: profiles.Conceal("Anna"), Role: "main", Text: profiles.Conceal("winter tyres"),
		Wish: profiles.Conceal(`{"day":"2026-12-01","loan":true,"hours":1.5,"nothing":null,"dogs":["a"]}`), Time: time.Unix(1795000000, 5e8), Read: true},
	{ID: "q1", Kind: "chat", From: profiles.Conceal("Workshop North"), Role: "workshop", Text: profiles.Conceal("come at nine"), Time: time.Unix(1795000060, 0)},
	{ID: "l1", Kind: "alarm", Role: "car", Text: profiles.Conceal("the brakes"), Code: "brake", Time: time.Unix(1795000120, 0)},
}

func (c *cabin) List(filter profiles.MessageFilter) ([]profiles.Message, error) {
	return filter.Of(slices.Clone(messages)), c.fail
}

func (c *cabin) Send(_ context.Context, text string) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return "s1", c.note("send %s", text)
}

func (c *cabin) Book(_ context.Context, wish []byte) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return "b2", c.note("book %s", wish)
}

func (c *cabin) MarkRead(_ context.Context, ids []string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.note("read %s", strings.Join(ids, " "))
}

func TestMessagesAreListed(t *testing.T) {
	w := start(t)
	c := w.dial(t)
	for _, row := range []struct {
		filter map[string]dbus.Variant
		ids    string
		fault  string
	}{
		{none, "b1 q1 l1", ""},
		{bag("unread", true), "q1 l1", ""},
		{bag("kind", "booking"), "b1", ""},
		{bag("limit", uint32(1)), "l1", ""},
		{bag("kind", "quote"), "", "InvalidArgument"},
		{bag("from", "anna"), "", "InvalidArgument"},
		{bag("limit", int32(1)), "", "InvalidArgument"},
	} {
		var all []map[string]dbus.Variant
		call := ask(c, "Messages1.List", row.filter)
		if name(call.Err) != row.fault {
			t.Errorf("%v: %v", row.filter, call.Err)
		}
		if row.fault != "" {
			continue
		}
		if err := call.Store(&all); err != nil {
			t.Fatal(err)
		}
		var ids []string
		for _, m := range all {
			ids = append(ids, m["id"].Value().(string))
		}
		if got := strings.Join(ids, " "); got != row.ids {
			t.Errorf("%v: %s, want %s", row.filter, got, row.ids)
		}
		if row.ids != "b1" {
			continue
		}
		want := bag("id", "b1", "kind", "booking", "from", "Anna", "role", "main", "text", "winter tyres", "time", int64(1795000000), "read", true, "code", "",
			"wish", bag("day", "2026-12-01", "loan", true, "hours", 1.5, "dogs", []dbus.Variant{dbus.MakeVariant("a")}))
		if len(all[0]) != len(want) {
			t.Errorf("it has %v", all[0])
		}
		for key, v := range want {
			if all[0][key].String() != v.String() {
				t.Errorf("%s is %v, want %v", key, all[0][key], v)
			}
		}
	}
}

// What is written reaches the cabin as it was; a wish as JSON, and what no wish can hold
// is refused by its name.
func TestWhatIsWrittenReachesTheCabin(t *testing.T) {
	w := start(t)
	c := w.dial(t)
	for _, call := range []*dbus.Call{
		ask(c, "Messages1.Send", "the brake squeaks", none),
		ask(c, "Messages1.Book", bag("text", "winter tyres", "days", []string{"mon", "tue"}, "loan", bag("size", byte(3))), none),
		ask(c, "Messages1.MarkRead", []string{"q1", "l1"}, none),
	} {
		if call.Err != nil {
			t.Errorf("%s: %v", call.Method, call.Err)
		}
	}
	want := []string{"send the brake squeaks", `book {"days":["mon","tue"],"loan":{"size":3},"text":"winter tyres"}`, "read q1 l1"}
	if got := w.cabin.asked(); !slices.Equal(got, want) {
		t.Errorf("the cabin did\n%q, want\n%q", got, want)
	}
	for _, bad := range []*dbus.Call{
		ask(c, "Messages1.Send", "x", bag("to", "anna")),
		ask(c, "Messages1.Book", bag("at", []int32{1}), none),
		ask(c, "Messages1.Book", bag("loan", bag("size", uint64(3))), none),
		ask(c, "Messages1.MarkRead", []string{"q1"}, bag("all", true)),
	} {
		if name(bad.Err) != "InvalidArgument" {
			t.Errorf("%v %v: %v", bad.Method, bad.Args, bad.Err)
		}
	}
}
