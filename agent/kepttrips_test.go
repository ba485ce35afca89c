package agent_test

import (
	"errors"
	"fmt"
	"math"
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

// drives has somebody drive for so long, and get out; a minute later nobody is there.
func (b *bubble) drives(who profiles.ID, d time.Duration) {
	b.t.Helper()
	b.login(who)
	b.travel(d, true)
	b.halts()
	b.ends()
}

// tripsOf is what who sees of all trips, in a session of their own.
func (b *bubble) tripsOf(who profiles.ID) []telemetry.TripView {
	b.t.Helper()
	b.login(who)
	views, err := agent.Trips{Cabin: b.Cabin}.ListTrips(telemetry.TripFilter{})
	if err != nil {
		b.t.Fatalf("%s: %v", nameOf(who), err)
	}
	if err := b.Logout(b.t.Context()); err != nil {
		b.t.Fatal(err)
	}
	return views
}

// seen is tripsOf in words: whole, private, or the band, of each.
func (b *bubble) seen(who profiles.ID) string {
	b.t.Helper()
	var all []string
	for _, v := range b.tripsOf(who) {
		switch {
		case v.Whole == nil:
			all = append(all, v.Band)
		case v.Private:
			all = append(all, "private")
		case v.Whole.Track == "" || v.Whole.Metres == 0:
			all = append(all, "no track")
		default:
			all = append(all, "whole"+strings.Repeat("+", len(v.Assigned)))
		}
	}
	return strings.Join(all, " ")
}

func nameOf(who profiles.ID) string {
	return map[profiles.ID]string{anna: "Anna", lea: "Lea", jonas: "Jonas"}[who]
}

// Lea drives: Anna, whose car it is, and Lea see all of the trip, Jonas the day and how far
// about. Nobody is told who drove. Case T16.
func TestWhoSeesATrip(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.drives(lea, 5*time.Minute)
		for who, want := range map[profiles.ID]string{anna: "whole", lea: "whole", jonas: "0-10"} {
			if got := b.seen(who); got != want {
				t.Errorf("%s sees %q, want %q", nameOf(who), got, want)
			}
		}
		if v := b.tripsOf(anna)[0]; v.Day != "2026-11-21" || v.Whole.Seconds < 298 || v.Whole.Seconds > 300 || len(v.Assigned) != 0 {
			t.Errorf("Anna sees %+v %+v", v, v.Whole)
		}
	})
}

// Jonas is limited for three trips of others, then shared: the three stay what they were
// until they are assigned by hand; the fourth he has whole. Limited again, he sees what is
// his or was assigned. Case T17.
func TestTripsOfBeforeStayAsTheyWere(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		share := func(version uint64, s profiles.Sharing) {
			a := b.access()
			a.Users[2].Sharing, a.Users[2].Mailbox = s, fmt.Sprintf("%032x", version)
			b.apply(version, a, profiles.BackEnd)
		}
		for range 3 {
			b.drives(lea, 3*time.Minute)
		}
		b.owner(2, profiles.Shared)
		b.drives(lea, 3*time.Minute)
		if got := b.seen(jonas); got != "0-10 0-10 0-10 whole" {
			t.Errorf("shared, he sees %q", got)
		}
		b.login(anna)
		first := b.tripsNow()[0]
		b.assigns(first.ID, jonas)
		b.ends()
		if got := b.seen(jonas); got != "whole+ 0-10 0-10 whole" {
			t.Errorf("after Anna gave him one he sees %q", got)
		}
		share(3, profiles.Limited)
		if got := b.seen(jonas); got != "whole+ 0-10 0-10 0-10" {
			t.Errorf("limited again, he sees %q", got)
		}
	})
}

// owner has Anna give Jonas another sharing.
func (b *bubble) owner(version uint64, s profiles.Sharing) {
	b.t.Helper()
	a := b.access()
	a.Version, a.Previous, a.Hash = version, b.Roster().Hash, profiles.Hash{byte(version)}
	a.Users[2].Sharing, a.Users[2].Mailbox = s, fmt.Sprintf("%032x", version)
	if err := b.Apply(b.t.Context(), a, profiles.Signer{Kind: profiles.MainUser}); err != nil {
		b.t.Fatal(err)
	}
}

