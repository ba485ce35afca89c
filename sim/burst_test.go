package sim_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"testing"

	"glovebox/headunit"
	"glovebox/sim"
	"glovebox/sim/car"
)

// callers are the programs that ask at once, and how often each.
const callers, requests = 10, 10

// asked is a request as it passed on the bus, in its order, and what it was answered.
type asked struct {
	who, answer string // id or guest; an error's name, empty for none
}

// burst has many programs ask for the wheel at once, each several times: people with
// their PIN and guests, with wait and without where mixed. The agent sees none of it
// before all has reached the bus. It returns what passed there.
func burst(t *testing.T, w *sim.World, mixed bool) []asked {
	t.Helper()
	before := len(passed(t, w))
	clients := make([]*headunit.Client, callers)
	for i := range clients {
		var err error
		if clients[i], err = headunit.Dial(t.Context(), w.DBus.Address); err != nil {
			t.Fatal(err)
		}
		defer clients[i].Close()
		if _, err := clients[i].Session(t.Context()); err != nil { // the agent knows whose program it is
			t.Fatal(err)
		}
	}
	agent, err := os.FindProcess(w.Agent.PID())
	if err != nil {
		t.Fatal(err)
	}
	signal := func(s syscall.Signal) {
		if err := agent.Signal(s); err != nil {
			t.Fatal(err)
		}
	}
	signal(syscall.SIGSTOP)
	var all sync.WaitGroup
	for n := range callers * requests {
		all.Go(func() {
			if err := request(t, w, clients[n%callers], n/callers, !mixed || n%3 == 0); err != nil {
				t.Error(err)
			}
		})
	}
	until(t, "all on the bus", func() bool { return len(passed(t, w)) == before+callers*requests })
	signal(syscall.SIGCONT)
	all.Wait()
	var after []asked
	until(t, "all answers on the bus", func() bool {
		after = passed(t, w)[before:]
		return !slices.ContainsFunc(after, func(a asked) bool { return a.answer == "?" })
	})
	return after
}

// request is one of them; that it was superseded is no error.
func request(t *testing.T, w *sim.World, c *headunit.Client, n int, wait bool) (err error) {
	people := []struct{ name, pin string }{{"anna", "480213"}, {"lea", "590324"}, {"jonas", "601435"}, {"", ""}}
	if p := people[n%len(people)]; p.name == "" {
		_, err = c.Guest(t.Context(), wait)
	} else {
		r, _ := w.Cloud.Reader(p.name)
		_, err = c.Login(t.Context(), r.ID, p.pin, wait)
	}
	if r, refused := errors.AsType[*headunit.Refusal](err); refused && r.Name == "Superseded" {
		return nil
	}
	return err
}

// passed reads all requests for the wheel out of the record of the bus.
func passed(t *testing.T, w *sim.World) (all []asked) {
	t.Helper()
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(filepath.Join(w.Dir, "dbus.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	at := map[[2]any]int{}
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var l struct {
			Type, Sender, Destination, Member, Error string
			Serial                                   uint32
			ReplyTo                                  any `json:"reply_to"`
			Body                                     []any
		}
		if json.Unmarshal(lines.Bytes(), &l) != nil {
			continue // its end is still being written
		}
		switch {
		case l.Member == "Login":
			path, _ := l.Body[0].(string)
			at[[2]any{l.Sender, float64(l.Serial)}] = len(all)
			all = append(all, asked{headunit.ID(path), "?"})
		case l.Member == "StartGuest":
			at[[2]any{l.Sender, float64(l.Serial)}] = len(all)
			all = append(all, asked{"guest", "?"})
		default:
			if i, ours := at[[2]any{l.Destination, l.ReplyTo}]; ours {
				all[i].answer = l.Error
			}
		}
	}
	return all
}

// However many programs ask for the wheel at once, and whatever for, one request
// succeeds: the last that reached the bus. Every other one is told that it was superseded.
func TestOfABurstTheLastWins(t *testing.T) {
	t.Parallel()
	w := startWorld(t, sim.Options{Dir: filepath.Join(t.TempDir(), "w"), Vehicle: &car.Setup{Seed: 3}, Record: true})
	if err := w.Boot(t.Context()); err != nil {
		t.Fatal(err)
	}
	knownParked(t, w)
	for range 3 {
		all := burst(t, w, true)
		for i, a := range all {
			want := "org.glovebox.Error.Superseded"
			if i == len(all)-1 {
				want = ""
			}
			if a.answer != want {
				t.Errorf("request %d of %d, for %s: %q", i+1, len(all), a.who, a.answer)
			}
		}
		last := all[len(all)-1].who
		s, err := w.HMI.Session(t.Context())
		if at := s.Profile; err != nil || at != last && (last != "guest" || s.State != "guest") {
			t.Errorf("%s asked last, at the wheel is %+v, %v", last, s, err)
		}
	}
}

// On the move those that wait are answered at once; who asked last is at the wheel once
// the car is parked, and nobody else was meanwhile.
func TestOfABurstOnTheMoveTheLastWaits(t *testing.T) {
	t.Parallel()
	w := startWorld(t, sim.Options{Dir: filepath.Join(t.TempDir(), "w"), Vehicle: &car.Setup{Seed: 3}, Record: true})
	if err := w.Boot(t.Context()); err != nil {
		t.Fatal(err)
	}
	knownParked(t, w)
	w.Car.Ignition(true)
	if err := w.Car.Gear("D"); err != nil {
		t.Fatal(err)
	}
	until(t, "not parked", func() bool {
		s, err := w.HMI.Session(t.Context())
		return err == nil && !s.Parked
	})
	all := burst(t, w, false)
	for i, a := range all {
		if a.answer != "" && (i == len(all)-1 || a.answer != "org.glovebox.Error.Superseded") {
			t.Errorf("request %d of %d, for %s: %q", i+1, len(all), a.who, a.answer)
		}
	}
	last := all[len(all)-1].who
	s, err := w.HMI.Session(t.Context())
	if err != nil || s.State != "idle" || s.Pending != last {
		t.Errorf("%s asked last, the session is %+v, %v", last, s, err)
	}
	if err := w.Car.Gear("P"); err != nil {
		t.Fatal(err)
	}
	until(t, "at the wheel", func() bool {
		s, err = w.HMI.Session(t.Context())
		return err == nil && s.State != "idle"
	})
	if s.Profile != last && (last != "guest" || s.State != "guest") {
		t.Errorf("%s asked last, at the wheel is %+v", last, s)
	}
}
