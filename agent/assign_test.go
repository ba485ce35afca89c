package agent_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"glovebox/agent"
	"glovebox/hal"
	"glovebox/profiles"
	"glovebox/telemetry"
	"glovebox/telemetry/outside"
)

// drives has somebody drive for so long, and get out.
func (w *world) drives(who profiles.ID, d time.Duration) {
	w.t.Helper()
	w.login(who)
	w.far(d)
	w.getsOut()
}

// getsOut parks and ends the session.
func (w *world) getsOut() {
	w.t.Helper()
	w.say("Vehicle.Speed", hal.Number(0))
	w.say(ignition, hal.Word("OFF"))
	w.logout()
}

// far drives north at 108 km/h.
func (w *world) far(d time.Duration) {
	for range int(d / time.Second) {
		w.turn(time.Second)
		w.say(ignition, hal.Word("ON"))
		w.say("Vehicle.Speed", hal.Number(108))
		w.Fix(&hal.Position{Latitude: 54.19 + (w.now.Boot%time.Hour).Seconds()*2.7e-4, Longitude: 6.62, Speed: hal.KilometresPerHour(108)})
	}
	w.Tick()
}

// one is the id of the only trip, as its driver sees it.
func (w *world) one(who profiles.ID) string {
	w.t.Helper()
	w.login(who)
	defer w.logout()
	views, err := agent.Trips{Cabin: w.Cabin}.ListTrips(telemetry.TripFilter{Limit: 1})
	if err != nil || len(views) != 1 {
		w.t.Fatalf("%d trips, %v", len(views), err)
	}
	return views[0].ID
}

// assigned is to whom trips of who are assigned, as the disk has it.
func assigned(t *testing.T, s *store, who profiles.ID) (all []string) {
	t.Helper()
	for _, id := range keptTrips(s, who) {
		k, err := telemetry.DecodeTrip(s.Kept[who][id])
		if err != nil {
			t.Fatal(err)
		}
		for _, to := range k.To() {
			all = append(all, nameOf(to))
		}
	}
	return all
}

// The main user assigns everybody's trips to anybody, others their own to themselves, and a
// guest none.
func TestWhoAssigns(t *testing.T) {
	for _, row := range []struct {
		name  string
		by    profiles.ID // the zero one: a guest
		to    []profiles.ID
		fault error
	}{
		{"the main user to a limited one", anna, []profiles.ID{jonas}, nil},
		{"the main user to two", anna, []profiles.ID{lea, jonas}, nil},
		{"the driver to herself", lea, []profiles.ID{lea}, nil},
		{"the driver to another", lea, []profiles.ID{jonas}, profiles.ErrNotPermitted},
		{"the driver to herself and another", lea, []profiles.ID{lea, jonas}, profiles.ErrNotPermitted},
		{"who did not drive", jonas, []profiles.ID{jonas}, profiles.ErrInvalid},
		{"to nobody", anna, nil, profiles.ErrInvalid},
		{"to who is not of this car", anna, []profiles.ID{{9}}, profiles.ErrNoSuchProfile},
		{"a guest", profiles.ID{}, []profiles.ID{jonas}, profiles.ErrNotPermitted},
	} {
		w := enrolled(t)
		w.drives(lea, 10*time.Second)
		id := w.one(lea)
		if row.by.IsZero() {
			w.guest()
		} else {
			w.login(row.by)
		}
		err := agent.Trips{Cabin: w.Cabin}.AssignTrips(t.Context(), telemetry.TripFilter{Trip: id}, row.to)
		got := assigned(t, w.store, lea)
		switch {
		case !errors.Is(err, row.fault):
			t.Errorf("%s: %v", row.name, err)
		case err != nil && len(got) != 0, err == nil && len(got) != len(row.to):
			t.Errorf("%s: it is assigned to %q", row.name, got)
		}
	}
}

// An assigned trip reaches its reader at the next slot, whole; the main user sees everybody
// whom it is assigned to, others themselves. A second time says nothing new.
func TestAssignedTripIsTold(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.drives(lea, 3*time.Minute)
		b.drives(anna, 3*time.Minute)
		time.Sleep(6 * time.Minute)
		before := len(b.trips(jonasBox))
		b.login(anna)
		all := b.tripsNow()
		b.assigns(all[0].ID, jonas)
		b.assigns(all[0].ID, jonas)
		b.assigns(all[0].ID, jonas, lea)
		time.Sleep(6 * time.Minute)
		synctest.Wait()
		if got := b.trips(jonasBox)[before:]; len(got) != 1 || !strings.Contains(got[0], `"assigned":["`+jonas.String()+`"]`) || !strings.Contains(got[0], `"track"`) {
			t.Errorf("Jonas was told %q", got)
		}
		annas := b.trips(annaBox)
		if got := annas[len(annas)-1]; !strings.Contains(got, fmt.Sprintf(`"assigned":["%s","%s"]`, jonas, lea)) {
			t.Errorf("Anna was told %q", got)
		}
		b.again(time.Minute)
		b.halts()
		time.Sleep(10 * time.Minute)
		if got := b.trips(jonasBox)[before:]; len(got) != 1 {
			t.Errorf("after a start he was told %d times", len(got))
		}
	})
}

