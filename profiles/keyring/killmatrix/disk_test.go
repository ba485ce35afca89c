package killmatrix_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A disk that fails, once or from then on, never leads to an answer that is not
// true: the change is refused, and the next start leaves it whole.
func TestFailingDisk(t *testing.T) {
	program := build(t, whole)
	for _, s := range scenes(t) {
		if s.file == nil {
			continue
		}
		for _, call := range []string{"fsync", "pwrite64"} {
			for _, lasting := range []string{"", "+"} {
				t.Run(strings.Join([]string{s.name, call, lasting}, " "), func(t *testing.T) {
					t.Parallel()
					refused := 0
					for n := 1; ; n++ {
						dir := s.stage(t)
						r := strace(t, program, []string{
							"-o", os.DevNull, "-e", "trace=" + call, "-e", fmt.Sprintf("inject=%s:error=EIO:when=%d%s", call, n, lasting),
						}, s.command, dir)
						if r.killed || r.done != (r.exit == 0) {
							t.Fatalf("%s %d: exit %d, done %v: %s", call, n, r.exit, r.done, r.stderr)
						}
						if r.exit == 3 {
							refused++
						}
						if err := s.check(t, dir, r.done); err != nil {
							t.Errorf("EIO at %s %d: %v", call, n, err)
						}
						if r.done {
							break // fewer calls than n
						}
						if n == most {
							t.Fatalf("still failing at %s %d", call, n)
						}
					}
					if s.command[0] == "remove" && refused != 2 {
						t.Errorf("EraseFailed at %d of the calls, want both slots", refused)
					}
				})
			}
		}
	}
}

// After a failure the slot is written anew and synced, never only synced again:
// a failed sync may have marked what was not written as clean.
func TestSecondAttemptWritesAgain(t *testing.T) {
	program := build(t, whole)
	i := slices.IndexFunc(scenes(t), func(s scene) bool { return s.name == "remove one" })
	s := scenes(t)[i]
	s.command = []string{"insist", s.command[1]}
	for n, want := range map[int]int{2: 3, 3: 4} { // fsync 1 is that of Open; the failed write and both slots again
		dir := s.stage(t)
		trace := filepath.Join(t.TempDir(), "trace")
		r := strace(t, program, []string{
			"-o", trace, "-e", "trace=pwrite64,fsync,write", "-s", "8", "-e", fmt.Sprintf("inject=fsync:error=EIO:when=%d", n),
		}, s.command, dir)
		lines, err := os.ReadFile(trace)
		if err != nil {
			t.Fatal(err)
		}
		if !r.done {
			t.Fatalf("EIO at fsync %d: exit %d: %s", n, r.exit, r.stderr)
		}
		if err := s.check(t, dir, true); err != nil {
			t.Errorf("EIO at fsync %d: %v", n, err)
		}
		if err := synced(string(lines)); err != nil {
			t.Errorf("EIO at fsync %d: %v", n, err)
		}
		if got := strings.Count(string(lines), "pwrite64("); got != want {
			t.Errorf("EIO at fsync %d: %d slots written, want %d:\n%s", n, got, want, lines)
		}
	}
}

// A process that died between writing a slot and syncing it leaves slots that
// look at rest in the page cache. So the next start syncs before it believes them.
func TestStartSyncsFirst(t *testing.T) {
	program := build(t, whole)
	s := scenes(t)[1]
	trace := filepath.Join(t.TempDir(), "trace")
	r := strace(t, program, []string{"-o", trace, "-e", "trace=pread64,pwrite64,fsync,write", "-s", "8"}, []string{"boot"}, s.stage(t))
	lines, err := os.ReadFile(trace)
	if err != nil {
		t.Fatal(err)
	}
	sync, read := strings.Index(string(lines), "fsync("), strings.Index(string(lines), `"GBKEYS01"`)
	if !r.done || sync < 0 || read < sync || strings.Contains(string(lines), "pwrite64(") {
		t.Errorf("want a sync, then the reading of the slots, and no write for a ring at rest:\n%s", lines)
	}
}
