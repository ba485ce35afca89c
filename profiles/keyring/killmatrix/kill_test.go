package killmatrix_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"glovebox/profiles/keyring/killmatrix"
)

// calls are the file system calls, and the ends of a process, at which it dies.
var calls = []string{"openat", "pread64", "pwrite64", "write", "fsync", "fdatasync", "flock", "munmap", "close", "exit_group"}

// most bounds the rising N of a program that never survives.
const most = 200

// Whoever is added or removed, and wherever the process dies, the next start
// finds the old state or the new one, whole; and once the change was said to
// have happened, no key of a removed person is in the file.
func TestKillMatrix(t *testing.T) {
	program := build(t, whole)
	for _, s := range scenes(t) {
		seen := newStages(s)
		t.Run(s.name, func(t *testing.T) {
			t.Cleanup(func() { seen.report(t) })
			for _, call := range calls {
				t.Run(call, func(t *testing.T) {
					t.Parallel()
					for n := 1; ; n++ {
						dir := s.stage(t)
						r := strace(t, program, []string{
							"-o", os.DevNull, "-e", "trace=" + call, "-e", fmt.Sprintf("inject=%s:signal=SIGKILL:when=%d", call, n),
						}, s.command, dir)
						if !r.killed && (r.exit != 0 || !r.done) {
							t.Fatalf("%s %d: exit %d: %s", call, n, r.exit, r.stderr)
						}
						seen.note(content(t, dir), r)
						if err := s.check(t, dir, r.done); err != nil {
							t.Errorf("killed at %s %d: %v", call, n, err)
						}
						if !r.killed {
							break // the program survived: it makes fewer calls than n
						}
						if n == most {
							t.Fatalf("still dying at %s %d", call, n)
						}
					}
				})
			}
		})
	}
}

// stages counts what the kills left on disk. A matrix whose kills all hit the
// start of the program proves nothing.
type stages struct {
	scene
	mu     sync.Mutex
	states [3]int // guarded by mu; runs that left 0, 1, 2 slots written
	kills  int    // guarded by mu
	after  int    // guarded by mu; kills after the answer
}

func newStages(s scene) *stages { return &stages{scene: s} }

func (s *stages) note(raw []byte, r run) {
	const half = killmatrix.SlotSize
	written := 0
	for i := range 2 {
		if len(raw) == 2*half && len(s.file) == 2*half && !bytes.Equal(raw[i*half:(i+1)*half], s.file[i*half:(i+1)*half]) {
			written++
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.states[written]++
	if r.killed {
		s.kills++
		if r.done {
			s.after++
		}
	}
}

func (s *stages) report(t *testing.T) {
	t.Logf("%d kills, %d of them after the answer; runs that left 0, 1, 2 slots written: %v", s.kills, s.after, s.states)
	if s.file == nil {
		return
	}
	if s.states[0] == 0 || s.states[1] == 0 || s.states[2] == 0 || s.after == 0 {
		t.Error("the kills did not hit every stage of the change")
	}
}

// The checks of the matrix see a build that leaves the old key in the other
// slot, and one that answers before the disk has what was written.
func TestKillMatrixControls(t *testing.T) {
	builds := []struct {
		name, program    string
		erases, persists bool
	}{
		{"whole", build(t, whole), true, true},
		{"no-erase", build(t, noErase), false, true},
		{"no-fsync", build(t, noFsync), true, false},
	}
	for _, s := range scenes(t) {
		if s.command[0] != "remove" {
			continue
		}
		t.Run(s.name, func(t *testing.T) {
			for _, build := range builds {
				dir := s.stage(t)
				trace := filepath.Join(t.TempDir(), "trace")
				r := strace(t, build.program, []string{"-o", trace, "-e", "trace=pwrite64,fsync,write", "-s", "8"}, s.command, dir)
				if !r.done {
					t.Fatalf("%s: exit %d: %s", build.name, r.exit, r.stderr)
				}
				lines, err := os.ReadFile(trace)
				if err != nil {
					t.Fatal(err)
				}
				if err := s.check(t, dir, true); (err == nil) != build.erases {
					t.Errorf("%s: the scan says %v", build.name, err)
				}
				if err := synced(string(lines)); (err == nil) != build.persists {
					t.Errorf("%s: the trace says %v", build.name, err)
				}
			}
		})
	}
}

// synced reads a trace and says which slot was written and not synced before the
// next write or the answer.
func synced(trace string) error {
	pending, slots, answered := "", 0, false
	for line := range strings.Lines(trace) {
		_, call, _ := strings.Cut(strings.TrimSpace(line), " ") // after the thread's number
		call = strings.TrimSpace(call)
		switch {
		case strings.HasPrefix(call, "pwrite64("):
			if pending != "" {
				return fmt.Errorf("not synced before the next slot: %s", pending)
			}
			pending = call
			slots++
		case strings.HasPrefix(call, "fsync("):
			pending = ""
		case strings.HasPrefix(call, `write(1, "done`):
			if pending != "" {
				return fmt.Errorf("not synced before the answer: %s", pending)
			}
			answered = true
		}
	}
	if slots == 0 || !answered {
		return fmt.Errorf("the trace shows %d slots written, answer %v", slots, answered)
	}
	return nil
}
