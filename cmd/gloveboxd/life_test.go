package main

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"glovebox/profiles"
	"glovebox/profiles/bolt"
	"glovebox/profiles/keyring"
)

// life is what was asked of a car that dies again and again, and what was acknowledged.
type life struct {
	acked   map[profiles.ID]int // the newest volume that was acknowledged
	asked   map[profiles.ID]int // the newest that was asked for
	removed bool                // the removal was answered
	tried   bool                // it was asked for
	counts  map[string]int
}

// live logs people and guests in and out and sets what they like, until the agent dies.
func (l *life) live(ctx context.Context, a *program, r *rand.Rand) {
	main, other := profiles.ID{1}, profiles.ID{2}
	for ctx.Err() == nil {
		switch n := r.IntN(12); {
		case n == 0 && !l.removed:
			if _, err := a.hmi.Login(ctx, main.String(), "", false); err != nil {
				continue
			}
			l.tried = true
			if receipt, err := a.hmi.Remove(ctx, other.String()); err == nil && receipt["result"] == "erased" {
				l.removed = true
				l.counts["removals"]++
			}
		case n < 3:
			if _, err := a.hmi.Guest(ctx, false); err == nil {
				l.counts["guests"]++
				_ = a.hmi.Set(ctx, "navigation", map[string]any{"home": map[string]any{"name": guestsPlace, "latitude": 54.19, "longitude": 6.62}})
			}
		default:
			who := main
			if n%2 == 0 {
				who = other
			}
			if _, err := a.hmi.Login(ctx, who.String(), "", false); err != nil {
				continue
			}
			l.counts["logins"]++
			for range r.IntN(4) {
				next := (l.asked[who] + 1) % 100
				l.asked[who] = next
				if a.hmi.SetText(ctx, "radio", "volume", strconv.Itoa(next)) != nil {
					break
				}
				l.acked[who] = next
				l.counts["settings"]++
			}
		}
	}
}

// guestsPlace is what every guest sets.
const guestsPlace = "Where the guest goes"

// check says what is wrong with a car whose agent died.
func (l *life) check(a *program) error {
	roster, err := bolt.ReadRoster(a.state(""))
	if err != nil {
		return err
	}
	ring, err := keyring.Peek(a.state(""))
	if err != nil {
		return err
	}
	defer ring.Close()
	_, there := roster.Find(profiles.ID{2})
	switch has := ring.Has(profiles.ID{2}); {
	case l.removed && (there || has):
		return fmt.Errorf("who was removed is there %v, with a key %v", there, has)
	case !l.tried && !(there && has):
		return fmt.Errorf("who was not removed is there %v, with a key %v", there, has)
	}
	return nil
}

// settings says which acknowledged setting of who is at the wheel is lost.
func (l *life) settings(ctx context.Context, a *program) error {
	for _, who := range []profiles.ID{{1}, {2}} {
		acked, known := l.acked[who]
		settings, err := a.hmi.Login(ctx, who.String(), "", false)
		if err != nil && who == (profiles.ID{2}) && l.tried {
			continue
		}
		if err != nil {
			return fmt.Errorf("log in %s: %w", who, err)
		}
		if strings.Contains(fmt.Sprint(settings), guestsPlace) {
			return fmt.Errorf("%s has what a guest set", who)
		}
		got, err := strconv.Atoi(fmt.Sprint(settings["radio"]["volume"]))
		if err != nil {
			return err
		}
		if known && got != acked && got != l.asked[who] { // one that went unanswered may have been kept
			return fmt.Errorf("%s has the volume %d; %d was acknowledged, %d asked for", who, got, acked, l.asked[who])
		}
		if l.asked[who] > 0 || known {
			l.acked[who], l.asked[who] = got, got
		}
	}
	return nil
}

// The agent dies at any instant under settings, logins, guests and a removal, and starts
// again: what was acknowledged is there, who was removed is not, and nothing of a guest is
// in any file.
func TestKilledAgainAndAgain(t *testing.T) {
	kills, lives := 10, 5 // deaths, and after how many of them another car
	if soak {
		kills, lives = 500, 20
	}
	seed, err := strconv.ParseUint(os.Getenv("SEED"), 10, 64)
	if err != nil {
		seed = uint64(time.Now().UnixNano())
	}
	t.Logf("SEED=%d", seed)
	r, begun, counts := rand.New(rand.NewPCG(seed, 500)), time.Now(), map[string]int{}
	for died := 0; died < kills; {
		a := peopled(t)
		l := &life{acked: map[profiles.ID]int{}, asked: map[profiles.ID]int{}, counts: counts}
		for range lives {
			_, stop := a.boot()
			if err := l.settings(t.Context(), a); err != nil {
				t.Fatalf("after %d kills: %v", died, err)
			}
			ctx, end := context.WithCancel(t.Context())
			dies := time.AfterFunc(time.Duration(r.IntN(300_000))*time.Microsecond, func() { stop(syscall.SIGKILL); end() })
			l.live(ctx, a, r)
			dies.Stop()
			end()
			stop(syscall.SIGKILL)
			died++
			if found := a.holding(guestsPlace); len(found) > 0 {
				t.Fatalf("after %d kills: a guest's value in %v", died, found)
			}
		}
		_, stop := a.boot() // it finishes what was begun
		if err := l.settings(t.Context(), a); err != nil {
			t.Fatalf("after %d kills: %v", died, err)
		}
		stop(syscall.SIGTERM)
		if err := l.check(a); err != nil {
			t.Fatalf("after %d kills: %v", died, err)
		}
	}
	said := ""
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		said += fmt.Sprintf(", %d %s", counts[name], name)
	}
	t.Logf("%d kills in %.0f s%s", kills, time.Since(begun).Seconds(), said)
	if counts["settings"] == 0 || counts["guests"] == 0 || soak && counts["removals"] == 0 {
		t.Error("the kills came before anything was done")
	}
}

// holding are the files of the state directory that hold a text.
func (a *program) holding(text string) (all []string) {
	names, _ := filepath.Glob(a.state("*"))
	for _, name := range names {
		if b, err := os.ReadFile(name); err == nil && strings.Contains(string(b), text) {
			all = append(all, filepath.Base(name))
		}
	}
	return all
}
