package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"glovebox/sim/console/server"
)

// browser is what a page does with a served world.
type browser struct {
	*testing.T
	base, token, cookie string
	read                <-chan struct{} // closed when all output was read
}

// start waits until a world is ready. What it says then goes to rest.
func (s *served) start(t *testing.T, rest io.Writer) *browser {
	t.Helper()
	out, err := s.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	lines.Scan()
	found := ready.FindStringSubmatch(lines.Text())
	if found == nil {
		t.Fatalf("the first line is %q, saying %q", lines.Text(), s.problems.String())
	}
	read := make(chan struct{})
	go func() {
		defer close(read)
		for lines.Scan() {
			fmt.Fprintln(rest, lines.Text())
		}
	}()
	port := found[1][strings.LastIndex(found[1], ":")+1:]
	return &browser{t, found[1], found[2], "glovebox-" + port, read}
}

// ask sends what the page would; body is empty where it only asks.
func (b *browser) ask(path, body string) string {
	b.Helper()
	method := http.MethodGet
	if body != "" {
		method = http.MethodPost
	}
	r, err := http.NewRequestWithContext(b.Context(), method, b.base+path, strings.NewReader(body))
	if err != nil {
		b.Fatal(err)
	}
	r.AddCookie(&http.Cookie{Name: b.cookie, Value: b.token})
	r.Header.Set("X-Glovebox", b.token)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		b.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		b.Fatalf("%s: %d %v %s", path, answer.StatusCode, err, text)
	}
	return string(text)
}

// says fails unless a line is answered so.
func (b *browser) says(line, want string) {
	b.Helper()
	if got := b.ask("/api/cmd", line); !regexp.MustCompile(want).MatchString(got) {
		b.Errorf("%s: %s, want %s", line, got, want)
	}
}

func (b *browser) runs() (all []server.Run) {
	b.Helper()
	if err := json.Unmarshal([]byte(b.ask("/api/runs", "")), &all); err != nil {
		b.Fatal(err)
	}
	return all
}

// write writes a scenario into a new folder.
func write(t *testing.T, lines ...string) (file string) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "short.txtar")
	if err := os.WriteFile(file, []byte(strings.Join(lines, "\n")+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

// A world is driven by hand, line by line, and begun anew with another scenario; what was
// said is a scenario, and no line reads a file from outside the scenario's folder.
func testPage(t *testing.T, program string) {
	t.Parallel()
	file := write(t, "title Of nothing", "users anna:main lea:shared", "car Taycan 2024", "boot")
	secret := filepath.Join(filepath.Dir(filepath.Dir(file)), "secret.txtar")
	if err := os.WriteFile(secret, []byte("login anna\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(filepath.Dir(file), "beside.txtar"), []byte("login lea\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(secret, filepath.Join(filepath.Dir(file), "link.txtar")); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "out")
	s := serve(program, t.TempDir(), "--out", out, file)
	b := s.start(t, io.Discard)
	b.says("expect ready", `"ok":true`)
	b.says("lgin anna", `"ok":false.*did you mean.*"near":"login"`)
	b.says("login anna", `"ok":true`)
	b.says("expect state active anna", `"ok":true`)
	b.says("login anna pin=000000", `"ok":false.*"refused":true`)
	b.says("include beside.txtar", `"ok":true`)
	b.says("expect state active lea", `"ok":true`)
	for _, name := range []string{"../secret.txtar", secret, "link.txtar"} {
		b.says("include "+name, `"ok":false`)
		b.says("hmi import lea "+name, `"ok":false`)
	}
	b.says("expect state active lea", `"ok":true`)
	if recorded := b.ask("/api/export", ""); !strings.Contains(recorded, "\nlogin lea\n") {
		t.Errorf("what was said is %s", recorded)
	}
	list := b.ask("/api/scenarios", "")
	if !strings.HasPrefix(list, `[{"name":"short","title":"Of nothing"},`) || !strings.Contains(list, `"name":"first-minute"`) || strings.Contains(list, "secret") {
		t.Errorf("what can be started is %s", list)
	}
	if got := b.ask("/api/play", "restart ../secret"); !strings.Contains(got, `"ok":false`) {
		t.Errorf("another folder: %s", got)
	}
	if got := b.ask("/api/play", "restart"); got != `{"ok":true}` {
		t.Errorf("restart: %s", got)
	}
	for give := time.Now().Add(time.Minute); len(b.runs()) < 2; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(give) {
			t.Fatal("it does not begin anew")
		}
	}
	b.says("expect ready within 30s", `"ok":true`)
	b.says("expect state idle", `"ok":true`)
	all := b.runs()
	if len(all) != 2 || !all[0].OK || all[0].Scenario != "short" || all[0].Dir == all[1].Dir || all[0].Seed != 1 {
		t.Errorf("the runs are %+v", all)
	}
	if err := s.Process.Signal(syscall.SIGINT); err != nil {
		t.Error(err)
	}
	s.end(t)
	for _, one := range all {
		for _, name := range []string{"result.json", "session.txtar", "agent.log", "wire.jsonl"} {
			if _, err := os.Stat(filepath.Join(one.Dir, name)); err != nil {
				t.Error(err)
			}
		}
	}
}

// A scenario that fails is shown where it failed: it stands there, and its world lives on.
func testFailedScenario(t *testing.T, program string) {
	t.Parallel()
	s := serve(program, t.TempDir(), write(t, "users anna:main lea:shared", "car Taycan 2024", "boot", "login anna", "hmi import anna nothing.json", "login lea", "-- nothing.json --", "no profile"))
	b := s.start(t, io.Discard)
	failed := func(one server.Run) bool { return strings.HasPrefix(one.Failed, "hmi import anna") }
	for give := time.Now().Add(time.Minute); !slices.ContainsFunc(b.runs(), failed); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(give) {
			t.Fatalf("the runs are %+v", b.runs())
		}
	}
	b.says("expect state active anna", `"ok":true`)
	b.says("set radio volume 12", `"ok":true`)
	if got := b.ask("/api/play", "go"); got != `{"ok":true}` {
		t.Error(got)
	}
	b.says("expect state active lea within 30s", `"ok":true`)
	if err := s.Process.Signal(syscall.SIGINT); err != nil {
		t.Error(err)
	}
	if err := s.Wait(); s.ProcessState.ExitCode() != exitFailed || s.problems.Len() > 0 {
		t.Errorf("ended with %v, saying %q", err, s.problems.String())
	}
	s.leftNothing(t)
}
