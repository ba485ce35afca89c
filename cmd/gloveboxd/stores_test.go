package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"glovebox/profiles/bolt"
	"glovebox/profiles/keyring"
)

// Each row's start comes after the end and the damage of the row: a child looks at
// what a stop on request did not leave so, and at nothing else. What is damaged is
// found.
func TestStartAfterStop(t *testing.T) {
	if _, err := exec.LookPath("strace"); err != nil {
		t.Skip("strace is not installed")
	}
	for _, row := range []struct {
		name      string
		end       syscall.Signal
		damaged   string
		checks    string // what children look at
		recovered string
		inject    string // what fails in the start, as strace has it
	}{
		{"a clean stop", syscall.SIGTERM, "", "", "", ""},
		{"an interrupt", syscall.SIGINT, "", "", "", ""},
		{"a power cut", syscall.SIGKILL, "", "profiles.db outbox.db", "", ""},
		{"bit rot in the people", syscall.SIGTERM, bolt.Name, "profiles.db", bolt.Name, ""},
		{"bit rot in the queue", syscall.SIGTERM, outboxFile, "outbox.db", outboxFile, ""},
		{"bit rot in the key ring", syscall.SIGTERM, keysFile, "profiles.db outbox.db", "", ""},
		{"bit rot in the mark", syscall.SIGTERM, bolt.MarkName, "profiles.db outbox.db", "", ""},
		{"a mark that cannot be taken away", syscall.SIGTERM, "", "profiles.db outbox.db", "", "inject=pwrite64:error=EIO:when=1"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			a := newProgram(t, "")
			_, stop := a.boot()
			eventually(t, "the queue is open", func() bool {
				_, err := os.Stat(filepath.Join(a.dir, "state", outboxFile))
				return err == nil
			})
			if code, said := stop(row.end); row.end != syscall.SIGKILL && code != exitStopped {
				t.Fatalf("exit %d: %s", code, said)
			}
			if row.damaged != "" {
				rot(t, filepath.Join(a.dir, "state", row.damaged))
			}
			trace := filepath.Join(a.dir, "trace")
			tracer := []string{"strace", "-D", "-f", "-qq", "-s", "200", "-o", trace, "-e", "trace=execve,pwrite64"}
			if row.inject != "" {
				tracer = append(tracer, "-e", row.inject)
			}
			vehicle, stop := a.boot(tracer...)
			looked := func(name string) bool {
				text, err := os.ReadFile(trace)
				return err == nil && strings.Contains(string(text), "/state/"+name+`"`)
			}
			for _, name := range strings.Fields(row.checks) { // the queue after the name is owned
				eventually(t, "a child checks "+name, func() bool { return looked(name) })
			}
			eventually(t, "recovered is "+row.recovered, func() bool { return fmt.Sprint(vehicle()["Recovered"]) == "["+row.recovered+"]" })
			if health, err := a.hmi.Health(t.Context()); err != nil || strings.Contains(fmt.Sprint(health), "store-recovered") != (row.recovered != "") {
				t.Errorf("health is %v, %v", health, err)
			}
			if code, said := stop(syscall.SIGTERM); code != exitStopped {
				t.Errorf("exit %d: %s", code, said)
			}
			for _, name := range []string{bolt.Name, outboxFile} {
				if looked(name) && !strings.Contains(row.checks, name) {
					t.Errorf("a child checks %s", name)
				}
			}
		})
	}
}

// An identity that rotted since the last stop is taken from the copy that is sealed
// with the people; only where that is gone too there is none, and never a new one.
func TestRottenIdentity(t *testing.T) {
	a := newProgram(t, "")
	_, stop := a.boot()
	stop(syscall.SIGTERM)
	_, before := a.run("--identity")
	name := filepath.Join(a.dir, "state", keyring.IdentityName)
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	i := strings.Index(string(text), `"sign_seed":"`) + 20
	text[i] = map[bool]byte{true: 'A', false: 'B'}[text[i] != 'A']
	if err := os.WriteFile(name, text, 0o600); err != nil {
		t.Fatal(err)
	}
	vehicle, stop := a.boot()
	if v := vehicle(); fmt.Sprint(v["Recovered"]) != "[identity]" {
		t.Errorf("recovered is %v", v["Recovered"])
	}
	if code, after := a.run("--identity"); code != exitStopped || after != before {
		t.Errorf("exit %d: %s, and before %s", code, after, before)
	}
	stop(syscall.SIGTERM)
	for _, lost := range []string{bolt.Name, bolt.MarkName} {
		if err := os.Remove(filepath.Join(a.dir, "state", lost)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(name, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if code, said := a.run("--identity"); code != exitFailed || !strings.Contains(said, "its halves do not belong together") {
		t.Errorf("exit %d: %s", code, said)
	}
}

// Whoever ran once left a copy of the identity, also where the people were lost.
func TestIdentityHasACopy(t *testing.T) {
	a := newProgram(t, "")
	_, stop := a.boot()
	stop(syscall.SIGTERM)
	_, before := a.run("--identity")
	for _, lost := range []string{bolt.Name, keyring.IdentityName} {
		if err := os.Remove(filepath.Join(a.dir, "state", lost)); err != nil {
			t.Fatal(err)
		}
		_, stop := a.boot()
		stop(syscall.SIGTERM)
	}
	if code, after := a.run("--identity"); code != exitStopped || after != before {
		t.Errorf("exit %d: %s, and before %s", code, after, before)
	}
}

// rot flips bits in the first page of a file, in each meta page of a bbolt file.
func rot(t *testing.T, file string) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range []int{40, os.Getpagesize() + 40} {
		if at < len(b) {
			b[at] ^= 1
		}
	}
	if err := os.WriteFile(file, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// openStores is lockStores and start.
func openStores(ctx context.Context, dir string, log *slog.Logger) (stores, error) {
	s, err := lockStores(ctx, dir, false, nil, log)
	if err != nil {
		return s, err
	}
	return s.start(ctx)
}
