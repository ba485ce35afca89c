package sim_test

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"glovebox/sim"
	"glovebox/sim/car"
	"glovebox/sim/cloud"
)

// ordering is a phone that orders and waits for the answer.
func ordering(t *testing.T, w *sim.World, name string) func(act string, args map[string]any) string {
	t.Helper()
	phone, err := w.Cloud.Phone(name)
	if err != nil {
		t.Fatal(err)
	}
	return func(act string, args map[string]any) string {
		t.Helper()
		ctx, done := context.WithTimeout(t.Context(), 15*time.Second)
		defer done()
		r, err := phone.Act(ctx, act, args)
		if err != nil {
			t.Fatal(err)
		}
		if r.Reason != "" {
			return r.Reason
		}
		return r.Result
	}
}

// knownParked waits until the agent knows that the car is parked: a bus has two seconds
// to say so after a start.
func knownParked(t *testing.T, w *sim.World) {
	t.Helper()
	until(t, "parked", func() bool {
		v, err := w.HMI.Properties(t.Context(), "Vehicle1")
		return err == nil && v["Parked"] == true
	})
}

// What a phone orders goes through a real broker to the real agent and onto the bus
// of a car that obeys: signed facts first, then the action, then what the car shows.
func TestPhonesOrder(t *testing.T) {
	t.Parallel()
	w := startWorld(t, sim.Options{Dir: filepath.Join(t.TempDir(), "w"), Vehicle: &car.Setup{Seed: 3, Fobs: []string{"anna"}}})
	if err := w.Boot(t.Context()); err != nil {
		t.Fatal(err)
	}
	seen(t, w, "Cabin.Door.Row1.DriverSide.IsLocked", "true")
	knownParked(t, w)
	anna, lea := ordering(t, w, "anna"), ordering(t, w, "lea")
	for _, row := range []struct {
		who        string
		phone      func(string, map[string]any) string
		act        string
		args       map[string]any
		want       string
		path, says string
	}{
		{"anna", anna, "unlock", nil, "done", "Cabin.Door.Row1.DriverSide.IsLocked", "false"},
		{"lea", lea, "lock", nil, "done", "Cabin.Door.Row1.DriverSide.IsLocked", "true"},
		{"anna", anna, "flash", nil, "done", "Body.Lights.Hazard.IsSignaling", "false"},
		{"lea", lea, "climate-start", map[string]any{"celsius": 22.5, "minutes": 10}, "done", "Cabin.HVAC.IsAirConditioningActive", "true"},
		{"lea", lea, "climate-start", map[string]any{"celsius": 40, "minutes": 10}, "bad-request", "Cabin.HVAC.IsAirConditioningActive", "true"},
		{"anna", anna, "climate-stop", nil, "done", "Cabin.HVAC.IsAirConditioningActive", "false"},
		{"anna", anna, "assign", map[string]any{"trip": "t", "users": []string{id(t, w, "lea")}}, "bad-request", "Cabin.Door.Row1.DriverSide.IsLocked", "true"},
	} {
		if got := row.phone(row.act, row.args); got != row.want {
			t.Errorf("%s %s: %s, want %s", row.who, row.act, got, row.want)
		}
		seen(t, w, row.path, row.says)
	}
	w.Car.Ignition(true)
	seen(t, w, "LowVoltageSystemState", "ON")
	if got := anna("unlock", nil); got != "not-now" {
		t.Errorf("unlock in use: %s", got)
	}
	if breaches := w.Cloud.Breaches(); len(breaches) > 0 {
		t.Errorf("breaches: %v", breaches)
	}
}

// An action that is sent again is carried out once and answered once.
func TestReplayIsSilent(t *testing.T) {
	t.Parallel()
	w := startWorld(t, sim.Options{Dir: filepath.Join(t.TempDir(), "w"), Vehicle: &car.Setup{Seed: 3, Fobs: []string{"anna"}}})
	if err := w.Boot(t.Context()); err != nil {
		t.Fatal(err)
	}
	knownParked(t, w)
	phone, err := w.Cloud.Phone("anna")
	if err == nil {
		_, err = phone.Ask(t.Context())
	}
	var a cloud.Action
	if err == nil {
		a, err = phone.Draft("unlock", nil)
	}
	for range 3 {
		if err == nil {
			err = phone.Send(t.Context(), a)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	if r, err := phone.Result(t.Context(), a.Ctr); err != nil || r.Result != "done" {
		t.Fatalf("%+v, %v", r, err)
	}
	until(t, "two replays refused", func() bool {
		all, err := w.HMI.Statistics(t.Context())
		return err == nil && all["actions.refused.counter"] == uint64(2) && all["actions.done"] == uint64(1)
	})
}
