package rundir_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"glovebox/agent/rundir"
)

// open is a base in a directory of the test's own.
func open(t *testing.T, path string) *rundir.Base {
	t.Helper()
	b, aside, err := rundir.Open(path)
	if err != nil || aside != 0 {
		t.Fatalf("open: %d set aside, %v", aside, err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

// names is what is in a directory.
func names(t *testing.T, dir string) (all []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}

func fill(t *testing.T, path string, files ...string) {
	t.Helper()
	for _, f := range files {
		if err := os.MkdirAll(filepath.Join(path, filepath.Dir(f)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(path, f), []byte("Canary"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// Each session has another directory, empty, that its group shares; at the end
// everything in it is gone and counted, and so is the base at the stop.
func TestSession(t *testing.T) {
	base := filepath.Join(t.TempDir(), "base")
	b := open(t, base)
	first, err := b.Make()
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(first)
	if err != nil || info.Mode().Perm() != 0o770 || len(names(t, first)) > 0 {
		t.Errorf("mode %v, %v, want 0770 and nothing in it", info.Mode(), err)
	}
	fill(t, first, "a", "sub/b", "sub/deep/c")
	removed, left, aside := b.Remove(first)
	if removed != 6 || left != 0 || aside != 0 {
		t.Errorf("removed %d, left %d, aside %d, want 6 and none", removed, left, aside)
	}
	second, err := b.Make()
	if err != nil || second == first || len(names(t, second)) > 0 {
		t.Errorf("the next session has %s, %v", second, err)
	}
	b.Remove(second)
	if err := b.Close(); err != nil || len(names(t, base)) > 0 {
		t.Errorf("left in the base: %v, %v", names(t, base), err)
	}
}

// After a crash or a power cut the start removes what was there, and touches nothing
// that it does not know.
func TestStart(t *testing.T) {
	base := t.TempDir()
	b, _, err := rundir.Open(base)
	if err != nil {
		t.Fatal(err)
	}
	path, err := b.Make()
	if err != nil {
		t.Fatal(err)
	}
	fill(t, path, "a", "sub/b")
	fill(t, base, "somebody's/file")
	open(t, base)
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("the directory of the session before: %v", err)
	}
	if _, err := os.Stat(filepath.Join(base, "somebody's/file")); err != nil {
		t.Error(err)
	}
}

// A link leads nowhere: it is removed, and what it names is not.
func TestLinks(t *testing.T) {
	outside := t.TempDir()
	fill(t, outside, "kept")
	b := open(t, t.TempDir())
	path, err := b.Make()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(path, "link")); err != nil {
		t.Fatal(err)
	}
	if removed, left, _ := b.Remove(path); removed != 2 || left != 0 {
		t.Errorf("removed %d, left %d", removed, left)
	}
	// A directory that was exchanged for a link.
	if path, err = b.Make(); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, path); err != nil {
		t.Fatal(err)
	}
	b.Remove(path)
	if got := names(t, outside); len(got) != 1 {
		t.Errorf("behind the link is left %v", got)
	}
}

// Case W1: a process has its working directory and an open file in the directory of a
// session. The path is gone all the same, and the next session has another.
func TestBusyDirectory(t *testing.T) {
	b := open(t, t.TempDir())
	path, err := b.Make()
	if err != nil {
		t.Fatal(err)
	}
	fill(t, path, "open")
	app := exec.Command("sleep", "60")
	app.Dir = path
	file, err := os.Open(filepath.Join(path, "open"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	app.Stdin = file
	if err := app.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = app.Process.Kill(); _ = app.Wait() })
	if removed, left, aside := b.Remove(path); removed != 2 || left != 0 || aside != 0 {
		t.Errorf("removed %d, left %d, aside %d", removed, left, aside)
	}
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("the path: %v", err)
	}
}

// Whoever makes files faster than they are removed does not hold anybody up.
func TestEndlessDirectory(t *testing.T) {
	b := open(t, t.TempDir())
	path, err := b.Make()
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.OpenRoot(path)
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
				if f, err := dir.Create(fmt.Sprint(i)); err == nil {
					f.Close()
				}
			}
		}
	}()
	time.Sleep(20 * time.Millisecond)
	begun := time.Now()
	_, left, aside := b.Remove(path)
	close(stop)
	<-stopped
	if took := time.Since(begun); took > 5*time.Second {
		t.Errorf("it took %v", took)
	}
	if _, err := os.Stat(path); !os.IsNotExist(err) || (left > 0) != (aside > 0) {
		t.Errorf("the path: %v; left %d, aside %d", err, left, aside)
	}
}

// Files of another user, which the agent may not remove, are set aside out of
// everybody's reach and counted; the next start that may removes them.
func TestForeignFiles(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("needs root to be two users")
	}
	base, err := os.MkdirTemp("", "gb")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(base)
	const agent = 65534
	if err := os.Chown(base, agent, agent); err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(base, "..", filepath.Base(base)+".test") // where that user may run it
	self, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(program, self, 0o755); err != nil {
		t.Fatal(err)
	}
	defer os.Remove(program)
	as := exec.Command(program)
	as.Env = append(os.Environ(), "AS_AGENT="+base)
	as.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: agent, Gid: agent}}
	as.Dir = base
	in, err := as.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := as.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := as.Start(); err != nil {
		t.Fatal(err)
	}
	var path string
	if _, err := fmt.Fscanln(out, &path); err != nil {
		t.Fatal(err)
	}
	fill(t, path, "theirs/file") // root's, closed to the agent
	if err := os.Chmod(filepath.Join(path, "theirs"), 0o700); err != nil {
		t.Fatal(err)
	}
	fmt.Fprintln(in, "remove")
	var removed, left, aside int
	if _, err := fmt.Fscanf(out, "%d %d %d\n", &removed, &left, &aside); err != nil {
		t.Fatal(err)
	}
	if left != 2 || aside != 1 {
		t.Errorf("removed %d, left %d, aside %d, want 2 left of one session", removed, left, aside)
	}
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("the path: %v", err)
	}
	for _, name := range names(t, base) {
		if info, err := os.Stat(filepath.Join(base, name)); err != nil || strings.HasPrefix(name, ".aside") && info.Mode().Perm() != 0o700 {
			t.Errorf("%s: mode %v, %v", name, info.Mode(), err)
		}
	}
	in.Close()
	if err := as.Wait(); err != nil {
		t.Error(err)
	}
	open(t, base) // as root
	if got := names(t, base); len(got) != 1 {
		t.Errorf("after a start that may remove them: %v", got)
	}
}

