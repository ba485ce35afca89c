package agent_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"glovebox/hal"
	"glovebox/profiles"
)

func TestLogin(t *testing.T) {
	w := enrolledPINs(t, newStore())
	ctx := t.Context()
	if _, err := w.Login(ctx, anna, profiles.NewPIN("111112"), false); !errors.Is(err, profiles.ErrWrongPIN) {
		t.Errorf("wrong PIN: %v", err)
	}
	if l := w.store.Lockouts[anna]; l.Failures != 1 {
		t.Errorf("%d failures are on disk, want 1", l.Failures)
	}
	if _, err := w.Login(ctx, profiles.ID{9}, rightPIN, false); !errors.Is(err, profiles.ErrWrongPIN) {
		t.Errorf("unknown profile: %v", err)
	}
	settings, err := w.Login(ctx, anna, rightPIN, false)
	if err != nil || settings["radio"] == nil || settings["navigation"] == nil {
		t.Fatalf("login answered %v, %v", settings, err)
	}
	if l := w.store.Lockouts[anna]; l.Failures != 0 {
		t.Errorf("%d failures are on disk after a right PIN", l.Failures)
	}
	v := w.SessionView()
	if v.State != "active" || v.Profile != anna || v.Role != "main" || v.Reason != "chosen" {
		t.Errorf("session is %+v", v)
	}
}

// The count is on disk before the PIN is looked at, and the fourth wrong one makes wait.
func TestLockout(t *testing.T) {
	w := enrolledPINs(t, newStore())
	for i := range 4 {
		if _, err := w.Login(t.Context(), lea, profiles.NewPIN("111112"), false); !errors.Is(err, profiles.ErrWrongPIN) {
			t.Fatalf("try %d: %v", i+1, err)
		}
	}
	if _, err := w.Login(t.Context(), lea, rightPIN, false); !errors.Is(err, profiles.ErrLockedOut) {
		t.Errorf("the fifth try answers %v", err)
	}
	w.pass(29*time.Second, -1)
	if _, err := w.Login(t.Context(), lea, rightPIN, false); !errors.Is(err, profiles.ErrLockedOut) {
		t.Errorf("after 29 s: %v", err)
	}
	w.pass(time.Second, -1)
	w.login(lea)
}

