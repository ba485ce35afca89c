package profiles_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"glovebox/profiles"
)

var monday = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

func text(id string, came time.Time, length int) profiles.Message {
	return profiles.Message{ID: id, Kind: profiles.ChatLine, Role: "workshop", Text: profiles.Conceal(strings.Repeat("x", length)), Time: monday, Came: came}
}

// disk is what the changes leave there.
type disk map[uint64]profiles.Message

func (d disk) write(change profiles.MessageChange) {
	for n, m := range change {
		if delete(d, n); m != nil {
			d[n] = *m
		}
	}
}

func ids(m profiles.Messages) (all []string) {
	for _, message := range m.List() {
		all = append(all, message.ID)
	}
	return all
}

// Exactly the most of each bound is kept; one more takes the oldest, on disk too.
func TestMessagesAreBounded(t *testing.T) {
	for _, row := range []struct {
		name    string
		fits    int
		message func(n int) profiles.Message
	}{
		{"count", profiles.MaxMessages, func(n int) profiles.Message { return text(fmt.Sprint(n), monday, 1) }},
		// 128 of frame, 2 of id and 894 of text: 1 KiB each
		{"bytes", profiles.MaxMessageSum >> 10, func(n int) profiles.Message { return text(fmt.Sprintf("%02x", n), monday, 894) }},
		{"age", 91, func(n int) profiles.Message { return text(fmt.Sprint(n), monday.AddDate(0, 0, n), 1) }},
	} {
		var m profiles.Messages
		kept := disk{}
		for n := range row.fits {
			next, change := m.Add(row.message(n))
			m = next
			kept.write(change)
		}
		if got := len(m.List()); got != row.fits || len(kept) != row.fits {
			t.Errorf("%s: %d are kept, %d on disk, want %d", row.name, got, len(kept), row.fits)
		}
		next, change := m.Add(row.message(row.fits))
		kept.write(change)
		if got := ids(next); len(got) != row.fits || got[0] != row.message(1).ID || len(kept) != row.fits {
			t.Errorf("%s, one more: %d are kept from %s on, %d on disk", row.name, len(got), got[0], len(kept))
		}
		if got := profiles.OpenMessages(kept); !reflect.DeepEqual(got.List(), next.List()) {
			t.Errorf("%s: the disk has %v, want %v", row.name, ids(got), ids(next))
		}
		if len(m.List()) != row.fits || m.List()[0].ID != row.message(0).ID {
			t.Errorf("%s: the value before is another one now", row.name)
		}
	}
	one, _ := profiles.Messages{}.Add(text("big", monday, profiles.MaxMessageSum))
	if len(one.List()) != 1 {
		t.Error("the newest fell out")
	}
	undated, _ := profiles.Messages{}.Add(text("undated", time.Time{}, 1))
	undated, _ = undated.Add(text("now", monday, 1))
	if len(undated.List()) != 2 {
		t.Error("one that came before the clock was set is taken for old")
	}
}

func TestMessagesAreMarked(t *testing.T) {
	m, _ := profiles.Messages{}.Add(text("a", monday, 1))
	m, _ = m.Add(text("b", monday, 1))
	if _, _, err := m.Mark([]string{"a", "c"}); !errors.Is(err, profiles.ErrInvalid) {
		t.Errorf("one that is not there: %v", err)
	}
	next, change, err := m.Mark([]string{"b", "b"})
	if err != nil || len(change) != 1 || !next.List()[1].Read || next.List()[0].Read || m.List()[1].Read {
		t.Errorf("%v: %d changed, %+v", err, len(change), next.List())
	}
	if _, change, _ = next.Mark([]string{"b"}); len(change) != 0 {
		t.Errorf("marked again, %d changed", len(change))
	}
	unread := profiles.MessageFilter{Unread: true}.Of(next.List())
	if len(unread) != 1 || unread[0].ID != "a" {
		t.Errorf("unread are %v", unread)
	}
	gone, change := next.Without("b")
	if got := ids(gone); len(got) != 1 || len(change) != 1 {
		t.Errorf("without b: %v", got)
	}
	kept := disk{}
	all, change := profiles.Messages{}.Add(text("a", monday, 1))
	kept.write(change)
	all, change = all.Add(text("b", monday, 1))
	kept.write(change)
	all, change = all.Without("a")
	kept.write(change)
	all, change = all.Add(text("c", monday, 1))
	kept.write(change)
	if got := ids(profiles.OpenMessages(kept)); !slices.Equal(got, ids(all)) || !slices.Equal(got, []string{"b", "c"}) {
		t.Errorf("the disk has %q, and there are %q", got, ids(all))
	}
}