// All trips of a span go to somebody, but not what is private, nor what lies outside of it.
func TestSpanIsAssigned(t *testing.T) {
	w := enrolled(t)
	w.drives(lea, 10*time.Second)
	w.turn(24 * time.Hour)
	w.drives(jonas, 10*time.Second)
	w.login(anna)
	if err := w.SetLevel(t.Context(), "no-position"); err != nil {
		t.Fatal(err)
	}
	w.far(10 * time.Second)
	w.getsOut()
	w.turn(24 * time.Hour)
	w.login(jonas)
	w.far(10 * time.Second)
	if err := w.SetLevel(t.Context(), "offline"); err != nil {
		t.Fatal(err)
	}
	w.getsOut()
	w.login(anna)
	trips := agent.Trips{Cabin: w.Cabin}
	for _, which := range []telemetry.TripFilter{{From: "2026-11-21"}, {To: "2026-11-21"}, {}, {From: "2026-11-21", To: "soon"}} {
		if err := trips.AssignTrips(t.Context(), which, []profiles.ID{jonas}); !errors.Is(err, profiles.ErrInvalid) {
			t.Errorf("%+v: %v", which, err)
		}
	}
	if err := trips.AssignTrips(t.Context(), telemetry.TripFilter{From: "2026-11-21", To: "2026-11-22"}, []profiles.ID{jonas}); err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprint(assigned(t, w.store, lea), assigned(t, w.store, anna), assigned(t, w.store, jonas))
	if got != "[Jonas] [] [Jonas]" {
		t.Errorf("assigned are %s", got)
	}
}

// The main user's phone assigns, each counter once and rising; nobody else's does.
func TestAssignFromAPhone(t *testing.T) {
	w := enrolled(t)
	w.drives(lea, 10*time.Second)
	id := w.one(lea)
	w.login(lea) // who is at the wheel does not matter
	give := func(who profiles.ID, ctr uint64, trip string, to profiles.ID) string {
		box := map[profiles.ID]string{anna: annaBox, lea: leaBox}[who]
		before := len(w.told(box))
		o := fresh(who, ctr, profiles.Assign)
		o.epoch = w.epoch()
		o.args = fmt.Sprintf(`{"trip":%q,"users":[%q]}`, trip, to)
		w.order(o)
		return strings.Join(w.told(box)[before:], ", ") + " " + strings.Join(assigned(t, w.store, lea), " ")
	}
	for _, row := range []struct{ name, got, want string }{
		{"a trip that there is not", give(anna, 5, "t", jonas), "5 refused bad-request "},
		{"a stranger", give(anna, 6, id, profiles.ID{9}), "6 refused bad-request "},
		{"another's phone", give(lea, 1, id, lea), "1 refused not-permitted "},
		{"the same counter", give(anna, 6, id, jonas), " "},
		{"the main user's", give(anna, 8, id, jonas), "8 done Jonas"},
		{"an older counter", give(anna, 7, id, lea), " Jonas"},
		{"one more", give(anna, 9, id, lea), "9 done Jonas Lea"},
	} {
		if row.got != row.want {
			t.Errorf("%s: %q, want %q", row.name, row.got, row.want)
		}
	}
}

// What the disk did not take is not assigned: nobody is told, and it can be done again.
func TestAssignThatIsNotWritten(t *testing.T) {
	w := enrolled(t)
	w.drives(lea, 10*time.Second)
	id := w.one(lea)
	w.login(anna)
	assign := func() error {
		return agent.Trips{Cabin: w.Cabin}.AssignTrips(t.Context(), telemetry.TripFilter{Trip: id}, []profiles.ID{lea})
	}
	before := len(w.courier.of(t, leaBox, outside.KindTrips))
	w.store.Lock()
	w.store.TripsFail = errors.New("no space")
	w.store.Unlock()
	if err := assign(); err == nil {
		t.Error("it was assigned")
	}
	w.store.Lock()
	w.store.TripsFail = nil
	w.store.Unlock()
	w.Tick()
	if got := assigned(t, w.store, lea); len(got) != 0 || len(w.courier.of(t, leaBox, outside.KindTrips)) != before {
		t.Errorf("it is assigned to %q", got)
	}
	if err := assign(); err != nil {
		t.Error(err)
	}
	if got := assigned(t, w.store, lea); !slices.Equal(got, []string{"Lea"}) || len(w.courier.of(t, leaBox, outside.KindTrips)) != before+1 {
		t.Errorf("it is assigned to %q", got)
	}
}

