package bolt

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// ErrNotChecked means that a check could not be run. It says nothing about the file.
var ErrNotChecked = errors.New("the check could not be run")

// checkTime is how long a check may take before its file counts as damaged.
const checkTime = 5 * time.Second

// ChildCheck returns a check that runs `program args… PATH` and takes any exit
// but 0, a death by signal and a delay beyond five seconds for damage.
func ChildCheck(ctx context.Context, program string, args ...string) func(path string) error {
	return func(path string) error {
		limited, cancel := context.WithTimeout(ctx, checkTime)
		defer cancel()
		var said tail
		child := exec.CommandContext(limited, program, append(args[:len(args):len(args)], path)...)
		child.Stderr = &said
		if err := child.Start(); err != nil {
			return fmt.Errorf("%w: %w", ErrNotChecked, err)
		}
		if err := child.Wait(); err != nil {
			if ctx.Err() != nil {
				return fmt.Errorf("%w: %w", ErrNotChecked, ctx.Err())
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
