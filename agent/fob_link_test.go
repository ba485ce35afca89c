package agent_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"glovebox/profiles"
)

// A removed person's fob is nobody's, at once, also while the disk does not take the
// removal; then it may be linked anew.
func TestTheFobOfWhoWasRemoved(t *testing.T) {
	withFobs(t, func(t *testing.T, b *bubble) {
		a := b.access()
		a.Users = append(a.Users[:1], a.Users[2])
		a.Version, a.Previous, a.Hash = 3, b.Roster().Hash, profiles.Hash{3}
		b.store.BreakApply(errors.New("no space left on device"))
		_ = b.Apply(t.Context(), a, profiles.Signer{Kind: profiles.BackEnd})
		b.opens(leasFob)
		time.Sleep(time.Second)
		b.is(t, "she came", "idle unknown-fob", nobodys, nobodys)
		b.store.BreakApply(nil)
		time.Sleep(time.Minute)
		b.fob(leasFob, true, false)
		b.login(jonas)
		if err := b.SetCredential(t.Context(), jonas, profiles.LinkFob{}); err != nil {
			t.Error(err)
		}
	})
}

// One fob is linked at a time, to one person; the count is shown and nothing else.
func TestLinkFobs(t *testing.T) {
	withFobs(t, func(t *testing.T, b *bubble) {
		count := func(who profiles.ID) uint32 {
			for _, p := range b.Profiles() {
				if p.ID == who {
					return p.Fobs
				}
			}
			return 99
		}
		link := func(who profiles.ID) error { return b.SetCredential(t.Context(), who, profiles.LinkFob{}) }
		b.login(jonas)
		if err := link(jonas); !errors.Is(err, profiles.ErrInvalid) {
			t.Errorf("no fob is there: %v", err)
		}
		b.fob(leasFob, true, false)
		if err := link(jonas); !errors.Is(err, profiles.ErrInvalid) {
			t.Errorf("Lea's fob: %v", err)
		}
		if err := link(anna); !errors.Is(err, profiles.ErrNotPermitted) {
			t.Errorf("for Anna, by Jonas: %v", err)
		}
		b.fob(leasFob, false, false)
		b.fob(noones, true, false)
		b.fob(annasFob, true, false)
		if err := link(jonas); !errors.Is(err, profiles.ErrInvalid) {
			t.Errorf("two fobs: %v", err)
		}
		time.Sleep(6 * time.Second) // the reader says nothing of them any more
		if err := link(jonas); !errors.Is(err, profiles.ErrInvalid) {
			t.Errorf("fobs of a while ago: %v", err)
		}
		for n := range uint64(profiles.MaxFobs + 1) {
			b.fob(5000+n, true, false)
			want := error(nil)
			if n == profiles.MaxFobs {
				want = profiles.ErrQuotaExceeded
			}
			if err := link(jonas); !errors.Is(err, want) {
				t.Errorf("fob %d: %v", n+1, err)
			}
			if err := link(jonas); !errors.Is(err, want) {
				t.Errorf("fob %d once more: %v", n+1, err)
			}
			b.fob(5000+n, false, false)
		}
		if count(jonas) != profiles.MaxFobs || count(lea) != 1 {
			t.Errorf("%d fobs of Jonas, %d of Lea", count(jonas), count(lea))
		}
		if err := b.SetCredential(t.Context(), jonas, profiles.UnlinkFobs{}); err != nil {
			t.Fatal(err)
		}
		if count(jonas) != 0 || len(b.store.Linked[jonas]) != 0 || count(lea) != 1 {
			t.Errorf("unlinked: %d of Jonas, %d of Lea", count(jonas), count(lea))
		}
		if said := fmt.Sprintf("%+v %v", b.Profiles(), b.store.Linked); strings.Contains(said, fmt.Sprint(leasFob)) {
			t.Errorf("a fob shows: %s", said)
		}
	})
}
