package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// judge is a package whose tests are run. Those that draw with rapid must leave no file
// of what failed: the code was wrong on purpose.
type judge struct {
	listed
	rapid bool
	slow  []string         // its tests that take longer than the others
	took  [2]time.Duration // the quick and the slow ones, on the right code
}

// Which tests of a package are run.
const (
	quick = iota
	slow
)

// most is what a quick test takes.
const most = 300 * time.Millisecond

func (p listed) judge() *judge {
	return &judge{listed: p, rapid: slices.Contains(slices.Concat(p.TestImports, p.XTestImports), "pgregory.net/rapid")}
}

var passed = regexp.MustCompile(`(?m)^--- PASS: (\w+) \((.*s)\)$`)

// measure runs the tests over the right code.
func (o options) measure(j *judge) error {
	dir, err := os.MkdirTemp("", "mutate")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if text, err := o.compile(j, dir, ""); err != nil {
		return fmt.Errorf("the tests of %s: %w\n%s", j.ImportPath, err, text)
	}
	text, err := j.run(dir, 10*time.Minute, "-test.v")
	if err != nil {
		return fmt.Errorf("the tests of %s fail without an edit: %w\n%s", j.ImportPath, err, text)
	}
	for _, m := range passed.FindAllStringSubmatch(string(text), -1) {
		took, _ := time.ParseDuration(m[2])
		which := quick
		if took > most {
			which = slow
			j.slow = append(j.slow, m[1])
		}
		j.took[which] += took
	}
	return nil
}

// refused says whether a test finds an edit. A hang is found as well.
func (o options) refused(s *subject, dir, overlay string, which int) bool {
	for _, j := range s.judges {
		args := []string{"-test.failfast"}
		switch all := "^(" + strings.Join(j.slow, "|") + ")$"; {
		case len(j.slow) > 0 && which == quick:
			args = append(args, "-test.skip="+all)
		case len(j.slow) > 0:
			args = append(args, "-test.run="+all)
		case which == slow:
			continue
		}
		if which == quick {
			if _, err := o.compile(j, dir, overlay); err != nil {
				return true
			}
		}
		if _, err := j.run(dir, o.patience+4*j.took[which], args...); err != nil {
			return true
		}
	}
	return false
}

// compile makes the test program of a package in dir.
func (o options) compile(j *judge, dir, overlay string) ([]byte, error) {
	return o.command("test", "-c", "-vet=off", "-o", j.program(dir), "-overlay", overlay, j.ImportPath).CombinedOutput()
}

func (j *judge) run(dir string, timeout time.Duration, args ...string) ([]byte, error) {
	cmd := exec.Command(j.program(dir), append(args, "-test.timeout="+timeout.String())...)
	if j.rapid {
		cmd.Args = append(cmd.Args, "-rapid.nofailfile")
	}
	cmd.Dir = j.Dir
	return cmd.CombinedOutput()
}

func (j *judge) program(dir string) string {
	return filepath.Join(dir, strings.ReplaceAll(j.ImportPath, "/", "_")+".test")
}
