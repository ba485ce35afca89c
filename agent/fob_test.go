package agent_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"glovebox/agent"
	"glovebox/hal"
	"glovebox/profiles"
)

// The fobs of every test, by whose they are.
const (
	annasFob = 4711
	leasFob  = 4712
	noones   = 4713
)

// fob has the key reader say where a fob is.
func (b *bubble) fob(number uint64, near, unlocked bool) {
	b.Observe("body", 1, nil, b.instant(), hal.Sighting{ID: hal.MakeFobID(number), Present: near, Unlocked: unlocked})
}

// withFobs is a bubble whose people have their fobs: Lea has no PIN, Anna has one. The
// car is locked, and nobody was near for a while.
func withFobs(t *testing.T, f func(t *testing.T, b *bubble)) {
	t.Helper()
	inBubble(t, func(t *testing.T, b *bubble) {
		for who, number := range map[profiles.ID]uint64{anna: annasFob, lea: leasFob} {
			b.login(who)
			b.fob(number, true, false)
			if err := b.SetCredential(t.Context(), who, profiles.LinkFob{}); err != nil {
				t.Fatal(err)
			}
			b.fob(number, false, false)
		}
		if err := b.Logout(t.Context()); err != nil {
			t.Fatal(err)
		}
		b.pins = []profiles.ID{anna}
		b.apply(2, b.access(), profiles.MainUser)
		b.observe(driversLock, hal.Bool(true))
		time.Sleep(time.Minute)
		f(t, b)
	})
}

// opens is a fob that opens the car and comes in with its driver.
func (b *bubble) opens(number uint64) {
	b.fob(number, true, true)
	b.observe(driversLock, hal.Bool(false))
	b.observe(driversDoor, hal.Bool(true))
	b.observe(driversDoor, hal.Bool(false))
}

// said is what a bus says in one breath, and with it that a fob opened the car.
func (b *bubble) said(paths []string, values []bool, fob uint64) {
	var all []hal.Reading
	for i, path := range paths {
		all = append(all, hal.Reading{Path: path, Value: hal.Bool(values[i]), At: hal.Instant{Boot: time.Hour + b.at()}})
	}
	b.Observe("body", len(all)+1, all, b.instant(), hal.Sighting{ID: hal.MakeFobID(fob), Present: true, Unlocked: true})
}

// is holds the session against STATE REASON, and who is at the wheel or suggested.
func (b *bubble) is(t *testing.T, when, want string, at, suggested profiles.ID) {
	t.Helper()
	synctest.Wait()
	v := b.SessionView()
	if got := v.State + " " + v.Reason; got != want || v.Profile != at || v.Suggested != suggested || v.Pending != "" {
		t.Errorf("%s: %s, %v at the wheel, %v suggested, %q waits, want %s, %v, %v", when, got, v.Profile, v.Suggested, v.Pending, want, at, suggested)
	}
}

var nobodys = profiles.ID{}

// The fob that opens the car decides who is at the wheel, if all fobs that are here are
// that person's; with a PIN they are asked for it. Else the picker stays.
func TestTheFobDecides(t *testing.T) {
	for _, row := range []struct {
		name      string
		arrive    func(b *bubble)
		want      string
		at        profiles.ID
		suggested profiles.ID
	}{
		{"her own, without a PIN", func(b *bubble) { b.opens(leasFob) }, "active fob", lea, nobodys},
		{"her own, with a PIN", func(b *bubble) { b.opens(annasFob) }, "idle fob", nobodys, anna},
		{"from afar", func(b *bubble) { b.fob(leasFob, false, true); b.observe(driversLock, hal.Bool(false)) }, "active fob", lea, nobodys},
		{"nobody's", func(b *bubble) { b.opens(noones) }, "idle unknown-fob", nobodys, nobodys},
		{"two people's", func(b *bubble) { b.fob(annasFob, true, false); b.opens(leasFob) }, "idle unknown-fob", nobodys, nobodys},
		{"two people's, the other one said after", func(b *bubble) { b.opens(leasFob); b.fob(annasFob, true, false) }, "idle unknown-fob", nobodys, nobodys},
		{"hers and nobody's", func(b *bubble) { b.opens(leasFob); b.fob(noones, true, false) }, "idle unknown-fob", nobodys, nobodys},
		{"another, which is not here", func(b *bubble) { b.fob(annasFob, false, false); b.opens(leasFob) }, "active fob", lea, nobodys},
		{"the door was said first", func(b *bubble) { b.observe(driversDoor, hal.Bool(true)); b.opens(leasFob) }, "active fob", lea, nobodys},
		{"near, and it opened nothing", func(b *bubble) { b.fob(leasFob, true, false) }, "idle logout", nobodys, nobodys},
		{"locked and opened in one breath", func(b *bubble) {
			b.observe(driversDoor, hal.Bool(true)) // somebody was here
			time.Sleep(time.Minute)
			b.said([]string{driversLock, driversDoor, driversLock}, []bool{true, true, false}, leasFob)
		}, "active fob", lea, nobodys},
		{"it opened another door than the driver's", func(b *bubble) { b.fob(leasFob, true, true) }, "idle logout", nobodys, nobodys},
		{"locked again at once", func(b *bubble) {
			b.fob(leasFob, true, true)
			b.observe(driversLock, hal.Bool(true))
		}, "idle logout", nobodys, nobodys},
	} {
		t.Run(row.name, func(t *testing.T) {
			withFobs(t, func(t *testing.T, b *bubble) {
				row.arrive(b)
				time.Sleep(time.Second)
				b.is(t, "after a second", row.want, row.at, row.suggested)
				time.Sleep(time.Minute)
				b.is(t, "after a minute", row.want, row.at, row.suggested)
			})
		})
	}
}

