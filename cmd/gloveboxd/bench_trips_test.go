package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"glovebox/profiles"
	"glovebox/profiles/bolt"
	"glovebox/profiles/keyring"
	"glovebox/telemetry"
	"glovebox/telemetry/trip"
)

// From exec to the bus name owned with the trips of ninety days of six people, as many as
// are kept, beside none. Goal: a start that is 10 % longer at most.
func BenchmarkTripsStart(b *testing.B) {
	program := build(b, "gloveboxd", ".")
	agents, worlds, s := map[string]*starter{}, map[string]string{}, series{}
	for _, name := range []string{"full", "empty"} {
		w := booted(b, program, "main", "shared", "shared", "shared", "shared", "shared")
		if err := w.Stop(); err != nil {
			b.Fatal(err)
		}
		if name == "full" {
			fillTrips(b, filepath.Join(w.Dir, "state"))
		}
		cutOff(b, w.Config)
		agents[name], worlds[name] = newStarter(b, w.DBus.Address), w.Config
	}
	for b.Loop() {
		for range turns {
			for name, agent := range agents {
				s.add(name, agent.start(b, program, "--config", worlds[name]))
				agent.end(b, syscall.SIGTERM)
			}
		}
	}
	s.report(b, "full", "trips-full-ms")
	s.report(b, "empty", "trips-empty-ms")
	s.ratio(b, "full", "empty", "trips-full/empty")
}

// fillTrips gives each person four trips a day of 5.7 KB for ninety days: 2 MiB.
func fillTrips(b *testing.B, state string) {
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
	for n, p := range roster.People {
		kept := map[string][]byte{}
		for i := range 360 {
			at := time.Now().Add(-time.Duration(i) * 6 * time.Hour)
			k := telemetry.KeptTrip{Stage: telemetry.TripDone, Trip: trip.Trip{
				ID: fmt.Sprintf("%032x", 1000*n+i), Metres: 12_000, Seconds: 1200, Track: strings.Repeat("_p~iF", 1080),
				Start: trip.Point{At: at}, End: trip.Point{At: at.Add(20 * time.Minute)},
			}}
			if kept[k.ID], err = k.Encode(); err != nil {
				b.Fatal(err)
			}
		}
		if err := store.SetTrips(map[profiles.ID]map[string][]byte{p.ID: kept}); err != nil {
			b.Fatal(err)
		}
	}
	if err := errors.Join(store.Close(), ring.Close()); err != nil {
		b.Fatal(err)
	}
}
