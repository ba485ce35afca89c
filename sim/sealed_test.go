package sim_test

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"glovebox/sim"
	"glovebox/sim/cloud"
)

// often releases places every two seconds, so that a test need not wait.
const often = `class,main,shared,limited,limited_assigned,workshop,backend,guest_driving,no_position,offline,action_detail,reason
position,allow,allow,withhold,withhold,withhold,withhold,withhold,withhold,withhold,topic=position seal=yes every=2s sample=1s max_age=20s retain=never,test
`

// Places go sealed to each phone that may know them, open on that phone, and can
// be read nowhere on the way; a car that is asked where it is answers likewise.
func TestPlacesAreSealedToPhones(t *testing.T) {
	t.Parallel()
	needsBus(t)
	program, err := gloveboxd()
	if err != nil {
		t.Fatal(err)
	}
	people := []cloud.User{{Name: "anna", Role: cloud.Main, Seal: true}, {Name: "lea", Role: cloud.Shared, Seal: true}, {Name: "jonas", Role: cloud.Limited, Seal: true}}
	o, err := sim.RAV4(sim.Options{Gloveboxd: program, Users: people, Policy: []byte(often)})
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	w, err := sim.Start(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := w.Boot(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := w.HMI.Login(ctx, id(t, w, "anna"), "480213", false); err != nil {
		t.Fatal(err)
	}
	drive, err := sim.RAV4Drive()
	if err != nil {
		t.Fatal(err)
	}
	driving, stop := context.WithCancel(ctx)
	drove := make(chan error, 1)
	go func() { drove <- w.Replay(drive, nil).Play(driving) }()
	defer func() {
		stop()
		if err := <-drove; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	}()
	for _, name := range []string{"anna", "lea"} {
		m := place(t, w, name, 0)
		if _, ok := m.Value("Vehicle.CurrentLocation.Latitude"); m.Form != "hpke" || !ok || bytes.Contains(m.Raw, []byte("Latitude")) {
			t.Errorf("%s: %+v", name, m)
		}
	}
	if _, limited := first(w, "jonas", 0); limited {
		t.Error("jonas was told a place")
	}
	n := w.Cloud.Count("lea")
	if got := answer(t, w, "lea", "locate", nil); got != "done" {
		t.Errorf("locate: %s", got)
	}
	place(t, w, "lea", n)
	if breaches := w.Cloud.Breaches(); len(breaches) > 0 {
		t.Errorf("breaches: %v", breaches)
	}
}

// first is the first place that a reader found after n messages.
func first(w *sim.World, name string, n int) (cloud.Message, bool) {
	for _, m := range w.Cloud.Since(name, n) {
		if m.Kind == "position" && m.Err == nil {
			return m, true
		}
	}
	return cloud.Message{}, false
}

// place waits for it.
func place(t *testing.T, w *sim.World, name string, n int) cloud.Message {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	var m cloud.Message
	if err := w.Cloud.Wait(ctx, func() (there bool) { m, there = first(w, name, n); return there }); err != nil {
		t.Fatalf("no place for %s among %d messages: %v", name, w.Cloud.Count(name), err)
	}
	return m
}
