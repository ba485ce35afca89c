package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"glovebox/profiles"
	"glovebox/profiles/bolt"
	"glovebox/profiles/keyring"
)

// peopled is a car with a broker and two people, as a clean stop left it.
func peopled(t *testing.T) *program {
	t.Helper()
	a := newProgram(t, "[vehicle]\nmodel = \"Taycan\"\nmodel_year = 2024\n[mqtt]\nbroker = \"mqtt://127.0.0.1:9\"\n")
	code, said := a.run("--identity")
	if code != exitStopped {
		t.Fatalf("exit %d: %s", code, said)
	}
	roster := profiles.Roster{VID: vid([]byte(said)), Version: 1, Issued: time.Now(), GuestServices: true}
	for n, role := range []profiles.Role{profiles.Main, profiles.Secondary} {
		roster.People = append(roster.People, profiles.Person{
			ID: profiles.ID{byte(n + 1)}, Mailbox: strings.Repeat(fmt.Sprintf("a%d", n), 16), Role: role, State: profiles.Active, Sharing: profiles.Shared, Name: profiles.Conceal("x"),
		})
	}
	ring, err := keyring.Open(a.state(""))
	if err != nil {
		t.Fatal(err)
	}
	people, err := bolt.Open(a.state(""), ring, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, err = people.Apply(roster)
	if err := errors.Join(err, people.Close(), ring.Close()); err != nil {
		t.Fatal(err)
	}
	_, stop := a.boot()
	eventually(t, "the queue is open", func() bool { _, err := os.Stat(a.state(outboxFile)); return err == nil })
	stop(syscall.SIGTERM)
	return a
}

// state is a file in the state directory.
func (a *program) state(name string) string { return filepath.Join(a.dir, "state", name) }

// ends are ways in which a file is none any more.
var ends = map[string]func(name string) error{
	"missing":  os.Remove,
	"empty":    func(name string) error { return os.Truncate(name, 0) },
	"a folder": func(name string) error { return os.Rename(folder(name), name) },
	"a pipe":   func(name string) error { _ = os.Remove(name); return syscall.Mkfifo(name, 0o600) },
	"a link to nothing": func(name string) error {
		_ = os.Remove(name)
		return os.Symlink("/nowhere/at/all", name)
	},
}

// folder makes room for a folder, with something in it, where name was.
func folder(name string) string {
	_ = os.Remove(name)
	aside := name + ".folder"
	_ = os.MkdirAll(filepath.Join(aside, "inside"), 0o700)
	return aside
}

// Whatever became of the files of a car that had people, the head unit comes up, says
// which store is not what it was, lets a guest drive, and with no identity the cloud is
// off. A copy of the identity outlives its file, and goes with the ring.
func TestLostFiles(t *testing.T) {
	const all = "identity keys outbox.db profiles.db"
	for _, row := range []struct {
		files     string
		recovered string // at least, and none beside those where the file is missing
		people    int
		cloud     string
		sameCar   bool
	}{
		{bolt.Name, bolt.Name, 0, "down", true},
		{outboxFile, outboxFile, 2, "down", true},
		{keyring.IdentityName, keyring.IdentityName, 2, "down", true},
		{keysFile, "keys outbox.db profiles.db", 0, "down", true},
		{"identity outbox.db", "identity outbox.db", 2, "down", true},
		{"identity profiles.db", "identity profiles.db", 0, "off", false},
		{"identity keys", "identity keys outbox.db profiles.db", 0, "off", false},
		{"keys profiles.db", "keys outbox.db profiles.db", 0, "down", true},
		{"identity keys profiles.db", all, 0, "off", false},
		{"profiles.db outbox.db", "outbox.db profiles.db", 0, "down", true},
		{bolt.MarkName, "", 2, "down", true},
		{"profiles.db.new", "", 2, "down", true},
		{"identity.new keys.new", "", 2, "down", true},
	} {
		for end, do := range ends {
			if strings.HasSuffix(row.files, ".new") && (end == "missing" || end == "empty") {
				continue
			}
			t.Run(row.files+" "+end, func(t *testing.T) {
				t.Parallel()
				a := peopled(t)
				_, before := a.run("--identity")
				for _, name := range strings.Fields(row.files) {
					if err := do(a.state(name)); err != nil {
						t.Fatal(err)
					}
				}
				vehicle, stop := a.boot()
				var recovered []string
				eventually(t, "recovered is "+row.recovered, func() bool {
					recovered = slices.Clone(vehicle()["Recovered"].([]string))
					slices.Sort(recovered)
					return strings.Join(recovered, " ") == row.recovered
				})
				if cloud := vehicle()["Cloud"]; cloud != row.cloud {
					t.Errorf("cloud is %v, want %s", cloud, row.cloud)
				}
				if people, err := a.hmi.Profiles(t.Context()); err != nil || len(people) != row.people {
					t.Errorf("%d people, %v; want %d", len(people), err, row.people)
				}
				if _, err := a.hmi.Guest(t.Context(), false); err != nil {
					t.Errorf("a guest: %v", err)
				}
				identity, err := json.Marshal(vehicle()["Identity"])
				if err != nil {
					t.Fatal(err)
				}
				if same := strings.Contains(before, vid(identity)) && vid(identity) != ""; same != row.sameCar {
					t.Errorf("identity %s, before %s", identity, before)
				}
				stop(syscall.SIGTERM)
				if again, err := keyring.Identity(a.state("")); err == nil && again.VID != vid(identity) {
					t.Error("the disk has another identity than the agent that ran")
				}
			})
		}
	}
}

func vid(identity []byte) string {
	var shown struct {
		VID string `json:"vid"`
	}
	_ = json.Unmarshal(identity, &shown)
	return shown.VID
}

// A car that never had people, and whose first start was cut anywhere, has lost
// nothing.
func TestNothingIsLostBeforeThereArePeople(t *testing.T) {
	for _, files := range []string{bolt.MarkName, bolt.Name, outboxFile, "outbox.db profiles.db clean", keyring.IdentityName} {
		t.Run(files, func(t *testing.T) {
			t.Parallel()
			a := newProgram(t, "")
			_, stop := a.boot()
			eventually(t, "the queue is open", func() bool { _, err := os.Stat(a.state(outboxFile)); return err == nil })
			stop(syscall.SIGTERM)
			for _, name := range strings.Fields(files) {
				if err := os.Remove(a.state(name)); err != nil {
					t.Fatal(err)
				}
			}
			vehicle, _ := a.boot()
			eventually(t, "the queue is open", func() bool { _, err := os.Stat(a.state(outboxFile)); return err == nil })
			want := "[]"
			if files == keyring.IdentityName {
				want = "[identity]" // the copy knows it
			}
			if recovered := fmt.Sprint(vehicle()["Recovered"]); recovered != want {
				t.Errorf("recovered is %s, want %s", recovered, want)
			}
		})
	}
}

// What the file system refuses costs people and cloud, and not the head unit.
func TestUnusableDirectory(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("not root")
	}
	readOnly := func(a *program) []string {
		return []string{"unshare", "-m", "sh", "-c", `mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && exec "$@"`, a.state("")}
	}
	for _, row := range []struct {
		name   string
		spoil  func(a *program) error
		before func(a *program) []string
		people int
	}{
		{"a read-only file system", nil, readOnly, 2},
		{"a read-only file system with a folder in a file's place", func(a *program) error { return ends["a folder"](a.state(bolt.Name)) }, readOnly, 0},
		{"an empty read-only file system", func(a *program) error {
			return exec.Command("find", a.state(""), "-mindepth", "1", "-delete").Run()
		}, readOnly, 0},
		{"a file", func(a *program) error { return os.WriteFile(aside(a), nil, 0o600) }, nil, 0},
		{"a link to nothing", func(a *program) error { return os.Symlink("/nowhere/at/all", aside(a)) }, nil, 0},
		{"below a file", func(a *program) error {
			name := filepath.Join(a.dir, "gloveboxd.toml")
			text, err := os.ReadFile(name)
			a.write("gloveboxd.toml", strings.Replace(string(text), `dir = "state"`, `dir = "gloveboxd.toml/state"`, 1))
			return err
		}, nil, 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			a := peopled(t)
			if row.spoil != nil {
				if err := row.spoil(a); err != nil {
					t.Fatal(err)
				}
			}
			var before []string
			if row.before != nil {
				before = row.before(a)
				if err := exec.Command(before[0], append(before[1:], "true")...).Run(); err != nil {
					t.Skip("cannot mount: ", err)
				}
			}
			vehicle, stop := a.boot(before...)
			if v := vehicle(); v["Cloud"] != "off" || !strings.Contains(fmt.Sprint(v["Recovered"]), "keys profiles.db outbox.db") {
				t.Errorf("cloud %v, recovered %v", v["Cloud"], v["Recovered"])
			}
			people, err := a.hmi.Profiles(t.Context())
			if err != nil || len(people) != row.people {
				t.Errorf("%d people, %v; want %d", len(people), err, row.people)
			}
			if _, err := a.hmi.Guest(t.Context(), false); err != nil {
				t.Errorf("a guest: %v", err)
			}
			if code, said := a.run("--check"); row.before == nil && (code != exitFailed || !strings.Contains(said, "store.dir: ")) {
				t.Errorf("--check: exit %d: %s", code, said)
			}
			code, said := stop(syscall.SIGTERM)
			if code != exitStopped || !strings.Contains(said, "stores cannot be used") {
				t.Errorf("exit %d: %s", code, said)
			}
		})
	}
}

