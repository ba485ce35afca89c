package dist_test

import (
	"bufio"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
)

// startBus runs a bus of type system with the rules of this system's own bus, and ours beside them.
func startBus(t *testing.T, socket, policy string) (address string) {
	t.Helper()
	needs(t, "dbus-daemon")
	theirs, err := os.ReadFile("/usr/share/dbus-1/system.conf")
	if err != nil {
		t.Fatal(err)
	}
	dir := public(t)
	rules := regexp.MustCompile(`(?s)<policy.*</policy>`).FindString(string(theirs))
	if !strings.Contains(rules, `<deny send_type="method_call"/>`) {
		t.Fatal("this system's bus lets everybody call everything")
	}
	write(t, filepath.Join(dir, "ours.conf"), numbered.Replace(policy))
	write(t, filepath.Join(dir, "bus.conf"), "<busconfig><type>system</type><auth>EXTERNAL</auth><listen>unix:path="+socket+"</listen>"+
		rules+"<include>"+filepath.Join(dir, "ours.conf")+"</include></busconfig>")
	cmd := exec.Command("dbus-daemon", "--config-file="+filepath.Join(dir, "bus.conf"), "--nofork", "--nopidfile", "--nosyslog", "--print-address=1")
	out, err := cmd.StdoutPipe()
	if err := errors.Join(err, cmd.Start()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("dbus-daemon said no address: %v", err)
	}
	address, _, _ = strings.Cut(strings.TrimSpace(line), ",guid=")
	return address
}

// method is a member of an interface, and an object that has it.
type method struct{ iface, name, path string }

// methods are all that the agent's interfaces have, and those of D-Bus itself that it answers.
func methods(t *testing.T) (all []method) {
	t.Helper()
	const root = "/org/glovebox/Agent1"
	for name, members := range map[string][]string{
		"Introspectable": {"Introspect"}, "Peer": {"Ping", "GetMachineId"},
		"Properties": {"Get", "GetAll", "Set"}, "ObjectManager": {"GetManagedObjects"},
	} {
		for _, member := range members {
			all = append(all, method{"org.freedesktop.DBus." + name, member, root})
		}
	}
	files, _ := filepath.Glob("../agent/hmi/*.xml")
	for _, file := range files {
		var node struct {
			Interfaces []struct {
				Name    string `xml:"name,attr"`
				Methods []struct {
					Name string `xml:"name,attr"`
				} `xml:"method"`
			} `xml:"interface"`
		}
		text, err := os.ReadFile(file)
		if err := errors.Join(err, xml.Unmarshal(text, &node)); err != nil || len(node.Interfaces) != 1 {
			t.Fatalf("%s: %v", file, err)
		}
		path := root
		if node.Interfaces[0].Name == "org.glovebox.Profile1" {
			path += "/profile/nobody"
		}
		for _, m := range node.Interfaces[0].Methods {
			all = append(all, method{node.Interfaces[0].Name, m.Name, path})
		}
	}
	if len(all) < 40 {
		t.Fatalf("only %d members", len(all))
	}
	return all
}

// callAs makes calls as a user and returns what came of each, by its member: answered, or the name of the error.
func callAs(t *testing.T, address string, user uint32, groups []uint32, calls []method) map[string]string {
	t.Helper()
	cmd := another(t, address, user, groups)
	for _, m := range calls {
		cmd.Args = append(cmd.Args, m.iface+" "+m.name+" "+m.path)
	}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("caller: %v\n%s", err, out)
	}
	came := map[string]string{}
	for line := range strings.Lines(string(out)) {
		member, what, _ := strings.Cut(strings.TrimSpace(line), " ")
		came[member] = what
	}
	return came
}

// another is this program as another user, who may run it wherever it lies.
func another(t *testing.T, address string, user uint32, groups []uint32) *exec.Cmd {
	cmd := exec.CommandContext(t.Context(), "/proc/self/exe")
	cmd.Env = append(os.Environ(), "DIST_CALLER="+address)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: user, Gid: user, Groups: groups}}
	return cmd
}

// caller is what this program is when callAs starts it: it calls each member without arguments, which is enough to be
// refused. The agent answers an app a few calls a second; a call over that is made again.
func caller(address string, calls []string) int {
	conn, err := dbus.Connect(address)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer conn.Close()
	if calls[0] == "listen" {
		return listen(conn)
	}
	for _, line := range calls {
		f := strings.Fields(line)
		if f[0] == "own" {
			reply, err := conn.RequestName(f[1], dbus.NameFlagDoNotQueue)
			fmt.Println("own", errorName(err, strconv.Itoa(int(reply))))
			continue
		}
		ctx, end := context.WithTimeout(context.Background(), time.Minute)
		var failed error
		for failed = errors.New("first"); ctx.Err() == nil; time.Sleep(100 * time.Millisecond) {
			failed = conn.Object("org.glovebox.Agent1", dbus.ObjectPath(f[2])).CallWithContext(ctx, f[0]+"."+f[1], 0).Err
			if e, ok := errors.AsType[dbus.Error](failed); !ok || e.Name != "org.freedesktop.DBus.Error.LimitsExceeded" {
				break
			}
		}
		end()
		fmt.Println(f[0]+"."+f[1], errorName(failed, "answered"))
	}
	return 0
}

// errorName is the name of a D-Bus error, or what is said where there is none.
func errorName(err error, none string) string {
	if err == nil {
		return none
	}
	if e, ok := errors.AsType[dbus.Error](err); ok {
		return e.Name
	}
	return err.Error()
}