// tripsNow is what the person at the wheel sees.
func (b *bubble) tripsNow() []telemetry.TripView {
	b.t.Helper()
	views, err := agent.Trips{Cabin: b.Cabin}.ListTrips(telemetry.TripFilter{})
	if err != nil {
		b.t.Fatal(err)
	}
	return views
}

// assigns has the person at the wheel assign a trip.
func (b *bubble) assigns(id string, to ...profiles.ID) {
	b.t.Helper()
	if err := (agent.Trips{Cabin: b.Cabin}).AssignTrips(b.t.Context(), telemetry.TripFilter{Trip: id}, to); err != nil {
		b.t.Fatal(err)
	}
}

// again is the agent after it was killed, a while later, with the store as it was.
func (b *bubble) again(later time.Duration) {
	b.halt()
	time.Sleep(later)
	b.start(fmt.Sprintf("%032x", 77), nil, telemetry.Left{})
	synctest.Wait()
}

// The power fails ten minutes into a drive, an hour passes, and the car is parked: one trip
// is listed, which ended at most ten seconds before, and there is no second. Case T4.
func TestPowerCutKeepsTheTrip(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.login(lea)
		b.travel(10*time.Minute, true)
		cut := b.instant().UTC
		b.again(time.Hour)
		b.halts()
		time.Sleep(10 * time.Minute)
		for _, who := range []profiles.ID{lea, anna} {
			got := b.tripsOf(who)
			if len(got) != 1 || got[0].Whole == nil {
				t.Fatalf("%s sees %+v", nameOf(who), got)
			}
			if by := cut.Sub(got[0].Whole.End.At); by < 0 || by > 10*time.Second || got[0].Whole.Seconds < 585 {
				t.Errorf("it ended %s before the cut, after %d s", by, got[0].Whole.Seconds)
			}
		}
		if got := b.seen(jonas); got != "0-10" {
			t.Errorf("Jonas sees %q", got)
		}
		for _, box := range []string{annaBox, leaBox, jonasBox} {
			if got := b.broker.to(box, outside.KindTrips); len(got) != 1 {
				t.Errorf("%s was told %d times", box, len(got))
			}
		}
		b.again(time.Hour)
		time.Sleep(10 * time.Minute)
		if got := b.seen(anna); got != "whole" || len(b.broker.to(annaBox, outside.KindTrips)) != 1 {
			t.Errorf("after another start Anna sees %q and was told %d times", got, len(b.broker.to(annaBox, outside.KindTrips)))
		}
	})
}

// The agent is killed on the move at 5 km, is up ten seconds later, and the car parks at
// 8 km with nobody logged in: one trip of 5 km, and the rest belongs to none. Case T5.
func TestKillOnTheMove(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.login(lea)
		b.travel(6*time.Minute, true) // 5.0 km
		b.again(10 * time.Second)
		b.travel(216*time.Second, true)
		b.halts()
		time.Sleep(10 * time.Minute)
		got := b.tripsOf(anna)
		if len(got) != 1 || math.Abs(float64(got[0].Whole.Metres)-5000) > 100 {
			t.Fatalf("Anna sees %+v", got)
		}
		if told := b.broker.to(annaBox, outside.KindTrips); len(told) != 1 {
			t.Errorf("Anna was told %d times", len(told))
		}
	})
}

