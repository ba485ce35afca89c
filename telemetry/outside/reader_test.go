package outside_test

import (
	"slices"
	"testing"

	"glovebox/telemetry/outside"
)

// made are messages of each kind to main, not yet handed over.
func made(t *testing.T, car *car) map[outside.Kind]outside.Released {
	t.Helper()
	car.link(true)
	car.at("12:02:55")
	car.say(weight, 1)
	car.fix(54, 6)
	car.out.Link(false, car.now)
	car.run(at("12:02:56").Boot)
	car.out.Link(true, car.now)
	car.run(at("12:02:59").Boot)
	car.fix(54, 6)
	car.step(at("12:03:00").Boot)
	out := map[outside.Kind]outside.Released{}
	car.out.Alarm(outside.Alarm{Code: "abs", Severity: "warning", Active: true}, car.now)
	car.out.Link(false, car.now)
	car.out.Link(true, car.now)
	for _, r := range car.out.Tick(car.now) {
		if r.Mailbox() == boxMain {
			out[r.Kind()] = r
		}
	}
	out[outside.KindGaps] = outside.GapRecord(family[0], outside.KindStatus, start.UTC, start.UTC, 1, outside.ReasonAge)
	car.fix(54, 6)
	car.step(at("12:03:10").Boot)
	for _, r := range car.out.Tick(car.now) {
		if r.Mailbox() == boxMain {
			out[r.Kind()] = r
		}
	}
	if len(out) != 4 {
		t.Fatalf("made %v", out)
	}
	return out
}

// Just before sending the decision is taken again, by what holds then.
func TestRecheck(t *testing.T) {
	all := []outside.Kind{outside.KindStatus, outside.KindPosition, outside.KindAlarms, outside.KindGaps}
	kept := []outside.Kind{outside.KindAlarms, outside.KindGaps}
	with := func(column outside.Column, mailbox string, seal []byte) func(*car) {
		return func(c *car) {
			c.out.SetReaders(2, []outside.Reader{{ID: "anna", Mailbox: mailbox, Column: column, Seal: seal}}, c.now)
		}
	}
	for _, c := range []struct {
		name   string
		change func(*car)
		pass   []outside.Kind
	}{
		{"nothing changed", func(*car) {}, all},
		{"a new document, the same reader", with(outside.ColumnMain, boxMain, nil), all},
		{"the reader is gone", func(c *car) { c.out.SetReaders(2, nil, c.now) }, nil},
		{"the reader has a new mailbox", with(outside.ColumnMain, boxBack, nil), nil},
		{"the reader is limited now", with(outside.ColumnLimited, boxMain, nil), kept},
		{"the reader has a key now", with(outside.ColumnMain, boxMain, phoneKey(t).PublicKey().Bytes()), []outside.Kind{outside.KindStatus, outside.KindAlarms, outside.KindGaps}},
		{"a column nobody knows", with("owner", boxMain, nil), nil},
		{"the place closed", func(c *car) { c.out.PurgePlace(c.now) }, []outside.Kind{outside.KindStatus, outside.KindAlarms, outside.KindGaps}},
		{"the link is down", func(c *car) { c.out.Link(false, c.now) }, kept},
		{"a slot later", func(c *car) { c.step(at("12:04:01").Boot) }, kept},
	} {
		t.Run(c.name, func(t *testing.T) {
			car := newCar(t, outside.Builtin(), outside.Options{VID: vid, Sign: carKey()})
			messages := made(t, car)
			c.change(car)
			for kind, r := range messages {
				before := len(car.decided)
				got, want := car.out.Recheck(r, car.now), slices.Contains(c.pass, kind)
				if got != want {
					t.Errorf("%s: may be sent %v: want %v", kind, got, want)
				}
				purged := len(car.decided) > before && car.decided[before].Outcome == outside.Purged && car.decided[before].Reader == "anna"
				if purged == want {
					t.Errorf("%s: reported as purged %v: want %v", kind, purged, !want)
				}
			}
		})
	}
	car := newCar(t, outside.Builtin(), outside.Options{})
	if car.out.Recheck(outside.Released{}, car.now) {
		t.Error("the zero Released may be sent")
	}
	if _, _, err := (outside.Released{}).Encode(outside.Seq{}); err == nil {
		t.Error("the zero Released has bytes")
	}
}

// Only readers with a known column and a mailbox of their own get anything.
func TestSetReadersTakesWhatItKnows(t *testing.T) {
	car := newCar(t, outside.Builtin(), outside.Options{})
	car.out.SetReaders(2, []outside.Reader{
		{ID: "anna", Mailbox: boxMain, Column: outside.ColumnMain},
		{ID: "twice", Mailbox: boxMain, Column: outside.ColumnShared},
		{ID: "nobody", Mailbox: boxShared},
		{ID: "upper", Mailbox: "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", Column: outside.ColumnMain},
		{ID: "wild", Mailbox: "+", Column: outside.ColumnMain},
		{ID: "trip", Mailbox: boxBack, Column: outside.ColumnLimitedAssigned},
	}, car.now)
	if got := car.out.Readers(); len(got) != 1 || got[0].ID != "anna" {
		t.Errorf("readers %v: want anna alone", got)
	}
}

// What reaches a reader depends on the reader's column and on what may leave now.
func TestReceives(t *testing.T) {
	all, placeless := []string{"status", "position", "alarms", "trips", "messages", "gaps"}, []string{"status", "alarms", "messages", "gaps"}
	for _, tt := range []struct {
		name   string
		reader outside.Reader
		state  outside.State
		want   []string
	}{
		{"main", outside.Reader{Column: outside.ColumnMain}, outside.Open, all},
		{"limited", outside.Reader{Column: outside.ColumnLimited}, outside.Open, []string{"status", "alarms", "trips", "messages", "gaps"}},
		{"restricted", outside.Reader{Column: outside.ColumnShared, Without: []outside.Kind{outside.KindPosition, outside.KindAlarms}}, outside.Open, []string{"status", "trips", "messages", "gaps"}},
		{"while the driver hides", outside.Reader{Column: outside.ColumnMain}, outside.NoPosition, placeless},
		{"while a guest drives", outside.Reader{Column: outside.ColumnShared}, outside.GuestDriving, placeless},
		{"offline", outside.Reader{Column: outside.ColumnMain}, outside.Offline, nil},
		{"nobody", outside.Reader{}, outside.Open, nil},
	} {
		if got := outside.Builtin().Receives(tt.reader, tt.state); !slices.Equal(got, tt.want) {
			t.Errorf("%s receives %q, want %q", tt.name, got, tt.want)
		}
	}
}

// Without readers nothing is due and nothing is collected; who comes later is told the
// lights that are on.
func TestNoReaders(t *testing.T) {
	car := newCar(t, outside.Builtin(), outside.Options{})
	car.out.SetReaders(2, nil, car.now)
	car.link(true)
	if car.out.Next() != outside.Never {
		t.Errorf("next at %s: want never", car.out.Next())
	}
	car.fix(54, 6)
	car.light("abs", true)
	car.step(at("12:02:05").Boot)
	car.out.SetReaders(3, family, car.now)
	car.at("12:05:00")
	for _, w := range car.sent {
		if w.suffix != "status" && w.suffix != "alarms" {
			t.Errorf("sent %+v", w)
		}
	}
}
