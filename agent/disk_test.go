package agent_test

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"glovebox/agent"
	"glovebox/hal"
	"glovebox/profiles"
)

var errDisk = errors.New("input/output error")

// faulty is a store of which one call fails, about one person where it is about any.
type faulty struct {
	*store
	call string
	who  profiles.ID
}

func (f faulty) fails(call string, who profiles.ID) error {
	if f.call == call && f.who == who {
		return errDisk
	}
	return nil
}

func (f faulty) Roster() (profiles.Roster, error) {
	return f.People, f.fails("Roster", f.who)
}

func (f faulty) Lockout(who profiles.ID) (profiles.Lockout, error) {
	l, _ := f.store.Lockout(who)
	return l, f.fails("Lockout", who)
}

func (f faulty) OwnVerifier(who profiles.ID) (profiles.Verifier, error) {
	v, _ := f.store.OwnVerifier(who)
	return v, f.fails("OwnVerifier", who)
}

func (f faulty) CarFact(name string) ([]byte, error) {
	fact, _ := f.store.CarFact(name)
	return fact, f.fails("CarFact "+name, profiles.ID{})
}

// A PIN whose state cannot be read at the start is not tried until a recovery, also not
// the right one; nobody else's is concerned. Of a tally that cannot be read all wait.
func TestUnreadablePINs(t *testing.T) {
	disk := newStore()
	enrolledPINs(t, disk)
	for _, row := range []struct {
		call string
		off  []profiles.ID
		wait time.Duration // for whom it ends
	}{
		{"Lockout", []profiles.ID{lea}, 0},
		{"OwnVerifier", []profiles.ID{lea}, 0},
		{"CarFact tally", []profiles.ID{anna, lea}, 10 * time.Minute},
		{"CarFact document-age", nil, 0},
		{"none", nil, 0},
	} {
		who := lea
		if strings.HasPrefix(row.call, "CarFact") {
			who = profiles.ID{}
		}
		w := startWorld(t, "Taycan", disk, func(_ *world, n *agent.Needs) { n.Store = faulty{disk, row.call, who} })
		w.stand(5 * time.Second)
		off := map[profiles.ID]bool{}
		for _, id := range row.off {
			off[id] = true
		}
		for _, id := range []profiles.ID{anna, lea} {
			_, err := w.Login(t.Context(), id, rightPIN, false)
			if want := profiles.ErrLockedOut; off[id] != errors.Is(err, want) || !off[id] && err != nil {
				t.Errorf("%s: %v: %v", row.call, id, err)
			}
		}
		if row.wait == 0 && len(row.off) > 0 {
			w.pass(time.Hour, -1)
			if _, err := w.Login(t.Context(), lea, rightPIN, false); !errors.Is(err, profiles.ErrLockedOut) {
				t.Errorf("%s: an hour later: %v", row.call, err)
			}
		}
	}
}

// Without the list of people there is no agent: the error is said.
func TestUnreadableRoster(t *testing.T) {
	w := enrolled(t)
	_, err := agent.New(agent.Needs{
		Store: faulty{w.store, "Roster", profiles.ID{}}, Now: func() hal.Instant { return w.now }, Random: func(string) io.Reader { return nil },
	})
	if !errors.Is(err, errDisk) {
		t.Errorf("%v", err)
	}
}

// What a person sets is in force once the disk has it, and not before; a guest needs no
// disk, and nobody sets nothing.
func TestSettingOnAFullDisk(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		set := func(v byte) error {
			return b.Set(t.Context(), profiles.ID{}, profiles.Values{"radio": {"volume": v}}, nil)
		}
		volume := func() any {
			values, err := b.Get(profiles.ID{}, "radio")
			if err != nil {
				return err
			}
			return values["radio"]["volume"]
		}
		if err := set(1); !errors.Is(err, profiles.ErrNotPermitted) {
			t.Errorf("nobody: %v", err)
		}
		b.login(lea)
		if err := set(11); err != nil || volume() != byte(11) {
			t.Errorf("Lea: %v, %v", err, volume())
		}
		b.disk.make("SetSettings", 0, errDisk)
		if err := set(12); !errors.Is(err, errDisk) || volume() != byte(11) {
			t.Errorf("on a full disk: %v, %v", err, volume())
		}
		if err := b.Set(t.Context(), profiles.ID{}, profiles.Values{"radio": nil}, nil); !errors.Is(err, errDisk) || volume() != byte(11) {
			t.Errorf("reset on a full disk: %v, %v", err, volume())
		}
		if _, err := b.StartGuest(t.Context(), false); err != nil {
			t.Fatal(err)
		}
		if err := set(13); err != nil || volume() != byte(13) {
			t.Errorf("a guest: %v, %v", err, volume())
		}
		if err := b.Set(t.Context(), profiles.ID{}, profiles.Values{"radio": nil}, nil); err != nil || volume() != byte(30) {
			t.Errorf("a guest's reset: %v, %v", err, volume())
		}
		for _, err := range []error{
			b.Set(t.Context(), profiles.ID{}, profiles.Values{"tone": nil}, nil), set(101),
		} {
			if !errors.Is(err, profiles.ErrInvalid) {
				t.Errorf("%v", err)
			}
		}
		if _, err := b.Get(profiles.ID{}, "tone"); !errors.Is(err, profiles.ErrInvalid) {
			t.Errorf("a group that is none: %v", err)
		}
	})
}

