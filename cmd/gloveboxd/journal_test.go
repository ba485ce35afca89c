package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"glovebox/profiles"
)

// newJournald is a socket that takes records, as journald's.
func newJournald(t *testing.T) (path string, conn *net.UnixConn) {
	t.Helper()
	dir, err := os.MkdirTemp("", "gb") // a short path
	if err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(dir, "socket")
	conn, err = net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(); _ = os.RemoveAll(dir) })
	return path, conn
}

// record is the next record that came, nil if none does.
func record(t *testing.T, conn *net.UnixConn, patience time.Duration) map[string]string {
	t.Helper()
	if err := conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 1<<18)
	n, err := conn.Read(b)
	if err != nil {
		return nil
	}
	fields := map[string]string{}
	for b = b[:n]; len(b) > 0; {
		line, rest, _ := strings.Cut(string(b), "\n")
		name, value, short := strings.Cut(line, "=")
		if !short {
			size := int(binary.LittleEndian.Uint64([]byte(rest)))
			value, rest = rest[8:8+size], rest[8+size+1:]
		}
		if !regexp.MustCompile(`^[A-Z][A-Z0-9_]{0,63}$`).MatchString(name) || fields[name] != "" {
			t.Errorf("no field of the journal: %q", name)
		}
		fields[name], b = value, []byte(rest)
	}
	return fields
}

// A line is a record: its words and values to read, its values as fields, its priority.
func TestRecords(t *testing.T) {
	path, conn := newJournald(t)
	j, err := openJournal(path)
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(journalHandler{journal: j})
	log.Debug("not for the journal")
	log.Info("access document", "version", 12, "in force", 11)
	log.Warn("port lost", "wire", "bus.front", "error", errors.Join(errors.New("one"), errors.New("two=2")))
	log.With("part", "x-y").WithGroup("g").Error("ended", "näme", profiles.Conceal("Anna"))
	for _, want := range []map[string]string{
		{"MESSAGE": `access document version="12" in force="11"`, "PRIORITY": "6", "GLOVEBOX_VERSION": "12", "GLOVEBOX_IN_FORCE": "11"},
		{"MESSAGE": `port lost wire="bus.front" error="one\ntwo=2"`, "PRIORITY": "4", "GLOVEBOX_WIRE": "bus.front", "GLOVEBOX_ERROR": "one\ntwo=2"},
		{"MESSAGE": `ended part="x-y" g.näme="‹private›"`, "PRIORITY": "3", "GLOVEBOX_PART": "x-y", "GLOVEBOX_G_N_ME": "‹private›"},
	} {
		want["SYSLOG_IDENTIFIER"] = "gloveboxd"
		if got := record(t, conn, time.Minute); !maps.Equal(got, want) {
			t.Errorf("%q\nwant %q", got, want)
		}
	}
}

// A value of any length makes a record that fits.
func TestLongValues(t *testing.T) {
	path, conn := newJournald(t)
	j, err := openJournal(path)
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(journalHandler{journal: j})
	for _, long := range []string{strings.Repeat("x", 10<<20), strings.Repeat("€", 10<<20), strings.Repeat("\xbf", 10<<20)} {
		log.Error("ended", "error", long)
		got := record(t, conn, time.Minute)
		if value := got["GLOVEBOX_ERROR"]; len(value) > valueMost+len("…") || !strings.HasSuffix(value, "…") || !strings.HasPrefix(long, strings.TrimSuffix(value, "…")) {
			t.Errorf("%d bytes arrive", len(value))
		}
	}
}

// A journal that takes nothing holds nobody up, nor does one that is gone; when it is back
// it is told how many lines it missed.
func TestTheJournalHangs(t *testing.T) {
	path, conn := newJournald(t)
	j, err := openJournal(path)
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(journalHandler{journal: j})
	for n := range 1000 {
		log.Info("line", "n", n)
	}
	lost := 1000
	for record(t, conn, 50*time.Millisecond) != nil {
		lost--
	}
	if lost <= 0 {
		t.Fatal("the socket took all of them")
	}
	log.Info("back")
	if got := record(t, conn, time.Minute); got["MESSAGE"] != "back" {
		t.Errorf("%q", got)
	}
	if got := record(t, conn, time.Minute); got["MESSAGE"] != fmt.Sprintf("lines lost count=%d", lost) || got["GLOVEBOX_COUNT"] != fmt.Sprint(lost) || got["PRIORITY"] != "4" {
		t.Errorf("of %d: %q", lost, got)
	}
	if err := errors.Join(conn.Close(), os.RemoveAll(path)); err != nil {
		t.Fatal(err)
	}
	log.Info("nobody is there")
	again, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	log.Info("another")
	if got := record(t, again, time.Minute); got["MESSAGE"] != "another" {
		t.Errorf("%q", got)
	}
	if got := record(t, again, time.Minute); got["GLOVEBOX_COUNT"] != "1" {
		t.Errorf("%q", got)
	}
}

