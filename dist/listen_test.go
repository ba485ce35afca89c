package dist_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
)

// listener is another user who asked the bus for the agent's signals.
type listener struct {
	stop  func()
	lines chan string
}

// next is the name of the next signal, or end.
func (l *listener) next() string {
	select {
	case line := <-l.lines:
		return line
	case <-time.After(time.Minute):
		return "nothing"
	}
}

// listenAs listens as a user from here on.
func listenAs(t *testing.T, address string, user uint32, groups ...uint32) *listener {
	t.Helper()
	cmd := another(t, address, user, groups)
	cmd.Args = append(cmd.Args, "listen")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	out, oerr := cmd.StdoutPipe()
	if err := errors.Join(err, oerr, cmd.Start()); err != nil {
		t.Fatal(err)
	}
	l := &listener{stop: func() { in.Close() }, lines: make(chan string, 100)}
	go func() {
		for lines := bufio.NewScanner(out); lines.Scan(); {
			l.lines <- lines.Text()
		}
	}()
	t.Cleanup(func() { l.stop(); _ = cmd.Wait() })
	if said := l.next(); said != "ready" {
		t.Fatalf("user %d does not listen: %q", user, said)
	}
	return l
}

// listen prints signals of the agent as they come, until standard input ends and the bus has said all that it has to say.
func listen(conn *dbus.Conn) int {
	signals := make(chan *dbus.Signal, 100)
	conn.Signal(signals)
	if err := conn.AddMatchSignal(dbus.WithMatchSender("org.glovebox.Agent1")); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Println("ready")
	ended := make(chan error, 1)
	go func() {
		_, err := io.Copy(io.Discard, os.Stdin)
		ended <- errors.Join(err, conn.BusObject().Call("org.freedesktop.DBus.GetId", 0).Err)
	}()
	for {
		select {
		case s := <-signals:
			say(s)
		case err := <-ended:
			for len(signals) > 0 {
				say(<-signals)
			}
			fmt.Println("end", errorName(err, ""))
			return 0
		}
	}
}

// say prints a signal, but for those of the bus itself.
func say(s *dbus.Signal) {
	if s.Sender != "org.freedesktop.DBus" {
		fmt.Println(s.Name)
	}
}
