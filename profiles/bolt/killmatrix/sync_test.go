package killmatrix_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Whatever is answered is synced before, in the ring and in the store; and in the store the
// page that makes a change count is written after what it points to is synced. The check
// sees a build that does not sync the store, and one that does not sync the ring.
func TestStoreSyncsBeforeItAnswers(t *testing.T) {
	c := newCar(t)
	for _, b := range []struct {
		name, program string
		loses         map[string]bool // what is lost with the power, by command
	}{
		{"whole", build(t, "", "", ""), nil},
		{"store not synced", build(t, "bolt/file.go", "NoStatistics:    true,", "NoStatistics: true, NoSync: true,"), map[string]bool{"set": true, "enter": true, "import": true, "write": true, "drive": true, "add": true, "remove": true, "late": true}},
		{"ring not synced", build(t, "keyring/file.go", "if err := r.file.Sync(); err != nil {", "if err := error(nil); err != nil {"), map[string]bool{"add": true, "remove": true, "late": true}},
	} {
		for _, change := range changes[1:] {
			trace := filepath.Join(t.TempDir(), "trace")
			done, _, exit := strace(t, b.program, change.command, c.stage(t), "-o", trace, "-e", "trace=pwrite64,fdatasync,fsync,write", "-s", "8")
			if !done {
				t.Fatalf("%s, %s: exit %d", b.name, change.command, exit)
			}
			lines, err := os.ReadFile(trace)
			must(t, err)
			if err := synced(string(lines)); (err != nil) != b.loses[change.command] {
				t.Errorf("%s, %s: the trace says %v", b.name, change.command, err)
			}
		}
	}
}

// synced reads a trace and says what was written and not synced before the answer, or
// before the page of the store that makes it count: its first two.
func synced(trace string) error {
	const page = 4096
	unsynced, pages, answered := map[string]string{}, 0, false
	for line := range strings.Lines(trace) {
		_, call, _ := strings.Cut(strings.TrimSpace(line), " ") // after the thread's number
		name, rest, _ := strings.Cut(strings.TrimSpace(call), "(")
		fd, _, _ := strings.Cut(rest, ",")
		switch name {
		case "pwrite64":
			args, _, _ := strings.Cut(rest[strings.LastIndex(rest, `"`):], ")")
			var size, at int64
			if _, err := fmt.Sscanf(args[strings.Index(args, ",")+1:], "%d, %d", &size, &at); err != nil {
				return fmt.Errorf("%s: %w", call, err)
			}
			if size == page && at < 2*page && unsynced[fd] != "" { // a slot of the ring is larger
				return fmt.Errorf("it counts before this is synced: %s", unsynced[fd])
			}
			unsynced[fd] = call
			pages++
		case "fdatasync", "fsync":
			fd, _, _ = strings.Cut(fd, ")")
			delete(unsynced, fd)
		case "write":
			if !strings.HasPrefix(rest, `1, "done`) {
				continue
			}
			answered = true
			for _, call := range unsynced {
				return fmt.Errorf("not synced before the answer: %s", call)
			}
		}
	}
	if pages == 0 || !answered {
		return errors.New("the trace shows no change that was answered")
	}
	return nil
}
