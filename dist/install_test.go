package dist_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// system is a root of its own into which dpkg installs; the scripts of the package run with DPKG_ROOT.
type system struct{ root string }

func newSystem(t *testing.T) system {
	t.Helper()
	needsRoot(t)
	needs(t, "dpkg", "systemd-sysusers", "systemd-tmpfiles", "deb-systemd-helper")
	s := system{public(t)}
	for _, dir := range []string{"var/lib/dpkg/info", "var/lib/dpkg/updates", "tmp", "run"} {
		if err := os.MkdirAll(filepath.Join(s.root, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	write(t, filepath.Join(s.root, "var/lib/dpkg/status"), "")
	write(t, filepath.Join(s.root, "etc/passwd"), "root:x:0:0:root:/root:/bin/sh\n")
	write(t, filepath.Join(s.root, "etc/group"), "root:x:0:\n")
	return s
}

// dpkg runs a step of the package's life. What the package needs beside itself is this machine's.
func (s system) dpkg(t *testing.T, args ...string) {
	t.Helper()
	output(t, "dpkg", append([]string{"--root=" + s.root, "--force-depends", "--force-script-chrootless", "--force-confold"}, args...)...)
}

// file is a file of the system.
func (s system) file(name string) string { return filepath.Join(s.root, name) }

// owner is who a file belongs to, by the names of the system, and its mode.
func (s system) owner(t *testing.T, name string) string {
	t.Helper()
	info, err := os.Stat(s.file(name))
	if err != nil {
		t.Fatal(err)
	}
	of := info.Sys().(*syscall.Stat_t)
	return fmt.Sprintf("%04o %s %s", of.Mode&0o7777, s.named(t, "etc/passwd", of.Uid), s.named(t, "etc/group", of.Gid))
}

// named is the name that a number has in one of the system's lists.
func (s system) named(t *testing.T, list string, id uint32) string {
	t.Helper()
	text, err := os.ReadFile(s.file(list))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if f := strings.Split(line, ":"); f[2] == fmt.Sprint(id) || strings.TrimSpace(f[2]) == fmt.Sprint(id) {
			return f[0]
		}
	}
	return fmt.Sprint(id)
}

// as runs a program of the system inside it as one of its users.
func (s system) as(t *testing.T, user, program string, args ...string) *exec.Cmd {
	t.Helper()
	text, err := os.ReadFile(s.file("etc/passwd"))
	if err != nil {
		t.Fatal(err)
	}
	var uid, gid uint32
	for line := range strings.Lines(string(text)) {
		if f := strings.Split(line, ":"); f[0] == user {
			_, err = fmt.Sscan(f[2]+" "+f[3], &uid, &gid)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, args...)
	cmd.Dir, cmd.Env = "/", []string{"PATH=/usr/bin"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: s.root, Credential: &syscall.Credential{Uid: uid, Gid: gid}}
	return cmd
}

// After the installation users, groups and folders are as the agent needs them, and it takes its configuration.
func TestInstalled(t *testing.T) {
	s := newSystem(t)
	write(t, s.file("etc/glovebox/credentials/key"), "of the broker")
	s.dpkg(t, "-i", deb(t, "glovebox", "amd64"))
	for name, want := range map[string]string{
		"etc/glovebox": "0750 root glovebox", "etc/glovebox/gloveboxd.toml": "0640 root glovebox",
		"etc/glovebox/credentials": "0700 root root", "etc/glovebox/credentials/key": "0600 root root",
		"var/lib/glovebox": "0700 glovebox glovebox", "run/glovebox-session": "2770 glovebox glovebox-app",
		"usr/bin/gloveboxd": "0755 root root",
	} {
		if is := s.owner(t, name); is != want {
			t.Errorf("%s: %s, want %s", name, is, want)
		}
	}
	if groups, _ := os.ReadFile(s.file("etc/group")); !bytes.Contains(groups, []byte("glovebox-hmi:")) {
		t.Errorf("no group for the head unit's programs in\n%s", groups)
	}
	if _, err := os.Readlink(s.file("etc/systemd/system/multi-user.target.wants/gloveboxd.service")); err != nil {
		t.Error(err)
	}
	if out, err := s.as(t, "glovebox", "/usr/bin/gloveboxd", "--check").CombinedOutput(); err != nil || string(out) != "ok\n" {
		t.Errorf("%v\n%s", err, out)
	}
	again := exec.Command(s.file("var/lib/dpkg/info/glovebox.postinst"), "configure", "")
	again.Env = append(os.Environ(), "DPKG_ROOT="+s.root, "DPKG_MAINTSCRIPT_PACKAGE=glovebox")
	if out, err := again.CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("a second time: %v\n%s", err, out)
	}
}

// Before anybody configured it the agent comes up and answers root, without a bus of the car, a receiver and a broker.
func TestInstalledAgentAnswers(t *testing.T) {
	s := newSystem(t)
	write(t, s.file("etc/passwd"), fmt.Sprintf("root:x:0:0:root:/root:/bin/sh\nglovebox:x:%d:%[1]d::/:/bin/false\n", agentUser))
	write(t, s.file("etc/group"), fmt.Sprintf("root:x:0:\nglovebox:x:%d:\n", agentUser))
	s.dpkg(t, "-i", deb(t, "glovebox", "amd64"))
	if err := os.Mkdir(s.file("run/dbus"), 0o755); err != nil {
		t.Fatal(err)
	}
	policy, err := os.ReadFile(s.file("usr/share/dbus-1/system.d/org.glovebox.Agent1.conf"))
	if err != nil {
		t.Fatal(err)
	}
	startBus(t, s.file("run/dbus/system_bus_socket"), string(policy))
	agent := s.as(t, "glovebox", "/usr/bin/gloveboxd")
	said := &bytes.Buffer{}
	agent.Stderr = said
	if err := agent.Start(); err != nil {
		t.Fatal(err)
	}
	for begun := time.Now(); ; time.Sleep(50 * time.Millisecond) {
		out, err := s.as(t, "root", "/usr/bin/gloveboxctl", "--json", "status").CombinedOutput()
		if err == nil {
			for _, want := range []string{`"can":"off"`, `"gnss":"off"`, `"cloud":"off"`, `"state":"idle"`} {
				if !strings.Contains(strings.ReplaceAll(strings.ToLower(string(out)), " ", ""), want) {
					t.Errorf("no %s in %s", want, out)
				}
			}
			break
		}
		if time.Since(begun) > time.Minute {
			t.Errorf("%v\n%s", err, out)
			break
		}
	}
	if out, err := s.as(t, "root", "/usr/bin/gloveboxctl", "status").CombinedOutput(); err != nil || !strings.Contains(string(out), "\nA car without a model, vehicle ") {
		t.Errorf("%v\n%s", err, out)
	}
	_ = agent.Process.Signal(syscall.SIGTERM)
	if err := agent.Wait(); err != nil {
		t.Error(err)
	}
	for line := range strings.Lines(said.String()) {
		if strings.Contains(line, "level=ERROR") {
			t.Error(line)
		}
	}
}

// newer is a package again, with a higher version.
func newer(t *testing.T, file string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "newer")
	output(t, "dpkg-deb", "-R", file, dir)
	control, err := os.ReadFile(filepath.Join(dir, "DEBIAN/control"))
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "DEBIAN/control"), strings.Replace(string(control), "Version: "+field(t, file, "Version"), "Version: 99.0", 1))
	output(t, "dpkg-deb", "-b", "-Znone", dir, dir+".deb")
	return dir + ".deb"
}

