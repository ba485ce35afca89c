package agent_test

import (
	"slices"
	"testing"
	"testing/synctest"

	"glovebox/profiles"
)

// What a car has not, nobody may use in it, and the screen says that it is the model.
func TestFunctionsOfTheModel(t *testing.T) {
	for model, has := range map[string]bool{"Taycan": true, "911": false} {
		w := newWorld(t, model, newStore())
		w.apply(1, w.access(), profiles.BackEnd)
		w.login(anna)
		allowed, why := w.Permits("charging-service")
		if allowed != has || !has && why != "not in this model" {
			t.Errorf("%s: %v %q", model, allowed, why)
		}
		if slices.Contains(w.SessionView().Functions, "charging-service") != has {
			t.Errorf("%s: Functions says otherwise", model)
		}
	}
}

// A restriction, the grant of remote services and that of guest services reach the head
// unit at once: its list of functions is another, and it is told to look.
func TestFunctionsFollowTheDocument(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.login(lea)
		version := uint64(1)
		change := func(what string, f profiles.Function, open bool, do func(a *profiles.Access)) {
			t.Helper()
			a := b.access()
			do(&a)
			version++
			synctest.Wait()
			looked := b.screen.looked()
			b.apply(version, a, profiles.MainUser)
			if got := slices.Contains(b.SessionView().Functions, string(f)); got != open {
				t.Errorf("%s: %s is open: %v", what, f, got)
			}
			if synctest.Wait(); b.screen.looked() == looked {
				t.Errorf("%s: nobody is told", what)
			}
		}
		change("restricted", "radio", false, func(a *profiles.Access) { a.Users[1].Restricted = []profiles.Function{"radio"} })
		change("lifted", "radio", true, func(*profiles.Access) {})
		change("remote services off", "remote-lock", false, func(a *profiles.Access) { a.RemoteServices = false })
		change("on again", "remote-lock", true, func(*profiles.Access) {})
		if _, err := b.StartGuest(t.Context(), false); err != nil {
			t.Fatal(err)
		}
		change("guest services off", "connected-services", false, func(a *profiles.Access) { a.GuestServices = false })
		change("guest services on", "connected-services", true, func(*profiles.Access) {})
	})
}
