package agent_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"glovebox/agent"
	"glovebox/hal"
	"glovebox/profiles"
	"glovebox/telemetry"
	"glovebox/telemetry/outside"
)

// At share main and shared readers get a point for each second, a limited reader none,
// whoever of them drives.
func TestPlaceAtShare(t *testing.T) {
	for _, who := range []profiles.ID{anna, lea, jonas} {
		w := enrolled(t)
		w.login(who)
		w.pass(40*time.Second, 50)
		w.park()
		w.pass(10*time.Second, -1)
		for box, want := range map[string]int{annaBox: 40, leaBox: 40, jonasBox: 0} {
			if got := w.points(box); got < want-1 || got > want {
				t.Errorf("%v drives: %s… got %d points, want %d", who, box[:2], got, want)
			}
		}
	}
}

// An ignition contact that chatters ends no session, begins no epoch and costs no point.
func TestChatteringIgnition(t *testing.T) {
	w := enrolled(t)
	w.login(anna)
	w.pass(10*time.Second, 50)
	w.pass(5*time.Second, 0)
	epoch := w.epoch()
	for i := range 20 {
		w.say("Vehicle.LowVoltageSystemState", hal.Word([]string{"OFF", "ON"}[i%2]))
		w.Tick()
	}
	w.pass(20*time.Second, 50)
	w.park()
	w.pass(10*time.Second, -1)
	if v := w.SessionView(); v.State != "active" || v.Profile != anna || w.epoch() != epoch {
		t.Errorf("at the wheel is %v, state %s, epoch %s, before %s", v.Profile, v.State, w.epoch(), epoch)
	}
	if n := w.points(annaBox); n < 34 {
		t.Errorf("%d points of 35 s", n)
	}
}

// Whatever closes the gate, not one sample from after the call leaves, and none is
// missing once the driver raised the level again.
func TestLowering(t *testing.T) {
	for _, level := range []string{"no-position", "offline"} {
		t.Run(level, func(t *testing.T) {
			w := enrolled(t)
			w.login(anna)
			w.pass(20*time.Second, 50)
			if err := w.SetLevel(t.Context(), level); err != nil {
				t.Fatal(err)
			}
			before := w.points(annaBox)
			if v := w.PrivacyView(); v.EffectiveLevel != level || v.LocationInUse {
				t.Errorf("view %+v", v)
			}
			w.pass(30*time.Second, 50)
			if got := w.points(annaBox); got != before {
				t.Errorf("%d points left after the call returned", got-before)
			}
			if w.courier.muted != (level == "offline") {
				t.Errorf("muted is %v", w.courier.muted)
			}
			if err := w.SetLevel(t.Context(), "share"); err != nil {
				t.Fatal(err)
			}
			w.pass(20*time.Second, 50)
			if got := w.points(annaBox) - before; got < 10 {
				t.Errorf("%d points after raising", got)
			}
		})
	}
}

