package cloud_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"glovebox/profiles"
	"glovebox/sim/cloud"
)

// Case P4: who was removed, whose invitation was taken back and who never had one are
// answered alike, and as late as one who is invited and types a wrong code.
func TestRemovedCancelledUnknownAreAlike(t *testing.T) {
	back, car := fleet(t, cloud.User{Name: "anna", Role: cloud.Main, PIN: "none"}, cloud.User{Name: "lea", Role: cloud.Shared, PIN: "none"})
	anna := phone(t, back, "anna")
	car.accept(anna.Invite(cloud.Contact{Name: "jonas"}, cloud.Shared))
	codes := map[string]string{"jonas": code(t, back, "jonas")}
	car.accept(anna.Cancel("jonas"))
	car.accept(anna.Remove("lea"))
	if _, err := back.Newcomer("mia"); err != nil {
		t.Fatal(err)
	}
	took := map[string][]time.Duration{}
	for range 100 {
		for _, name := range []string{"lea", "jonas", "mia"} {
			p := phone(t, back, name)
			begun := time.Now()
			_, err := p.Accept("K7QM2R9T", "none", "")
			took[name] = append(took[name], time.Since(begun))
			if !errors.Is(err, profiles.ErrInvitationVoid) {
				t.Fatalf("%s: %v", name, err)
			}
		}
	}
	if _, err := phone(t, back, "jonas").Accept(codes["jonas"], "none", ""); !errors.Is(err, profiles.ErrInvitationVoid) {
		t.Errorf("the code of a cancelled invitation: %v", err)
	}
	half := func(name string) (low, high time.Duration) {
		slices.Sort(took[name])
		return took[name][25], took[name][75]
	}
	for _, a := range []string{"lea", "jonas", "mia"} {
		for _, b := range []string{"lea", "jonas", "mia"} {
			lowA, _ := half(a)
			if _, highB := half(b); lowA > highB+time.Millisecond {
				t.Errorf("%s waits longer than %s: %v and %v", a, b, took[a], took[b])
			}
		}
	}
}
