package dist_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// installed puts the units into a root of their own, with the units of this system that they name.
func installed(t *testing.T) (root string) {
	t.Helper()
	needs(t, "systemd-analyze")
	root = t.TempDir()
	units := filepath.Join(root, "usr/lib/systemd/system")
	theirs, _ := filepath.Glob("/usr/lib/systemd/system/*.target")
	sockets, _ := filepath.Glob("/usr/lib/systemd/system/*.socket")
	ours, _ := filepath.Glob("systemd/*.service")
	for _, file := range append(append(theirs, sockets...), append(ours, "/usr/lib/systemd/system/dbus.service")...) {
		if text, err := os.ReadFile(file); err == nil {
			write(t, filepath.Join(units, filepath.Base(file)), string(text))
		}
	}
	for _, program := range []string{"gloveboxd", "gloveboxctl"} {
		write(t, filepath.Join(root, "usr/bin", program), "#!/bin/sh\n")
		if err := os.Chmod(filepath.Join(root, "usr/bin", program), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// verify is what systemd has to say about a unit. An unknown key is only a warning, and the exit code stays 0.
func verify(root, unit string) string {
	out, err := exec.Command("systemd-analyze", "verify", "--man=no", "--root="+root, unit).CombinedOutput()
	if err != nil {
		return string(out) + err.Error()
	}
	return string(out)
}

func TestSystemdHasNothingToSay(t *testing.T) {
	root := installed(t)
	for _, unit := range []string{"gloveboxd.service", "glovebox-sleep.service"} {
		if said := verify(root, unit); said != "" {
			t.Errorf("%s: %s", unit, said)
		}
	}
	broken := strings.Replace(read(t, "dist/systemd/gloveboxd.service"), "MemoryMax=", "MemoryMost=", 1)
	write(t, filepath.Join(root, "usr/lib/systemd/system/gloveboxd.service"), broken)
	if said := verify(root, "gloveboxd.service"); !strings.Contains(said, "MemoryMost") {
		t.Errorf("a key that there is not passes: %q", said)
	}
}

// The sandbox lets the agent do little: at most 2.0 of systemd's ten points, with SocketCAN too.
func TestSandboxIsTight(t *testing.T) {
	for _, dropIn := range []string{"", "60-socketcan.conf"} {
		root := installed(t)
		if dropIn != "" {
			write(t, filepath.Join(root, "etc/systemd/system/gloveboxd.service.d", dropIn), read(t, "dist/systemd/"+dropIn))
		}
		args := []string{"security", "--offline=true", "--threshold=20", "--no-pager", "--root=" + root, "gloveboxd.service"}
		if out, err := exec.Command("systemd-analyze", args...).CombinedOutput(); err != nil {
			t.Errorf("with %q: %v\n%s", dropIn, err, out)
		} else if strings.Contains(string(out), "✗ RestrictAddressFamilies=~…") != (dropIn != "") { // the families beside those of IP and UNIX
			t.Errorf("with %q: %s", dropIn, out)
		}
	}
}

// keys are the values of a key in a unit file, in order.
func keys(text, key string) (all []string) {
	for line := range strings.Lines(text) {
		if value, is := strings.CutPrefix(strings.TrimSpace(line), key+"="); is {
			all = append(all, value)
		}
	}
	return all
}

// The unit, the bus, the packages and the agent mean the same names.
func TestOneName(t *testing.T) {
	unit, activation := read(t, "dist/systemd/gloveboxd.service"), read(t, "dist/dbus/org.glovebox.Agent1.service")
	for _, want := range []struct{ have, is string }{
		{keys(unit, "BusName")[0], "org.glovebox.Agent1"},
		{keys(activation, "Name")[0], "org.glovebox.Agent1"},
		{keys(activation, "SystemdService")[0], "gloveboxd.service"},
		{keys(activation, "User")[0], keys(unit, "User")[0]},
		{keys(activation, "Exec")[0], "/bin/false"}, // systemd starts it, or nobody
	} {
		if want.have != want.is {
			t.Errorf("%q, want %q", want.have, want.is)
		}
	}
}

// A credential whose path is missing ends a unit with 243 before the agent runs, unless it has a default
// (systemd.exec(5), SetCredential).
func TestEveryCredentialHasADefault(t *testing.T) {
	unit := read(t, "dist/systemd/gloveboxd.service")
	loaded, defaults := keys(unit, "LoadCredential"), map[string]bool{}
	for _, value := range keys(unit, "SetCredential") {
		id, _, _ := strings.Cut(value, ":")
		defaults[id] = true
	}
	if len(loaded) == 0 {
		t.Fatal("the unit has no credential")
	}
	for _, value := range loaded {
		if id, _, _ := strings.Cut(value, ":"); !defaults[id] {
			t.Errorf("credential %s has no default", id)
		}
	}
}
