package agent_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"testing"
	"testing/synctest"
	"time"

	"glovebox/hal"
	"glovebox/profiles"
	"glovebox/telemetry"
	"glovebox/telemetry/outside"
)

// samples is the times of all fixes that a mailbox was sent, since the agent started.
func (b *bubble) samples(mailbox string) (all []time.Duration) {
	b.t.Helper()
	zero := time.Date(2026, 11, 21, 20, 0, 0, 0, time.UTC)
	for _, w := range b.broker.to(mailbox, outside.KindPosition) {
		var event struct {
			Data []struct {
				DP []struct{ TS time.Time }
			}
		}
		if err := json.Unmarshal(w.Payload, &event); err != nil {
			b.t.Fatal(err)
		}
		for _, dp := range event.Data[0].DP {
			all = append(all, dp.TS.Sub(zero))
		}
	}
	return all
}

// A drive in the bubble: every fix reaches who may have it, a limited reader gets his
// status in his slots and nothing else, and each session's end makes one reconnect
// after 500 ms.
func TestBubbleDrive(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.login(anna)
		b.drive(11 * time.Minute)
		if got := len(b.samples(annaBox)); got < 640 || got > 660 {
			t.Errorf("anna got %d fixes of 660", got)
		}
		if got := len(b.samples(jonasBox)); got != 0 {
			t.Errorf("jonas got %d fixes", got)
		}
		for _, w := range b.broker.to(jonasBox, outside.KindStatus) {
			if w.at%(5*time.Minute) != 0 {
				t.Errorf("jonas got a status at %s", w.at)
			}
		}
		if n := len(b.broker.to(jonasBox, outside.KindStatus)); n < 2 {
			t.Errorf("jonas got %d messages in eleven minutes", n)
		}
		before := len(b.broker.events("connect"))
		end := b.at()
		if err := b.Logout(t.Context()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Second)
		again := b.broker.events("connect")[before:]
		if len(again) != 1 || again[0] != end+500*time.Millisecond {
			t.Errorf("the session ended at %s, connected at %s", end, again)
		}
	})
}

// Lowering a level never waits: not for another person's login, whatever that waits
// for. Not one fix from after the call leaves.
func TestLoweringNeverWaits(t *testing.T) {
	for _, level := range []string{"no-position", "offline"} {
		withPINs(t, func(t *testing.T, b *bubble) {
			b.login(anna)
			end := b.driving(90 * time.Second)
			time.Sleep(20*time.Second + 50*time.Millisecond)
			b.disk.make("SetLockout", 30*time.Second, nil)
			login := make(chan error)
			go func() {
				_, err := b.Login(t.Context(), lea, rightPIN, true)
				login <- err
			}()
			synctest.Wait()
			called := b.at()
			if err := b.SetLevel(t.Context(), level); err != nil {
				t.Fatal(err)
			}
			if took := b.at() - called; took != 0 {
				t.Errorf("%s: the call took %s", level, took)
			}
			end()
			for _, at := range b.samples(annaBox) {
				if at > called {
					t.Errorf("%s: a fix of %s left, the level was lowered at %s", level, at, called)
					break
				}
			}
			if err := <-login; err != nil {
				t.Error(err)
			}
		})
	}
}

// What a bus and the receiver say never waits for a disk, and what a view shows
// neither.
func TestObserveAndFixNeverTouchTheDisk(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.login(anna)
		if err := b.SetLevel(t.Context(), "no-position"); err != nil { // parked: coming into use hides the end
			t.Fatal(err)
		}
		synctest.Wait()
		b.disk.make("SetCarFact gate", 300*time.Millisecond, nil)
		began := b.at()
		b.observe("Vehicle.LowVoltageSystemState", hal.Word("ON"))
		b.observe("Vehicle.Speed", hal.Number(50))
		b.Fix(&hal.Position{Latitude: 54.19, Longitude: 6.62})
		b.VehicleView()
		if took := b.at() - began; took != 0 {
			t.Errorf("it took %s", took)
		}
		time.Sleep(time.Second)
		if got, _ := b.store.CarFact("gate"); string(got) != "hidden-end" {
			t.Errorf("the disk has %q", got)
		}
	})
}

// Ended says erased only once the purge is done; one that fails is tried again, fails
// no Logout and keeps nobody out.
func TestEndedComesAfterThePurge(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		if _, err := b.StartGuest(t.Context(), false); err != nil {
			t.Fatal(err)
		}
		if err := b.Set(t.Context(), profiles.ID{}, profiles.Values{"radio": {"volume": byte(41)}}, nil); err != nil {
			t.Fatal(err)
		}
		synctest.Wait() // the loops have said what follows from it
		entries, err := b.Ledger(telemetry.LedgerFilter{})
		if err != nil {
			t.Fatal(err)
		}
		b.queue.set(2*time.Second, nil)
		began := b.at()
		logout := make(chan error)
		go func() { logout <- b.Logout(t.Context()) }()
		time.Sleep(time.Second)
		if v := b.SessionView(); v.State != "leaving" || v.WipeState != "pending" || b.screen.ends() != 0 {
			t.Errorf("a second into the purge: %s, wipe %s, %d ends told", v.State, v.WipeState, b.screen.ends())
		}
		if err := <-logout; err != nil || b.at()-began != 2*time.Second {
			t.Errorf("logout answered %v after %s", err, b.at()-began)
		}
		synctest.Wait()
		want := profiles.Receipt{Method: "memory", Result: "erased", Stores: []profiles.StoreReceipt{
			{Name: "ledger", Before: uint32(len(entries)), Result: "erased"}, {Name: "settings", Before: 1, Result: "erased"}, {Name: "files", Before: 3, Result: "erased"},
		}}
		if r := b.screen.last(t, 1).Receipt; !reflect.DeepEqual(r, want) || b.SessionView().WipeState != "clean" {
			t.Errorf("receipt %+v, wipe %s", r, b.SessionView().WipeState)
		}
	})
}

