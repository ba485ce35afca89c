package hmi_test

import (
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"glovebox/agent/hmi"
)

// The bus is asked once for each connection, and again for the next one.
func TestUserIsAskedOnceForAConnection(t *testing.T) {
	w := start(t)
	first := w.dial(t)
	for range 5 {
		if err := ask(first, "Session1.Permits", "radio").Err; err != nil {
			t.Fatal(err)
		}
	}
	first.Close()
	if err := ask(w.dial(t), "Session1.Permits", "radio").Err; err != nil {
		t.Fatal(err)
	}
	w.uids.mu.Lock()
	defer w.uids.mu.Unlock()
	if w.uids.asked != 2 {
		t.Errorf("asked %d times for two connections", w.uids.asked)
	}
}

// The user of a real process decides, as the bus reports it: root is nobody
// special, and being the agent's own user is no right.
func TestRealUsers(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("needs root to become another user")
	}
	const listed, other = 1, 65534 // daemon and nobody: the bus wants to find them in its password file
	w := &world{bus: startBus(t), cabin: newCabin(), log: &logText{}}
	w.run(t, hmi.Access{HMI: []uint32{listed}})
	for uid, want := range map[uint32]string{listed: "boolean true", other: "NotPermitted", 0: "NotPermitted"} {
		child := exec.Command("dbus-send", "--bus="+w.bus, "--print-reply", "--dest="+hmi.Name, string(hmi.RootPath),
			"org.glovebox.Session1.Permits", "string:radio")
		child.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uid, Gid: uid}}
		out, _ := child.CombinedOutput()
		if !strings.Contains(string(out), want) {
			t.Errorf("user %d: want %q, got %s", uid, want, out)
		}
	}
	if got := name(ask(w.dial(t), "Session1.Permits", "radio").Err); got != "NotPermitted" {
		t.Errorf("the agent's own user: %s", got)
	}
}

// Who calls faster than the limit is slowed down, and who has too many calls
// waiting is refused, over all connections of one user; another user does not
// notice.
func TestOneUserCannotFloodTheAgent(t *testing.T) {
	w := start(t, hmi.Limits{PerSecond: 50, Burst: 4, Waiting: 8})
	calm := w.dial(t)
	w.uids.is(calm, appUser)
	began := time.Now()
	results := make(chan string, 40)
	for range 4 {
		object := w.dial(t).Object(hmi.Name, hmi.RootPath)
		for range 10 {
			call := object.Go("org.glovebox.Session1.Permits", 0, nil, "radio")
			go func() { results <- name((<-call.Done).Err) }()
		}
	}
	if err := ask(calm, "Session1.Permits", "radio").Err; err != nil {
		t.Errorf("another user: %v", err)
	}
	var refused, done int
	for range 40 {
		switch got := <-results; got {
		case "":
			done++
		case "org.freedesktop.DBus.Error.LimitsExceeded":
			refused++
		default:
			t.Errorf("answered %s", got)
		}
	}
	if done < 8 || refused == 0 {
		t.Errorf("%d answered, %d refused", done, refused)
	}
	if least := time.Duration(done-4) * time.Second / 50; time.Since(began) < least {
		t.Errorf("%d calls in %v: want at least %v", done, time.Since(began), least)
	}
}
