package dist_test

import (
	"bufio"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// callSets are systemd's names for sets of system calls, each with its members, sets too.
func callSets(t *testing.T) map[string][]string {
	t.Helper()
	sets, name := map[string][]string{}, ""
	for line := range strings.Lines(output(t, "systemd-analyze", "--no-pager", "syscall-filter")) {
		switch word := strings.TrimSpace(line); {
		case strings.HasPrefix(line, "@"):
			name = word
		case strings.HasPrefix(line, "#") && word != "": // calls that the kernel has and no set
			name = ""
		case word != "" && !strings.HasPrefix(word, "#") && name != "":
			sets[name] = append(sets[name], word)
		}
	}
	if len(sets["@default"]) == 0 {
		t.Fatal("systemd-analyze names no sets of calls")
	}
	return sets
}

// filtered are the calls that the lines of a unit's SystemCallFilter let through, read as systemd does: the first line makes
// it a list of what is allowed, later ones add or, with ~, take away. @default is always allowed.
func filtered(sets map[string][]string, lines []string) map[string]bool {
	allowed := map[string]bool{}
	var each func(words []string, is bool)
	each = func(words []string, is bool) {
		for _, word := range words {
			if strings.HasPrefix(word, "@") {
				each(sets[word], is)
			} else {
				allowed[word] = is
			}
		}
	}
	for _, line := range lines {
		words, not := strings.CutPrefix(line, "~")
		each(strings.Fields(words), !not)
	}
	each(sets["@default"], true)
	maps.DeleteFunc(allowed, func(_ string, is bool) bool { return !is })
	return allowed
}

// drive is all that an agent has to do with its system: people, a guest and the fresh process after, a port and a broker, a
// sleeping disk, a removal, an end.
const drive = `title What an agent asks of its kernel
car Taycan 2024 odo=900km soc=62
users anna:main lea:shared
speed 10x
boot
login anna
set radio volume 27
unlock
door driver open fob=anna
door driver close
ignition on
gear D
wait 1s
gear P
ignition off
wait 6s
guest
set radio volume 73
logout
expect state idle within 30s
login anna
hmi remove lea
logout
expect state idle within 30s
fault broker-restart
stop
boot
stop
`

// Every system call of a drive is one that the unit lets through: under systemd any other is refused.
func TestSandboxLetsTheAgentWork(t *testing.T) {
	needs(t, "systemd-analyze", "strace", "dbus-daemon")
	allowed := filtered(callSets(t), keys(read(t, "dist/systemd/gloveboxd.service"), "SystemCallFilter"))
	called := calls(t)
	if len(called) < 40 || !slices.Contains(called, "execve") || !slices.Contains(called, "fdatasync") {
		t.Fatalf("strace saw no drive: %v", called)
	}
	for _, call := range called {
		if !allowed[call] {
			t.Errorf("the unit does not let %s through", call)
		}
	}
	if allowed["mount"] || allowed["ptrace"] || allowed["setpriority"] || !allowed["memfd_secret"] {
		t.Error("the filter is not read as systemd reads it")
	}
}

// counted is a row of strace -c: share, seconds, each, calls, errors where there were any, name.
var counted = regexp.MustCompile(`^ *[\d.]+ +[\d.]+ +\d+ +\d+ +(?:\d+ +)?(\w+)$`)

// calls plays the drive with the agent under strace and returns which calls it made.
func calls(t *testing.T) (all []string) {
	t.Helper()
	dir := public(t)
	counts := filepath.Join(dir, "counts")
	agent, player := filepath.Join(unpacked(t), "usr/bin/gloveboxd"), filepath.Join(dir, "gloveboxsim")
	if err := os.Link(filepath.Join(unpacked(t), "usr/bin/gloveboxsim"), player); err != nil { // it takes the agent beside it
		t.Fatal(err)
	}
	// -D: the traced program keeps the number that the simulator knows.
	write(t, filepath.Join(dir, "gloveboxd"), "#!/bin/sh\nexec strace -D -f -qq -c -o "+counts+".$$ "+agent+" \"$@\"\n")
	write(t, filepath.Join(dir, "drive.txtar"), drive)
	if err := os.Chmod(filepath.Join(dir, "gloveboxd"), 0o755); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), player, "run", "--patience", "4", "--out", filepath.Join(dir, "out"), filepath.Join(dir, "drive.txtar")).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	seen := map[string]bool{}
	for _, file := range summaries(t, counts+".*") {
		for lines := bufio.NewScanner(strings.NewReader(file)); lines.Scan(); {
			if row := counted.FindStringSubmatch(lines.Text()); row != nil && row[1] != "total" {
				seen[row[1]] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(seen))
}

// summaries are what strace wrote, which it does a moment after its program ended.
func summaries(t *testing.T, pattern string) (all []string) {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) < 3 { // who the car is, and two starts
		t.Fatalf("%v %v", files, err)
	}
	for _, file := range files {
		for begun := time.Now(); ; time.Sleep(50 * time.Millisecond) {
			text, err := os.ReadFile(file)
			if err == nil && strings.Contains(string(text), " total\n") {
				all = append(all, string(text))
				break
			}
			if time.Since(begun) > time.Minute {
				t.Fatalf("%s: %v: %q", file, err, text)
			}
		}
	}
	return all
}