// The power fails between the note that a trip is assigned and the queue: who got it is told
// after the start.
func TestAssignBeforeAPowerCut(t *testing.T) {
	w := enrolled(t)
	w.drives(lea, 10*time.Second)
	id := w.one(lea)
	w.login(anna)
	w.courier.full = errors.New("no space")
	if err := (agent.Trips{Cabin: w.Cabin}).AssignTrips(t.Context(), telemetry.TripFilter{Trip: id}, []profiles.ID{lea}); err != nil {
		t.Fatal(err)
	}
	next := newWorld(t, "Taycan", w.store)
	next.Tick()
	got := next.courier.of(t, leaBox, outside.KindTrips)
	if len(got) != 1 || !strings.Contains(got[0], `"assigned":["`+lea.String()+`"]`) {
		t.Errorf("Lea was told %q", got)
	}
	third := newWorld(t, "Taycan", w.store)
	third.Tick()
	if got := third.courier.of(t, leaBox, outside.KindTrips); len(got) != 0 {
		t.Errorf("she is told again: %q", got)
	}
}

// Who drove a trip deletes it, and the main user each that they see; nobody else does.
func TestWhoDeletes(t *testing.T) {
	for _, row := range []struct {
		by      profiles.ID
		private bool
		deleted bool
	}{{lea, false, true}, {anna, false, true}, {jonas, false, false}, {lea, true, true}, {anna, true, false}} {
		w := enrolled(t)
		w.login(lea)
		if row.private {
			if err := w.SetLevel(t.Context(), "offline"); err != nil {
				t.Fatal(err)
			}
		}
		w.far(10 * time.Second)
		w.getsOut()
		id := w.one(lea)
		w.login(row.by)
		before := len(w.courier.sent)
		err := agent.Trips{Cabin: w.Cabin}.DeleteTrip(t.Context(), id)
		left := len(keptTrips(w.store, lea))
		if deleted := err == nil && left == 0; deleted != row.deleted || left == 1 && !errors.Is(err, profiles.ErrInvalid) {
			t.Errorf("%s, private %v: %d are left, %v", nameOf(row.by), row.private, left, err)
		}
		if len(w.courier.sent) != before {
			t.Error("something was sent")
		}
	}
}

// A trip that the disk does not let go stays, whole, whatever is written later, and can be
// deleted then.
func TestFailedDeleteLeavesTheTrip(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.drives(lea, 3*time.Minute)
		b.login(lea)
		id, changes := b.tripsNow()[0].ID, b.screen.trips
		b.disk.make("SetTrips", 0, errDisk)
		if err := (agent.Trips{Cabin: b.Cabin}).DeleteTrip(t.Context(), id); !errors.Is(err, errDisk) {
			t.Errorf("on a failing disk: %v", err)
		}
		b.disk.make("SetTrips", 0, nil)
		time.Sleep(time.Minute)
		if got := b.seen(lea); got != "whole" || b.screen.trips != changes {
			t.Errorf("she sees %q, and was told of %d changes", got, b.screen.trips-changes)
		}
		b.drives(lea, 3*time.Minute)
		if got := b.seen(anna); got != "whole whole" {
			t.Errorf("after another Anna sees %q", got)
		}
		b.login(lea)
		if err := (agent.Trips{Cabin: b.Cabin}).DeleteTrip(t.Context(), id); err != nil {
			t.Error(err)
		}
		if got := b.tripsNow(); len(got) != 1 || len(keptTrips(b.store, lea)) != 1 {
			t.Errorf("%d are left, %d on disk", len(got), len(keptTrips(b.store, lea)))
		}
	})
}

// Whatever six things happen one after another, none of them assigns a trip.
func TestNothingAssignsByItself(t *testing.T) {
	steps := []func(w *world, n uint64){
		func(w *world, _ uint64) {
			w.login(lea)
			w.far(3 * time.Second)
			w.getsOut()
		},
		func(w *world, _ uint64) {
			w.login(jonas)
			_ = w.SetLevel(w.t.Context(), "no-position")
			w.far(3 * time.Second)
			_ = w.SetLevel(w.t.Context(), "share")
			w.far(3 * time.Second)
			w.getsOut()
		},
		func(w *world, n uint64) { // Jonas is shared, or limited again
			a := w.access()
			if n%2 == 0 {
				a.Users[2].Sharing = profiles.Shared
			}
			a.Users[2].Mailbox = fmt.Sprintf("%032x", n)
			w.apply(n, a, profiles.MainUser)
		},
	}
	seqs := 1
	for range 6 {
		seqs *= len(steps)
	}
	trips := 0
	for seq := range seqs {
		w := enrolled(t)
		for n := uint64(2); n < 8; n++ {
			steps[seq%len(steps)](w, n)
			seq /= len(steps)
		}
		w.Tick()
		trips += len(keptTrips(w.store, lea)) + len(keptTrips(w.store, jonas))
		if got := append(assigned(t, w.store, lea), assigned(t, w.store, jonas)...); len(got) != 0 {
			t.Fatalf("sequence %d: assigned to %q", seq, got)
		}
	}
	if trips < seqs {
		t.Errorf("%d trips in %d sequences", trips, seqs)
	}
}