// aside takes the state directory away and returns where it was.
func aside(a *program) string {
	_ = os.Rename(a.state(""), filepath.Join(a.dir, "away"))
	return filepath.Join(a.dir, "state")
}

// One process at a time has the directory: a second agent says so and ends, beside the
// first nothing is checked, and the identity is only read.
func TestOneProcessAtATime(t *testing.T) {
	a := peopled(t)
	_, before := a.run("--identity")
	_, stop := a.boot()
	defer stop(syscall.SIGTERM)
	if code, said := a.run(); code != exitFailed || !strings.Contains(said, "in use by another process") {
		t.Errorf("a second agent: exit %d: %s", code, said)
	}
	if code, said := a.run("--check-store", a.state("")); code != exitFailed || !strings.Contains(said, "is in use: stop gloveboxd first") {
		t.Errorf("a check beside an agent: exit %d: %s", code, said)
	}
	if code, said := a.run("--check-store", a.state(bolt.Name)); code != exitFailed || !strings.Contains(said, "is in use: stop gloveboxd first") {
		t.Errorf("a check of a file beside an agent: exit %d: %s", code, said)
	}
	if code, said := a.run("--identity"); code != exitStopped || said != before {
		t.Errorf("the identity beside an agent: exit %d: %s", code, said)
	}
	stop(syscall.SIGTERM)
	if code, said := a.run("--check-store", a.state("")); code != exitStopped {
		t.Errorf("a check after the stop: exit %d: %s", code, said)
	}
}

