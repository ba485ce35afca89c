package sim_test

import (
	"cmp"
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"glovebox/sim"
	"glovebox/sim/car"
)

// The broker is killed again and again, each time while a warning light has just changed:
// the main and the shared user hear every change, once, in order, and no number is missing
// or stands for two. SOAK_BROKER is how often.
func TestBrokerKilled(t *testing.T) {
	t.Parallel()
	kills, _ := strconv.Atoi(cmp.Or(os.Getenv("SOAK_BROKER"), "5"))
	w := startWorld(t, sim.Options{
		Vehicle: &car.Setup{Pace: 8, Seed: 3},
		Config:  []sim.Setting{{Key: "mqtt.reconnect_max", Value: `"500ms"`}},
	})
	ctx := t.Context()
	if err := w.Boot(ctx); err != nil {
		t.Fatal(err)
	}
	codes := []string{"abs", "brake", "airbag", "battery-12v", "coolant-hot", "tyre-pressure-fl", "tyre-pressure-fr", "tyre-pressure-rl", "tyre-pressure-rr", "service-due"}
	var changes []string
	for i := range kills {
		code, on := codes[i/2%len(codes)], i%2 == 0
		if err := w.Car.Alarm(code, on); err != nil {
			t.Fatal(err)
		}
		changes = append(changes, fmt.Sprint(code, " ", on))
		time.Sleep(time.Duration(i*37%200) * time.Millisecond) // on its way, or not yet, or there already
		if err := w.RestartBroker(ctx, time.Duration(i*13%50)*time.Millisecond); err != nil {
			t.Fatalf("kill %d: %v", i+1, err)
		}
		for _, name := range []string{"anna", "lea"} {
			arrived(t, w, name, changes)
		}
	}
	if breaches := w.Cloud.Breaches(); len(breaches) > 0 {
		t.Errorf("breaches: %v", breaches)
	}
	t.Logf("%d kills, %d changes of warning lights to each of two readers", kills, len(changes))
}

// arrived waits until a reader has heard these changes, in order and once each. One that
// comes for the third time within ten minutes may take a minute.
func arrived(t *testing.T, w *sim.World, name string, want []string) {
	t.Helper()
	var got []string
	for end := time.Now().Add(90 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		got = nil
		for _, m := range w.Cloud.Since(name, 0) {
			if m.Alarm != nil && !m.Repeat {
				got = append(got, fmt.Sprint(m.Alarm.Code, " ", m.Alarm.Active))
			}
		}
		if fmt.Sprint(got) == fmt.Sprint(want) {
			return
		}
		if len(got) > len(want) || time.Now().After(end) {
			t.Fatalf("%s heard %q, want %q", name, got, want)
		}
	}
}
