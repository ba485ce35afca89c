package main

import (
	"bytes"
	"crypto/x509"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
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
		{"two buses of one name", "mapping = \"m\"\n[[bus]]\nname = \"a\"\nport = \"/dev/p\"\ndbc = \"d\"\n[[bus]]\nname = \"a\"\nport = \"/dev/q\"\ndbc = \"d\"\n", []string{"bus \"a\" stands twice"}},
		{"an interface and a port", "mapping = \"m\"\n[[bus]]\nname = \"a\"\ninterface = \"can0\"\nport = \"/dev/p\"\ndbc = \"d\"\n", []string{"interface leaves nothing for port"}},
		{"an interface with a bit rate", "mapping = \"m\"\n[[bus]]\nname = \"a\"\ninterface = \"can0\"\nbitrate = 500000\ndbc = \"d\"\n", []string{"interface leaves nothing for port"}},
		{"form and values at once", "[radio]\nvolume = 3\n[session]\nat_boot = \"guest\"\n", []string{":1: unknown key \"radio\"", "want picker or fob"}},
		{"no such bit rate", "mapping = \"m\"\n[[bus]]\nname = \"a\"\nport = \"/dev/p\"\nbitrate = 333000\ndbc = \"d\"\n", []string{"bit rate of 333000"}},
		{"no such data bit rate", "mapping = \"m\"\n[[bus]]\nname = \"a\"\nport = \"/dev/p\"\nbitrate = 500000\ndata_bitrate = 3000000\ndbc = \"d\"\n", []string{":6: bus \"a\"", "data bit rate of 3000000"}},
		{"a data bit rate alone", "mapping = \"m\"\n[[bus]]\nname = \"a\"\nport = \"/dev/p\"\ndata_bitrate = 2000000\ndbc = \"d\"\n", []string{":5: bus \"a\": data_bitrate needs bitrate beside it"}},
		{"an interface with a data bit rate", "mapping = \"m\"\n[[bus]]\nname = \"a\"\ninterface = \"can0\"\ndata_bitrate = 2000000\ndbc = \"d\"\n", []string{"interface leaves nothing for port"}},
		{"no keepalive", "[mqtt]\nkeepalive = \"999ms\"\n", []string{"mqtt.keepalive 999ms"}},
		{"a keepalive too long", "[mqtt]\nkeepalive = \"65536s\"\n", []string{"mqtt.keepalive 18h12m16s"}},
		{"a broker in the open", "[mqtt]\nbroker = \"mqtt://192.0.2.1\"\n", []string{"plain TCP only to loopback"}},
		{"a broker of the web", "[mqtt]\nbroker = \"https://broker.example\"\n", []string{"want mqtt:// or mqtts://"}},
		{"negative baud of the receiver", "[gnss]\nbaud = -1\n", []string{"gnss: baud cannot be negative"}},
		{"negative baud", "mapping = \"m\"\n[[bus]]\nname = \"a\"\nport = \"/dev/p\"\nbaud = -1\ndbc = \"d\"\n", []string{"cannot be negative"}},
		{"no time", "[session]\nleave_after = \"0s\"\n", []string{"more than nothing"}},
		{"guest at boot", "[session]\nat_boot = \"guest\"\n", []string{"want picker or fob"}},
		{"a duration without a unit", "[session]\nleave_after = 60\n", []string{":2: session.leave_after: want a duration in quotes"}},
		{"a fraction of a second", "[session]\nidle_after = 0.5\n", []string{":2: session.idle_after: want a duration in quotes"}},
		{"a broken duration", "[mqtt]\nreconnect_max = \"60\"\n", []string{":2: mqtt.reconnect_max \"60\": want a number and a unit"}},
		{"half a second of keepalive", "[mqtt]\nkeepalive = \"1500ms\"\n", []string{"whole seconds"}},
		{"every type at once", "mapping = 1\n[vehicle]\nmodel_year = \"x\"\n[store]\ndir = true\n[telemetry]\ngzip = \"yes\"\n[dbus]\napp_users = [\n  \"root\",\n  5,\n]\n", []string{
			":1: mapping: want text", ":3: vehicle.model_year: want a whole number", ":5: store.dir: want text", ":7: telemetry.gzip: want true or false", ":9: dbus.app_users: want text"}},
		{"a table that is none", "vehicle = 3\nbus = \"can0\"\n", []string{":1: vehicle: want a table", ":2: bus: want a list"}},
		{"a list of tables that is one", "[bus]\nname = \"a\"\n", []string{":1: bus: want a list"}},
		{"the second bus", "mapping = \"m\"\n[[bus]]\nname = \"a\"\nport = \"/p\"\ndbc = \"d\"\n[[bus]]\nname = \"b\"\nprot = \"/q\"\nbaud = -1\n", []string{
			":8: unknown key \"bus.prot\", the nearest is \"bus.port\"", ":9: bus \"b\": baud", ":6: bus \"b\": port or interface is missing", ":6: bus \"b\": dbc is missing"}},
		{"a swap", "[vehicle]\nmodle = \"x\"\n[store]\ndri = \"y\"\n[mtqt]\n", []string{"the nearest is \"vehicle.model\"", "the nearest is \"store.dir\"", ":5: unknown key \"mtqt\", the nearest is \"mqtt\""}},
		{"a letter too many", "[dbus]\nadress = \"system\"\nhmi_user = []\n", []string{"the nearest is \"dbus.address\"", "the nearest is \"dbus.hmi_users\""}},
		{"another table's key", "[vehicle]\nleave_after = \"60s\"\nbroker = \"x\"\n", []string{"the nearest is \"session.leave_after\"", "the nearest is \"mqtt.broker\""}},
		{"dotted keys", "vehicle.modle = \"x\"\nsession = { leave_after = 60, idle_after = \"1\" }\n", []string{":1: unknown key \"vehicle.modle\"", ":2: session.leave_after", ":2: session.idle_after"}},
		{"a model that is nearly one", "[vehicle]\nmodel = \"Taykan\"\n", []string{":2: vehicle.model \"Taykan\" is not known, the nearest is \"Taycan\""}},
		{"a model with two letters swapped", "[vehicle]\nmodel = \"PANAMREA\"\n", []string{"the nearest is \"Panamera\""}},
		{"years", "[vehicle]\nmodel_year = -7\n", []string{":2: vehicle.model_year -7"}},
		{"a year to come", "[vehicle]\nmodel_year = 99999\n", []string{"vehicle.model_year 99999"}},
		{"a country's name", "[vehicle]\ncountry = \"Germany\"\n", []string{":2: vehicle.country \"Germany\""}},
		{"a code of no country", "[vehicle]\ncountry = \"UK\"\n", []string{"vehicle.country \"UK\""}},
		{"no directory", "[store]\ndir = \"\"\n", []string{":2: store.dir is empty"}},
		{"a port that is no path", "mapping = \"m\"\n[[bus]]\nname = \"a\"\nport = \"ttyCAN0\"\ndbc = \"d\"\n[gnss]\nport = \"COM1\"\n", []string{":4: bus \"a\": port", ":7: gnss: port"}},
		{"one port for two", "mapping = \"m\"\n[[bus]]\nname = \"a\"\nport = \"/dev/x\"\ndbc = \"d\"\n[[bus]]\nname = \"b\"\nport = \"/dev/x\"\ndbc = \"d\"\n[gnss]\nport = \"/dev/x\"\n", []string{"bus \"a\": gnss has /dev/x already", "bus \"b\": bus \"a\" has /dev/x already"}},
		{"an interface that is a path", "mapping = \"m\"\n[[bus]]\nname = \"a\"\ninterface = \"/dev/can0\"\ndbc = \"d\"\n", []string{"interface \"/dev/can0\": want a name"}},
		{"a bus of nonsense", "[dbus]\naddress = \"bogus\"\n", []string{":2: dbus.address \"bogus\""}},
		{"a bus without a place", "[dbus]\naddress = \"unix:\"\n", []string{"want path, abstract, runtime"}},
		{"a bus beside the file", "[dbus]\naddress = \"unix:path=bus\"\n", []string{"want a whole path"}},
		{"a bus with half an address", "[dbus]\naddress = \"unix:path=/run/bus;tcp:host=localhost\"\n", []string{"want host, port"}},
		{"nobody's head unit", "[dbus]\nhmi_users = []\n", []string{"dbus.hmi_users is empty"}},
		{"a user twice", "[dbus]\nhmi_users = [\"root\"]\napp_users = [\"0\"]\n", []string{":3: dbus.app_users: \"0\" stands in dbus.hmi_users already"}},
		{"an app twice", "[dbus]\nhmi_users = [\"5\", \"5\"]\napp_users = [\"4\", \"4\"]\n", []string{":3: dbus.app_users: \"4\" stands in dbus.app_users already"}},
		{"a number of nobody", "[dbus]\nhmi_users = [\"4294967295\", \"-1\", \"4294967296\"]\n", []string{"\"4294967295\" is not known", "\"-1\" is not known", "\"4294967296\" is not known"}},
		{"a broker's port", "[mqtt]\nbroker = \"mqtts://broker.example:99999\"\n", []string{"want a port of 1 to 65535"}},
		{"a broker with a password", "[mqtt]\nbroker = \"mqtts://car:secret@broker.example\"\n", []string{"want host and port alone"}},
		{"a code's credential elsewhere", "[vehicle]\nsecurity_code = \"credential:a/b\"\n", []string{":2: vehicle.security_code", "want the name of a credential"}},
		{"a credential elsewhere", "[mqtt]\nkey = \"credential:../key\"\n", []string{"want the name of a credential"}},
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
			if strings.Contains(err.Error(), "secret") {
				t.Errorf("a password is said: %v", err)
			}
		})
	}
}

