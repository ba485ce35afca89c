package sim_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"
	"golang.org/x/sys/unix"

	"glovebox/sim"
)

// needsRoot is for who looks into memory: only root reads that of a process that made
// itself undumpable.
func needsRoot(t *testing.T) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("only root reads the memory of a process that made itself undumpable")
	}
}

// remains counts what is left of a guest, place by place; what is zero is left out.
func remains(t *testing.T, w *sim.World, run string) string {
	t.Helper()
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, place := range []struct {
		name  string
		found int
	}{
		{"memory", inMemory(t, w.Agent.PID())}, {"state", onDisk(t, w.State())}, {"files", onDisk(t, run)},
		{"log", inFile(t, w.LogFile())}, {"sent", inFile(t, filepath.Join(w.Dir, "wire.bin"))},
	} {
		if place.found > 0 {
			all = append(all, fmt.Sprintf("%s %d", place.name, place.found))
		}
	}
	return strings.Join(all, ", ")
}

func inFile(t *testing.T, name string) int {
	t.Helper()
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Count(content, []byte("kanari"))
}

// stores are the values of each person in a profiles file, sealed as they are; of those
// alone who did nothing.
func stores(t *testing.T, w *sim.World, idle ...string) map[string]string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(w.State(), "profiles.db"))
	if err != nil {
		t.Fatal(err)
	}
	copied := filepath.Join(t.TempDir(), "profiles.db")
	if err := os.WriteFile(copied, content, 0o600); err != nil {
		t.Fatal(err)
	}
	db, err := bbolt.Open(copied, 0o600, &bbolt.Options{Timeout: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	all := map[string]string{}
	err = db.View(func(tx *bbolt.Tx) error {
		for _, name := range idle {
			bucket := tx.Bucket([]byte(id(t, w, name)))
			if bucket == nil {
				return fmt.Errorf("nothing of %s", name)
			}
			err := bucket.ForEach(func(k, v []byte) error { all[fmt.Sprintf("%s %x", name, k)] = string(v); return nil })
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil || len(all) == 0 {
		t.Fatalf("%d values: %v", len(all), err)
	}
	return all
}

// trespasses puts a guest at the wheel who leaves 500 values, in the groups that hold
// words, in an app's store and in the session's directory.
func trespasses(t *testing.T, w *sim.World) {
	t.Helper()
	if _, err := w.HMI.Guest(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	plant(t, w, 500)
	s, err := w.HMI.Session(t.Context())
	if err != nil || s.RuntimeDirectory == "" {
		t.Fatalf("%+v, %v", s, err)
	}
	if err := os.WriteFile(filepath.Join(s.RuntimeDirectory, "app"), []byte(canary(1)), 0o600); err != nil {
		t.Fatal(err)
	}
}

// Once a guest has left and the agent says that it is clean, nothing that the guest set is
// in its memory, on its disk, in its log, in the session's directory or in what was sent,
// whatever ended the session; the same scan finds it before. What other people have stored
// is bit for bit what it was, and there is no core to look into.
func TestGuestLeavesNothing(t *testing.T) {
	t.Parallel()
	needsRoot(t)
	w := guestWorld(t, sim.Options{LoginManager: true, Record: true})
	run, before := filepath.Join(w.Dir, "run"), stores(t, w, "anna", "jonas")
	said := func() { until(t, "said", w.Car.Said) }
	for _, end := range []struct {
		name string
		do   func() error
	}{
		{"logout", func() error { return w.HMI.Logout(t.Context()) }},
		{"another login", func() error {
			_, err := w.HMI.Login(t.Context(), id(t, w, "lea"), "590324", false)
			return err
		}},
		{"leaving", func() error {
			w.Car.Ignition(true)
			said()
			w.Car.Ignition(false)
			said()
			err := w.Car.Door("driver", true)
			said()
			err = errors.Join(err, w.Car.Door("driver", false))
			said()
			w.Car.Lock(true)
			return err
		}},
		{"suspend", func() error { _, err := w.Sleep(t.Context(), 100*time.Millisecond); return err }},
		{"kill -9", func() error { w.Kill(); return w.Boot(t.Context()) }},
	} {
		pid := w.Agent.PID()
		trespasses(t, w)
		if inMemory(t, pid) == 0 || onDisk(t, run) == 0 {
			t.Errorf("%s: the scan finds nothing before the end", end.name)
		}
		if err := end.do(); err != nil {
			t.Fatalf("%s: %v", end.name, err)
		}
		wiped(t, w)
		if left := remains(t, w, run); left != "" {
			t.Errorf("%s: left are %s", end.name, left)
		}
		if end.name != "kill -9" && w.Agent.PID() != pid {
			t.Errorf("%s: the process has another number", end.name)
		}
		w.Car.Lock(false)
		said()
	}
	if after := stores(t, w, "anna", "jonas"); !maps.Equal(after, before) {
		t.Error("stores of others changed")
	}
	limits, err := os.ReadFile(fmt.Sprintf("/proc/%d/limits", w.Agent.PID()))
	if err != nil || !regexp.MustCompile(`(?m)^Max core file size +0 +0 `).Match(limits) {
		t.Errorf("a core is possible: %s, %v", limits, err)
	}
	trespasses(t, w)
	if err := w.Agent.Signal(unix.SIGABRT); err != nil {
		t.Fatal(err)
	}
	<-w.Agent.Ended()
	if found := inFile(t, w.LogFile()); found > 0 {
		t.Errorf("the log of the abort has %d", found)
	}
	if cores, err := filepath.Glob(filepath.Join(w.Dir, "*core*")); err != nil || len(cores) > 0 {
		t.Errorf("cores %q, %v", cores, err)
	}
}

// The scan finds what is left where the process is not replaced, and where a build writes
// down what a guest sets.
func TestTheScanFindsWhatIsLeft(t *testing.T) {
	t.Parallel()
	needsRoot(t)
	for name, row := range map[string]struct {
		options sim.Options
		want    string
	}{
		"no fresh process": {sim.Options{Config: []sim.Setting{{Key: "session.fresh_process", Value: "false"}}}, "memory"},
		"a build that writes it down": {sim.Options{Gloveboxd: edited(t, "agent/settings.go",
			"	case driver.IsZero(), ",
			"	case driver.IsZero():\n		for _, values := range edit.Person { for key, v := range values { c.effects.add(keepFact(\"guest \"+key, v)) } }\n		done(nil)\n	case ",
		)}, "state"},
	} {
		t.Run(name, func(t *testing.T) {
			row.options.Record = true
			w := guestWorld(t, row.options)
			trespasses(t, w)
			if err := w.HMI.Logout(t.Context()); err != nil {
				t.Fatal(err)
			}
			wiped(t, w)
			if left := remains(t, w, filepath.Join(w.Dir, "run")); !strings.Contains(left, row.want) {
				t.Errorf("found %q, want %s", left, row.want)
			}
		})
	}
}

// edited is the agent built with one line of a file replaced; nothing is changed on disk.
func edited(t *testing.T, file, from, to string) (program string) {
	t.Helper()
	file, err := filepath.Abs(filepath.Join("..", file))
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if err != nil || bytes.Count(text, []byte(from)) != 1 {
		t.Fatalf("%s has not one line to replace: %v", file, err)
	}
	dir := t.TempDir()
	changed, overlay := filepath.Join(dir, "changed.go"), filepath.Join(dir, "overlay.json")
	list, err := json.Marshal(map[string]map[string]string{"Replace": {file: changed}})
	if err == nil {
		err = errors.Join(os.WriteFile(changed, bytes.Replace(text, []byte(from), []byte(to), 1), 0o600), os.WriteFile(overlay, list, 0o600))
	}
	if err != nil {
		t.Fatal(err)
	}
	program = filepath.Join(dir, "gloveboxd")
	build := exec.Command("go", "build", "-overlay", overlay, "-o", program, "glovebox/cmd/gloveboxd")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if said, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	return program
}