func TestFailingPurgeLosesNothing(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		if _, err := b.StartGuest(t.Context(), false); err != nil {
			t.Fatal(err)
		}
		b.drive(5 * time.Second)
		if _, err := b.Login(t.Context(), lea, profiles.PIN{}, true); err != nil {
			t.Fatal(err)
		}
		b.queue.set(0, errors.New("input/output error"))
		time.Sleep(8 * time.Second) // the bus falls silent: parked
		if v := b.SessionView(); v.Profile != lea || v.WipeState != "pending" {
			t.Errorf("the queued login came to %+v", v)
		}
		r := b.screen.last(t, 1).Receipt
		if len(r.Stores) != 4 || r.Method != "memory" || r.Result != "failed" || r.Stores[2] != (profiles.StoreReceipt{Name: "queue", Result: "failed"}) {
			t.Errorf("receipt %+v", r)
		}
		if err := b.Logout(t.Context()); err != nil {
			t.Errorf("logout over a failing purge: %v", err)
		}
		b.queue.set(0, nil)
		time.Sleep(3 * time.Second)
		if v := b.SessionView(); v.State != "idle" || v.WipeState != "clean" {
			t.Errorf("after the disk healed: %+v", v)
		}
	})
}

// Settings are read before a login changes anything: one that cannot read them leaves
// everything as it was.
func TestSettingsAreReadBeforeALogin(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.login(anna)
		b.disk.make("Settings", 0, errors.New("input/output error"))
		if _, err := b.Login(t.Context(), lea, profiles.PIN{}, false); err == nil {
			t.Error("a login without settings succeeded")
		}
		if v := b.SessionView(); v.Profile != anna || v.Reason != "chosen" {
			t.Errorf("at the wheel: %+v", v)
		}
		if _, err := b.Get(profiles.ID{}, "radio"); err != nil {
			t.Errorf("Anna's settings: %v", err)
		}
	})
}

// A wrong PIN that was counted stays counted, whatever time does to the tallies
// meanwhile.
func TestNoWrongPINVanishes(t *testing.T) {
	withPINs(t, func(t *testing.T, b *bubble) {
		wrong := profiles.NewPIN("111112")
		if _, err := b.Login(t.Context(), lea, wrong, false); !errors.Is(err, profiles.ErrWrongPIN) {
			t.Fatal(err)
		}
		b.disk.make("SetCarFact tally", 2*time.Second, nil) // the next write is that of time going by
		time.Sleep(10*time.Minute + time.Second)
		b.disk.make("SetCarFact tally", 0, nil)
		if _, err := b.Login(t.Context(), lea, wrong, false); !errors.Is(err, profiles.ErrWrongPIN) {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Second)
		kept, _ := b.store.CarFact("tally")
		var tally profiles.Tally
		if err := json.Unmarshal(kept, &tally); err != nil || len(tally) != 2 {
			t.Errorf("the disk counts %s after two wrong PINs (%v)", kept, err)
		}
	})
}

// Whoever is at the wheel may log in again, also on the move: the PIN is looked at, the
// settings come back, and nothing else changes.
func TestLoginOfWhoIsThere(t *testing.T) {
	withPINs(t, func(t *testing.T, b *bubble) {
		b.login(anna)
		b.drive(5 * time.Second)
		if err := b.SetLevel(t.Context(), "no-position"); err != nil {
			t.Fatal(err)
		}
		if _, err := b.Login(t.Context(), lea, rightPIN, true); err != nil {
			t.Fatal(err)
		}
		before, level, connected := b.SessionView(), b.PrivacyView().Level, len(b.broker.events("connect"))
		settings, err := b.Login(t.Context(), anna, rightPIN, false)
		if err != nil || settings["radio"] == nil {
			t.Errorf("the second login answers %v, %v", settings, err)
		}
		if _, err := b.Login(t.Context(), anna, profiles.NewPIN("111112"), false); !errors.Is(err, profiles.ErrWrongPIN) {
			t.Errorf("a wrong PIN answers %v", err)
		}
		if after := b.SessionView(); after.Pending != before.Pending || after.Reason != before.Reason || b.PrivacyView().Level != level || len(b.broker.events("connect")) != connected {
			t.Errorf("before %+v at %s, after %+v at %s", before, level, after, b.PrivacyView().Level)
		}
	})
}
