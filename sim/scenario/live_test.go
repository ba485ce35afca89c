package scenario_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"glovebox/sim/scenario"
)

// short has a line that fails each time it plays: nobody is at the wheel.
const short = `users anna:main
boot
replay can=rav4 for=300ms
set radio volume 30
sync
`

// live opens a scenario that plays until the test ends it.
func live(t *testing.T, source string) *scenario.Live {
	t.Helper()
	if _, err := exec.LookPath("dbus-daemon"); err != nil {
		t.Skip("dbus-daemon is not installed")
	}
	program, err := gloveboxd()
	if err != nil {
		t.Fatal(err)
	}
	s, err := scenario.Parse("short.txtar", []byte(source), nil)
	if err != nil {
		t.Fatal(err)
	}
	l, err := scenario.Open(t.Context(), s, scenario.Options{Gloveboxd: program, Forget: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

// What is repeated boots once, goes on behind a line that fails, says so, and keeps
// no record. It ends when it is told to.
func TestRepeat(t *testing.T) {
	l := live(t, short)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- l.Repeat(ctx) }()
	var drove, failed bool
	pids := map[int]bool{}
	for give := time.Now().Add(20 * time.Second); l.Progress().Playback < 3; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(give) {
			t.Fatalf("no third drive: %+v", l.Progress())
		}
		p := l.Progress()
		drove = drove || p.Phase == "driving" && p.At > 0 && p.Of > 200*time.Millisecond
		if strings.HasPrefix(p.Note, "boot") {
			t.Fatalf("it boots again: %s", p.Note)
		}
		failed = failed || strings.HasPrefix(p.Note, "set radio volume 30: NotPermitted")
		pids[l.World().Agent.PID()] = true
	}
	if delete(pids, 0); !drove || !failed || len(pids) != 1 {
		t.Errorf("driving was told: %t, the failure was told: %t, agents: %v", drove, failed, pids)
	}
	if _, err := os.Stat(filepath.Join(l.World().Dir, "wire.bin")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the wire is recorded: %v", err)
	}
	cancel()
	select {
	case err := <-ended:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(5 * time.Second):
		t.Fatal("it does not end")
	}
}

// An agent that ends by itself ends what is repeated, and one that never boots.
func TestRepeatEndsWithTheAgent(t *testing.T) {
	l := live(t, "users anna:main\nboot\nreplay can=rav4 nmea=rav4\nsync\n")
	ended := make(chan error, 1)
	go func() { ended <- l.Repeat(t.Context()) }()
	for l.Progress().Playback == 0 {
		time.Sleep(5 * time.Millisecond)
	}
	l.World().Kill()
	select {
	case err := <-ended:
		if err == nil || !strings.Contains(err.Error(), "the agent ended by itself") {
			t.Errorf("a killed agent: %v", err)
		}
	case <-time.After(5 * time.Second):
		t.Fatal("it waits for the drive")
	}
	never := live(t, short)
	if err := os.WriteFile(never.World().Config, []byte("nonsense = 1\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := never.Repeat(t.Context()); err == nil || !strings.HasPrefix(err.Error(), "boot: ") || never.Progress().Playback > 0 {
		t.Errorf("an agent that does not boot: %v", err)
	}
}