// A fob that comes late changes nothing: somebody is inside, or at the wheel, or drives.
func TestALateFobChangesNothing(t *testing.T) {
	for _, row := range []struct {
		name   string
		before func(t *testing.T, b *bubble)
		want   string
		at     profiles.ID
	}{
		{"somebody opened the door by hand", func(_ *testing.T, b *bubble) {
			b.observe(driversLock, hal.Bool(false))
			b.observe(driversDoor, hal.Bool(true))
		}, "idle logout", nobodys},
		{"the ignition is on", func(_ *testing.T, b *bubble) { b.observe("Vehicle.LowVoltageSystemState", hal.Word("ON")) }, "idle logout", nobodys},
		{"Anna is at the wheel", func(_ *testing.T, b *bubble) { b.login(anna) }, "active chosen", anna},
		{"a guest is at the wheel", func(t *testing.T, b *bubble) {
			if _, err := b.StartGuest(t.Context(), false); err != nil {
				t.Fatal(err)
			}
		}, "guest chosen", nobodys},
		{"Anna came by her fob and is asked", func(_ *testing.T, b *bubble) { b.opens(annasFob) }, "idle fob", nobodys},
	} {
		t.Run(row.name, func(t *testing.T) {
			withFobs(t, func(t *testing.T, b *bubble) {
				row.before(t, b)
				time.Sleep(3 * time.Second)
				b.fob(leasFob, true, true)
				time.Sleep(time.Minute)
				if v := b.SessionView(); v.State+" "+v.Reason != row.want || v.Profile != row.at {
					t.Errorf("%s %s, %v at the wheel", v.State, v.Reason, v.Profile)
				}
			})
		})
	}
}

// Case L1, the half of the fob: who locked the car at the shop and comes back with their
// own fob has their own settings again, and is asked for the PIN if they have one.
func TestBackFromTheShop(t *testing.T) {
	withFobs(t, func(t *testing.T, b *bubble) {
		b.opens(leasFob)
		time.Sleep(time.Second)
		b.is(t, "came", "active fob", lea, nobodys)
		if err := b.Set(t.Context(), profiles.ID{}, profiles.Values{"radio": {"volume": byte(41)}}, nil); err != nil {
			t.Fatal(err)
		}
		shop := func() {
			if err := b.Logout(t.Context()); err != nil { // as the lock does it
				t.Fatal(err)
			}
			b.observe(driversDoor, hal.Bool(true))
			b.observe(driversDoor, hal.Bool(false))
			b.fob(leasFob, false, false)
			b.observe(driversLock, hal.Bool(true))
			time.Sleep(2 * time.Minute)
		}
		shop()
		b.is(t, "at the shop", "idle logout", nobodys, nobodys)
		b.opens(leasFob)
		time.Sleep(time.Second)
		b.is(t, "back", "active fob", lea, nobodys)
		if got, err := b.Get(profiles.ID{}, "radio"); err != nil || got["radio"]["volume"] != byte(41) {
			t.Errorf("her volume is %v, %v", got["radio"]["volume"], err)
		}
		if err := b.SetCredential(t.Context(), lea, profiles.PINChange{PIN: profiles.NewPIN("590324")}); err != nil {
			t.Fatal(err)
		}
		shop()
		b.opens(leasFob)
		time.Sleep(time.Second)
		b.is(t, "back, with a PIN", "idle fob", nobodys, lea)
		if err := b.try(lea, wrongPIN); !errors.Is(err, profiles.ErrWrongPIN) {
			t.Errorf("a wrong PIN: %v", err)
		}
		b.is(t, "after a wrong PIN", "idle fob", nobodys, lea)
		if err := b.try(lea, profiles.NewPIN("590324")); err != nil {
			t.Fatal(err)
		}
		b.is(t, "in", "active fob", lea, nobodys)
	})
}

