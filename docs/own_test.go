package docs_test

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"glovebox/hal"
	"glovebox/sim"
	"glovebox/sim/scenario"
)

// fenced are the blocks of a page in that language, in order; "" is those of none.
func fenced(t *testing.T, page, language string) (all []string) {
	t.Helper()
	for _, block := range regexp.MustCompile("(?ms)^```(\\w*)\n(.*?)^```$").FindAllStringSubmatch(read(t, page), -1) {
		if block[1] == language {
			all = append(all, block[2])
		}
	}
	return all
}

// block is the one in that language that begins so.
func block(t *testing.T, page, language, start string) string {
	t.Helper()
	all := fenced(t, page, language)
	i := slices.IndexFunc(all, func(b string) bool { return strings.HasPrefix(b, start) })
	if i < 0 {
		t.Fatalf("%s: no block begins with %q", page, start)
	}
	return all[i]
}

var gloveboxsim = sync.OnceValues(func() (string, error) {
	return sim.Find(context.Background(), "gloveboxsim", "", programs)
})

// The scenarios with which the pages begin are without a mistake.
func TestOwnScenarios(t *testing.T) {
	for page, start := range map[string]string{"docs/own-head-unit.md": "title A car at rest", "docs/own-cloud.md": "title A drive through"} {
		if _, err := scenario.Parse("own.txtar", []byte(block(t, page, "", start)), nil); err != nil {
			t.Errorf("%s: %v", page, err)
		}
	}
}

// What the page on one's own head unit has a program ask for is there.
func TestOwnHeadUnit(t *testing.T) {
	members := read(t, "docs/dbus.md")
	rows := section(t, "docs/own-head-unit.md", "## From there to a head unit")
	for _, word := range regexp.MustCompile("`([A-Za-z.]+)`").FindAllStringSubmatch(rows, -1) {
		name := word[1][strings.LastIndex(word[1], ".")+1:]
		bus := []string{"ObjectManager", "InterfacesAdded", "InterfacesRemoved", "PropertiesChanged", "NameOwnerChanged"}
		if strings.HasSuffix(name, "1") && strings.Contains(members, "\n# "+name+"\n") || slices.Contains(bus, name) {
			continue
		}
		if !strings.Contains(members, "\n## "+name+"\n") && !strings.Contains(members, "\n| `"+name+"` |") {
			t.Errorf("dbus.md knows no %s", name)
		}
	}
	w := realAgent(t)
	out, err := client(t, w, "480213", python(t, "gi"), filepath.Join("examples", "headunit.py"), "anna")
	if want := block(t, "docs/own-head-unit.md", "", "signal Changed"); err != nil || !strings.HasPrefix(out, want) {
		t.Errorf("%v\n%s\nwant\n%s", err, out, want)
	}
}

// The example of a cloud tells the readers apart, and to a limited one no place comes,
// however it drives.
func TestOwnCloud(t *testing.T) {
	subscribe, script := tool(t, "mosquitto_sub"), filepath.Join("examples", "cloud.py")
	if n := strings.Count(read(t, "docs/examples/cloud.py"), "\n"); n > 40 {
		t.Errorf("cloud.py has %d lines: an example has 40", n)
	}
	w := realAgent(t)
	_, port, _ := strings.Cut(w.Broker.Address, ":")
	line := strings.NewReplacer("mosquitto_sub", subscribe, "docs/examples/cloud.py", python(t, "json")+" "+script).Replace(block(t, "docs/own-cloud.md", "sh", "mosquitto_sub -p \"$PORT\" -q 1 -t 'gb/1/#' -F"))
	ctx, end := context.WithCancel(t.Context())
	defer end()
	cmd := exec.CommandContext(ctx, "sh", "-c", "exec "+strings.Replace(line, " | ", " | exec ", 1))
	cmd.Env = append(os.Environ(), "PORT="+port, "PYTHONDONTWRITEBYTECODE=1")
	cmd.WaitDelay = time.Second
	told := &heard{}
	cmd.Stdout, cmd.Stderr = told, told
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { end(); _ = cmd.Wait() }()

	anna, _ := w.Cloud.Reader("anna")
	if _, err := w.HMI.Login(t.Context(), anna.ID, "480213", false); err != nil {
		t.Fatal(err)
	}
	w.Car.Ignition(true)
	if err := w.Car.Gear("D"); err != nil {
		t.Fatal(err)
	}
	route, err := sim.Route("hafen-westend", nil)
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = w.Car.Drive(ctx, route, hal.KilometresPerHour(50)) }()
	for _, want := range []string{"document ", "\nmain: position: 54.", "\nshared: position: 54."} {
		for end := time.Now().Add(60 * time.Second); !strings.Contains("\n"+told.String(), want); time.Sleep(50 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("no %q in\n%s", want, told.String())
			}
		}
	}
	for _, no := range []string{"limited: position", "workshop: position", "nobody", "Traceback"} {
		if strings.Contains(told.String(), no) {
			t.Errorf("%q in\n%s", no, told.String())
		}
	}
}

// heard is what a program said so far.
type heard struct {
	mu   sync.Mutex
	text bytes.Buffer // guarded by mu
}

func (h *heard) Write(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.text.Write(p)
}

func (h *heard) String() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.text.String()
}

// The files of the page on one's own car fit each other, are played with the real agent,
// and a mistake in them is said.
func TestOwnCar(t *testing.T) {
	const page = "docs/own-car.md"
	tool(t, "dbus-daemon")
	daemon, err := gloveboxd()
	if err != nil {
		t.Fatal(err)
	}
	if _, err = gloveboxsim(); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("drive.log", block(t, page, "log", "("))
	write("car.dbc", block(t, page, "dbc", "VERSION"))
	write("car.toml", block(t, page, "toml", "[[signal]]"))
	write("mine.txtar", block(t, page, "", "title"))
	write("gloveboxd.toml", block(t, page, "toml", "mapping"))
	run := func(line string) (string, error) {
		cmd := exec.CommandContext(t.Context(), "sh", "-c", line)
		cmd.Dir, cmd.Env = dir, append(os.Environ(), "PATH="+filepath.Dir(daemon)+":"+os.Getenv("PATH"))
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	for _, start := range []string{"gloveboxsim check", "gloveboxsim run", "gloveboxd --config"} {
		line := block(t, page, "sh", start)
		if out, err := run(line); err != nil || strings.Contains(line, "run") && !strings.Contains(out, "1 passed, 0 failed") {
			t.Errorf("%s%v\n%s", line, err, out)
		}
	}
	for name, row := range map[string]struct{ file, old, wrong, said string }{
		"a signal that is not there": {"car.toml", "MOTION.SPEED", "MOTION.SPED", "no signal SPED"},
		"a path that is not there":   {"car.toml", "Vehicle.Speed", "Vehicle.Sped", "Vehicle.Speed"},
		"a bus that is not there":    {"mine.txtar", "can0:", "can1:", "can0"},
	} {
		have, err := os.ReadFile(filepath.Join(dir, row.file))
		if err != nil {
			t.Fatal(err)
		}
		write(row.file, strings.ReplaceAll(string(have), row.old, row.wrong))
		if out, err := run("gloveboxsim check mine.txtar"); err == nil || !strings.Contains(out, row.said) {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
		write(row.file, string(have))
	}
}