// What is left is what is left at the end: where a directory was not empty when it was to
// go, for somebody made a file in it after it was listed, and the second look removes it,
// nothing is. Calls are counted: the directory, its file, the directory; the same again.
func TestCountsAreOfTheEnd(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for when, want := range map[string]string{"99": "2 0 0", "3": "2 0 0", "2": "2 0 0", "3+": "1 1 1", "1+": "0 1 1"} {
		as := exec.Command("strace", "-qq", "-f", "-o", os.DevNull, "-e", "trace=unlinkat", "-e", "inject=unlinkat:error=ENOTEMPTY:when="+when, self)
		as.Env = append(os.Environ(), "AS_AGENT="+t.TempDir())
		in, err := as.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		out, err := as.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := as.Start(); err != nil {
			t.Fatalf("strace: %v", err)
		}
		var path string
		if _, err := fmt.Fscanln(out, &path); err != nil {
			t.Fatal(err)
		}
		fill(t, path, "file")
		fmt.Fprintln(in, "remove")
		var got [3]int
		if _, err := fmt.Fscan(out, &got[0], &got[1], &got[2]); err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprintf("%d %d %d", got[0], got[1], got[2]); got != want {
			t.Errorf("calls %s fail: removed, left, aside are %s, want %s", when, got, want)
		}
		_ = as.Wait()
	}
}

// TestMain is the other half of TestForeignFiles where that asks for it: the agent, which
// makes a directory, says where, and removes it when it is told to.
func TestMain(m *testing.M) {
	dir := os.Getenv("AS_AGENT")
	if dir == "" {
		os.Exit(m.Run())
	}
	runtime.LockOSThread() // strace counts calls for each thread
	b, _, err := rundir.Open(dir)
	if err != nil {
		panic(err)
	}
	path, err := b.Make()
	if err != nil {
		panic(err)
	}
	fmt.Println(path)
	var word string
	fmt.Scanln(&word)
	fmt.Println(b.Remove(path))
	if err := b.Close(); err != nil {
		panic(err)
	}
}