// What is unusual and may be meant is taken.
func TestGoodConfiguration(t *testing.T) {
	for _, text := range []string{
		"", "[vehicle]\nmodel = \"taycan turbo S\"\nmodel_year = 2024\ncountry = \"DE\"\n", "[vehicle]\nmodel = \"Macan\"\n", "[vehicle]\nmodel = \"718 Boxster\"\n",
		"[dbus]\naddress = \"unix:abstract=/tmp/bus,guid=00\"\n", "[dbus]\naddress = \"unix:path=/a;tcp:host=localhost,port=1\"\n", "dbus.address = \"session\"\n",
		"[mqtt]\nbroker = \"mqtts://[2001:db8::1]:8883/\"\nkeepalive = \"1m\"\n", "session = { leave_after = \"1h30m\", fresh_process = false }\n",
		"mapping = \"m\"\n[[bus]]\nname = \"a\"\ninterface = \"can0\"\ndbc = \"d\"\n[[bus]]\nname = \"b\"\nport = \"/dev/x\"\nbaud = 1\ndbc = \"d\"\n",
	} {
		if _, err := readConfig(write(t, text)); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// A check says what a certificate of the configuration is worth today, and whose it is.
func TestCheckCertificates(t *testing.T) {
	for _, row := range []struct {
		name string
		with func(c *x509.Certificate)
		says string
	}{
		{"good", func(*x509.Certificate) {}, ""},
		{"expired", func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Second) }, "mqtt.cert: the certificate of \"VID\" expired on"},
		{"of tomorrow", func(c *x509.Certificate) { c.NotBefore = time.Now().Add(time.Minute) }, "mqtt.cert: the certificate of \"VID\" is not valid before"},
		{"of another car", func(c *x509.Certificate) { c.Subject.CommonName = "another" }, "certificate of \"another\""},
		{"of a server", func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth} }, "is not one of a client"},
		{"of a client", func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth} }, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			dir := t.TempDir()
			put := func(name, text string) {
				t.Helper()
				if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			config := filepath.Join(dir, "gloveboxd.toml")
			put("gloveboxd.toml", broker+"[store]\ndir = \"state\"\n")
			var shown, stdout, stderr bytes.Buffer
			if code := command([]string{"--config", config, "--identity"}, &shown, &stderr); code != 0 {
				t.Fatal(&stderr)
			}
			cert, key := certificateWith(t, vid(shown.Bytes()), row.with)
			put("ca.pem", cert)
			put("cert.pem", cert)
			put("key.pem", key)
			code := command([]string{"--config", config, "--check"}, &stdout, &stderr)
			want := strings.ReplaceAll(row.says, "VID", vid(shown.Bytes()))
			if (code == 0) != (want == "") || !strings.Contains(stderr.String(), want) {
				t.Errorf("exit %d: %s", code, &stderr)
			}
			if strings.Contains(row.name, "expired") && !strings.Contains(stderr.String(), "mqtt.ca: the certificate") {
				t.Errorf("the authority's is not said: %s", &stderr)
			}
		})
	}
}