// What was driven at no-position or offline its driver alone sees; nobody can be given it,
// and nobody is told of it. Of a guest there is nothing.
func TestTripForItsDriverAlone(t *testing.T) {
	for _, level := range []telemetry.Level{telemetry.LevelNoPosition, telemetry.LevelOffline} {
		inBubble(t, func(t *testing.T, b *bubble) {
			b.login(lea)
			b.level(level)
			b.travel(4*time.Minute, true)
			b.halts()
			b.ends()
			for who, want := range map[profiles.ID]string{anna: "", lea: "private", jonas: ""} {
				if got := b.seen(who); got != want {
					t.Errorf("%v: %s sees %q, want %q", level, nameOf(who), got, want)
				}
			}
			id := b.tripsOf(lea)[0].ID
			for _, who := range []profiles.ID{anna, lea} {
				b.login(who)
				err := agent.Trips{Cabin: b.Cabin}.AssignTrips(t.Context(), telemetry.TripFilter{Trip: id}, []profiles.ID{who})
				if !errors.Is(err, profiles.ErrInvalid) {
					t.Errorf("%s assigns it: %v", nameOf(who), err)
				}
				b.ends()
			}
			if n := len(b.broker.to(annaBox, outside.KindTrips)); n != 0 {
				t.Errorf("%v: Anna was told of %d trips", level, n)
			}
		})
	}
	inBubble(t, func(t *testing.T, b *bubble) {
		if _, err := b.StartGuest(t.Context(), false); err != nil {
			t.Fatal(err)
		}
		if _, err := (agent.Trips{Cabin: b.Cabin}).ListTrips(telemetry.TripFilter{}); !errors.Is(err, profiles.ErrNotPermitted) {
			t.Errorf("a guest lists trips: %v", err)
		}
		b.level(telemetry.LevelNoPosition)
		b.travel(4*time.Minute, true)
		b.halts()
		b.ends()
		for _, who := range []profiles.ID{anna, lea, jonas} {
			if n := len(b.store.Kept[who]); n != 0 {
				t.Errorf("%s has %d trips of a guest", nameOf(who), n)
			}
		}
	})
}

// A kill in the middle of a drive at no-position loses at most ten seconds of it.
func TestPowerCutKeepsWhatIsPrivate(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.login(lea)
		b.level(telemetry.LevelNoPosition)
		b.travel(5*time.Minute, true)
		b.again(time.Minute)
		b.halts()
		time.Sleep(10 * time.Minute)
		got := b.tripsOf(lea)
		if len(got) != 1 || !got[0].Private || got[0].Whole.Seconds < 289 || got[0].Whole.Track == "" {
			t.Fatalf("Lea sees %+v", got)
		}
		if n := len(b.broker.to(annaBox, outside.KindTrips)); n != 0 {
			t.Errorf("Anna was told of %d trips", n)
		}
	})
}

// A drive of twenty minutes is news at most twice, and a parked car says nothing of trips.
// Case T19.
func TestTripsChangedSeldom(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		changes := func() int {
			synctest.Wait()
			b.screen.mu.Lock()
			defer b.screen.mu.Unlock()
			return b.screen.trips
		}
		b.login(lea)
		b.travel(20*time.Minute, true)
		b.halts()
		time.Sleep(5 * time.Minute) // the trip is over
		if n := changes(); n == 0 || n > 2 {
			t.Errorf("a drive was news %d times", n)
		}
		before := changes()
		b.ends()
		time.Sleep(12 * time.Hour)
		if n := changes(); n != before {
			t.Errorf("a parked car was news %d times", n-before)
		}
	})
}

// A trip is kept for ninety days and not a minute longer.
func TestTripsAreKeptNinetyDays(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.drives(lea, 3*time.Minute)
		ended := b.tripsOf(lea)[0].Whole.End.At
		old := ended.Add(90 * 24 * time.Hour)
		b.skew.Store(int64(old.Sub(b.instant().UTC) - 2*time.Hour))
		time.Sleep(2*time.Hour - time.Minute)
		synctest.Wait()
		if n := len(keptTrips(b.store, lea)); n != 1 {
			t.Errorf("a minute before there are %d", n)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if n := len(keptTrips(b.store, lea)); n != 0 {
			t.Errorf("after ninety days there are %d", n)
		}
	})
}