// A message is on disk as it was, and never prints what stands in it.
func TestMessageIsKeptWhole(t *testing.T) {
	m := profiles.Message{
		ID: "6d1", Kind: profiles.Booking, From: profiles.Conceal("Lea"), Role: "secondary", Text: profiles.Conceal("tyres"), Code: "x",
		Wish: profiles.Conceal(`{"day":"2026-12-01"}`), Time: monday, Came: monday.Add(time.Second), Read: true,
	}
	data, err := m.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if back, err := profiles.DecodeMessage(data); err != nil || back != m {
		t.Errorf("%v: %s", err, data)
	}
	shown, _ := json.Marshal(m)
	for _, printed := range []string{fmt.Sprintf("%+v %#v", m, m), string(shown)} {
		for _, secret := range []string{"Lea", "tyres", "2026-12-01"} {
			if strings.Contains(printed, secret) {
				t.Errorf("%s stands in %s", secret, printed)
			}
		}
	}
	for _, bad := range []string{"", "{}", `{"id":"","kind":"chat"}`, `{"id":"a","kind":"quote"}`, `{"id":"a b","kind":"chat"}`} {
		if _, err := profiles.DecodeMessage([]byte(bad)); err == nil {
			t.Errorf("%s is a message", bad)
		}
	}
}

func TestWish(t *testing.T) {
	for _, row := range []struct{ in, text, wish string }{
		{`{"text":"tyres"}`, "tyres", ""},
		{`{"day":"2026-12-01","text":"tyres","a":[1]}`, "tyres", `{"a":[1],"day":"2026-12-01"}`},
		{`{"day":"2026-12-01"}`, "", `{"day":"2026-12-01"}`},
	} {
		if text, wish, err := profiles.ParseWish([]byte(row.in)); err != nil || text != row.text || wish != row.wish {
			t.Errorf("%s: %q %q %v", row.in, text, wish, err)
		}
	}
	for _, bad := range []string{"", "{}", "[]", `{"text":""}`, `{"text":" "}`, `{"text":7}`, `{"a":1,"a":2}`, `{"a":"` + strings.Repeat("x", 2048) + `"}`} {
		if _, _, err := profiles.ParseWish([]byte(bad)); !errors.Is(err, profiles.ErrInvalid) {
			t.Errorf("%.40s: %v", bad, err)
		}
	}
}

const goodLetter = `{"id":"q1","kind":"chat","from":"Workshop North","role":"workshop","text":"come at nine","time":"2026-11-23T10:00:00.000+01:00","read":false}`