// An upgrade and a removal keep people and what the integrator wrote; a purge takes all of it, and the key ring is overwritten
// before it is unlinked.
func TestUpgradeRemovePurge(t *testing.T) {
	s := newSystem(t)
	s.dpkg(t, "-i", deb(t, "glovebox", "amd64"))
	people, written := "var/lib/glovebox/profiles.db", "etc/glovebox/gloveboxd.toml"
	keys := bytes.Repeat([]byte("key"), 32<<10/3+1)[:32<<10]
	write(t, s.file(people), "Anna")
	write(t, s.file("var/lib/glovebox/keys"), string(keys))
	write(t, s.file(written), "[vehicle]\nmodel = \"Taycan\"\nmodel_year = 2024\n")
	keeps := func(when string) {
		for name, want := range map[string]string{people: "Anna", "var/lib/glovebox/keys": string(keys), written: "[vehicle]\nmodel = \"Taycan\"\nmodel_year = 2024\n"} {
			if is, err := os.ReadFile(s.file(name)); err != nil || string(is) != want {
				t.Errorf("%s: %s: %v", when, name, err)
			}
		}
		if is := s.owner(t, written); is != "0640 root glovebox" {
			t.Errorf("%s: %s: %s", when, written, is)
		}
	}
	s.dpkg(t, "-i", newer(t, deb(t, "glovebox", "amd64")))
	keeps("after an upgrade")
	if status, err := os.ReadFile(s.file("var/lib/dpkg/status")); err != nil || !bytes.Contains(status, []byte("Version: 99.0\n")) {
		t.Errorf("no upgrade: %v\n%s", err, status)
	}
	s.dpkg(t, "--remove", "glovebox")
	keeps("after a removal")
	if _, err := os.Stat(s.file("usr/bin/gloveboxd")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the program is still there: %v", err)
	}
	held, err := os.Open(s.file("var/lib/glovebox/keys"))
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	s.dpkg(t, "--purge", "glovebox")
	now := make([]byte, len(keys))
	if n, err := held.ReadAt(now, 0); n != len(keys) || bytes.Contains(now, []byte("keykey")) {
		t.Errorf("the key ring was unlinked as it was: %d bytes, %v", n, err)
	}
	_ = filepath.WalkDir(s.root, func(name string, _ fs.DirEntry, err error) error {
		if strings.Contains(strings.TrimPrefix(name, s.root), "glovebox") {
			t.Errorf("left after a purge: %s", name)
		}
		return err
	})
	s.dpkg(t, "-i", deb(t, "glovebox", "amd64"))
	if _, err := os.Stat(s.file(people)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("somebody survived the purge: %v", err)
	}
}
