package main

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"syscall"
	"testing"
	"time"

	"glovebox/hal"
	"glovebox/headunit"
	"glovebox/profiles"
	"glovebox/profiles/bolt"
	"glovebox/profiles/keyring"
	"glovebox/sim"
	"glovebox/telemetry/outbox"
	"glovebox/telemetry/outside"
)

// What start, login, level and logout take with no, 100 and 10,000 messages that
// wait for a broker nobody reaches. Goals: a start that is 10 % longer at most;
// 5 ms for a level that is lowered and for a logout, however many wait.
func BenchmarkGrowth(b *testing.B) {
	program := build(b, "gloveboxd", ".")
	type one struct {
		n     int
		world *sim.World
		agent *starter
		kept  string // the state as it was with n waiting
	}
	var all []one
	for _, n := range []int{0, 100, 10_000} {
		w := booted(b, program, "main", "shared", "shared", "shared", "shared", "shared")
		if err := w.Stop(); err != nil {
			b.Fatal(err)
		}
		state := filepath.Join(w.Dir, "state")
		fill(b, state, n)
		cutOff(b, w.Config)
		kept := filepath.Join(b.TempDir(), "kept")
		if err := os.CopyFS(kept, os.DirFS(state)); err != nil {
			b.Fatal(err)
		}
		all = append(all, one{n, w, newStarter(b, w.DBus.Address), kept})
	}
	s := series{}
	for b.Loop() {
		for range turns {
			for _, c := range all {
				at := "-" + strconv.Itoa(c.n)
				restore(b, c.kept, filepath.Join(c.world.Dir, "state"))
				c.agent.start(b, program, "--config", c.world.Config)
				c.agent.end(b, syscall.SIGTERM)
				s.add("start"+at, c.agent.start(b, program, "--config", c.world.Config))
				hmi, err := headunit.Dial(b.Context(), c.world.DBus.Address)
				if err != nil {
					b.Fatal(err)
				}
				s.clock(b, "login"+at, func() error { login(b, c.world, hmi); return nil })
				s.clock(b, "lower"+at, func() error { return hmi.SetLevel(b.Context(), "no-position") })
				s.clock(b, "raise"+at, func() error { return hmi.SetLevel(b.Context(), "share") })
				s.clock(b, "logout"+at, func() error { return hmi.Logout(b.Context()) })
				hmi.Close()
				c.agent.end(b, syscall.SIGTERM)
			}
		}
	}
	for _, what := range []string{"start", "login", "lower", "raise", "logout"} {
		for _, c := range all {
			name := what + "-" + strconv.Itoa(c.n)
			s.report(b, name, name+"-ms")
		}
	}
	s.ratio(b, "start-10000", "start-0", "start-10000/0")
}

// fill puts n messages into the queue of a stopped agent, for all its people in turn.
func fill(b *testing.B, state string, n int) {
	b.Helper()
	ring, err := keyring.Open(state)
	if err != nil {
		b.Fatal(err)
	}
	store, err := bolt.Open(state, ring, nil)
	if err != nil {
		b.Fatal(err)
	}
	roster, err := store.Roster()
	if err != nil {
		b.Fatal(err)
	}
	var readers []outside.Reader
	for _, p := range roster.People {
		column := outside.ColumnShared
		if p.Role == profiles.Main {
			column = outside.ColumnMain
		}
		readers = append(readers, outside.Reader{ID: p.ID.String(), Mailbox: p.Mailbox, Column: column})
	}
	at := time.Now()
	box := outbox.New(filepath.Join(state, outboxFile), ring, outbox.Bounds{MaxBytes: 4 << 20, MaxAge: 30 * 24 * time.Hour},
		func() hal.Instant { return hal.Instant{UTC: at, Boot: time.Hour} })
	if err := box.Open(); err != nil {
		b.Fatal(err)
	}
	now := hal.Instant{UTC: at, Boot: time.Hour}
	out := outside.New(outside.Builtin(), now, outside.Options{})
	out.SetReaders(1, readers, now)
	for i := 0; i < n; {
		for range 100 {
			out.Answer(readers[i%len(readers)].Mailbox, "key", newEpoch(), uint64(i+1), outside.Done, now)
			i++
		}
		if _, err := box.Put(out.Tick(now)); err != nil {
			b.Fatal(err)
		}
	}
	if err := errors.Join(box.Close(), store.Close(), ring.Close()); err != nil {
		b.Fatal(err)
	}
}

// cutOff has the agent look for its broker where there is none.
func cutOff(b *testing.B, config string) {
	b.Helper()
	text, err := os.ReadFile(config)
	if err != nil {
		b.Fatal(err)
	}
	text = regexp.MustCompile(`(?m)^(\s*broker\s*=).*$`).ReplaceAll(text, []byte("$1 'mqtt://127.0.0.1:1'"))
	if err := os.WriteFile(config, text, 0o600); err != nil {
		b.Fatal(err)
	}
}

// restore makes to hold what from holds.
func restore(b *testing.B, from, to string) {
	b.Helper()
	old, err := os.ReadDir(to)
	if err != nil {
		b.Fatal(err)
	}
	for _, entry := range old {
		if err := os.RemoveAll(filepath.Join(to, entry.Name())); err != nil {
			b.Fatal(err)
		}
	}
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		b.Fatal(err)
	}
}
