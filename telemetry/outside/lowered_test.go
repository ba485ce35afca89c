package outside_test

import (
	"testing"

	"glovebox/telemetry/outside"
)

// What waits since its reader was shared leaves as what is made for him once he is limited,
// under the same mailbox too, as when the access document got too old: at a slot, and as
// long as all that he is sent.
func TestWaitingForALoweredReader(t *testing.T) {
	car := newCar(t, outside.Builtin(), outside.Options{})
	car.light("brake", true)
	var kept outside.Released
	for _, r := range car.released {
		if r.Mailbox() == boxShared {
			kept = stored(t, r)
		}
	}
	lowered := family[1]
	lowered.Column = outside.ColumnLimited
	car.out.SetReaders(1, []outside.Reader{family[0], lowered}, car.now)
	for clock, want := range map[string]bool{"12:01:08": false, "12:02:00": true, "12:02:13": false} {
		if got := car.out.Timely(kept, at(clock)); got != want {
			t.Errorf("at %s timely %v", clock, got)
		}
	}
	if _, payload, err := car.out.Seal(kept).Encode(outside.Seq{Epoch: epoch, N: 1}); err != nil || len(payload) != 1024 {
		t.Errorf("%d bytes, %v: want 1024", len(payload), err)
	}
}

// A boot later the boot clock may read as when a result was made: to a limited reader it is
// not fresh for that.
func TestResultOfAnotherBoot(t *testing.T) {
	c := asked(t)
	c.answer(boxLimited, 1, outside.Done)
	kept := stored(t, c.released[len(c.released)-1])
	later := kept.Slot()
	later.UTC = later.UTC.AddDate(0, 0, 1)
	next := outside.New(outside.Builtin(), later, outside.Options{})
	next.SetReaders(1, family, later)
	if next.Timely(kept, later) {
		t.Error("it leaves between two slots")
	}
}

// stored is a message as it comes back from the disk.
func stored(t *testing.T, r outside.Released) outside.Released {
	t.Helper()
	data, err := r.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	back, err := outside.UnmarshalReleased(data)
	if err != nil {
		t.Fatal(err)
	}
	return back
}