func TestGuestHasNoPlace(t *testing.T) {
	w := enrolled(t)
	w.pass(20*time.Second, 50) // with nobody at the wheel
	w.park()
	if _, err := w.StartGuest(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	if entries, _ := w.Ledger(telemetry.LedgerFilter{}); len(entries) != 0 {
		t.Errorf("the guest reads what was decided before: %+v", entries)
	}
	w.pass(30*time.Second, 50)
	if n := w.points(annaBox); n != 0 {
		t.Errorf("%d points of a guest left", n)
	}
	entries, err := w.Ledger(telemetry.LedgerFilter{Class: "position", Outcome: "withheld"})
	if err != nil || len(entries) == 0 || entries[0].Rule != "position/guest_driving" {
		t.Errorf("the guest's ledger: %+v, %v", entries, err)
	}
	if err := w.Logout(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Ledger(telemetry.LedgerFilter{}); !errors.Is(err, profiles.ErrNotPermitted) {
		t.Errorf("the ledger of nobody: %v", err)
	}
	w.park()
	w.login(anna)
	if entries, _ := w.Ledger(telemetry.LedgerFilter{}); len(entries) != 0 {
		t.Errorf("Anna reads the guest's ledger: %+v", entries)
	}
}

// Who leaves on the move takes the place along: not one sample leaves until somebody is at
// the wheel again, and a chosen level is over, but not what it hid.
func TestLeavingOnTheMove(t *testing.T) {
	for _, level := range []string{"share", "no-position", "offline"} {
		w := enrolled(t)
		w.login(anna)
		w.pass(20*time.Second, 50)
		if err := w.SetLevel(t.Context(), level); err != nil {
			t.Fatal(err)
		}
		w.pass(10*time.Second, 50)
		before := w.points(annaBox)
		if err := w.Logout(t.Context()); err != nil {
			t.Fatal(err)
		}
		if v := w.PrivacyView(); v.Level != "share" || v.EffectiveLevel != "no-position" || !slices.Equal(v.LimitedBy, []string{"waiting"}) || w.courier.muted {
			t.Errorf("%s: after the end %+v, muted %v", level, v, w.courier.muted)
		}
		w.pass(30*time.Second, 50)
		if n := w.points(annaBox) - before; n != 0 {
			t.Errorf("%s: %d points left with nobody at the wheel", level, n)
		}
		w.park()
		w.login(lea)
		w.pass(20*time.Second, 50)
		if n := w.points(annaBox) - before; (n > 0) != (level == "share") {
			t.Errorf("%s: Lea drives, and %d points left", level, n)
		}
	}
}

// After a drive that ended hidden the place stays in the car, over a restart too.
func TestHiddenEnd(t *testing.T) {
	w := enrolled(t)
	w.login(anna)
	w.pass(10*time.Second, 50)
	if err := w.SetLevel(t.Context(), "no-position"); err != nil {
		t.Fatal(err)
	}
	w.pass(10*time.Second, 50)
	again := newWorld(t, "Taycan", w.store) // the power failed on the move
	again.login(anna)
	if v := again.PrivacyView(); v.EffectiveLevel != "no-position" || !slices.Equal(v.LimitedBy, []string{"waiting"}) {
		t.Errorf("after the restart: %+v", v)
	}
	again.pass(60*time.Second, 50)
	if n := again.points(annaBox); n != 0 {
		t.Errorf("%d points of where the hidden drive ended left", n)
	}
}

func TestLevelIsTheDriversAlone(t *testing.T) {
	w := enrolled(t)
	if err := w.SetLevel(t.Context(), "offline"); !errors.Is(err, profiles.ErrNotPermitted) {
		t.Errorf("nobody lowers: %v", err)
	}
	w.login(lea)
	if err := w.SetLevel(t.Context(), "secret"); !errors.Is(err, profiles.ErrInvalid) {
		t.Errorf("an unknown level: %v", err)
	}
	if err := w.SetLevel(t.Context(), "no-position"); err != nil {
		t.Fatal(err)
	}
	a := w.access()
	w.apply(2, a, profiles.BackEnd)
	if v := w.PrivacyView(); v.Level != "no-position" {
		t.Errorf("a document made the level %s", v.Level)
	}
	w.login(lea) // once more
	if v := w.PrivacyView(); v.Level != "no-position" {
		t.Errorf("logging in again made the level %s", v.Level)
	}
	w.login(anna)
	if v := w.PrivacyView(); v.Level != "share" {
		t.Errorf("Anna's drive begins at %s", v.Level)
	}
}

// An alarm reaches every reader though the disk is full for a while.
func TestAlarmOverAFullDisk(t *testing.T) {
	w := enrolled(t)
	w.courier.full = errors.New("no space left on device")
	w.say("Vehicle.Chassis.Brake.IsBrakesWorn", hal.Bool(true))
	w.Tick()
	w.courier.full = nil
	w.pass(61*time.Second, -1)
	for _, box := range []string{annaBox, leaBox, jonasBox} {
		all := w.courier.of(t, box, outside.KindAlarms)
		if len(all) != 1 || !strings.Contains(all[0], `"alarm":"brake"`) || !strings.Contains(all[0], `"active":true`) {
			t.Errorf("%s… got %q", box[:2], all)
		}
	}
	if h := w.VehicleView().Health; len(h) != 1 || h[0].Code != "brake" {
		t.Errorf("health is %+v", h)
	}
}

// The document in force comes again at each connection; a fork leaves all as it was.
func TestDocuments(t *testing.T) {
	w := enrolled(t)
	before := w.Roster()
	same := w.access()
	same.Version, same.Hash = 1, before.Hash
	if err := w.Apply(t.Context(), same, profiles.Signer{Kind: profiles.BackEnd}); err != nil {
		t.Errorf("the same document again: %v", err)
	}
	fork := w.access()
	fork.Users = fork.Users[:1]
	fork.Version, fork.Hash = 1, profiles.Hash{9}
	if err := w.Apply(t.Context(), fork, profiles.Signer{Kind: profiles.BackEnd}); !errors.Is(err, profiles.ErrForked) {
		t.Errorf("a fork: %v", err)
	}
	if len(w.Roster().People) != 3 || w.store.People.Version != 1 {
		t.Error("a refused document changed the roster")
	}
}

// Thirty days without a fresh document make every secondary user limited.
func TestStaleDocument(t *testing.T) {
	w := enrolled(t)
	w.mu.Lock()
	w.now.UTC, w.now.Boot = w.now.UTC.Add(31*24*time.Hour), w.now.Boot+31*24*time.Hour
	w.mu.Unlock()
	w.Tick()
	w.login(anna)
	w.pass(20*time.Second, 50)
	if got := w.points(leaBox); got != 0 {
		t.Errorf("Lea got %d points by a document of 31 days ago", got)
	}
	if w.points(annaBox) == 0 {
		t.Error("Anna got none")
	}
}

// What the main user takes away from one person stops for that person alone; alerts and
// the chat nobody can take away.
func TestRestricted(t *testing.T) {
	w := enrolled(t)
	a := w.access()
	a.Users[1].Restricted = []profiles.Function{"position", "alerts", "chat", "vehicle-status", "trips"}
	w.apply(2, a, profiles.BackEnd)
	w.login(anna)
	w.say("Vehicle.Chassis.Brake.IsBrakesWorn", hal.Bool(true))
	if err := (agent.Messages{Cabin: w.Cabin}).Take(profiles.Letter{Message: profiles.Message{ID: "q1", Kind: "chat", Role: "workshop", Time: w.now.UTC}}); err != nil {
		t.Error(err)
	}
	w.pass(70*time.Second, 50)
	w.pass(122*time.Second, -1) // the trip is over
	for _, kind := range outside.Kinds() {
		if got := w.courier.of(t, leaBox, kind); (len(got) != 0) != (kind == outside.KindAlarms || kind == outside.KindMessages) {
			t.Errorf("Lea got %d of %s", len(got), kind)
		}
		if got := w.courier.of(t, annaBox, kind); len(got) == 0 && kind != outside.KindGaps {
			t.Errorf("Anna got no %s", kind)
		}
	}
	shares := 0
	for _, r := range w.PrivacyView().Readers {
		if slices.Contains(r.Receives, "position") {
			shares++
		}
	}
	if shares != 1 {
		t.Errorf("%d readers are shown as receiving the position, want Anna alone", shares)
	}
}

// A bus that fell silent with the ignition on is off to main and limited alike.
func TestSilentBusIsOff(t *testing.T) {
	w := enrolled(t)
	w.login(anna)
	w.pass(10*time.Second, 50)
	w.pass(6*time.Minute, -1)
	for _, box := range []string{annaBox, jonasBox} {
		all := w.courier.of(t, box, outside.KindStatus)
		if last := all[len(all)-1]; !strings.Contains(last, `"path":"Vehicle.LowVoltageSystemState","dp":[{"value":"OFF"`) {
			t.Errorf("%s… is told %s", box[:2], last)
		}
	}
}

// A status of a limited reader that waited for room on a full line is dropped once its
// slot is over: that it leaves would tell where coverage began.
func TestLateStatusIsDropped(t *testing.T) {
	w := enrolled(t)
	w.say("Vehicle.Powertrain.TractionBattery.StateOfCharge.Displayed", hal.Number(60))
	w.pass(5*time.Minute, -1)
	status := func(mailbox string) outside.Released {
		for _, r := range slices.Backward(w.courier.sent) {
			if r.Mailbox() == mailbox && r.Kind() == outside.KindStatus {
				return r
			}
		}
		t.Fatal("no status")
		return outside.Released{}
	}
	limited, main := status(jonasBox), status(annaBox)
	if got := w.Decide(limited); got != telemetry.Send {
		t.Errorf("at the slot: %v", got)
	}
	w.pass(3*time.Second, -1)
	if l, m := w.Decide(limited), w.Decide(main); l != telemetry.Drop || m != telemetry.Send {
		t.Errorf("three seconds on: %v to the limited reader, %v to the main user", l, m)
	}
}

// Whatever closes the gate drops the place that waits to be sent before the call that
// closed it returns: not only a level, but a guest too.
func TestClosingDropsWhatWaits(t *testing.T) {
	w := enrolled(t)
	w.login(anna)
	w.pass(5*time.Second, 50)
	w.park()
	before := w.courier.drops
	if _, err := w.StartGuest(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	if w.courier.drops == before {
		t.Error("a guest began, and what waited was not dropped")
	}
}