// Who is suggested is a suggestion: another may log in, and is then there by choice.
func TestAnotherThanSuggested(t *testing.T) {
	withFobs(t, func(t *testing.T, b *bubble) {
		b.opens(annasFob)
		time.Sleep(time.Second)
		b.is(t, "at the picker", "idle fob", nobodys, anna)
		b.login(jonas)
		b.is(t, "in", "active chosen", jonas, nobodys)
		if err := b.Logout(t.Context()); err != nil {
			t.Fatal(err)
		}
		b.is(t, "out", "idle logout", nobodys, nobodys)
	})
}

// Locked again, nobody is suggested any longer.
func TestASuggestionEndsWithTheLock(t *testing.T) {
	withFobs(t, func(t *testing.T, b *bubble) {
		b.opens(annasFob)
		time.Sleep(time.Second)
		b.is(t, "at the picker", "idle fob", nobodys, anna)
		b.fob(annasFob, false, false)
		b.observe(driversLock, hal.Bool(true))
		b.is(t, "locked", "idle fob", nobodys, nobodys)
	})
}

// Where the agent starts when the car was open already, at_boot decides between picker
// and the fob's owner; a fob that opens the car later is a fob like any other.
func TestAtBoot(t *testing.T) {
	for _, row := range []struct {
		name   string
		atBoot bool
		first  func(w *world)
		want   string
	}{
		{"picker, Lea's fob had opened the car", false, func(w *world) { w.fob(leasFob, true, true) }, "idle boot"},
		{"fob, Lea's had opened the car", true, func(w *world) { w.fob(leasFob, true, true) }, "active fob"},
		{"fob, Anna's, who has a PIN", true, func(w *world) { w.fob(annasFob, true, true) }, "idle fob"},
		{"fob, nobody's", true, func(w *world) { w.fob(noones, true, true) }, "idle unknown-fob"},
		{"fob, none", true, func(*world) {}, "idle boot"},
		{"fob, on the move", true, func(w *world) {
			w.say("Vehicle.LowVoltageSystemState", hal.Word("ON"))
			w.say("Vehicle.Speed", hal.Number(50))
			w.fob(leasFob, true, true)
		}, "idle boot"},
		{"picker, and then Lea opens the car", false, func(w *world) {
			w.fob(leasFob, false, false)
			w.fob(leasFob, true, true)
		}, "active fob"},
	} {
		t.Run(row.name, func(t *testing.T) {
			disk := newStore()
			disk.Linked[anna], disk.Linked[lea] = []profiles.Fob{profiles.NewFob(annasFob)}, []profiles.Fob{profiles.NewFob(leasFob)}
			w := enrolledOn(t, disk)
			a := w.access()
			a.Users[0].Verifier = verifier()
			w.apply(2, a, profiles.MainUser)
			w = startWorld(t, "Taycan", disk, func(_ *world, n *agent.Needs) { n.AtBootFob = row.atBoot })
			w.Observe("body", 0, nil, w.now)
			w.say("Vehicle.LowVoltageSystemState", hal.Word("OFF"))
			row.first(w)
			w.pass(2*time.Second, -1)
			if v := w.SessionView(); v.State+" "+v.Reason != row.want {
				t.Errorf("%s %s, want %s", v.State, v.Reason, row.want)
			}
		})
	}
}

func (w *world) fob(number uint64, near, unlocked bool) {
	w.Observe("body", 1, nil, w.now, hal.Sighting{ID: hal.MakeFobID(number), Present: near, Unlocked: unlocked})
}

// However a fob and a person's own choice cross, who chose is at the wheel.
func TestAFobNeverTakesTheWheelFromWhoChose(t *testing.T) {
	withFobs(t, func(t *testing.T, b *bubble) {
		b.disk.make("SetLockout", 2*time.Second, nil) // Anna's PIN takes its time
		b.opens(leasFob)
		time.Sleep(900 * time.Millisecond)
		if _, err := b.Login(context.Background(), anna, rightPIN, false); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		b.is(t, "in", "active chosen", anna, nobodys)
		if ends := b.screen.ends(); ends != 2 {
			t.Errorf("%d sessions ended, want those of before", ends)
		}
	})
}

// A fob whose owner has a PIN brings the seat before the PIN, and nothing else.
func TestAFobBringsTheSeat(t *testing.T) {
	withFobs(t, func(t *testing.T, b *bubble) {
		b.login(anna)
		b.set("seat", map[string]any{"position": map[string]any{"length": uint32(500)}})
		b.set("radio", map[string]any{"volume": byte(7)})
		if err := b.Logout(t.Context()); err != nil {
			t.Fatal(err)
		}
		b.observe(driversLock, hal.Bool(true))
		time.Sleep(time.Minute)
		synctest.Wait()
		b.actuator.take()
		b.opens(annasFob)
		time.Sleep(2 * time.Second)
		b.is(t, "at the car", "idle fob", nobodys, anna)
		if sent := b.actuator.take(); !slices.Equal(sent, []string{seatLength + "=150"}) {
			t.Errorf("before the PIN %q is sent", sent)
		}
	})
}
