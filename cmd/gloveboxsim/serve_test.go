package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"glovebox/sim/console"
)

// programs builds the simulator and the agent beside each other.
func programs(t *testing.T) (gloveboxsim string) {
	t.Helper()
	if _, err := exec.LookPath("dbus-daemon"); err != nil {
		t.Skip("no dbus-daemon here")
	}
	dir := t.TempDir()
	build := exec.Command("go", "build", "-o", dir+"/", "glovebox/cmd/gloveboxd", "glovebox/cmd/gloveboxsim")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	return filepath.Join(dir, "gloveboxsim")
}

// served is a running `gloveboxsim serve` with a directory of its own for all
// that it makes.
type served struct {
	*exec.Cmd
	tmp      string
	problems bytes.Buffer
}

func serve(program, tmp string, args ...string) *served {
	s := &served{Cmd: exec.Command(program, append([]string{"serve", "--listen", "127.0.0.1:0"}, args...)...), tmp: tmp}
	s.Env, s.Stderr = append(os.Environ(), "TMPDIR="+tmp), &s.problems
	return s
}

// leftNothing fails if a child runs on or a file is left.
func (s *served) leftNothing(t *testing.T) {
	t.Helper()
	if left, err := os.ReadDir(s.tmp); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	processes, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil || len(processes) == 0 {
		t.Fatalf("no processes at all: %v", err)
	}
	for _, p := range processes {
		if line, err := os.ReadFile(p); err == nil && bytes.Contains(line, []byte(s.tmp)) {
			t.Errorf("still there: %q", bytes.ReplaceAll(line, []byte{0}, []byte{' '}))
		}
	}
}

// end waits for a good end within ten seconds.
func (s *served) end(t *testing.T) {
	t.Helper()
	late := time.AfterFunc(10*time.Second, func() {
		t.Error("it does not end")
		_ = s.Process.Kill()
	})
	defer late.Stop()
	if err := s.Wait(); err != nil || s.problems.Len() > 0 {
		t.Errorf("ended with %v, saying %q", err, s.problems.String())
	}
	s.leftNothing(t)
}

// event is any line but the first.
type event struct {
	console.Head
	Who, State, Reader, Kind, Class, Outcome, Rule string
	Paths                                          []string
	Values                                         map[string]any
}

// The real programs, beside each other.
func TestServe(t *testing.T) {
	program := programs(t)
	t.Run("lines", func(t *testing.T) { testLines(t, program) })
	t.Run("page", func(t *testing.T) { testPage(t, program) })
	t.Run("failed", func(t *testing.T) { testFailedScenario(t, program) })
	t.Run("interrupted", func(t *testing.T) { testInterrupted(t, program) })
	t.Run("unread", func(t *testing.T) { testUnread(t, program) })
	t.Run("scenario", func(t *testing.T) { testScenario(t, program) })
	t.Run("for", func(t *testing.T) { testFor(t, program) })
}

// ready is the first line.
var ready = regexp.MustCompile(`^ready bus=unix:path=\S+ broker=\S+ url=(http://127\.0\.0\.1:\d+)/\?t=([\w-]{22})$`)

// Without a terminal a world says that it is ready, where its page is, and then what
// happens in it, one JSON object a line.
func testLines(t *testing.T, program string) {
	t.Parallel()
	s := serve(program, t.TempDir(), "--for", "60s")
	out, err := s.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	if !lines.Scan() || !ready.MatchString(lines.Text()) {
		t.Errorf("the first line is %q", lines.Text())
	}
	unseen := map[string]func(event) bool{
		"the car is online":       func(e event) bool { return e.Event == "state" },
		"Anna is at the wheel":    func(e event) bool { return e.Event == "session" && e.Who == "anna" && e.State == "active" },
		"the car moves":           func(e event) bool { v, _ := e.Values["Vehicle.Speed"].(float64); return e.Event == "signals" && v > 25 },
		"a warning is on":         func(e event) bool { return e.Event == "alarm" },
		"Lea was told of it":      func(e event) bool { return e.Event == "published" && e.Reader == "lea" && e.Kind == "alarms" },
		"something stays there":   func(e event) bool { return e.Event == "ledger" && e.Outcome == "withheld" },
		"by the name of a reader": func(e event) bool { return e.Event == "ledger" && e.Who == "anna" && e.Reader == "jonas" },
	}
	for len(unseen) > 0 && lines.Scan() {
		var e event
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			t.Errorf("%q: %v", lines.Text(), err)
		}
		if _, err := time.Parse(time.RFC3339, e.T); err != nil || e.Event == "fault" {
			t.Errorf("line %q: %v", lines.Text(), err)
		}
		if e.Event == "published" && slices.Contains(e.Paths, "Vehicle.Speed") {
			t.Errorf("%s got the speed", e.Reader)
		}
		for what, is := range unseen {
			if is(e) {
				delete(unseen, what)
			}
		}
	}
	for what := range unseen {
		t.Errorf("no line says that %s", what)
	}
	if err := s.Process.Signal(syscall.SIGINT); err != nil {
		t.Error(err)
	}
	for lines.Scan() { // so that it is not kept from saying the rest
	}
	s.end(t)
}