func TestOnTheMove(t *testing.T) {
	w := enrolled(t)
	w.login(anna)
	w.pass(3*time.Second, 50)
	if _, err := w.Login(t.Context(), lea, profiles.PIN{}, false); !errors.Is(err, profiles.ErrNotParked) {
		t.Fatalf("login on the move: %v", err)
	}
	if settings, err := w.Login(t.Context(), lea, profiles.PIN{}, true); err != nil || len(settings) != 0 {
		t.Fatalf("waiting login answers %v, %v", settings, err)
	}
	if _, err := w.StartGuest(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	if v := w.SessionView(); v.Pending != "guest" || v.Profile != anna {
		t.Errorf("pending %q, at the wheel %v: the newest request waits, nothing else", v.Pending, v.Profile)
	}
	w.park()
	if v := w.SessionView(); v.State != "guest" || v.Pending != "" {
		t.Errorf("after parking: %+v", v)
	}
}

func TestCancelPending(t *testing.T) {
	w := enrolled(t)
	w.login(anna)
	w.pass(3*time.Second, 50)
	if _, err := w.StartGuest(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	if err := w.CancelPending(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.park()
	if v := w.SessionView(); v.Profile != anna {
		t.Errorf("a cancelled request came through: %+v", v)
	}
}

// Of any burst of requests exactly one, the last, succeeds.
func TestBurst(t *testing.T) {
	w := enrolledPINs(t, newStore())
	people := []profiles.ID{anna, lea, jonas}
	errs := make([]error, 12)
	var group sync.WaitGroup
	for i := range errs {
		group.Go(func() { _, errs[i] = w.Login(context.Background(), people[i%3], rightPIN, false) })
		time.Sleep(time.Millisecond) // in the order of their numbers
	}
	group.Wait()
	for i, err := range errs[:11] {
		if !errors.Is(err, profiles.ErrSuperseded) && err != nil {
			t.Errorf("request %d: %v", i, err)
		}
	}
	done := len(errs) - len(slices.DeleteFunc(slices.Clone(errs), func(err error) bool { return err == nil }))
	if errs[11] != nil || w.SessionView().Profile != people[11%3] {
		t.Errorf("the last request: %v, at the wheel %v", errs[11], w.SessionView().Profile)
	}
	if done > 2 { // one that was already past its hash when the next came, and the last
		t.Errorf("%d requests succeeded", done)
	}
}

// Every end of a session, whoever's it was, makes one new epoch.
func TestEpochs(t *testing.T) {
	w := enrolled(t)
	w.login(anna)
	if len(w.courier.epochs) != 0 {
		t.Fatal("a session that began made an epoch")
	}
	w.login(lea)
	if _, err := w.StartGuest(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second ends nothing
		if err := w.Logout(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	epochs := slices.Compact(slices.Sorted(slices.Values(w.courier.epochs)))
	if len(epochs) != 3 || len(w.courier.epochs) != 3 || len(epochs[0]) != 32 {
		t.Errorf("epochs %q, want 3 different ones of 32 digits", w.courier.epochs)
	}
}

// However a guest sets things, nothing of it is on disk, and once the session is
// over nothing of it can be asked for.
func TestGuestLeavesNothing(t *testing.T) {
	w := enrolled(t)
	facts := fmt.Sprint(w.store.Facts)
	if _, err := w.StartGuest(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	if err := w.Set(t.Context(), profiles.ID{}, profiles.Values{"radio": {"volume": byte(77)}}, nil); err != nil {
		t.Fatal(err)
	}
	if got, err := w.Get(profiles.ID{}, "radio"); err != nil || got["radio"]["volume"] != byte(77) {
		t.Fatalf("the guest's volume is %v, %v", got["radio"]["volume"], err)
	}
	if err := w.Logout(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Get(profiles.ID{}, "radio"); !errors.Is(err, profiles.ErrNotPermitted) {
		t.Errorf("settings of nobody: %v", err)
	}
	settings, err := w.StartGuest(t.Context(), false)
	if err != nil || settings["radio"]["volume"] == byte(77) {
		t.Errorf("the next guest sees %v, %v", settings["radio"], err)
	}
	if len(w.store.Writes) != 0 || fmt.Sprint(w.store.Facts) != facts {
		t.Errorf("on disk: %q, %q", w.store.Writes, w.store.Facts)
	}
	r := w.screen.last(t, 1).Receipt
	if r.Result != "erased" || len(r.Stores) != 3 || r.Stores[1] != (profiles.StoreReceipt{Name: "settings", Before: 1, Result: "erased"}) {
		t.Errorf("receipt %+v", r)
	}
}

func TestModelWithoutGuestMode(t *testing.T) {
	w := newWorld(t, "RAV4", newStore())
	if _, err := w.StartGuest(t.Context(), false); !errors.Is(err, profiles.ErrGuestUnavailable) {
		t.Errorf("guest in a RAV4: %v", err)
	}
}

func TestSettingsOfAPerson(t *testing.T) {
	w := enrolled(t)
	w.login(lea)
	if err := w.Set(t.Context(), profiles.ID{}, profiles.Values{"radio": {"volume": byte(101)}}, nil); !errors.Is(err, profiles.ErrInvalid) {
		t.Errorf("volume 101: %v", err)
	}
	if err := w.Set(t.Context(), profiles.ID{}, profiles.Values{"radio": {"volume": byte(41)}}, nil); err != nil {
		t.Fatal(err)
	}
	w.login(anna)
	if got, _ := w.Get(profiles.ID{}, "radio"); got["radio"]["volume"] == byte(41) {
		t.Error("Anna sees Lea's volume")
	}
	w.login(lea)
	if got, _ := w.Get(profiles.ID{}, "radio"); got["radio"]["volume"] != byte(41) {
		t.Errorf("Lea's volume is %v", got["radio"]["volume"])
	}
	if err := w.Set(t.Context(), profiles.ID{}, profiles.Values{"radio": nil}, nil); err != nil {
		t.Fatal(err)
	}
	if got, _ := w.Get(profiles.ID{}, "radio"); got["radio"]["volume"] == byte(41) {
		t.Error("Reset left the volume")
	}
}

// However the people change while the head unit reads: what it gets is of whoever is at
// the wheel, and nothing in between.
func TestReadsAreOfWhoIsAtTheWheel(t *testing.T) {
	w := enrolled(t)
	volume := map[profiles.ID]byte{anna: 18, lea: 41}
	for who, v := range volume {
		w.login(who)
		w.set("radio", map[string]any{"volume": v})
	}
	var at atomic.Value // who is at the wheel; nobody while that changes
	at.Store(profiles.ID{})
	var changes atomic.Int64
	over := make(chan struct{})
	go func() {
		defer close(over)
		for i := range 20 {
			who := []profiles.ID{anna, lea}[i%2]
			if _, err := w.Login(context.Background(), who, profiles.PIN{}, false); err != nil {
				t.Error(err)
			}
			at.Store(who)
			time.Sleep(time.Millisecond)
			at.Store(profiles.ID{})
			changes.Add(1)
		}
	}()
	for reads := 0; ; reads++ {
		select {
		case <-over:
			return
		case <-time.After(10 * time.Microsecond):
		}
		n, who := changes.Load(), at.Load().(profiles.ID)
		got, err := w.Get(profiles.ID{}, "radio")
		switch sure := who != (profiles.ID{}) && at.Load() == who && changes.Load() == n; {
		case sure && got["radio"]["volume"] != volume[who]:
			t.Fatalf("read %d: volume %v (%v), and %v is at the wheel", reads, got["radio"]["volume"], err, who)
		case err == nil && got["radio"]["volume"] != byte(18) && got["radio"]["volume"] != byte(41):
			t.Fatalf("read %d: volume %v is nobody's", reads, got["radio"]["volume"])
		case err != nil && !errors.Is(err, profiles.ErrNotPermitted): // between two people nobody is there
			t.Fatal(err)
		}
	}
}

// A person who is removed on the move loses their rights at once and their
// session when parked: a guest follows, or the picker where there is no guest mode.
func TestRemovedOnTheMove(t *testing.T) {
	for model, after := range map[string]string{"Taycan": "guest", "RAV4": "idle"} {
		t.Run(model, func(t *testing.T) {
			w := newWorld(t, model, newStore())
			w.apply(1, w.access(), profiles.BackEnd)
			w.login(lea)
			w.pass(3*time.Second, 50)
			a := w.access()
			a.Users = slices.Delete(a.Users, 1, 2)
			w.apply(2, a, profiles.BackEnd)
			if allowed, _ := w.Permits("radio"); allowed {
				t.Error("rights outlive the removal")
			}
			if v := w.SessionView(); v.State != "active" {
				t.Errorf("on the move the state is %s", v.State)
			}
			w.park()
			if v := w.SessionView(); v.State != after || v.Reason != "removed" {
				t.Errorf("parked: %s because %s, want %s", v.State, v.Reason, after)
			}
		})
	}
}

func TestSetPIN(t *testing.T) {
	w := enrolledPINs(t, newStore())
	w.login(lea)
	fresh := profiles.NewPIN("907351")
	if err := w.SetPIN(t.Context(), anna, rightPIN, fresh); !errors.Is(err, profiles.ErrNotPermitted) {
		t.Errorf("Lea sets Anna's PIN: %v", err)
	}
	if err := w.SetPIN(t.Context(), lea, fresh, fresh); !errors.Is(err, profiles.ErrWrongPIN) {
		t.Errorf("with a wrong old PIN: %v", err)
	}
	if err := w.SetPIN(t.Context(), lea, rightPIN, fresh); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Login(t.Context(), lea, rightPIN, false); !errors.Is(err, profiles.ErrWrongPIN) {
		t.Errorf("the old PIN still answers %v", err)
	}
}

// While the settings of who waits are read from a slow disk, the request is taken back, the
// car drives off again, or the driver leaves: then nobody comes to the wheel.
func TestWhatChangesWhileAPendingRequestIsRead(t *testing.T) {
	for name, row := range map[string]struct {
		change  func(b *bubble)
		pending string
		at      profiles.ID
	}{
		"nothing": {func(*bubble) {}, "", lea},
		"it is taken back": {func(b *bubble) {
			if err := b.CancelPending(b.t.Context()); err != nil {
				b.t.Error(err)
			}
		}, "", anna},
		"the car drives off": {func(b *bubble) { b.drive(10 * time.Second) }, lea.String(), anna},
		"Anna logs out":      {func(b *bubble) { b.logout() }, "", profiles.ID{}},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, b *bubble) {
				b.login(anna)
				b.drive(2 * time.Second)
				if _, err := b.Login(t.Context(), lea, profiles.PIN{}, true); err != nil {
					t.Fatal(err)
				}
				b.disk.make("Settings", 5*time.Second, nil)
				b.observe("Vehicle.Speed", hal.Number(0))
				b.observe("Vehicle.LowVoltageSystemState", hal.Word("OFF"))
				time.Sleep(time.Second) // the disk is at it
				row.change(b)
				if name != "the car drives off" {
					time.Sleep(10 * time.Second)
				}
				if v := b.SessionView(); v.Profile != row.at || v.Pending != row.pending {
					t.Errorf("%v is at the wheel, %q waits", v.Profile, v.Pending)
				}
			})
		})
	}
}
