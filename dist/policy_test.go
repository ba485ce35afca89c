package dist_test

import (
	"encoding/xml"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

const (
	byBus   = "org.freedesktop.DBus.Error.AccessDenied"
	byAgent = "org.glovebox.Error.NotPermitted"
)

// startAgent runs the packaged agent as its user, with the packaged configuration and the callers of the tests.
func startAgent(t *testing.T, address string) {
	t.Helper()
	dir := public(t)
	text := read(t, "dist/gloveboxd.toml")
	text = strings.Replace(text, "[vehicle]", "[session]\nruntime_dir = \"\"\n[store]\ndir = \"store\"\n[vehicle]\nmodel = \"Taycan\"\nmodel_year = 2024\n", 1)
	text = strings.Replace(text, "[dbus]", fmt.Sprintf("[dbus]\naddress = %q\nhmi_users = [\"%d\", \"0\"]\napp_users = [\"%d\"]\n", address, hmiUser, appUser), 1)
	write(t, filepath.Join(dir, "gloveboxd.toml"), text)
	if err := os.Chown(dir, agentUser, agentUser); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(filepath.Join(unpacked(t), "usr/bin/gloveboxd"), "--config", filepath.Join(dir, "gloveboxd.toml"))
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: agentUser, Gid: agentUser, Groups: []uint32{appGroup}}}
	said := &strings.Builder{}
	cmd.Stdout, cmd.Stderr = said, said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		if err := cmd.Wait(); err != nil {
			t.Errorf("the agent: %v\n%s", err, said)
		}
	})
	for begun := time.Now(); callAs(t, address, 0, nil, []method{{"org.freedesktop.DBus.Peer", "Ping", "/"}})["org.freedesktop.DBus.Peer.Ping"] != "answered"; time.Sleep(50 * time.Millisecond) {
		if time.Since(begun) > time.Minute {
			t.Fatalf("the agent does not come up\n%s", said)
		}
	}
}

// allowedToApps are the members that the bus lets an app call, as the policy has them.
func allowedToApps(t *testing.T) (all []string) {
	t.Helper()
	var policy struct {
		Policies []struct {
			Group string `xml:"group,attr"`
			Allow []struct {
				Destination string `xml:"send_destination,attr"`
				Interface   string `xml:"send_interface,attr"`
				Member      string `xml:"send_member,attr"`
			} `xml:"allow"`
		} `xml:"policy"`
	}
	if err := xml.Unmarshal([]byte(read(t, "dist/dbus/org.glovebox.Agent1.conf")), &policy); err != nil {
		t.Fatal(err)
	}
	for _, p := range policy.Policies {
		for _, a := range p.Allow {
			if p.Group == "glovebox-app" && a.Destination != "" {
				all = append(all, a.Interface+"."+a.Member)
			}
		}
	}
	return all
}

// Who is in neither group gets no call past the bus; the head unit's programs and root get all; an app gets what the agent
// answers an app, and nothing else.
func TestFenceOnTheBus(t *testing.T) {
	needsRoot(t)
	address := startBus(t, filepath.Join(public(t), "bus"), read(t, "dist/dbus/org.glovebox.Agent1.conf"))
	for user, groups := range map[uint32][]uint32{stranger: nil, hmiUser: {hmiGroup, appGroup}, appUser: {appGroup}, 0: nil} {
		if came := callAs(t, address, user, groups, []method{{"own", "org.glovebox.Agent1", "-"}}); came["own"] != byBus {
			t.Errorf("user %d takes the agent's name: %v", user, came)
		}
	}
	startAgent(t, address)
	all, apps := methods(t), allowedToApps(t)
	for _, who := range []struct {
		name   string
		user   uint32
		groups []uint32
		passes func(member string) bool
	}{
		{"a stranger", stranger, nil, func(string) bool { return false }},
		{"a program of the head unit", hmiUser, []uint32{hmiGroup, appGroup}, func(string) bool { return true }},
		{"root", 0, nil, func(string) bool { return true }},
		{"an app", appUser, []uint32{appGroup}, func(member string) bool { return slices.Contains(apps, member) }},
	} {
		for member, came := range callAs(t, address, who.user, who.groups, all) {
			if passes := came != byBus; passes != who.passes(member) || came == byAgent {
				t.Errorf("%s calls %s: %s", who.name, member, came)
			}
		}
	}
}

// What the policy lets an app call is what the agent itself answers an app: on a bus that lets everything through, the agent
// refuses the rest.
func TestPolicyIsTheAgentsOwn(t *testing.T) {
	needsRoot(t)
	open := `<busconfig><policy context="mandatory"><allow own="*"/><allow send_destination="*"/><allow receive_sender="*"/></policy></busconfig>`
	address := startBus(t, filepath.Join(public(t), "bus"), open)
	startAgent(t, address)
	var answers []string
	for member, came := range callAs(t, address, appUser, nil, methods(t)) {
		if came != byAgent {
			answers = append(answers, member)
		}
	}
	policy := allowedToApps(t)
	slices.Sort(answers)
	slices.Sort(policy)
	if !slices.Equal(answers, policy) {
		t.Errorf("the agent answers an app\n%s\nand the policy lets pass\n%s", strings.Join(answers, "\n"), strings.Join(policy, "\n"))
	}
}

// The agent's signals reach the head unit's programs and apps, and nobody else.
func TestSignalsStayInTheGroups(t *testing.T) {
	needsRoot(t)
	address := startBus(t, filepath.Join(public(t), "bus"), read(t, "dist/dbus/org.glovebox.Agent1.conf"))
	startAgent(t, address)
	hmi, app := listenAs(t, address, hmiUser, hmiGroup, appGroup), listenAs(t, address, appUser, appGroup)
	other := listenAs(t, address, stranger)
	output(t, filepath.Join(unpacked(t), "usr/bin/gloveboxctl"), "--bus", address, "guest")
	for name, heard := range map[string]*listener{"a program of the head unit": hmi, "an app": app} {
		if signal := heard.next(); !strings.HasPrefix(signal, "org.") {
			t.Errorf("%s hears %q", name, signal)
		}
	}
	other.stop()
	if signal := other.next(); signal != "end " {
		t.Errorf("a stranger hears %s", signal)
	}
}
