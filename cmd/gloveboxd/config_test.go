package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// write puts a configuration into a directory of its own.
func write(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "gloveboxd.toml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// Everything that is wrong is said at once, with the line where there is one.
func TestBadConfiguration(t *testing.T) {
	for _, row := range []struct {
		name, text string
		says       []string
	}{
		{"unknown keys", "[vehicle]\nmodle = \"x\"\n[radio]\nvolume = 3\n", []string{":2: unknown key \"vehicle.modle\"", ":3: unknown key \"radio\""}},
		{"wrong type", "[vehicle]\nmodel_year = \"2024\"\n", []string{":2:"}},
		{"not TOML", "[vehicle\n", []string{":1:"}},
		{"a bus without anything", "[[bus]]\n", []string{"bus 1: name is missing", "port or interface is missing", "dbc is missing", "mapping is missing"}},
		{"two buses of one name", "mapping = \"m\"\n[[bus]]\nname = \"a\"\nport = \"p\"\ndbc = \"d\"\n[[bus]]\nname = \"a\"\nport = \"q\"\ndbc = \"d\"\n", []string{"bus \"a\" stands twice"}},
		{"an interface and a port", "mapping = \"m\"\n[[bus]]\nname = \"a\"\ninterface = \"can0\"\nport = \"p\"\ndbc = \"d\"\n", []string{"interface leaves nothing for port"}},
		{"an interface with a bit rate", "mapping = \"m\"\n[[bus]]\nname = \"a\"\ninterface = \"can0\"\nbitrate = 500000\ndbc = \"d\"\n", []string{"interface leaves nothing for port"}},
		{"form and values at once", "[radio]\nvolume = 3\n[session]\nat_boot = \"guest\"\n", []string{":1: unknown key \"radio\"", "want picker or fob"}},
		{"no such bit rate", "mapping = \"m\"\n[[bus]]\nname = \"a\"\nport = \"p\"\nbitrate = 333000\ndbc = \"d\"\n", []string{"bit rate of 333000"}},
		{"no keepalive", "[mqtt]\nkeepalive = \"999ms\"\n", []string{"mqtt.keepalive 999ms"}},
		{"a keepalive too long", "[mqtt]\nkeepalive = \"65536s\"\n", []string{"mqtt.keepalive 18h12m16s"}},
		{"a broker in the open", "[mqtt]\nbroker = \"mqtt://192.0.2.1\"\n", []string{"plain TCP only to loopback"}},
		{"a broker of the web", "[mqtt]\nbroker = \"https://broker.example\"\n", []string{"want mqtt:// or mqtts://"}},
		{"negative baud of the receiver", "[gnss]\nbaud = -1\n", []string{"gnss: baud cannot be negative"}},
		{"negative baud", "mapping = \"m\"\n[[bus]]\nname = \"a\"\nport = \"p\"\nbaud = -1\ndbc = \"d\"\n", []string{"cannot be negative"}},
		{"no time", "[session]\nleave_after = \"0s\"\n", []string{"more than nothing"}},
		{"guest at boot", "[session]\nat_boot = \"guest\"\n", []string{"want picker or fob"}},
		{"nobody's user", "[dbus]\nhmi_users = [\"nobody-of-that-name\"]\n", []string{"is not known here"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, err := readConfig(write(t, row.text))
			if err == nil {
				t.Fatal("accepted")
			}
			for _, want := range row.says {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%v\ndoes not say %q", err, want)
				}
			}
		})
	}
}

func TestDefaults(t *testing.T) {
	c, err := readConfig(write(t, "[store]\ndir = \"people\"\n"))
	if err != nil {
		t.Fatal(err)
	}
	if !filepath.IsAbs(c.Store.Dir) || filepath.Base(c.Store.Dir) != "people" {
		t.Errorf("dir is %q: want it beside the file", c.Store.Dir)
	}
	if c.DBus.Address != "system" || !slices.Contains(c.DBus.HMIUsers, "root") || !slices.Contains(c.DBus.HMIUsers, strconv.Itoa(os.Getuid())) || c.Session.AtBoot != "picker" || !c.Session.FreshProcess {
		t.Errorf("defaults are %+v", c)
	}
}

func TestCommandLine(t *testing.T) {
	good := write(t, "[store]\ndir = \"people\"\n")
	config := func(text string) []string { return []string{"--config=" + write(t, text), "--check"} }
	for _, row := range []struct {
		name   string
		args   []string
		code   int
		stdout string
		stderr string
	}{
		{"help", []string{"--help"}, 0, "--check-store=PATH", ""},
		{"help in short", []string{"--check", "-h"}, 0, "Usage: gloveboxd [flags]", ""},
		{"the version", []string{"--version"}, 0, version + "\n", ""},
		{"an unknown flag", []string{"--colour"}, 64, "", "unknown flag --colour"},
		{"a flag that takes no value", []string{"--check=yes"}, 64, "", "--check takes no value"},
		{"a flag without its value", []string{"--config"}, 64, "", "--config needs a value"},
		{"a flag with an empty value", []string{"--config="}, 64, "", "--config needs a value"},
		{"an argument", []string{"gloveboxd.toml"}, 64, "", "unexpected argument gloveboxd.toml"},
		{"no such file", []string{"--config", "/nowhere/gloveboxd.toml"}, 78, "", "no such file"},
		{"check", []string{"--config", good, "--check"}, 0, "ok\n", ""},
		{"check a bad one", config("x = 1\n"), 78, "", "unknown key"},
		{"check a broker in the open", config("[mqtt]\nbroker = \"mqtt://192.0.2.1\"\n"), 78, "", "plain TCP only to loopback"},
		{"check values and files at once", config("[session]\nat_boot = \"guest\"\n[telemetry]\npolicy = \"none.csv\"\n"), 78, "", "none.csv"},
		{"check a missing policy", config("[telemetry]\npolicy = \"none.csv\"\n"), 1, "", "telemetry.policy: open"},
		{"check a store that is none", []string{"--check-store", good}, 1, "", "want keys"},
		{"check no store", []string{"--check-store=/nowhere/profiles.db"}, 1, "", "no such file"},
	} {
		t.Run(row.name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			if code := command(row.args, &stdout, &stderr); code != row.code {
				t.Errorf("exit %d, want %d: %s", code, row.code, &stderr)
			}
			if !strings.Contains(stdout.String(), row.stdout) || !strings.Contains(stderr.String(), row.stderr) {
				t.Errorf("printed %q and %q", &stdout, &stderr)
			}
		})
	}
}

// The identity is made once and stays; only its public half is printed.
func TestIdentity(t *testing.T) {
	file := write(t, "[store]\ndir = \"people\"\n")
	print := func() string {
		var stdout, stderr bytes.Buffer
		if code := command([]string{"--config", file, "--identity"}, &stdout, &stderr); code != 0 {
			t.Fatalf("exit %d: %s", code, &stderr)
		}
		return stdout.String()
	}
	first := print()
	if second := print(); second != first {
		t.Errorf("%s then %s", first, second)
	}
	var shown struct {
		VID        string
		Sign, Seal map[string]string
	}
	if err := json.Unmarshal([]byte(first), &shown); err != nil {
		t.Fatal(err)
	}
	if len(shown.VID) != 32 || shown.Sign["crv"] != "Ed25519" || shown.Seal["crv"] != "X25519" || shown.Sign["d"]+shown.Seal["d"] != "" {
		t.Errorf("printed %s", first)
	}
}
