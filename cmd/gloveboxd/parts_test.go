package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"glovebox/headunit"
	"glovebox/sim"
)

// TestMain makes the test binary the program gloveboxd where it is called so.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"gloveboxd": main, "erase-car": eraseCar, "sandbox": sandbox})
}

// program is the program on a bus of its own, with a configuration file in a folder.
type program struct {
	t   *testing.T
	dir string
	bus string
	hmi *headunit.Client // of the last boot

	daemon *sim.DBus
}

func newProgram(t *testing.T, config string) *program {
	t.Helper()
	if _, err := exec.LookPath("dbus-daemon"); err != nil {
		t.Skip("dbus-daemon is not installed")
	}
	a := &program{t: t, dir: t.TempDir()}
	bus, err := sim.StartDBus(a.dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = bus.Close() })
	a.bus, a.daemon = bus.Address, bus
	a.write("gloveboxd.toml", config+"\n[dbus]\naddress = \""+bus.Address+"\"\n[session]\nruntime_dir = \"run\"\n[store]\ndir = \"state\"\n")
	return a
}

func (a *program) write(name, text string) {
	a.t.Helper()
	if err := os.WriteFile(filepath.Join(a.dir, name), []byte(text), 0o600); err != nil {
		a.t.Fatal(err)
	}
}

// run runs the program to its end.
func (a *program) run(args ...string) (code int, said string) {
	a.t.Helper()
	ctx, cancel := context.WithTimeout(a.t.Context(), 10*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, "gloveboxd", append([]string{"--config", filepath.Join(a.dir, "gloveboxd.toml")}, args...)...)
	out, err := cmd.CombinedOutput()
	if exit := new(exec.ExitError); err != nil && !errors.As(err, &exit) {
		a.t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), string(out)
}

// boot starts the program, through `before` if given, and waits until login works.
func (a *program) boot(before ...string) (vehicle func() map[string]any, stop func(syscall.Signal) (code int, said string)) {
	a.t.Helper()
	args := append(before, "gloveboxd", "--config", filepath.Join(a.dir, "gloveboxd.toml"))
	cmd := exec.Command(args[0], args[1:]...)
	var said bytes.Buffer
	cmd.Stderr, cmd.WaitDelay = &said, 5*time.Second
	if err := cmd.Start(); err != nil {
		a.t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { _ = cmd.Wait(); close(ended) }()
	stop = func(s syscall.Signal) (int, string) {
		_ = cmd.Process.Signal(s)
		<-ended
		return cmd.ProcessState.ExitCode(), said.String()
	}
	a.t.Cleanup(func() { stop(syscall.SIGKILL) })
	hmi, err := headunit.Dial(a.t.Context(), a.bus)
	if err != nil {
		a.t.Fatal(err)
	}
	a.t.Cleanup(func() { _ = hmi.Close() })
	a.hmi = hmi
	if err := hmi.Await(a.t.Context(), ended); err != nil {
		<-ended
		a.t.Fatalf("%v: %s", err, &said)
	}
	return func() map[string]any {
		vehicle, err := hmi.Properties(a.t.Context(), "Vehicle1")
		if err != nil {
			a.t.Fatal(err)
		}
		return vehicle
	}, stop
}

// certificate is a key and a certificate that signs itself, both as PEM.
func certificate(t *testing.T, name string) (cert, key string) {
	t.Helper()
	return certificateWith(t, name, func(*x509.Certificate) {})
}

func certificateWith(t *testing.T, name string, with func(c *x509.Certificate)) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotAfter: time.Now().Add(time.Hour)}
	with(c)
	made, err := x509.CreateCertificate(rand.Reader, c, c, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: made})), string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw}))
}

const (
	buses = `mapping = "mapping.toml"
[[bus]]
name = "front"
port = "/nowhere/front"
dbc = "front.dbc"
[[bus]]
name = "rear"
port = "/nowhere/rear"
dbc = "rear.dbc"
`
	broker = `[mqtt]
broker = "mqtts://192.0.2.1:8883"
ca = "ca.pem"
cert = "cert.pem"
key = "key.pem"
`
	mapped = `[[signal]]
path = "Vehicle.Speed"
bus = "front"
can = "SPEED.SPEED"
[[signal]]
path = "Vehicle.TraveledDistance"
bus = "rear"
can = "WAY.WAY"
[[actuator]]
path = "Vehicle.Body.Horn.IsActive"
bus = "rear"
can = "WAY.WAY"
confirm = "WAY.WAY"
`
	front = "BO_ 256 SPEED: 2 X\n SG_ SPEED : 7|16@0+ (0.01,0) [0|0] \"km/h\" X\n"
	rear  = "BO_ 257 WAY: 2 X\n SG_ WAY : 7|16@0+ (1,0) [0|0] \"m\" X\n"
)

