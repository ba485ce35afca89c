package sim_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"glovebox/headunit"
	"glovebox/sim"
	"glovebox/sim/cloud"
)

// programs is where gloveboxd is built, once for all tests here.
var programs string

var gloveboxd = sync.OnceValues(func() (string, error) {
	return sim.Find(context.Background(), "gloveboxd", "", programs)
})

func TestMain(m *testing.M) {
	if dir := os.Getenv(doomed); dir != "" {
		beDoomed(dir)
	}
	var err error
	if programs, err = os.MkdirTemp("", "gloveboxd"); err != nil {
		panic(err)
	}
	code := m.Run()
	_ = os.RemoveAll(programs)
	os.Exit(code)
}

// startWorld makes a world with a person of each role and the recorded car, or the
// made one if it has a Vehicle.
func startWorld(t *testing.T, o sim.Options) *sim.World {
	t.Helper()
	needsBus(t)
	var err error
	if o.Gloveboxd == "" {
		o.Gloveboxd, err = gloveboxd()
	}
	if err != nil {
		t.Fatal(err)
	}
	o.Users = []cloud.User{{Name: "anna", Role: cloud.Main}, {Name: "lea", Role: cloud.Shared}, {Name: "jonas", Role: cloud.Limited}}
	whole := sim.RAV4
	if o.Vehicle != nil {
		whole = sim.Made
	}
	if o, err = whole(o); err != nil {
		t.Fatal(err)
	}
	w, err := sim.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
		if left := naming(t, w.Dir); len(left) > 0 {
			t.Errorf("still there: %q", left)
		}
	})
	return w
}

func id(t *testing.T, w *sim.World, name string) string {
	t.Helper()
	r, ok := w.Cloud.Reader(name)
	if !ok {
		t.Fatalf("nobody is called %s", name)
	}
	return r.ID
}

