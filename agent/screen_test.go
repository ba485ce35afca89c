package agent_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"glovebox/profiles"
)

// hears fails unless the head unit was told exactly this since the last call.
func (w *world) hears(what string, want ...string) {
	w.t.Helper()
	w.CarryOut()
	var heard []string
	for range 200 {
		w.screen.mu.Lock()
		heard = slices.Clone(w.screen.heard)
		w.screen.mu.Unlock()
		if len(heard) >= len(want) && len(want) > 0 {
			break
		}
		time.Sleep(time.Millisecond)
	}
	w.screen.mu.Lock()
	w.screen.heard = nil
	w.screen.mu.Unlock()
	if !slices.Equal(heard, want) {
		w.t.Errorf("%s: heard %q, want %q", what, heard, want)
	}
}

func (w *world) set(group string, values map[string]any) {
	w.t.Helper()
	if err := w.Set(w.t.Context(), profiles.ID{}, profiles.Values{group: values}, nil); err != nil {
		w.t.Fatal(err)
	}
}

// At each change of person the head unit hears which settings are others now, after
// the end of the session before, and never of one that is as it was. While nobody is
// at the wheel there are the defaults.
func TestChangedNamesWhatIsOtherNow(t *testing.T) {
	w := enrolled(t)
	w.login(anna)
	w.hears("nothing was ever set")
	w.set("radio", map[string]any{"volume": byte(18)})
	w.set("navigation", map[string]any{"route": "eco"})
	w.hears("set", "radio volume", "navigation route")
	w.set("radio", map[string]any{"volume": byte(18)})
	w.hears("set to what it is")
	w.login(anna)
	w.hears("the person at the wheel logs in again")
	w.login(lea)
	w.hears("another person", "ended replaced", "radio volume", "navigation route")
	w.set("radio", map[string]any{"volume": byte(18)})
	w.hears("set", "radio volume")
	w.login(anna)
	w.hears("back, at the same volume", "ended replaced", "navigation route")
	if err := w.Logout(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.hears("nobody", "ended logout", "radio volume", "navigation route")
	w.login(lea)
	w.hears("from nobody", "radio volume")
	if _, err := w.StartGuest(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	w.hears("a guest", "ended replaced", "radio volume")
	w.set("radio", map[string]any{"volume": byte(44)})
	if err := w.Set(t.Context(), profiles.ID{}, profiles.Values{"radio": nil}, nil); err != nil {
		t.Fatal(err)
	}
	w.set("radio", map[string]any{"volume": byte(44)})
	w.hears("a guest sets, resets and sets", "radio volume", "radio volume", "radio volume")
	if err := w.Logout(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.hears("a guest leaves", "ended logout", "radio volume")
	if _, err := w.StartGuest(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	if err := w.Logout(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.hears("a guest who set nothing leaves", "ended logout")
}

// Who is removed while driving is followed by a guest: the settings change once.
func TestChangedAfterARemoval(t *testing.T) {
	w := enrolled(t)
	w.login(lea)
	w.set("radio", map[string]any{"volume": byte(18)})
	w.hears("set", "radio volume")
	w.pass(3*time.Second, 50)
	access := w.access()
	access.Users = slices.DeleteFunc(access.Users, func(u profiles.User) bool { return u.ID == lea })
	w.apply(2, access, profiles.BackEnd)
	w.park()
	w.Tick()
	w.hears("parked", "ended removed", "radio volume")
	if v := w.SessionView(); v.State != "guest" {
		t.Errorf("then %+v", v)
	}
}

// The head unit is shown what reaches each reader now, not what could.
func TestReadersSayWhatTheyReceiveNow(t *testing.T) {
	w := enrolled(t)
	w.login(anna)
	places := func(want int) {
		t.Helper()
		got, any := 0, 0
		for _, r := range w.PrivacyView().Readers {
			if slices.Contains(r.Receives, "position") {
				got++
			}
			any += len(r.Receives)
		}
		if got != want || (any == 0) != (w.PrivacyView().Level == "offline") {
			t.Errorf("at %s %d readers receive the place, want %d; all receive %d kinds", w.PrivacyView().Level, got, want, any)
		}
	}
	places(2)
	for _, level := range []string{"no-position", "offline"} {
		if err := w.SetLevel(t.Context(), level); err != nil {
			t.Fatal(err)
		}
		places(0)
	}
	if _, err := w.StartGuest(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	places(0)
}

// A request that is overtaken between two people leaves nobody at the wheel for a moment:
// the head unit is told that the values are the defaults, and then what the next one has.
func TestChangedBetweenTwoPeople(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		for _, who := range []profiles.ID{lea, anna} {
			b.login(who)
			if err := b.Set(t.Context(), profiles.ID{}, profiles.Values{"radio": {"volume": byte(41)}}, nil); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		b.screen.mu.Lock()
		b.screen.heard = nil
		b.screen.mu.Unlock()
		b.queue.set(5*time.Second, nil)
		guest := make(chan error)
		go func() {
			_, err := b.StartGuest(t.Context(), false)
			guest <- err
		}()
		time.Sleep(time.Second) // Anna has left, the purge is under way
		next := make(chan error)
		go func() {
			_, err := b.Login(t.Context(), lea, profiles.PIN{}, false)
			next <- err
		}()
		if err := <-guest; !errors.Is(err, profiles.ErrSuperseded) {
			t.Fatalf("the guest: %v", err)
		}
		if err := <-next; err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		b.screen.mu.Lock()
		defer b.screen.mu.Unlock()
		if got := strings.Join(b.screen.heard, ", "); got != "ended replaced, radio volume, radio volume" {
			t.Errorf("told %q", got)
		}
	})
}