// Whoever sets something has their answer once the disk has it, in force and before
// anybody is told; what is not kept has none. A guest's is in force and on no disk.
func TestAnsweredBeforeTold(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		answers := 0
		set := func(v byte, wantWrites int) error {
			synctest.Wait()
			heard, writes := len(b.screen.all()), len(b.store.Writes)
			err := b.Set(t.Context(), profiles.ID{}, profiles.Values{"radio": {"volume": v}}, func() {
				answers++
				synctest.Wait()
				values, err := b.Get(profiles.ID{}, "radio")
				if values["radio"]["volume"] != v || err != nil || len(b.store.Writes) != writes+wantWrites {
					t.Errorf("answered: %v, %v, %d writes", values, err, len(b.store.Writes)-writes)
				}
				if now := b.screen.all(); len(now) != heard {
					t.Errorf("told before the answer: %q", now[heard:])
				}
			})
			synctest.Wait()
			if now := b.screen.all(); err == nil && (len(now) != heard+1 || now[heard] != "radio volume") {
				t.Errorf("told %q", now[heard:])
			}
			return err
		}
		b.login(lea)
		if err := set(11, 1); err != nil || answers != 1 {
			t.Errorf("%v, %d answers", err, answers)
		}
		b.disk.make("SetSettings", 0, errDisk)
		if err := set(12, 1); !errors.Is(err, errDisk) || answers != 1 {
			t.Errorf("on a full disk: %v, %d answers", err, answers)
		}
		if _, err := b.StartGuest(t.Context(), false); err != nil {
			t.Fatal(err)
		}
		if err := set(13, 0); err != nil || answers != 2 {
			t.Errorf("a guest: %v, %d answers", err, answers)
		}
	})
}

// A guest who sets something, and a driver who lowers, wait for no disk, however slow.
func TestAGuestWaitsForNoDisk(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		if _, err := b.StartGuest(t.Context(), false); err != nil {
			t.Fatal(err)
		}
		end := b.driving(5 * time.Second)
		time.Sleep(time.Second)
		b.disk.make("SetCarFact gate", 30*time.Second, nil)
		begun := b.at()
		if err := b.SetLevel(t.Context(), "no-position"); err != nil {
			t.Error(err)
		}
		time.Sleep(time.Second) // the disk is at it
		if err := b.Set(t.Context(), profiles.ID{}, profiles.Values{"radio": {"volume": byte(41)}}, nil); err != nil {
			t.Error(err)
		}
		if took := b.at() - begun; took != time.Second {
			t.Errorf("it took %v", took-time.Second)
		}
		end()
	})
}

// A stop says what the disk does not have; once it has everything there is nothing to say.
func TestStopSaysWhatIsNotOnDisk(t *testing.T) {
	for _, broken := range []bool{true, false} {
		inBubble(t, func(t *testing.T, b *bubble) {
			b.login(anna)
			if broken {
				b.disk.make("SetCarFact held", 0, errDisk)
				b.disk.make("SetCarFact document-age", 0, errDisk)
			}
			err := b.Stop(agent.Restart)
			if (err != nil) != broken {
				t.Fatalf("broken %v: %v", broken, err)
			}
			if broken && (!strings.Contains(err.Error(), "queue: not done") || !strings.Contains(err.Error(), "fact document-age: not done")) {
				t.Errorf("%v", err)
			}
			if v := b.SessionView(); v.State != "idle" || v.Reason != "restart" {
				t.Errorf("%+v", v)
			}
			b.disk.make("SetCarFact held", 0, nil)
			b.disk.make("SetCarFact document-age", 0, nil)
		})
	}
}

// The car's own verifier is made once: from the first right PIN on it is the one that counts.
func TestOwnVerifierIsMadeOnce(t *testing.T) {
	withPINs(t, func(t *testing.T, b *bubble) {
		var made []profiles.Verifier
		for range 3 {
			b.login(lea)
			b.login(anna)
			synctest.Wait()
			made = append(made, b.own(lea))
		}
		if made[0].IsZero() || made[1] != made[0] || made[2] != made[0] {
			t.Error("it is made anew at each login")
		}
		if !b.own(jonas).IsZero() {
			t.Error("who never came has one")
		}
	})
}

// A try of a profile that does not exist is written as one of nobody's, and takes no
// try from anybody.
func TestTryOfNobody(t *testing.T) {
	withPINs(t, func(t *testing.T, b *bubble) {
		if err := b.try(nobody, rightPIN); !errors.Is(err, profiles.ErrWrongPIN) {
			t.Fatal(err)
		}
		synctest.Wait()
		for who, want := range map[profiles.ID]int{{}: 1, anna: 0, nobody: 0} {
			if l, _ := b.store.Lockout(who); int(l.Failures) != want {
				t.Errorf("%v: %+v", who, l)
			}
		}
	})
}
