package agent_test

import (
	"encoding/csv"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"glovebox/hal"
	"glovebox/profiles"
	"glovebox/telemetry"
	"glovebox/telemetry/outside"
)

// topics are the kinds of message that each class of the policy is in.
func topics(t *testing.T) map[outside.Kind][]outside.Class {
	t.Helper()
	f, err := os.Open("../telemetry/outside/policy.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.Comment = '#'
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	all := map[outside.Kind][]outside.Class{}
	for _, row := range rows[1:] {
		for _, detail := range strings.Fields(row[len(row)-2]) {
			if kind, ok := strings.CutPrefix(detail, "topic="); ok {
				all[outside.Kind(kind)] = append(all[outside.Kind(kind)], outside.Class(row[0]))
			}
		}
	}
	return all
}

// told is what the head unit saw when it looked last, without what only runs down.
func told(v telemetry.PrivacyView) string { v.OpensIn = 0; return fmt.Sprintf("%+v", v) }

// Whatever the driver, the document, the receiver and the car do, Readers says of each
// reader exactly the kinds of which Decide releases something in the state of now, and the
// head unit looked within a second of each change, of the indicator too.
func TestReadersAreExact(t *testing.T) {
	kinds := topics(t)
	seen := map[string]int{}
	for seed := range uint64(6) {
		inBubble(t, func(t *testing.T, b *bubble) {
			r := rand.New(rand.NewPCG(seed, 9))
			b.screen.looksAt(func() string { return told(b.PrivacyView()) })
			version, sharing, restricted, boxes := uint64(1), map[profiles.ID]profiles.Sharing{anna: profiles.Shared, lea: profiles.Shared, jonas: profiles.Limited}, map[profiles.ID]bool{}, map[profiles.ID]string{anna: annaBox, lea: leaBox, jonas: jonasBox}
			lastFix, frame, on := b.at(), b.at(), false // a bus that is silent for 5 s counts as off
			ignition := func(turn bool) {
				word := "OFF"
				if turn {
					word = "ON"
				}
				on, frame = turn, b.at()
				b.observe("Vehicle.LowVoltageSystemState", hal.Word(word))
			}
			fix := func() {
				if b.PrivacyView().EffectiveLevel == "share" {
					lastFix = b.at()
				}
				b.Fix(&hal.Position{Latitude: 54.19 + b.at().Seconds()/1e4, Longitude: 6.62})
				if b.PrivacyView().EffectiveLevel == "share" {
					lastFix = b.at()
				}
			}
			b.login(anna)
			ignition(true)
			for range 150 {
				what := ""
				switch r.IntN(12) {
				case 0:
					what = []string{"share", "no-position", "offline"}[r.IntN(3)]
					_ = b.SetLevel(t.Context(), what)
				case 1:
					who := []profiles.ID{lea, jonas}[r.IntN(2)]
					if r.IntN(2) == 0 {
						sharing[who], boxes[who] = []profiles.Sharing{profiles.Shared, profiles.Limited}[r.IntN(2)], fmt.Sprintf("%032x", 1000+version)
					} else {
						restricted[who] = !restricted[who]
					}
					a := b.access()
					for i := range a.Users {
						u := &a.Users[i]
						u.Sharing, u.Mailbox = sharing[u.ID], boxes[u.ID]
						if restricted[u.ID] {
							u.Restricted = []profiles.Function{"position"}
						}
					}
					version++
					a.Version, a.Previous, a.Hash = version, b.Roster().Hash, profiles.Hash{byte(version)}
					if err := b.Apply(t.Context(), a, profiles.Signer{Kind: profiles.Car}); err != nil {
						t.Fatal(err)
					}
					what = "document"
				case 2:
					what = "ignition"
					ignition(!on)
				case 3:
					what = "no fix for a while"
					for silent := r.IntN(2) == 0; r.IntN(90) > 0; time.Sleep(time.Second) {
						if !silent {
							ignition(on)
						}
					}
				case 4:
					what = "drives out of a hidden end"
					for range 330 {
						ignition(true)
						b.observe("Vehicle.Speed", hal.Number(50))
						fix()
						time.Sleep(time.Second)
					}
					ignition(true)
					b.observe("Vehicle.Speed", hal.Number(0))
				case 5:
					what = "another driver"
					ignition(false)
					time.Sleep(time.Second)
					if r.IntN(2) == 0 {
						_, _ = b.StartGuest(t.Context(), false)
					} else {
						b.login([]profiles.ID{anna, lea, jonas}[r.IntN(3)])
					}
				default:
					what = "fix"
					fix()
				}
				time.Sleep(time.Second)
				synctest.Wait()
				v := b.PrivacyView()
				if saw := b.screen.saw(); saw != told(v) {
					t.Fatalf("seed %d, a second after %s:\nthe head unit saw %s\nnow it is          %s", seed, what, saw, told(v))
				}
				state := outside.Open
				switch {
				case v.Level == "offline":
					state = outside.Offline
				case slices.Contains(v.LimitedBy, "guest"):
					state = outside.GuestDriving
				case v.EffectiveLevel != "share", on && b.at()-frame < 5*time.Second && b.at()-lastFix >= time.Minute:
					state = outside.NoPosition
				}
				seen[fmt.Sprint(state)]++
				seen[strings.Join(v.LimitedBy, "+")]++
				for i, person := range b.Roster().People {
					id, column := person.ID, outside.ColumnLimited
					if sharing[id] == profiles.Shared {
						column = outside.ColumnShared
					}
					if id == anna {
						column = outside.ColumnMain
					}
					var want []string
					for _, kind := range outside.Kinds() {
						releases := func(c outside.Class) bool {
							return outside.Builtin().Decide(c, column, outside.Unassigned, state).Verdict.Releases()
						}
						if slices.ContainsFunc(kinds[kind], releases) && !(kind == outside.KindPosition && restricted[id]) {
							want = append(want, string(kind))
						}
					}
					if got := v.Readers[i].Receives; !slices.Equal(got, want) {
						t.Fatalf("seed %d after %s: %v of column %s is said to receive %v, in state %v it is %v", seed, what, id, column, got, state, want)
					}
				}
			}
		})
	}
	for _, what := range []string{"open", "offline", "guest_driving", "no_position", "waiting", "level", "guest"} {
		if seen[what] == 0 {
			t.Errorf("%s never held: %v", what, seen)
		}
	}
}

// The ticking loop is woken in the moment in which the indicator goes out, and in which a
// place is missing, also where nothing else is due.
func TestTickForTheScreen(t *testing.T) {
	w := enrolled(t)
	w.login(anna)
	w.pass(13*time.Second, 50) // past a slot at which a place was handed over
	i := slices.IndexFunc(w.courier.sent, func(r outside.Released) bool { return r.Kind() == outside.KindPosition })
	w.noFix = true
	w.Fate(w.courier.sent[i], telemetry.Handed)
	until := w.now.Boot + 10*time.Second
	w.pass(8*time.Second, 50) // past the next slot
	if next := w.Cabin.Tick(); next > until || next <= w.now.Boot {
		t.Errorf("the next tick is in %v, the indicator goes out in %v", next-w.now.Boot, until-w.now.Boot)
	}
	w.pass(50*time.Second, 50) // past the last slot before
	stale := w.begun + 13*time.Second + time.Minute
	if next := w.Cabin.Tick(); next > stale || next <= w.now.Boot {
		t.Errorf("the next tick is in %v, a place is missing in %v", next-w.now.Boot, stale-w.now.Boot)
	}
}

// A document that becomes too old makes its readers limited at that moment, and the head
// unit looks within a second, in a car that stands and says nothing.
func TestReadersOfAnOldDocument(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.screen.looksAt(func() string { return told(b.PrivacyView()) })
		leas := func() []string {
			synctest.Wait()
			i := slices.IndexFunc(b.Roster().People, func(p profiles.Person) bool { return p.ID == lea })
			return b.PrivacyView().Readers[i].Receives
		}
		time.Sleep(30*day - 500*time.Millisecond)
		before := leas()
		time.Sleep(time.Second)
		after := leas()
		if !slices.Contains(before, "position") || slices.Contains(after, "position") || b.screen.saw() != told(b.PrivacyView()) {
			t.Errorf("Lea receives %v, a second later %v; the head unit saw %s", before, after, b.screen.saw())
		}
	})
}
