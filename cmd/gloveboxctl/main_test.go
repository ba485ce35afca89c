package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"glovebox/agent/hmi"
	"glovebox/hal"
	"glovebox/profiles"
	"glovebox/telemetry"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"gloveboxctl": main})
}

// Each script has a bus of its own with the real face before a small cabin.
func TestScripts(t *testing.T) {
	program, err := exec.LookPath("dbus-daemon")
	if err != nil {
		t.Skip("dbus-daemon is not installed")
	}
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Setup: func(env *testscript.Env) error {
			w := &world{}
			env.Defer(w.end)
			env.Values["world"] = w
			if err := w.begin(program); err != nil {
				return err
			}
			env.Setenv("GLOVEBOX_BUS", w.address)
			env.Setenv("ANNA", anna.String())
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits, "json": checkJSON, "agent": agentCommand,
		},
	})
}

// world is the bus and the face of one script.
type world struct {
	address string
	dir     string
	daemon  *exec.Cmd
	cabin   *cabin
	face    *hmi.Face
	stop    func()
}

const busConfig = `<busconfig><type>session</type><listen>unix:path=%s</listen><auth>EXTERNAL</auth>
<policy context="default"><allow own="*"/><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/></policy></busconfig>`

func (w *world) begin(program string) (err error) {
	if w.dir, err = os.MkdirTemp("", "gb"); err != nil { // short: a socket's path has 107 bytes
		return err
	}
	config := filepath.Join(w.dir, "bus.conf")
	if err := os.WriteFile(config, fmt.Appendf(nil, busConfig, filepath.Join(w.dir, "bus")), 0o600); err != nil {
		return err
	}
	w.daemon = exec.Command(program, "--nofork", "--nopidfile", "--print-address=1", "--config-file="+config)
	out, err := w.daemon.StdoutPipe()
	if err != nil {
		return err
	}
	if err := w.daemon.Start(); err != nil {
		return err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return err
	}
	w.address = strings.TrimSpace(line)
	w.cabin = newCabin()
	return w.serve()
}

// serve puts the agent on the bus.
func (w *world) serve() (err error) {
	w.face, err = hmi.New(w.address, hmi.Access{HMI: []uint32{uint32(os.Getuid())}}, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { defer close(ended); _ = w.face.Run(ctx) }()
	w.stop = func() { w.face.Release(); cancel(); <-ended; _ = w.face.Close(); w.stop = func() {} } // the name first, as the agent does
	return w.face.Own(w.cabin)
}

func (w *world) end() {
	if w.stop != nil {
		w.stop()
	}
	if w.daemon != nil && w.daemon.Process != nil {
		_ = w.daemon.Process.Kill()
		_ = w.daemon.Wait()
	}
	_ = os.RemoveAll(w.dir)
}

// exits CODE PROGRAM ARG…: the program ends with exactly this code.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM ARG…")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	if err != nil {
		var code int
		if _, scan := fmt.Sscanf(err.Error(), "exit status %d", &code); scan != nil {
			ts.Fatalf("%v", err)
		}
		got = code
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// json [PATH VALUE]…: the output is JSON, one value, and has these members.
func checkJSON(ts *testscript.TestScript, _ bool, args []string) {
	dec := json.NewDecoder(strings.NewReader(ts.ReadFile("stdout")))
	dec.UseNumber()
	var all any
	ts.Check(dec.Decode(&all))
	if dec.More() {
		ts.Fatalf("more than one JSON value")
	}
	if errs := ts.ReadFile("stderr"); errs != "" {
		ts.Fatalf("beside the JSON: %s", errs)
	}
	for i := 0; i+1 < len(args); i += 2 {
		v := all
		for _, step := range strings.Split(args[i], ".") {
			switch at := v.(type) {
			case map[string]any:
				v = at[step]
			case []any:
				n, err := strconv.Atoi(step)
				if err != nil || n >= len(at) {
					ts.Fatalf("%s: no %s in a list of %d", args[i], step, len(at))
				}
				v = at[n]
			default:
				ts.Fatalf("%s: nothing below %s", args[i], step)
			}
		}
		got, err := json.Marshal(v)
		ts.Check(err)
		if text, ok := v.(string); ok {
			got = []byte(text)
		}
		if string(got) != args[i+1] {
			ts.Fatalf("%s is %s, want %s", args[i], got, args[i+1])
		}
	}
}

// agent stop | agent fresh | agent drives | agent parks | agent reading PATH NUMBER | agent unwatched | agent entry: what the
// car does next. A reading waits, for a moment, for somebody who watches.
func agentCommand(ts *testscript.TestScript, _ bool, args []string) {
	w := ts.Value("world").(*world)
	tapped := func(want bool) *hal.Tap {
		for range 500 {
			w.cabin.mu.Lock()
			tap := w.cabin.tap
			w.cabin.mu.Unlock()
			if (tap != nil) == want {
				return tap
			}
			time.Sleep(10 * time.Millisecond)
		}
		ts.Fatalf("watched is not %v", want)
		return nil
	}
	switch args[0] {
	case "stop":
		w.stop()
	case "fresh": // another process takes over
		w.stop()
		tapped(false)
		ts.Check(w.serve())
	case "session": // its state, reason and wipe state
		w.cabin.mu.Lock()
		w.cabin.session.State, w.cabin.session.Reason, w.cabin.session.WipeState = args[1], args[2], args[3]
		w.cabin.mu.Unlock()
	case "drives", "parks":
		w.cabin.mu.Lock()
		w.cabin.parked = args[0] == "parks"
		w.cabin.mu.Unlock()
	case "reading":
		n, err := strconv.ParseFloat(args[2], 64)
		ts.Check(err)
		tapped(true).Offer(hal.Reading{Path: args[1], Value: hal.Number(n), At: hal.Instant{Boot: 812250 * time.Millisecond}})
		time.Sleep(100 * time.Millisecond) // through the pipe and to standard output
	case "unwatched":
		tapped(false)
	case "entry": // one that grew, a new one, then another person's newest
		time.Sleep(500 * time.Millisecond)
		w.cabin.mu.Lock()
		w.cabin.entries[1].Count++
		w.cabin.entries = append(w.cabin.entries, telemetry.Entry{ID: 3, Class: "own-alarm", Reader: "backend", Kind: "alarms", Outcome: "reduced", Count: 1})
		w.cabin.mu.Unlock()
		w.face.LedgerChanged(3)
		time.Sleep(300 * time.Millisecond)
		w.cabin.mu.Lock()
		w.cabin.entries = []telemetry.Entry{
			{ID: 899, To: time.Now().Add(-time.Hour), Class: "of-before", Reader: "backend", Kind: "status", Outcome: "published", Count: 3},
			{ID: 900, To: time.Now().Add(time.Minute), Class: "own-status", Reader: "backend", Kind: "status", Outcome: "published", Count: 3},
		}
		w.cabin.mu.Unlock()
		w.face.Ended("logout", profiles.Receipt{})
		w.face.LedgerChanged(900)
		time.Sleep(300 * time.Millisecond)
	}
}