// A message on the inbox has an id, a kind and a text; the rest may be absent, and nothing
// else stands there. Only the back end and the workshop write.
func TestDecodeLetter(t *testing.T) {
	l, err := profiles.DecodeLetter([]byte(goodLetter))
	want := profiles.Letter{Message: profiles.Message{
		ID: "q1", Kind: "chat", From: profiles.Conceal("Workshop North"), Role: "workshop", Text: profiles.Conceal("come at nine"), Time: monday,
	}}
	if err != nil || l != want {
		t.Errorf("%v: %+v", err, l)
	}
	for _, row := range []struct {
		name, old, with string
		ok              bool
	}{
		{"to one person", `"read":false`, `"to":"a1000000000000000000000000000000"`, true},
		{"what every payload has", `"read":false`, `"epoch":"00","seq":7,"resend":true`, true},
		{"no role", `"role":"workshop",`, ``, true},
		{"the back end", `"role":"workshop"`, `"role":"backend"`, true},
		{"a notice", `"kind":"chat"`, `"kind":"notice"`, true},
		{"2,000 letters", `come at nine`, strings.Repeat("ä", 2000), true},
		{"2,001 letters", `come at nine`, strings.Repeat("ä", 2001), false},
		{"no text", `"text":"come at nine",`, ``, false},
		{"an empty text", `come at nine`, ` `, false},
		{"half a surrogate pair", `come at nine`, `\ud800`, false},
		{"no id", `"id":"q1",`, ``, false},
		{"64 letters of id", `"q1"`, `"` + strings.Repeat("q", 64) + `"`, true},
		{"65 letters of id", `"q1"`, `"` + strings.Repeat("q", 65) + `"`, false},
		{"a space in the id", `"q1"`, `"q 1"`, false},
		{"in the name of a person", `"role":"workshop"`, `"role":"main"`, false},
		{"in the name of the car", `"role":"workshop"`, `"role":"car"`, false},
		{"a booking", `"kind":"chat"`, `"kind":"booking"`, false},
		{"another kind", `"kind":"chat"`, `"kind":"quote"`, false},
		{"a long name", `Workshop North`, strings.Repeat("x", 101), false},
		{"UTC seconds", `"2026-11-23T10:00:00.000+01:00"`, `1795424400`, true},
		{"seconds without end", `"2026-11-23T10:00:00.000+01:00"`, `1099511627776`, false},
		{"no time", `2026-11-23T10:00:00.000+01:00`, `yesterday`, false},
		{"before all clocks", `2026-11-23`, `1969-11-23`, false},
		{"nobody's id", `"read":false`, `"to":"anna"`, false},
		{"twice", `"read":false`, `"id":"q2"`, false},
		{"an unknown member", `"read":false`, `"code":"brake"`, false},
		{"a negative number", `"read":false`, `"seq":-1`, false},
		{"more behind it", `false}`, `false}{}`, false},
		{"the most bytes", `false}`, `false}` + strings.Repeat(" ", profiles.MaxMessage-len(goodLetter)), true},
		{"one more byte", `false}`, `false}` + strings.Repeat(" ", profiles.MaxMessage-len(goodLetter)+1), false},
	} {
		text := strings.Replace(goodLetter, row.old, row.with, 1)
		if text == goodLetter {
			t.Fatalf("%s: nothing was replaced", row.name)
		}
		if _, err := profiles.DecodeLetter([]byte(text)); (err == nil) != row.ok || err != nil && !errors.Is(err, profiles.ErrBadMessage) {
			t.Errorf("%s: %v", row.name, err)
		}
	}
}

// What is taken from the inbox is what stands there, can be kept, comes back from the disk as it was, and is
// read again from what it says.
func FuzzMessageIn(f *testing.F) {
	f.Add([]byte(goodLetter))
	f.Add([]byte(`{"id":"q1","kind":"notice","text":"x","to":"a1000000000000000000000000000000","seq":1,"resend":true,"epoch":"e"}`))
	f.Add([]byte(strings.Replace(goodLetter, "chat", "booking", 1)))
	f.Fuzz(func(t *testing.T, payload []byte) {
		l, err := profiles.DecodeLetter(payload)
		if err != nil {
			return
		}
		var plain struct{ ID, Kind, From, Role, Text, To string }
		if err := json.Unmarshal(payload, &plain); err != nil {
			t.Fatal(err)
		}
		to := ""
		if !l.To.IsZero() {
			to = l.To.String()
		}
		if plain.ID != l.ID || plain.Kind != string(l.Kind) || plain.From != l.From.Reveal() || plain.Text != l.Text.Reveal() ||
			plain.To != to && plain.To != (profiles.ID{}).String() || plain.Role != l.Role && plain.Role != "" {
			t.Errorf("%s\nis read as %+v %q %q", payload, l, l.From.Reveal(), l.Text.Reveal())
		}
		kept, err := l.Encode()
		if err != nil {
			t.Fatal(err)
		}
		back, err := profiles.DecodeMessage(kept)
		if back.Time = l.Time; err != nil || back != l.Message { // the disk has milliseconds
			t.Errorf("%+v\ncame back as %+v, %v", l.Message, back, err)
		}
		again := map[string]any{"id": l.ID, "kind": l.Kind, "from": l.From.Reveal(), "role": l.Role, "text": l.Text.Reveal()}
		if !l.Time.IsZero() {
			again["time"] = l.Time.Format(time.RFC3339Nano)
		}
		if !l.To.IsZero() {
			again["to"] = l.To.String()
		}
		text, err := json.Marshal(again)
		if err != nil {
			t.Fatal(err)
		}
		if second, err := profiles.DecodeLetter(text); len(text) <= profiles.MaxMessage && (err != nil || second != l) {
			t.Errorf("%s\nis %+v, %v", text, second, err)
		}
	})
}
