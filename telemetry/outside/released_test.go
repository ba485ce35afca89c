package outside_test

import (
	"bytes"
	"testing"

	"glovebox/telemetry/outside"
)

// kept are an alarm and a gap record to a limited reader and to main.
func keptMessages(t testing.TB) [][]byte {
	car := newCar(t, outside.Builtin(), outside.Options{})
	car.link(true)
	car.light("abs", true)
	car.drive(12, 36)
	car.park()
	car.out.Assign(outside.Assignment{Trip: car.trips[0], All: []string{"jonas"}, New: []string{"jonas"}}, car.now)
	car.drive(12, 36)
	car.park()
	car.at("12:05:00")
	messages := append(car.released, outside.GapRecord(family[2], outside.KindAlarms, start.UTC, start.UTC, 7, outside.ReasonBytes))
	var out [][]byte
	for _, r := range messages {
		if r.Live() {
			continue
		}
		data, err := r.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, data)
	}
	if len(out) != 12 { // seven of them trips, one a stub and one assigned
		t.Fatalf("%d kept messages: want 12", len(out))
	}
	return out
}

// What waited on disk is sent with the same bytes, and is named the same.
func TestStoredAndBack(t *testing.T) {
	car := newCar(t, outside.Builtin(), outside.Options{})
	car.link(true)
	car.say(weight, 1)
	car.fix(54, 6)
	car.light("abs", true)
	car.at("12:05:00")
	seq := outside.Seq{Epoch: epoch, N: 9, Resend: true}
	for _, r := range car.released {
		data, err := r.MarshalBinary()
		if r.Live() {
			if err == nil {
				t.Errorf("a live %s was stored", r.Kind())
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		back, err := outside.UnmarshalReleased(data)
		if err != nil {
			t.Fatal(err)
		}
		_, want, _ := r.Encode(seq)
		suffix, got, err := back.Encode(seq)
		if err != nil || suffix != string(r.Kind()) || !bytes.Equal(got, want) {
			t.Errorf("%s: %s, %v\nwant %s", suffix, got, err, want)
		}
		if back.Mailbox() != r.Mailbox() || back.Reader() != r.Reader() || back.Code() != r.Code() || back.Class() != r.Class() ||
			back.Column() != r.Column() || back.Slot() != r.Slot() || back.Live() {
			t.Errorf("%+v\nwant %+v", back, r)
		}
		if !car.out.Recheck(back, car.now) {
			t.Errorf("%s may not be sent", r.Kind())
		}
	}
}

// What is read from disk is written again with the same bytes, or refused;
// never does it hold a place or a value.
func FuzzUnmarshalReleased(f *testing.F) {
	for _, data := range keptMessages(f) {
		f.Add(data)
		f.Add(data[:len(data)/2])
		f.Add(bytes.Replace(data, []byte(`"v":1`), []byte(`"v":2`), 1))
		f.Add(bytes.Replace(data, []byte(`"kind":"alarms"`), []byte(`"kind":"position"`), 1))
		f.Add(bytes.Replace(data, []byte(`"reader":"`), []byte("\"reader\":\"\xff"), 1)) // no UTF-8
	}
	f.Add([]byte(`{"v":1,"kind":"status"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := outside.UnmarshalReleased(data)
		if err != nil {
			return
		}
		if r.Live() || outside.Forms()[r.Form()].Member == "" {
			t.Fatalf("a kept %s", r.Kind())
		}
		if head, err := outside.UnmarshalHead(data); err != nil || head != r.Head() {
			t.Errorf("head %+v, %v: want %+v", head, err, r.Head())
		}
		once, err := r.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		again, err := outside.UnmarshalReleased(once)
		if err != nil {
			t.Fatalf("%s: %v", once, err)
		}
		if twice, _ := again.MarshalBinary(); !bytes.Equal(once, twice) {
			t.Errorf("%s\nbecame %s", once, twice)
		}
		out := outside.New(outside.Builtin(), start, outside.Options{})
		out.SetReaders(1, []outside.Reader{{ID: r.Reader(), Mailbox: r.Mailbox(), Column: r.Column()}}, start)
		r, again = out.Seal(r), out.Seal(again)
		_, a, errA := r.Encode(outside.Seq{Epoch: epoch, N: 1})
		_, b, errB := again.Encode(outside.Seq{Epoch: epoch, N: 1})
		nobody := r.Kind() == outside.KindTrips && r.Column() == outside.ColumnLimitedAssigned // no reader has that column
		if (errA != nil || errB != nil) != nobody || !bytes.Equal(a, b) {
			t.Errorf("payload %q %v\nthen %q %v", a, errA, b, errB)
		}
	})
}