// A first start and --identity beside it give one identity, and both succeed.
func TestOneIdentity(t *testing.T) {
	for range 4 {
		a := newProgram(t, "")
		printed := make(chan string, 2)
		for range cap(printed) {
			go func() { _, said := a.run("--identity"); printed <- said }()
		}
		vehicle, stop := a.boot()
		running, err := json.Marshal(vehicle()["Identity"])
		if err != nil {
			t.Fatal(err)
		}
		for range cap(printed) {
			if said := <-printed; vid([]byte(said)) == "" || vid([]byte(said)) != vid(running) {
				t.Errorf("printed %s, the agent that runs has %s", said, running)
			}
		}
		stop(syscall.SIGTERM)
		if kept, err := keyring.Identity(a.state("")); err != nil || kept.VID != vid(running) {
			t.Errorf("the disk has another identity: %v", err)
		}
	}
}

// Modes that let others read or write are said and mended.
func TestOpenModes(t *testing.T) {
	a := peopled(t)
	if err := os.Mkdir(a.state("quarantine"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(a.state("quarantine/keys.1"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	names := []string{"", "quarantine", "quarantine/keys.1", keysFile, bolt.Name, outboxFile, keyring.IdentityName, bolt.MarkName}
	for _, name := range names {
		if err := os.Chmod(a.state(name), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	_, stop := a.boot()
	_, said := stop(syscall.SIGTERM)
	for _, name := range names {
		if info, err := os.Stat(a.state(name)); err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%q has mode %v, %v", name, info.Mode(), err)
		}
		if line := "file=" + filepath.Base(a.state(name)) + " "; !strings.Contains(said, line) {
			t.Errorf("%q is not said: %s", name, said)
		}
	}
}

// The state directory may be a link to it.
func TestLinkedDirectory(t *testing.T) {
	a := peopled(t)
	real := filepath.Join(t.TempDir(), "real")
	if err := errors.Join(os.Rename(a.state(""), real), os.Symlink(real, filepath.Join(a.dir, "state"))); err != nil {
		t.Fatal(err)
	}
	vehicle, _ := a.boot()
	if people, err := a.hmi.Profiles(t.Context()); err != nil || len(people) != 2 {
		t.Errorf("%d people, %v", len(people), err)
	}
	if v := vehicle(); fmt.Sprint(v["Recovered"]) != "[]" || v["Cloud"] != "down" {
		t.Errorf("recovered %v, cloud %v", v["Recovered"], v["Cloud"])
	}
}

// What the agent makes is its own also where the mask would let others in.
func TestNoMask(t *testing.T) {
	defer syscall.Umask(syscall.Umask(0))
	a := peopled(t)
	err := filepath.WalkDir(a.state(""), func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := e.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A folder that holds what is not ours keeps its mode.
func TestSharedFolderKeepsItsMode(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{keysFile, "somebody's"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	closeModes(dir, slog.New(slog.NewTextHandler(io.Discard, nil)))
	for name, want := range map[string]os.FileMode{"": 0o755, keysFile: 0o600, "somebody's": 0o644} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Mode().Perm() != want {
			t.Errorf("%q has mode %v, want %v", name, info.Mode(), want)
		}
	}
}

// What an older form left beside the stores, and an order that was not given, are the
// agent's too.
func TestCopiesAreOurs(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{keysFile, bolt.CopyName(2), orderName + ".new"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	closeModes(dir, slog.New(slog.NewTextHandler(io.Discard, nil)))
	for name, want := range map[string]os.FileMode{"": 0o700, keysFile: 0o600, bolt.CopyName(2): 0o600, orderName + ".new": 0o600} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Mode().Perm() != want {
			t.Errorf("%q has mode %v, want %v", name, info.Mode(), want)
		}
	}
}

// A ring that was lost stays lost where the start that found it was cut off: this car is
// not one that never had anybody.
func TestLostRingIsNotForgotten(t *testing.T) {
	dir, log := t.TempDir(), slog.New(slog.NewTextHandler(io.Discard, nil))
	if err := os.WriteFile(filepath.Join(dir, bolt.Name), []byte("people"), 0o600); err != nil {
		t.Fatal(err)
	}
	ring, lost, err := bolt.OpenRing(dir, []string{bolt.Name, outboxFile}, keyring.IdentityName)
	if err := errors.Join(err, ring.Close()); err != nil || !lost {
		t.Fatalf("lost %v, %v", lost, err)
	}
	s, err := openStores(t.Context(), dir, log)
	if err != nil {
		t.Fatal(err)
	}
	defer s.release()
	if s.fresh() {
		t.Error("nobody was ever in this car")
	}
}