// All files that are missing are said at once.
func TestCheckSaysAll(t *testing.T) {
	bus := func(name string) string {
		return "[[bus]]\nname = \"" + name + "\"\nport = \"/dev/" + name + "\"\ndbc = \"" + name + ".dbc\"\n"
	}
	file := write(t, "mapping = \"no.toml\"\n"+bus("a")+bus("b")+"[telemetry]\npolicy = \"no.csv\"\n[cloud]\ntrust = \"no.json\"\n[mqtt]\nbroker = \"mqtts://broker.example\"\n")
	var stdout, stderr bytes.Buffer
	if code := command([]string{"--config", file, "--check"}, &stdout, &stderr); code != 1 || strings.Contains(stdout.String(), "ok\n") {
		t.Errorf("exit %d: %s", code, &stdout)
	}
	for _, part := range []string{
		"a.dbc: no such file", "b.dbc: no such file", "no.toml: no such file", "no.csv: no such file", "no.json: no such file",
		"mqtt.ca is missing", "mqtt.cert is missing", "mqtt.key is missing",
	} {
		if n := strings.Count(stderr.String(), part); n != 1 {
			t.Errorf("%s\nsays %d times %q", &stderr, n, part)
		}
	}
}

// What may be meant is said and keeps nothing from starting.
func TestCheckNotes(t *testing.T) {
	file := write(t, "[vehicle]\nmodel = \"Boxster\"\n[mqtt]\nbroker = \"mqtt://127.0.0.1\"\nkey = \"key.pem\"\n[store]\ndir = \"state\"\n")
	dir := filepath.Dir(file)
	if err := errors.Join(os.Mkdir(filepath.Join(dir, "state"), 0o755), os.WriteFile(filepath.Join(dir, "state", keysFile), nil, 0o644), os.WriteFile(filepath.Join(dir, "key.pem"), nil, 0o644)); err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	if code := command([]string{"--config", file, "--check"}, &stdout, &stderr); code != 0 {
		t.Errorf("exit %d: %s", code, &stderr)
	}
	for _, want := range []string{"\"Boxster\" is not known: no guest mode", "vehicle.model_year is missing", "cloud.trust is missing", "vehicle.security_code is missing", "key.pem: mode -rw-r--r--", "keys has mode -rw-r--r--", "state has mode -rwxr-xr-x", "ok\n"} {
		if !strings.Contains(stdout.String(), want) {
			t.Errorf("%s\ndoes not say %q", &stdout, want)
		}
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
		{"check a key that stands twice", config("[store]\ndir = \"a\"\ndir = \"b\"\n"), 78, "", ":3: toml: key dir is already defined"},
		{"check what is not UTF-8", config("[store]\ndir = \"\xff\"\n"), 78, "", "UTF-8"},
		{"check a directory", []string{"--config", t.TempDir(), "--check"}, 78, "", "is a directory"},
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
