package main

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"glovebox/sim"
	"glovebox/sim/scenario"
)

// byHand is a session of forty commands; PAUSE is no line but a second in which
// nothing is typed, and a line that ends in NOT fails.
const byHand = `title A session by hand
car Taycan 2024 soc=70
users anna:main lea:shared jonas:limited
boot
login anna
set radio volume 27
set radio volume 101
login lea pin=1357
expect error WrongPIN
set navigation voice false
mark here
set radio volume 30
expect not disk unchanged since here
never disk Heron Quay 4471
PAUSE
logout
guest
set radio volume 12
expect permits purchase no
expect setting radio volume 11 NOT
logout
login lea
document fresh
document older
level no-position
level offline
level share
fob anna in
unlock fob=anna
door driver open
door driver close
ignition on
gear D
drive block.gpx
PAUSE
alarm tyre-pressure-rl on
alarm tyre-pressure-rl off
login jonas
gear P NOT
ignition off
lock
restart
stop
boot
expect stores whole
end
`

func agent(t *testing.T) string {
	t.Helper()
	if _, err := exec.LookPath("dbus-daemon"); err != nil {
		t.Skip("dbus-daemon is not installed")
	}
	program, err := sim.Find(t.Context(), "gloveboxd", "", t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return program
}

// say types lines with their pauses, each when the one before was done.
func say(t *testing.T, lines string) (in io.Reader, wrong int) {
	t.Helper()
	in, to := io.Pipe()
	t.Cleanup(func() { to.Close() })
	go func() {
		defer to.Close()
		for line := range strings.Lines(lines) {
			line = strings.TrimSuffix(strings.TrimSpace(line), " NOT")
			if line == "PAUSE" {
				time.Sleep(time.Second)
			} else if _, err := io.WriteString(to, line+"\n"); err != nil {
				return
			}
		}
	}()
	return in, strings.Count(lines, " NOT\n")
}

// when is the time at which a line was said, as it is written down.
var when = regexp.MustCompile(`(?m)^wait until (\S+)\n`)

// timed is a recording without its times, and what lies between two of its lines.
func timed(t *testing.T, recording string) (lines string, between func(from, to string) time.Duration) {
	t.Helper()
	at := func(line string) (last time.Duration) {
		before, _, found := strings.Cut(recording, "\n"+line+"\n")
		if !found {
			t.Errorf("the recording lacks %q", line)
		}
		for _, w := range when.FindAllStringSubmatch(before+"\n", -1) {
			var err error
			if last, err = time.ParseDuration(w[1]); err != nil {
				t.Error(err)
			}
		}
		return last
	}
	return when.ReplaceAllString(recording, ""), func(from, to string) time.Duration { return at(to) - at(from) }
}

// A session by hand, recorded through a pipe, repeats: each line that went well
// goes well again, with the same result.
func TestRecordRepeats(t *testing.T) {
	t.Parallel()
	program := agent(t)
	name := filepath.Join(t.TempDir(), "hand.txtar")
	in, wrong := say(t, byHand)
	var out strings.Builder
	err := (&recordCommand{Gloveboxd: program, Out: name}).record(t.Context(), in, &out)
	if e, ok := errors.AsType[exit](err); !ok || e.code != exitFailed || e.err != nil {
		t.Errorf("a session with lines that fail ended with %v", err)
	}
	if got := strings.Count(out.String(), "FAIL"); got != wrong {
		t.Errorf("%d lines failed, want %d:\n%s", got, wrong, out.String())
	}
	s, err := scenario.Load(name)
	if err != nil {
		t.Fatal(err)
	}
	recording, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	text, between := timed(t, string(recording))
	for from, to := range map[string]string{"set radio volume 30": "logout", "drive block.gpx": "alarm tyre-pressure-rl on"} {
		if got := between(from, to); got < 800*time.Millisecond {
			t.Errorf("between %q and %q nothing was typed for a second, and in the recording, to a tenth, for %v", from, to, got)
		}
	}
	for _, want := range []string{
		"set radio volume 27\nexpect setting radio volume 27\n", "set radio volume 101\nexpect error InvalidArgument\n",
		"pin=1357\nexpect error WrongPIN\nset", "\nlogout\nexpect state idle\nguest\nexpect state guest\n",
		"login jonas\nexpect error NotParked\n", "document older\nexpect document 3\n",
		"lock\nexpect signal Vehicle.Cabin.Door.Row1.DriverSide.IsLocked true within 2s\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the recording lacks %q", want)
		}
	}
	for line := range strings.Lines(byHand) {
		line = strings.TrimSpace(line)
		if line == "PAUSE" {
			continue
		}
		without, fails := strings.CutSuffix(line, " NOT")
		if strings.Contains("\n"+text, "\n"+without+"\n") == fails {
			t.Errorf("%q: in the recording or not, and should not be so", line)
		}
	}
	if t.Failed() {
		t.Log(text)
	}
	for _, step := range scenario.Run(t.Context(), s, scenario.Options{Gloveboxd: program}).Steps {
		if !step.OK {
			t.Errorf("again: line %d: %s: %s", step.Line, step.Text, step.Got)
		}
	}
}