// keptTrips is what the disk has of somebody's trips.
func keptTrips(s *store, who profiles.ID) (ids []string) {
	s.Lock()
	defer s.Unlock()
	for id := range s.Kept[who] {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// What Lea drove goes with her, and nobody else's trips change.
func TestRemovedPersonsTripsAreGone(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.drives(lea, 3*time.Minute)
		b.drives(jonas, 3*time.Minute)
		kept := keptTrips(b.store, jonas)
		a := b.access()
		a.Users = append(a.Users[:1:1], a.Users[2])
		b.apply(2, a, profiles.BackEnd)
		if got := b.seen(anna); got != "whole" {
			t.Errorf("Anna sees %q", got)
		}
		if got := keptTrips(b.store, jonas); len(kept) != 1 || !slices.Equal(got, kept) {
			t.Errorf("Jonas has %q, had %q", got, kept)
		}
	})
}

// Of one person no more is kept than two megabytes, whatever they drive: the oldest goes.
func TestTripsAreBounded(t *testing.T) {
	w := enrolled(t)
	w.drives(lea, 10*time.Second)
	kept, err := telemetry.DecodeTrip(w.store.Kept[lea][keptTrips(w.store, lea)[0]])
	if err != nil {
		t.Fatal(err)
	}
	kept.Stage, kept.Track = telemetry.TripDone, strings.Repeat("?", 100<<10)
	clear(w.store.Kept[lea])
	for i := range 21 {
		kept.ID = fmt.Sprintf("%032x", i)
		kept.Start.At, kept.End.At = kept.Start.At.Add(time.Minute), kept.End.At.Add(time.Minute)
		w.store.Kept[lea][kept.ID], _ = kept.Encode()
	}
	next := newWorld(t, "Taycan", w.store)
	next.turn(12 * time.Hour)
	next.drives(lea, 10*time.Second)
	got := keptTrips(w.store, lea)
	if len(got) != 21 || slices.Contains(got, fmt.Sprintf("%032x", 0)) || !slices.Contains(got, fmt.Sprintf("%032x", 1)) {
		t.Errorf("%d are kept: %q", len(got), got)
	}
}

// A disk that takes no trips is tried once a second, however often the receiver says where
// the car is, and has the trip once it takes them again.
func TestTripsOnAFailingDisk(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		tries := func() int {
			b.store.Lock()
			defer b.store.Unlock()
			return b.disk.made["SetTrips"]
		}
		b.login(lea)
		b.travel(10*time.Second, true)
		b.disk.make("SetTrips", 0, errDisk)
		before := tries()
		for range 20 {
			for range 10 {
				b.Fix(&hal.Position{Latitude: 54.19 + b.at().Seconds()*1.25e-4, Longitude: 6.62, Speed: hal.KilometresPerHour(50)})
				time.Sleep(100 * time.Millisecond)
			}
		}
		if n := tries() - before; n < 15 || n > 30 {
			t.Errorf("in 20 s it was tried %d times", n)
		}
		b.disk.make("SetTrips", 0, nil)
		b.halts()
		b.ends()
		if n := len(keptTrips(b.store, lea)); n != 1 {
			t.Errorf("then the disk has %d trips", n)
		}
	})
}

// However long the disk takes for the trips of ninety days, a start does not wait for it;
// who asks for them does, and who was not told of one is told then.
func TestStartWaitsForNoTrips(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.login(lea)
		b.travel(3*time.Minute, true)
		b.disk.make("Trips", 20*time.Second, nil)
		begun := b.at()
		b.again(0)
		if took := b.at() - begun; took > time.Second {
			t.Errorf("a start took %v", took)
		}
		if got := b.seen(lea); got != "whole" {
			t.Errorf("Lea sees %q", got)
		}
		if took := b.at() - begun; took < time.Minute { // three people
			t.Errorf("she saw it after %v: the disk was not slow", took)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if got := b.broker.to(annaBox, outside.KindTrips); len(got) != 1 {
			t.Errorf("Anna was told %d times", len(got))
		}
	})
}
