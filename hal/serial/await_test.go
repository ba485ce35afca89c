package serial_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"glovebox/hal/serial"
)

// step is the time between two things that happen while Await waits: the last of
// six comes later than the next look in any case would.
const step = 250 * time.Millisecond

// await waits for a name in a fresh directory and says how long that took.
func await(t *testing.T, ctx context.Context, name string, meanwhile ...func() error) time.Duration {
	t.Helper()
	for i, do := range meanwhile {
		time.AfterFunc(time.Duration(i+1)*step, func() {
			if err := do(); err != nil {
				t.Error(err)
			}
		})
	}
	start := time.Now()
	serial.Await(ctx, name)
	return time.Since(start)
}

// A device that appears is seen at once, also if the directories above it appear
// with it, as /dev/serial/by-id does; other names change nothing.
func TestAwait(t *testing.T) {
	dir := t.TempDir()
	port := filepath.Join(dir, "serial", "by-id", "adapter")
	mkdir := func(name string) func() error {
		return func() error { return os.Mkdir(filepath.Join(dir, name), 0o755) }
	}
	took := await(t, t.Context(), port, mkdir("other"), mkdir("serial"), mkdir("serial/other"), mkdir("serial/by-id"), mkdir("serial/by-id/other"),
		func() error { return os.Symlink(dir, port) })
	if took < 6*step || took > 6*step+time.Second {
		t.Errorf("seen after %v, want %v", took, 6*step)
	}
}

// A directory that goes away is looked for anew.
func TestAwaitWhileTheDirectoryGoes(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "by-id")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	took := await(t, t.Context(), filepath.Join(dir, "adapter"), func() error { return os.Remove(dir) }, func() error { return os.Mkdir(dir, 0o755) },
		func() error { return os.WriteFile(filepath.Join(dir, "adapter"), nil, 0o600) })
	if took < 3*step || took > 3*step+time.Second {
		t.Errorf("seen after %v, want %v", took, 3*step)
	}
}

// A device that is there but could not be opened is worth another try in a second.
func TestAwaitWhatIsThere(t *testing.T) {
	if took := await(t, t.Context(), t.TempDir()); took < 900*time.Millisecond || took > 3*time.Second {
		t.Errorf("again after %v, want 1 s", took)
	}
}

func TestAwaitEnds(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	took := await(t, ctx, filepath.Join(t.TempDir(), "nothing"), func() error { stop(); return nil })
	if took > 2*time.Second {
		t.Errorf("goes on for %v after its end", took-step)
	}
}