// A journal that takes one line now and then is told of each that it missed, sooner or later.
func TestTheJournalIsSlow(t *testing.T) {
	path, conn := newJournald(t)
	j, err := openJournal(path)
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(journalHandler{journal: j})
	sent, told := 0, 0
	take := func() bool {
		got := record(t, conn, 50*time.Millisecond)
		if count, missed := strings.CutPrefix(got["MESSAGE"], "lines lost count="); missed {
			var n int
			_, _ = fmt.Sscan(count, &n)
			told += n
		} else if got != nil {
			told++
		}
		return got != nil
	}
	for range 1000 { // until it is full
		log.Info("line")
		sent++
	}
	for range 5 { // room for one: for a line, and not for what was lost
		take()
		log.Info("line")
		sent++
	}
	for take() {
	}
	log.Info("line")
	sent++
	for take() {
	}
	if told != sent {
		t.Errorf("%d lines, and it was told of %d", sent, told)
	}
}

// The program writes to the journal where its standard error is the journal's, and as text
// where it is not, whatever the environment says.
func TestTheProgramsJournal(t *testing.T) {
	run := []string{"unshare", "-m", "sh", "-c", `mount -t tmpfs none /run && mkdir -p /run/systemd/journal && mount --bind "$0" /run/systemd/journal && exec "$@"`}
	if os.Geteuid() != 0 {
		run = append([]string{"unshare", "--user", "--map-current-user", "--keep-caps"}, run[1:]...)
	}
	socket, conn := newJournald(t)
	run = append(run, filepath.Dir(socket))
	for _, row := range []struct {
		name, stream, config string
		journal              bool
		code                 int
	}{
		{"under systemd", "own", "", true, exitStopped},
		{"below a program of systemd's", "8:1", "", false, exitStopped},
		{"a wrong configuration under systemd", "own", "wrong = 1\n", false, exitConfig},
	} {
		t.Run(row.name, func(t *testing.T) {
			a := newProgram(t, row.config)
			read, write, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			defer read.Close()
			var info syscall.Stat_t
			if err := syscall.Fstat(int(write.Fd()), &info); err != nil {
				t.Fatal(err)
			}
			stream := row.stream
			if stream == "own" {
				stream = fmt.Sprintf("%d:%d", info.Dev, info.Ino)
			}
			args := append(run[:len(run):len(run)], "gloveboxd", "--config", filepath.Join(a.dir, "gloveboxd.toml"))
			cmd := exec.Command(args[0], args[1:]...)
			cmd.Env, cmd.Stderr = append(os.Environ(), "JOURNAL_STREAM="+stream), write
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			write.Close()
			if row.code == exitStopped {
				a.pid() // it has its name
				time.AfterFunc(300*time.Millisecond, func() { _ = cmd.Process.Signal(syscall.SIGTERM) })
			}
			text := new(strings.Builder)
			b := make([]byte, 4096)
			for {
				n, err := read.Read(b)
				text.Write(b[:n])
				if err != nil {
					break
				}
			}
			_ = cmd.Wait()
			said := false
			for r := record(t, conn, 50*time.Millisecond); r != nil; r = record(t, conn, 50*time.Millisecond) {
				said = said || strings.HasPrefix(r["MESSAGE"], "ready ") && r["GLOVEBOX_POLICY"] == "built-in"
			}
			if code := cmd.ProcessState.ExitCode(); code != row.code || said != row.journal || row.code == exitStopped && strings.Contains(text.String(), "msg=ready") == row.journal {
				t.Errorf("exit %d, in the journal %v, as text:\n%s", code, said, text)
			}
			if row.code == exitConfig && !strings.HasPrefix(text.String(), "<3>gloveboxd: ") {
				t.Errorf("no error to the journal: %q", text)
			}
		})
	}
}