// However early it is told to end, it ends well and leaves nothing.
func testInterrupted(t *testing.T, program string) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		signal syscall.Signal
		when   func(out string, tmp string) bool
	}{
		{"its directory is made", syscall.SIGINT, func(_, tmp string) bool { d, _ := os.ReadDir(tmp); return len(d) > 0 }},
		{"the agent boots", syscall.SIGTERM, func(_, tmp string) bool { d, _ := filepath.Glob(tmp + "/*/agent.log"); return len(d) > 0 }},
		{"it is ready", syscall.SIGINT, func(out, _ string) bool { return strings.HasPrefix(out, "ready ") }},
		{"the terminal closes", syscall.SIGHUP, func(out, _ string) bool { return strings.Contains(out, `"phase":"driving"`) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := serve(program, t.TempDir())
			file, err := os.Create(filepath.Join(t.TempDir(), "out"))
			if err != nil {
				t.Fatal(err)
			}
			defer file.Close()
			s.Stdout = file
			if err := s.Start(); err != nil {
				t.Fatal(err)
			}
			for give := time.Now().Add(10 * time.Second); time.Now().Before(give); time.Sleep(2 * time.Millisecond) {
				out, err := os.ReadFile(file.Name())
				if err != nil {
					t.Fatal(err)
				}
				if tt.when(string(out), s.tmp) {
					break
				}
			}
			if err := s.Process.Signal(tt.signal); err != nil {
				t.Error(err)
			}
			s.end(t)
		})
	}
}

// A reader who leaves, as head does, ends it quietly.
func testUnread(t *testing.T, program string) {
	t.Parallel()
	s := serve(program, t.TempDir())
	out, err := s.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	if !bufio.NewScanner(out).Scan() {
		t.Error("it said nothing")
	}
	if err := out.Close(); err != nil {
		t.Error(err)
	}
	s.end(t)
}

// A scenario is served in a world of its own, which lives on behind its lines. How they
// went is said at the end, and is the end: good or bad as they were, those that were played.
func testScenario(t *testing.T, program string) {
	t.Parallel()
	for _, tt := range []struct {
		name, check string
		want        int
	}{
		{"good", "expect state active anna", exitDone},
		{"bad", "expect state guest", exitFailed},
		{"waits when interrupted", "wait 60s", exitDone},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := serve(program, t.TempDir(), "--for", "5m", write(t, "car Taycan 2024", "users anna:main", "boot", "login anna", tt.check))
			var out bytes.Buffer
			b := s.start(t, &out)
			b.says("expect state active anna within 30s", `"ok":true`)
			for give := time.Now().Add(time.Minute); tt.check != "wait 60s" && !b.runs()[0].Over; time.Sleep(10 * time.Millisecond) {
				if time.Now().After(give) {
					t.Fatalf("it is not over: %+v", b.runs())
				}
			}
			if err := s.Process.Signal(syscall.SIGINT); err != nil {
				t.Error(err)
			}
			<-b.read
			_ = s.Wait() // its code is what counts
			if got := s.ProcessState.ExitCode(); got != tt.want || s.problems.Len() > 0 {
				t.Errorf("exit %d, want %d, saying %q", got, tt.want, s.problems.String())
			}
			lines := strings.Split(strings.TrimSpace(out.String()), "\n")
			for _, l := range lines {
				if !json.Valid([]byte(l)) {
					t.Errorf("line %q", l)
				}
			}
			last := lines[len(lines)-1]
			if played := strings.Contains(last, `"text":"`+tt.check); !strings.Contains(last, `"steps"`) || played != (tt.check != "wait 60s") {
				t.Errorf("the last line is %q", last)
			}
			s.leftNothing(t)
		})
	}
}

// It ends by itself when its time is up.
func testFor(t *testing.T, program string) {
	t.Parallel()
	s := serve(program, t.TempDir(), "--for", "2s")
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	s.end(t)
}

// What cannot be served is refused before anything starts, in one line.
func TestServeRefuses(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for _, tt := range []struct {
		name string
		args []string
		want int
	}{
		{"a port in use", []string{"--listen", taken.Addr().String()}, exitSetup},
		{"no address", []string{"--listen", "8480"}, exitUsage},
		{"open to everybody", []string{"--listen", "0.0.0.0:8480"}, exitUsage},
		{"open to everybody by having no host", []string{"--listen", ":8480"}, exitUsage},
		{"a scenario that is not there", []string{"--listen", "127.0.0.1:0", "nowhere.txtar"}, exitUsage},
		{"time that runs back", []string{"--listen", "127.0.0.1:0", "--for", "-1s"}, exitUsage},
		{"patience of none", []string{"--listen", "127.0.0.1:0", "--patience", "0"}, exitUsage},
		{"a page that is not there", []string{"--listen", "127.0.0.1:0", "--live", "nowhere"}, exitSetup},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var out, problems strings.Builder
			if got := commandContext(t.Context(), append([]string{"serve"}, tt.args...), &out, &problems); got != tt.want {
				t.Errorf("exit %d, want %d", got, tt.want)
			}
			if said := problems.String(); out.Len() > 0 || strings.Count(said, "\n") != 1 || !strings.HasSuffix(said, "\n") {
				t.Errorf("said %q and %q", out.String(), said)
			}
		})
	}
}
