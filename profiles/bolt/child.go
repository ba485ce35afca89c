package bolt

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// ErrNotChecked means that a check could not be run. It says nothing about the file.
var ErrNotChecked = errors.New("the check could not be run")

const (
	// checkWork is the processor time that a check may take before its file counts as
	// damaged: what is damaged may be walked for ever.
	checkWork = 5 * time.Second
	// CheckTime is how long it is waited for. A unit that has much else to do is slow,
	// which says nothing about a file.
	CheckTime = time.Minute
)

// ChildCheck returns a check that runs `program args… PATH` and takes any exit
// but 0, a death by signal and five seconds of processor time for damage.
func ChildCheck(ctx context.Context, program string, args ...string) func(path string) error {
	return func(path string) error {
		limited, cancel := context.WithTimeout(ctx, CheckTime)
		defer cancel()
		var said tail
		child := exec.CommandContext(limited, program, append(args[:len(args):len(args)], path)...)
		child.Stderr = &said
		child.Env = append(os.Environ(), "GOMAXPROCS=1") // it does one thing, and a start waits for it
		if err := child.Start(); err != nil {
			return fmt.Errorf("%w: %w", ErrNotChecked, err)
		}
		work := uint64(checkWork / time.Second)
		// A sandbox that refuses this leaves the other limit; a child that has ended needs none.
		_ = unix.Prlimit(child.Process.Pid, unix.RLIMIT_CPU, &unix.Rlimit{Cur: work, Max: work}, nil)
		if err := child.Wait(); err != nil {
			if limited.Err() != nil {
				return fmt.Errorf("%w: %w", ErrNotChecked, limited.Err())
			}
			return fmt.Errorf("check %s: %w: %s", filepath.Base(path), err, said.line())
		}
		return nil
	}
}

// tail keeps the beginning of what a child says; a panic goes on for pages.
type tail struct{ text []byte }

func (t *tail) Write(p []byte) (int, error) {
	t.text = append(t.text, p[:min(len(p), 500-len(t.text))]...)
	return len(p), nil
}

func (t *tail) line() string {
	line, _, _ := strings.Cut(strings.TrimSpace(string(t.text)), "\n")
	return line
}
