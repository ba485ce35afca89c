package docs_test

import (
	"crypto/tls"
	"crypto/x509"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A car finds its way into a fleet as docs/fleet.md says, and with Mosquitto's lists each
// hears what is theirs: read by programs that share nothing with the agent.
func TestFleet(t *testing.T) {
	f := newFleet(t)
	topic := func(rest string) string { return "gb/1/" + f.car.VID + "/" + rest }
	first := f.run("", f.program, "document", "secrets.json", "identity.json", "1")
	f.write("first.jws", first)
	f.publish("backend", topic("policy"), first, "-r")
	heard := map[string]func() string{}
	for _, name := range []string{"anna", "jonas", "backend", "workshop"} {
		heard[name] = f.listen(name, "gb/1/#")
	}
	if err := f.world.Agent.Start(); err != nil {
		t.Fatal(err)
	}
	if err := f.world.HMI.Await(t.Context(), f.world.Agent.Ended()); err != nil {
		t.Fatal(err)
	}
	read := func(name string) string {
		return f.run(heard[name](), f.program, "read", "secrets.json", "identity.json", "1")
	}
	f.until("the document is in force", 10*time.Second, func() bool { return strings.Contains(read("backend"), `"policy":1,`) })

	// The people of the document log in with its PINs.
	people, err := f.world.HMI.Profiles(t.Context())
	if err != nil || len(people) != 3 || people[0].Name != "anna" {
		t.Fatalf("people %v: %v", people, err)
	}
	if _, err := f.world.HMI.Login(t.Context(), people[0].ID, "480213", false); err != nil {
		t.Fatal(err)
	}

	// The main user's own program opens a sealed place, and knows that this car made it.
	f.until("Anna reads a place", 25*time.Second, func() bool {
		return strings.Contains(read("anna"), "anna to/"+f.boxes["anna"]+"/position/hpke {") && strings.Contains(read("anna"), "Vehicle.CurrentLocation.Latitude")
	})
	for name := range heard {
		for line := range strings.Lines(read(name)) {
			if strings.Contains(line, "cannot be opened") {
				t.Errorf("%s: %s", name, line)
			}
			if owner, _, _ := strings.Cut(line, " "); owner != name && (name != "backend" || owner != "-") {
				t.Errorf("%s hears what is not theirs: %s", name, line)
			}
			if name != "anna" && strings.Contains(line, "position") {
				t.Errorf("%s hears a place: %s", name, line)
			}
		}
	}

	t.Run("orders", func(t *testing.T) { f.orders(heard["anna"], heard["jonas"]) })
	t.Run("forged", func(t *testing.T) { f.forged(heard["anna"]) })
	t.Run("same content", func(t *testing.T) { f.sameContent(first, func() string { return read("backend") }) })
	t.Run("self-test", func(t *testing.T) { f.selfTest() })
	t.Run("refused", func(t *testing.T) { f.refused() })
}

// orders: the car does what a person's own phone orders, once, and says so to them alone.
// Nobody orders in the name of another, and the lists keep out who is no person of the car.
func (f *fleet) orders(anna, jonas func() string) {
	if err := f.world.HMI.Logout(f.t.Context()); err != nil {
		f.t.Fatal(err)
	}
	act, ack := "gb/1/"+f.car.VID+"/act", "gb/1/"+f.car.VID+"/ack/"
	order := func(name, challenge string, heard func() string, more ...string) string {
		f.t.Helper()
		for end := time.Now().Add(20 * time.Second); ; time.Sleep(500 * time.Millisecond) { // of who is limited the next slot may be waited for
			f.publish(name, "gb/1/"+f.car.VID+"/ask", f.run("", f.program, "ask", "secrets.json", name, challenge))
			cmd := exec.CommandContext(f.t.Context(), f.program, append([]string{"order", "secrets.json", "identity.json", name, challenge}, more...)...)
			cmd.Dir, cmd.Stdin = f.dir, strings.NewReader(heard())
			out, err := cmd.Output()
			if err == nil {
				return string(out)
			}
			if time.Now().After(end) {
				f.t.Fatalf("no answer to %s: %v", name, err)
			}
		}
	}
	results := func(heard func() string, said string) int {
		return strings.Count(f.run(heard(), f.program, "read", "secrets.json", "identity.json", "1"), `"result":"`+said+`"`)
	}

	lock := order("anna", strings.Repeat("a1", 16), anna, "lock")
	f.publish("anna", act, lock)
	f.until("Anna's lock is done", 20*time.Second, func() bool { return results(anna, "done") == 1 })
	f.publish("workshop", act, lock) // as whoever saw it might
	used := func() bool { return f.counter("actions.refused.counter") == 1 }
	f.until("the second is refused", 20*time.Second, used)

	book := order("jonas", strings.Repeat("b2", 16), jonas, "book", `{"text":"the brakes"}`)
	f.publish(probeCar, act, book) // a car orders nothing: the broker takes it and hands it to nobody
	f.publish("jonas", act, book)
	f.until("Jonas has booked", 20*time.Second, func() bool { return results(jonas, "done") == 1 })
	if n := results(anna, "done"); n != 1 || !used() || strings.Contains(jonas(), ack+f.boxes["anna"]) || strings.Contains(anna(), ack+f.boxes["jonas"]) {
		f.t.Errorf("Anna heard %d times that it is done, or one heard the other's", n)
	}
}

// forged: what a reader or another car publishes in the place of others reaches nobody.
func (f *fleet) forged(anna func() string) {
	forged := "666f72676564" // in hex
	f.publish("jonas", "gb/1/"+f.car.VID+"/policy", "forged", "-r")
	f.publish("jonas", "gb/1/"+f.car.VID+"/to/"+f.boxes["anna"]+"/status", "forged")
	f.publish(strings.Repeat("f", 32), "gb/1/"+f.car.VID+"/to/"+f.boxes["anna"]+"/status", "forged")
	out, err := f.client("mosquitto_sub", strings.Repeat("f", 32), "-t", "gb/1/"+f.car.VID+"/#", "-W", "1").Output()
	if len(out) > 0 {
		f.t.Errorf("another car reads %q: %v", out, err)
	}
	if strings.Contains(anna(), forged) {
		f.t.Error("Anna hears a forged message")
	}
}

// selfTest: the lists keep another car and a reader out of each topic; and with one line more,
// of any kind, the test says so.
func (f *fleet) selfTest() {
	acl := f.run("", "cat", "acl")
	for _, row := range []struct{ name, more, foreign string }{
		{"another car", "", strings.Repeat("f", 32)},
		{"a reader", "", "jonas"},
		{"a reader of all", "\nuser jonas\ntopic read gb/1/+/to/#\n", "jonas"},
		{"who writes documents", "\nuser jonas\ntopic write gb/1/+/policy\n", "jonas"},
		{"lists of nobody", "\npattern read gb/1/#\n", "jonas"},
	} {
		f.write("acl", acl+row.more)
		if err := f.broker.Signal(syscall.SIGHUP); err != nil {
			f.t.Fatal(err)
		}
		cmd := exec.CommandContext(f.t.Context(), dist("selftest.sh"), "localhost", f.port, "pki", probeCar, row.foreign)
		cmd.Dir = f.dir
		if out, err := cmd.CombinedOutput(); (err == nil) != (row.more == "") || strings.Contains(string(out), "what is not theirs was heard") != (err != nil) {
			f.t.Errorf("%s: %v\n%s", row.name, err, out)
		}
	}
	f.write("acl", acl)
	if err := f.broker.Signal(syscall.SIGHUP); err != nil {
		f.t.Fatal(err)
	}
}

// sameContent: a refresh has new version, previous and issued, and may seal anew; what is
// sealed is the same. The version in force with other bytes is a fork.
func (f *fleet) sameContent(first string, backend func() string) {
	fork := f.run("", f.program, "document", "secrets.json", "identity.json", "1")
	if fork == first {
		f.t.Fatal("sealed anew it should differ")
	}
	f.publish("backend", "gb/1/"+f.car.VID+"/policy", fork, "-r")
	f.until("the fork is refused", 5*time.Second, func() bool { return f.counter("documents.refused.forked") == 1 })
	f.publish("backend", "gb/1/"+f.car.VID+"/policy", f.run("", f.program, "document", "secrets.json", "identity.json", "2", "first.jws"), "-r")
	f.until("the refresh is in force", 5*time.Second, func() bool { return strings.Contains(backend(), `"policy":2,`) })
	if n := f.counter("documents.refused.forbidden"); n > 0 {
		f.t.Errorf("%d documents were forbidden", n)
	}
}

func (f *fleet) counter(name string) uint64 {
	counters, err := f.world.HMI.Statistics(f.t.Context())
	if err != nil {
		f.t.Fatal(err)
	}
	n, _ := counters[name].(uint64)
	return n
}

// refused: the broker takes nobody with an older TLS or with another authority's word.
func (f *fleet) refused() {
	anna, err := tls.LoadX509KeyPair(filepath.Join(f.dir, "pki/anna.pem"), filepath.Join(f.dir, "pki/anna.key"))
	if err != nil {
		f.t.Fatal(err)
	}
	authority := x509.NewCertPool()
	pem, err := os.ReadFile(filepath.Join(f.dir, "pki/ca.pem"))
	if err != nil || !authority.AppendCertsFromPEM(pem) {
		f.t.Fatal("no authority", err)
	}
	for version, good := range map[uint16]bool{tls.VersionTLS12: false, tls.VersionTLS13: true} {
		c, err := tls.Dial("tcp", "localhost:"+f.port, &tls.Config{RootCAs: authority, Certificates: []tls.Certificate{anna}, MaxVersion: version})
		if (err == nil) != good {
			f.t.Errorf("%s: %v", tls.VersionName(version), err)
		}
		if err == nil {
			c.Close()
		}
	}
	for _, end := range []string{".pem", ".key"} {
		f.write("pki/foreign"+end, f.run("", "cat", "pki2/car"+end))
	}
	if out, err := f.client("mosquitto_pub", "foreign", "-t", "x", "-m", "x").CombinedOutput(); err == nil {
		f.t.Errorf("a foreign authority was taken: %s", out)
	}
}

// The page explains each word with which a document is refused.
func TestFleetRefusals(t *testing.T) {
	var have, want []string
	for _, row := range tableRows(section(t, "docs/fleet.md", "## Publish")) {
		have = append(have, strings.Trim(row[1], "`"))
	}
	for _, m := range regexp.MustCompile(`(?m)^\t\t\{[\w.]+, "(\w+)"\},$|^\treturn "(\w+)"$`).FindAllStringSubmatch(read(t, "agent/cloud/document.go"), -1) {
		want = append(want, m[1]+m[2])
	}
	same(t, "fleet.md, Publish", have, want)
}
