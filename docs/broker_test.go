package docs_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"glovebox/sim"
)

// fleet is a directory as docs/fleet.md has it: a real Mosquitto with TLS 1.3 and access
// lists, certificates, a back end of its own, and one car with the real agent.
type fleet struct {
	t       *testing.T
	dir     string
	port    string
	program string // fleet, of docs/examples
	broker  *os.Process
	world   *sim.World
	car     struct{ VID string }
	boxes   map[string]string // mailboxes by name
}

// probeCar is a vehicle id of no real car.
const probeCar = "5e1f7e5700000000000000000000c0de"

// dist is a file of dist/mosquitto.
func dist(name string) string {
	file, err := filepath.Abs(filepath.Join("..", "dist", "mosquitto", name))
	if err != nil {
		panic(err)
	}
	return file
}

// run runs a program in the fleet's directory.
func (f *fleet) run(stdin, program string, args ...string) string {
	f.t.Helper()
	cmd := exec.CommandContext(f.t.Context(), program, args...)
	cmd.Dir, cmd.Stdin = f.dir, strings.NewReader(stdin)
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	if err := cmd.Run(); err != nil {
		f.t.Fatalf("%s %q: %v\n%s", filepath.Base(program), args, err, said.String())
	}
	return out.String()
}

func (f *fleet) write(name, text string) {
	f.t.Helper()
	if err := os.WriteFile(filepath.Join(f.dir, name), []byte(text), 0o600); err != nil {
		f.t.Fatal(err)
	}
}

// client is the command line of mosquitto_pub or _sub with the certificate of a name.
func (f *fleet) client(program, name string, args ...string) *exec.Cmd {
	all := append([]string{"-h", "localhost", "-p", f.port, "-q", "1", "-i", program + name + fmt.Sprint(time.Now().UnixNano()),
		"--cafile", "pki/ca.pem", "--cert", "pki/" + name + ".pem", "--key", "pki/" + name + ".key"}, args...)
	cmd := exec.CommandContext(f.t.Context(), program, all...)
	cmd.Dir = f.dir
	return cmd
}

func (f *fleet) publish(name, topic, payload string, more ...string) {
	f.t.Helper()
	if out, err := f.client("mosquitto_pub", name, append(more, "-t", topic, "-m", payload)...).CombinedOutput(); err != nil {
		f.t.Fatalf("%s publishes %s: %v\n%s", name, topic, err, out)
	}
}

// listen collects what arrives for a name under a topic, as lines TOPIC HEX.
func (f *fleet) listen(name, topic string) (heard func() string) {
	f.t.Helper()
	file := filepath.Join(f.dir, "heard-"+name)
	out, err := os.Create(file)
	if err != nil {
		f.t.Fatal(err)
	}
	cmd := f.client("mosquitto_sub", name, "-t", topic, "-F", "%t %x")
	cmd.Stdout = out
	if err := cmd.Start(); err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait(); out.Close() })
	return func() string { text, _ := os.ReadFile(file); return string(text) }
}

// until waits for a condition.
func (f *fleet) until(what string, within time.Duration, holds func() bool) {
	f.t.Helper()
	for end := time.Now().Add(within); !holds(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			log, _ := os.ReadFile(f.world.LogFile())
			f.t.Fatalf("%s: not within %v; the agent says\n%s", what, within, log)
		}
	}
}

// newFleet goes the way of docs/fleet.md up to the broker.
func newFleet(t *testing.T) *fleet {
	for _, name := range []string{"dbus-daemon", "openssl", "mosquitto_sub"} {
		tool(t, name)
	}
	broker, err := exec.LookPath("mosquitto")
	if err != nil {
		if broker, err = exec.LookPath("/usr/sbin/mosquitto"); err != nil {
			t.Skip("mosquitto is not installed")
		}
	}
	f := &fleet{t: t, dir: t.TempDir(), program: filepath.Join(programs, "fleet"), boxes: map[string]string{}}
	if out, err := exec.Command("go", "build", "-o", f.program, "./examples/fleet").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, f.port, _ = net.SplitHostPort(free.Addr().String())
	free.Close()
	agent, err := gloveboxd()
	if err != nil {
		t.Fatal(err)
	}
	o, err := sim.Made(sim.Options{Gloveboxd: agent, Config: []sim.Setting{
		{Key: "mqtt.broker", Value: fmt.Sprintf("%q", "mqtts://localhost:"+f.port)}, {Key: "mqtt.ca", Value: fmt.Sprintf("%q", f.dir+"/pki/ca.pem")},
		{Key: "mqtt.cert", Value: fmt.Sprintf("%q", f.dir+"/pki/car.pem")}, {Key: "mqtt.key", Value: fmt.Sprintf("%q", f.dir+"/pki/car.key")},
		{Key: "cloud.trust", Value: fmt.Sprintf("%q", f.dir+"/backend.jwks")},
	}})
	if err != nil {
		t.Fatal(err)
	}
	if f.world, err = sim.Start(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.world.Close(); err != nil {
			t.Error(err)
		}
	})
	shown, err := f.world.Agent.Identity(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	f.write("identity.json", string(shown))
	if err := json.Unmarshal(shown, &f.car); err != nil {
		t.Fatal(err)
	}
	f.write("backend.jwks", f.run("", f.program, "trust", "secrets.json"))
	for line := range strings.Lines(f.run("", f.program, "mailboxes", "secrets.json")) {
		name, box, _ := strings.Cut(strings.TrimSpace(line), " ")
		f.boxes[name] = box
	}
	examples, err := filepath.Abs(filepath.Join("examples", "fleet"))
	if err != nil {
		t.Fatal(err)
	}
	f.run("", filepath.Join(examples, "certificates.sh"), "pki", f.car.VID, "backend", "anna", "jonas", "workshop", strings.Repeat("f", 32), probeCar)
	f.run("", filepath.Join(examples, "certificates.sh"), "pki2", f.car.VID) // of another authority
	f.write("acl", read(t, "dist/mosquitto/acl")+f.run("", dist("lists.sh"), f.car.VID, f.boxes["inbox"], f.boxes["backend"],
		"anna", f.boxes["anna"], "jonas", f.boxes["jonas"], "workshop", f.boxes["workshop"]))
	conf := strings.Replace(read(t, "dist/mosquitto/mosquitto.conf"), "listener 8883", "listener "+f.port+" 127.0.0.1", 1)
	if os.Getuid() == 0 {
		conf += "user root\n" // else it leaves the rights to read this directory behind
	}
	f.write("mosquitto.conf", conf)
	cmd := exec.Command(broker, "-c", "mosquitto.conf")
	cmd.Dir = f.dir
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	f.broker = cmd.Process
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	f.until("the broker listens", 5*time.Second, func() bool {
		c, err := net.Dial("tcp", "localhost:"+f.port)
		if err == nil {
			c.Close()
		}
		return err == nil
	})
	return f
}