// The real agent boots into the world, knows its people, hears the car, keeps
// what was set through a kill, and everything leaves its trace in the files.
func TestWorld(t *testing.T) {
	t.Parallel()
	w := startWorld(t, sim.Options{Dir: filepath.Join(t.TempDir(), "w"), Record: true})
	ctx := t.Context()
	if err := w.Boot(ctx); err != nil {
		t.Fatal(err)
	}
	env, err := os.ReadFile(filepath.Join(w.Dir, "env"))
	if want := fmt.Sprintf("GLOVEBOX_PID=%d\n", w.Agent.PID()); err != nil || !strings.Contains(string(env), want) {
		t.Errorf("env %q: %v", env, err)
	}
	if _, err := w.HMI.Login(ctx, id(t, w, "anna"), "111112", false); headunit.RefusedAs(err) != "WrongPIN" {
		t.Errorf("a wrong PIN: %v", err)
	}
	if _, err := w.HMI.Login(ctx, id(t, w, "anna"), "480213", false); err != nil {
		t.Fatal(err)
	}
	s, err := w.HMI.Session(ctx)
	if err != nil || s.State != "active" || s.Profile != id(t, w, "anna") || s.Role != "main" {
		t.Errorf("session %+v: %v", s, err)
	}
	settings := []struct{ group, key, text string }{
		{"radio", "volume", "37"},
		{"radio", "favourites", `[{"name":"Bayern 2","band":"FM","frequency_khz":88400}]`},
		{"navigation", "home", `{"name":"home","latitude":48,"longitude":11.5}`},
		{"navigation", "avoid", "toll, ferry"},
		{"navigation", "route", "eco"},
	}
	for _, s := range settings {
		if err := w.HMI.SetText(ctx, s.group, s.key, s.text); err != nil {
			t.Errorf("set %s %s %s: %v", s.group, s.key, s.text, err)
		}
	}
	if err := w.HMI.SetText(ctx, "radio", "volume", "loud"); headunit.RefusedAs(err) != "InvalidArgument" {
		t.Errorf("a volume that is none: %v", err)
	}
	hearsTheCar(t, w)

	w.Kill()
	if err := w.Boot(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := w.HMI.Login(ctx, id(t, w, "anna"), "480213", true); err != nil {
		t.Fatal(err)
	}
	for _, s := range settings {
		got, err := w.HMI.Get(ctx, s.group)
		if err != nil || !headunit.EqualSetting(s.group, s.key, got[s.key], s.text) {
			t.Errorf("%s %s is %v after a kill, want %s: %v", s.group, s.key, got[s.key], s.text, err)
		}
	}
	if err := errors.Join(w.Stop(), w.Flush()); err != nil {
		t.Error(err)
	}
	for name, part := range map[string]string{
		"wire.bin": w.Cloud.Identity().VID, "wire.jsonl": `"dir":"in"`, "dbus.jsonl": `"member":"Login"`,
		"can-powertrain.log": " powertrain 0B4#", "can-radar.log": " radar 210#", "gnss.log": "$GNRMC", "agent.log": "ready",
	} {
		text, err := os.ReadFile(filepath.Join(w.Dir, name))
		if err != nil || !bytes.Contains(text, []byte(part)) {
			t.Errorf("%s has no %q: %v", name, part, err)
		}
	}
	if breaches := w.Cloud.Breaches(); len(breaches) > 0 {
		t.Errorf("breaches: %v", breaches)
	}
}

// hearsTheCar drives for a moment until a speed is there.
func hearsTheCar(t *testing.T, w *sim.World) {
	t.Helper()
	drive, err := sim.RAV4Drive()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
	defer cancel()
	lines := make(chan string, 1000)
	watched := make(chan error, 1)
	go func() {
		watched <- w.HMI.Watch(ctx, func(line []byte) error {
			select {
			case lines <- string(line):
			default:
			}
			return nil
		})
	}()
	if err := w.Replay(drive, nil).Play(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a drive of a minute ended early: %v", err)
	}
	if err := <-watched; err != nil {
		t.Error(err)
	}
	close(lines)
	var all []string
	for line := range lines {
		all = append(all, line)
	}
	if !slices.ContainsFunc(all, func(line string) bool { return strings.Contains(line, `"path":"Vehicle.Speed","value":"`) }) {
		t.Errorf("no speed in %d lines", len(all))
	}
	signals, err := w.HMI.Signals(t.Context())
	if err != nil || len(signals) == 0 {
		t.Errorf("%d signals: %v", len(signals), err)
	}
}

// Boot does not wait for a line that is cut; when it is there again the agent
// finds it, also after the broker forgot everything.
func TestWorldOffline(t *testing.T) {
	t.Parallel()
	w := startWorld(t, sim.Options{})
	ctx := t.Context()
	w.Tap.Cut()
	if err := w.Boot(ctx); err != nil {
		t.Fatal(err)
	}
	if s := w.Cloud.State(); s.Online {
		t.Errorf("state over a cut line: %+v", s)
	}
	w.Tap.Open()
	online := func() bool { s := w.Cloud.State(); return s.Online && s.Policy == w.Cloud.Version() }
	wait := func(what string, done func() bool) {
		t.Helper()
		ctx, cancel := context.WithTimeout(ctx, 8*time.Second)
		defer cancel()
		if err := w.Cloud.Wait(ctx, done); err != nil {
			t.Fatalf("%s: %v; state %+v", what, err, w.Cloud.State())
		}
	}
	wait("line opened", online)
	if err := w.RestartBroker(ctx, 50*time.Millisecond); err != nil {
		t.Fatal(err)
	}
	before, _ := w.Tap.Connections()
	wait("broker restarted", func() bool { ever, _ := w.Tap.Connections(); return ever > before-1 && online() })
	next, err := w.Cloud.Limit("lea")
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Issue(ctx, next); err != nil {
		t.Error(err)
	}
}

// An agent that cannot boot says why at once.
func TestBootFails(t *testing.T) {
	t.Parallel()
	w := startWorld(t, sim.Options{Config: []sim.Setting{{Key: "session.at_boot", Value: "picker"}}})
	if err := w.Boot(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := w.Boot(t.Context()); err == nil {
		t.Error("it booted twice")
	}
	pid := w.Agent.PID()
	w.Kill()
	if err := syscall.Kill(pid, 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("agent %d after a kill: %v", pid, err)
	}
	broken := append([]byte("nonsense = 1\n"), readFile(t, w.Config)...)
	if err := os.WriteFile(w.Config, broken, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := w.Boot(t.Context()); err == nil || !strings.Contains(err.Error(), "nonsense") {
		t.Errorf("an unknown key: %v", err)
	}
}

func readFile(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// doomed names the directory of a world whose simulator is about to be killed.
const doomed = "GLOVEBOX_TEST_DOOMED"

// beDoomed is this program in the part of a simulator that is killed.
func beDoomed(dir string) {
	w, err := sim.Start(context.Background(), sim.Options{Dir: dir, Gloveboxd: os.Getenv("GLOVEBOX_TEST_PROGRAM")})
	if err == nil {
		err = w.Boot(context.Background())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println("booted")
	select {}
}

// However the simulator ends, nothing it started is left.
func TestNothingIsLeftOfAKilledSimulator(t *testing.T) {
	t.Parallel()
	needsBus(t)
	program, err := gloveboxd()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "w")
	own := exec.Command(os.Args[0])
	own.Env = append(os.Environ(), doomed+"="+dir, "GLOVEBOX_TEST_PROGRAM="+program)
	own.Stderr = os.Stderr
	out, err := own.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := own.Start(); err != nil {
		t.Fatal(err)
	}
	booted := make([]byte, 6)
	_, err = io.ReadFull(out, booted)
	if left := naming(t, dir); len(left) != 2 {
		t.Errorf("bus and agent are not there: %q, %v", left, err)
	}
	if err := own.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = own.Wait() // killed
	until(t, "bus and agent are gone", func() bool { return len(naming(t, dir)) == 0 })
}
