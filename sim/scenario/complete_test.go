package scenario_test

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"glovebox/sim"
	"glovebox/sim/scenario"
)

// What a line may go on with is what the language takes there, and what the world
// has: people, alarms, routes, settings, paths, marks.
func TestComplete(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("dbus-daemon"); err != nil {
		t.Skip("dbus-daemon is not installed")
	}
	program, err := sim.Find(t.Context(), "gloveboxd", "", t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	s := scenario.NewSession("x", scenario.Options{Gloveboxd: program}, os.ReadFile)
	defer func() {
		if r, err := s.Close(); err != nil || !r.OK {
			t.Errorf("%+v, %v", r, err)
		}
	}()
	if got := s.Complete(t.Context(), "log"); slices.Contains(got, "boot") || !slices.Contains(got, "login") {
		t.Errorf("before the world begins: %q", got)
	}
	for _, line := range []string{"car Taycan 2024", "users mira:main tom:limited", "boot", "mark dusk", "expect port can up within 5s"} {
		if all, err := s.Do(t.Context(), line); err != nil || !all[len(all)-1].OK {
			t.Fatalf("%s: %v, %v", line, all, err)
		}
	}
	for _, tt := range []struct{ text, done string }{
		{"bo", "boot "},
		{"login m", "login mira "},
		{"wait unt", "wait until "},
		{"login ", "login "}, // both
		{"expect state a", "expect state active "},
		{"expect state active t", "expect state active tom "},
		{"expect err", "expect error "},
		{"expect error Wro", "expect error WrongPIN "},
		{"alarm br", "alarm brake "},
		{"drive comm", "drive commute.gpx "},
		{"set nav", "set navigation "},
		{"set radio vo", "set radio volume "},
		{"expect not setting radio fav", "expect not setting radio favourites "},
		{"signal Vehicle.LowVoltageS", "signal Vehicle.LowVoltageSystemState "},
		{"expect signal Vehicle.Spe", "expect signal Vehicle.Speed "},
		{"document lim", "document limit "},
		{"document limit t", "document limit tom "},
		{"meanwhile app m", "meanwhile app mira "},
		{"sync d", "sync drive "},
		{"nothing of the k", "nothing of the k"},
	} {
		if done, _ := scenario.Completed(tt.text, s.Complete(t.Context(), tt.text)); done != tt.done {
			t.Errorf("%q goes on as %q, want %q", tt.text, done, tt.done)
		}
	}
	if got := s.Complete(t.Context(), "login "); strings.Join(got, " ") != "mira tom" {
		t.Errorf("who may log in: %q", got)
	}
}
