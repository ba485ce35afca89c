package ni_test

import (
	"context"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"glovebox/hal"
	"glovebox/profiles"
)

const revocations = 1000

// However sampling, queueing, sending, lowering a level and taking a reader's rights fall
// together: once the call has returned nothing more goes to that reader's mailbox, and no
// place to anybody.
func TestRevocationRaces(t *testing.T) {
	if os.Getenv(worldsVar) != "" || os.Getenv(minutesVar) != "" {
		t.Skip("not of a pair")
	}
	t.Parallel()
	before, places := 0, 0
	for seed := range uint64(revocations) {
		b, p := revoke(t, seed)
		before, places = before+b, places+p
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
	t.Logf("%d interleavings: %d messages to who was to lose them and %d with a place went before", revocations, before, places)
	if before < revocations || places < revocations {
		t.Error("the worlds are too tame")
	}
}

// revoke plays one world of half a minute and returns what went to the reader, and what
// showed a place, before they lost it.
func revoke(t *testing.T, seed uint64) (before, places int) {
	r := draws(seed, "revoke")
	s := &skeleton{seed: seed, corners: map[string]int{}, length: 30 * time.Second, start: time.Date(2026, 11, 21, 9, 59, 40, 250e6, time.UTC)}
	s.latency, s.sealed = r.within(0, 400*time.Millisecond), seed%10 == 0
	for len(s.people) < 3 { // somebody stays besides
		s.people, s.documents = nil, nil
		s.family()
		s.seed += revocations
	}
	i := 1 + r.IntN(len(s.people)-1)
	lost, next := s.documents[0].users[i].mailbox, slices.Clone(s.documents[0].users)
	if r.oneIn(2) {
		next = slices.Delete(next, i, i+1)
	} else {
		next[i].mailbox, next[i].sharing = s.mailbox(), profiles.Shared-next[i].sharing
	}
	s.documents = append(s.documents, document{users: next})
	dir := memoryDir(t)
	defer os.RemoveAll(dir)
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, s, dir)
		w.disk = r.within(0, 40*time.Millisecond)
		w.say(is(ignition, "OFF"))
		w.apply(1)
		w.enter(false, s.people[0].id)
		var all sync.WaitGroup
		during := func(every func() time.Duration, do func()) {
			all.Go(func() {
				for time.Sleep(every()); w.at() < 25*time.Second; time.Sleep(every()) {
					do()
				}
			})
		}
		lat := 54.19
		during(func() time.Duration { return 230 * time.Millisecond }, func() {
			w.say(is(ignition, "ON"), is(speed, 50.0))
			lat += 1e-4
			w.fix(&hal.Position{Latitude: lat, Longitude: 6.62, Speed: hal.KilometresPerHour(50)})
		})
		ra := draws(seed, "alarms")
		during(func() time.Duration { return ra.within(100*time.Millisecond, 3*time.Second) }, func() { w.say(is(codes[ra.IntN(len(codes))], ra.oneIn(2))) })
		gone := func() int { return len(w.broker.seen()) }
		revoked, lowered := 0, 0
		at := []time.Duration{r.within(9*time.Second, 22*time.Second), r.within(15*time.Second, 22*time.Second)}
		if r.oneIn(3) {
			at[1] = at[0] // at once
		}
		all.Go(func() { time.Sleep(at[0]); w.apply(2); revoked = gone() })
		all.Go(func() {
			time.Sleep(at[1])
			if err := w.runs().SetLevel(context.Background(), "no-position"); err != nil {
				t.Error(err)
			}
			lowered = gone()
		})
		all.Wait()
		time.Sleep(s.length - w.at())
		for n, one := range w.broker.seen() {
			toThem, place := strings.Contains(one.topic, lost), strings.Contains(one.topic, "/position")
			switch {
			case toThem && n >= revoked:
				t.Errorf("after it was taken away: %s", one.dump())
			case place && n >= lowered:
				t.Errorf("after the level was lowered: %s", one.dump())
			case toThem:
				before++
			}
			if place {
				places++
			}
		}
		w.kill()
		if err := w.ring.Close(); err != nil {
			t.Error(err)
		}
	})
	return before, places
}