// What is typed into a file that is there would be lost, or would lose it.
func TestRecordSpares(t *testing.T) {
	name := filepath.Join(t.TempDir(), "there.txtar")
	if err := os.WriteFile(name, []byte("boot\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if got := commandContext(t.Context(), []string{"record", name}, &out, &out); got != exitSetup {
		t.Errorf("exit %d: %s", got, out.String())
	}
	if text, err := os.ReadFile(name); err != nil || string(text) != "boot\n" {
		t.Errorf("it is %q now: %v", text, err)
	}
}

// How a session ends is told by what was typed.
func TestRepl(t *testing.T) {
	t.Parallel()
	program := agent(t)
	file := filepath.Join(t.TempDir(), "first.txtar")
	if err := os.WriteFile(file, []byte("users anna:main\nboot\nlogin anna\nend\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, file, lines, said string
		want                    int
	}{
		{"nothing", "", "", "", exitDone},
		{"the world that is there without a word", "", "login lea\nexpect state active lea\nhelp\n", "expect state active lea  → active lea", exitDone},
		{"where the bus is", "", "login lea\n", "bus  unix:path=", exitDone},
		{"a refused line", "", "login lea pin=1357\n", "  login lea pin=1357  → WrongPIN", exitDone},
		{"a line that is marked", "", "login lea pin=1357\n", "no   ", exitDone},
		{"a line that is not understood", "", "bot\n", "??    bot  → unknown command", exitUsage},
		{"help with actions", "", "help\n", "accept [CODE] [pin=PIN]", exitDone},
		{"help with a word", "", "help lo\n", "login NAME [pin=PIN] [wait]", exitDone},
		{"a file first", file, "expect state active anna\n", "expect state active anna  → active anna", exitDone},
		{"a check that fails", "", "expect state guest\n", "FAIL", exitFailed},
		{"a never that is found", "", "login anna\nnever state guest\nguest\nwait 1s\n", "found: guest", exitFailed},
		{"a word that is none", "", "bot\nboot\n", `did you mean "boot"?`, exitUsage},
		{"what this car cannot do", file, "door driver open\n", "say car before boot", exitUsage},
		{"no agent", "", "boot\nend\n", "no-such-program", exitSetup},
	} {
		t.Run(tt.name, func(t *testing.T) {
			in, _ := say(t, tt.lines)
			var out, problems strings.Builder
			h := &hand{in: in, out: &out, gloveboxd: program, save: func([]byte) error { return nil }}
			if tt.want == exitSetup {
				h.gloveboxd = "/no-such-program"
			}
			if got := code(&problems, h.play(t.Context(), "session", tt.file)); got != tt.want {
				t.Errorf("exit %d, want %d", got, tt.want)
			}
			if said := out.String() + problems.String(); !strings.Contains(said, tt.said) {
				t.Errorf("it did not say %q but\n%s", tt.said, said)
			}
		})
	}
}

// It ends when it is told to, though nothing is typed.
func TestReplInterrupted(t *testing.T) {
	in, to, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer to.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	h := &hand{in: in, out: io.Discard, save: func([]byte) error { return nil }}
	if got := code(io.Discard, h.play(ctx, "session", "")); got != exitInterrupted {
		t.Errorf("exit %d", got)
	}
}