// A file that is missing or bad turns off its part alone: the head unit comes up,
// the log says which, and --check says it before.
func TestBadFileTurnsOffItsPart(t *testing.T) {
	none := map[string]string{}
	cert, key := certificate(t, strings.Repeat("c0", 16)) // another car's
	secure := map[string]string{"ca.pem": cert, "cert.pem": cert, "key.pem": key}
	car := func(name, text string) map[string]string {
		files := map[string]string{"mapping.toml": mapped, "front.dbc": front, "rear.dbc": rear}
		if files[name] = text; text == "" {
			delete(files, name)
		}
		return files
	}
	for _, row := range []struct {
		name, config string
		files        map[string]string
		can, cloud   string
		says         string
		opens        string // which buses are looked for
		code         int    // of --check
	}{
		{"all there", buses, car("front.dbc", front), "down", "off", "", "front rear", 0},
		{"mapping missing", buses, car("mapping.toml", ""), "off", "off", "mapping.toml: no such file", "", 1},
		{"mapping bad", buses, car("mapping.toml", "[[signal]]\nbus = 1\n"), "off", "off", "mapping.toml:", "", 1},
		{"one DBC missing", buses, car("rear.dbc", ""), "down", "off", "rear.dbc: no such file", "front", 1},
		{"one DBC bad", buses, car("rear.dbc", "\x00\x01 not a DBC file"), "down", "off", "has no message WAY", "front", 1},
		{"a bus that is not there", buses, car("mapping.toml", strings.ReplaceAll(mapped, `"rear"`, `"roof"`)), "down", "off", "there is no bus", "front rear", 1},
		{"both DBC missing", buses, map[string]string{"mapping.toml": mapped}, "off", "off", "front.dbc: no such file", "", 1},
		{"CA missing", broker, none, "off", "off", "ca.pem: no such file", "", 1},
		{"CA bad", broker, map[string]string{"ca.pem": "x", "cert.pem": cert, "key.pem": key}, "off", "off", "no certificate in it", "", 1},
		{"key of another certificate", broker, map[string]string{"ca.pem": cert, "cert.pem": cert, "key.pem": "x"}, "off", "off", "cert and key", "", 1},
		{"certificate of another car", broker, secure, "off", "off", "not made for this vehicle id", "", 1},
		{"trust missing", "[cloud]\ntrust = \"keys.json\"\n", none, "off", "off", "keys.json: no such file", "", 1},
		{"trust bad", "[cloud]\ntrust = \"keys.json\"\n", map[string]string{"keys.json": "{}"}, "off", "off", "cloud.trust: read trusted keys", "", 1},
		{"security code missing", "[vehicle]\nsecurity_code = \"code\"\n", none, "off", "off", "code: no such file", "", 1},
		{"security code bad", "[vehicle]\nsecurity_code = \"code\"\n", map[string]string{"code": "K7QM2R9T"}, "off", "off", "vehicle.security_code: ", "", 1},
		{"security code empty", "[vehicle]\nsecurity_code = \"code\"\n", map[string]string{"code": "\n"}, "off", "off", "the file is empty", "", 1},
		{"policy missing", "[mqtt]\nbroker = \"mqtt://127.0.0.1:1\"\n[telemetry]\npolicy = \"p.csv\"\n", none, "off", "off", "p.csv: no such file", "", 1},
		{"policy bad", "[mqtt]\nbroker = \"mqtt://127.0.0.1:1\"\n[telemetry]\npolicy = \"p.csv\"\n", map[string]string{"p.csv": "x"}, "off", "off", "telemetry.policy:", "", 1},
		{"a broker that is away", "[mqtt]\nbroker = \"mqtt://127.0.0.1:1\"\n", none, "off", "down", "", "", 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			a := newProgram(t, row.config)
			for name, text := range row.files {
				a.write(name, text)
			}
			show, stop := a.boot()
			vehicle := show()
			if vehicle["CAN"] != row.can || vehicle["Cloud"] != row.cloud {
				t.Errorf("CAN is %v and Cloud %v, want %s and %s", vehicle["CAN"], vehicle["Cloud"], row.can, row.cloud)
			}
			for _, bus := range strings.Fields(row.opens) {
				eventually(t, bus+" is looked for", func() bool {
					counts, err := a.hmi.Statistics(t.Context())
					return err == nil && counts["bus."+bus+".lost"] != nil
				})
			}
			code, log := stop(syscall.SIGTERM)
			if code != exitStopped || !strings.Contains(log, row.says) || strings.Contains(log, "part off") != (row.says != "") {
				t.Errorf("exit %d, the log does not say %q:\n%s", code, row.says, log)
			}
			for _, bus := range []string{"front", "rear"} {
				if strings.Contains(log, "wire=bus."+bus) && !strings.Contains(row.opens, bus) {
					t.Errorf("bus %s is looked for\n%s", bus, log)
				}
			}
			if code, said := a.run("--check"); code != row.code || !strings.Contains(said, row.says) || (code == 0) != strings.HasSuffix(said, "ok\n") {
				t.Errorf("--check: exit %d, want %d with %q:\n%s", code, row.code, row.says, said)
			}
		})
	}
}

// What the whole agent cannot do without ends it with 1, and what is wrong with the
// TOML with 78, which systemd does not try again.
func TestExitCodes(t *testing.T) {
	for _, row := range []struct {
		name, config string
		code         int
		says         string
	}{
		{"a key is wrong", "[vehicle]\nmodle = \"x\"\n", 78, "unknown key"},
		{"a broker in the open", "[mqtt]\nbroker = \"mqtt://192.0.2.1\"\n", 78, "plain TCP only to loopback"},
		{"no bus", "[dbus]\naddress = \"unix:path=/nowhere\"\n[store]\ndir = \"state\"\n", 1, "/nowhere"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			a := newProgram(t, "")
			a.write("gloveboxd.toml", row.config)
			if code, said := a.run(); code != row.code || !strings.Contains(said, row.says) {
				t.Errorf("exit %d, want %d with %q:\n%s", code, row.code, row.says, said)
			}
		})
	}
}
