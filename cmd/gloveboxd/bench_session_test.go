package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"glovebox/agent"
	"glovebox/profiles"
	"glovebox/telemetry"
	"glovebox/telemetry/outbox"
	"glovebox/telemetry/outside"
)

// What a session costs without the PIN hash and the bus, in a car with six people and full
// stores beside one with two people and empty ones, in turn. Goals: login p99 5 ms, guest
// start 1 ms, wipe without the fresh process 10 ms; and no more where there is more.
func BenchmarkSession(b *testing.B) {
	cars := []struct {
		name  string
		cabin *agent.Cabin
	}{{"full", benchCar(b, 6, 500)}, {"empty", benchCar(b, 2, 0)}}
	s, n := series{}, 0
	one, two := profiles.ID{1}, profiles.ID{2}
	for b.Loop() {
		for _, car := range cars {
			c := car.cabin
			n++
			login := func(who profiles.ID) func() error {
				return func() error { _, err := c.Login(b.Context(), who, profiles.PIN{}, false); return err }
			}
			for _, step := range []struct {
				what string
				do   func() error
			}{
				{"login", login(one)},
				{"set", func() error {
					return c.Set(b.Context(), profiles.ID{}, profiles.Values{"radio": {"volume": uint8(n % 100)}}, nil)
				}},
				{"switch", login(two)},
				{"", func() error { return c.Logout(b.Context()) }},
				{"guest", func() error { _, err := c.StartGuest(b.Context(), false); return err }},
				{"", func() error {
					return c.Set(b.Context(), profiles.ID{}, profiles.Values{"radio": {"volume": uint8(n % 100)}}, nil)
				}},
				{"wipe", func() error { return c.Logout(b.Context()) }},
			} {
				if step.what == "" {
					if err := step.do(); err != nil {
						b.Fatal(err)
					}
					continue
				}
				s.clock(b, step.what+" "+car.name, step.do)
			}
		}
	}
	for _, what := range []string{"login", "switch", "set", "guest", "wipe"} {
		all := slices.Sorted(slices.Values(s[what+" full"]))
		b.ReportMetric(all[len(all)*99/100], what+"-p99-ms")
		s.report(b, what+" full", what+"-ms")
		s.report(b, what+" empty", what+"-empty-ms")
		s.ratio(b, what+" full", what+" empty", what+"-full/empty")
	}
}

// benchCar is a cabin over real stores, with so many people, each with so many kilobytes of
// favourites, and messages that wait.
func benchCar(b *testing.B, people, kilobytes int) *agent.Cabin {
	b.Helper()
	log := slog.New(slog.DiscardHandler)
	s, err := openStores(b.Context(), filepath.Join(b.TempDir(), "state"), log)
	if err != nil {
		b.Fatal(err)
	}
	roster := profiles.Roster{VID: s.identity.VID, Version: 1, Issued: time.Now(), GuestServices: true}
	for n := range people {
		role := profiles.Secondary
		if n == 0 {
			role = profiles.Main
		}
		roster.People = append(roster.People, profiles.Person{
			ID: profiles.ID{byte(n + 1)}, Mailbox: strings.Repeat(fmt.Sprintf("a%d", n), 16), Role: role, State: profiles.Active, Sharing: profiles.Shared, Name: profiles.Conceal("x"),
		})
	}
	_, err = s.people.Apply(roster)
	for _, p := range roster.People {
		for i := range kilobytes {
			err = errors.Join(err, s.people.SetSettings(p.ID, profiles.Encoded{"radio": {fmt.Sprint("k", i): make([]byte, 1000)}}, nil))
			if i == 60 {
				break
			}
		}
	}
	box := s.queue(outbox.Bounds{MaxBytes: 4 << 20, MaxAge: time.Hour})
	if err := errors.Join(err, box.Open()); err != nil {
		b.Fatal(err)
	}
	cabin, err := agent.New(agent.Needs{
		Model: agent.Model{Name: "Taycan", Year: 2024}, Identity: s.identity, Policy: outside.Builtin(), Fresh: true, Epoch: newEpoch(), Store: s.people,
		Courier: telemetry.NewCourier(telemetry.CourierOptions{VID: s.identity.VID, Epoch: newEpoch(), Outbox: box}),
		Now:     now, Random: func(string) io.Reader { return rand.Reader }, Log: log,
	})
	if err != nil {
		b.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- agent.Tick(ctx, cabin, 0, nil) }()
	b.Cleanup(func() { stop(); <-ended; _ = box.Close(); _ = s.release() })
	return cabin
}
