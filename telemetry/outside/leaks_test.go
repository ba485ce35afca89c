package outside_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
)

// leak is a planted fault: edits of this package's text, and the test that must
// find it.
type leak struct {
	name  string
	test  string
	says  string // part of what the test says
	edits []edit
}

type edit struct{ file, old, new string }

// readLeaks reads the form that the head of testdata/leaks.txt describes.
func readLeaks(text string) (all []leak, err error) {
	number := 0
	for line := range strings.Lines(text) {
		number++
		line = strings.TrimSuffix(line, "\n")
		word, rest, _ := strings.Cut(line, " ")
		last := len(all) - 1
		switch {
		case line == "" || line[0] == '#':
		case word == "leak":
			all = append(all, leak{name: rest})
		case last < 0:
			return nil, fmt.Errorf("line %d: want a leak", number)
		case strings.HasPrefix(line, "killed by "):
			all[last].test, all[last].says, _ = strings.Cut(strings.TrimPrefix(line, "killed by "), ": ")
		case word == "edit":
			all[last].edits = append(all[last].edits, edit{file: rest})
		case len(all[last].edits) > 0 && line[0] == '-':
			all[last].edits[len(all[last].edits)-1].old += line[1:] + "\n"
		case len(all[last].edits) > 0 && line[0] == '+':
			all[last].edits[len(all[last].edits)-1].new += line[1:] + "\n"
		default:
			return nil, fmt.Errorf("line %d: %q", number, line)
		}
	}
	for _, l := range all {
		if l.test == "" || l.says == "" || len(l.edits) == 0 {
			return nil, fmt.Errorf("leak %s: want the test, what it says, and an edit", l.name)
		}
	}
	return all, nil
}

// plant writes the edited files and the overlay that puts them in place, and
// returns its name. An edit has to fit exactly once.
func (l leak) plant(dir string) (overlay string, err error) {
	replace := map[string]string{}
	for i, e := range l.edits {
		here, err := filepath.Abs(e.file)
		if err != nil {
			return "", err
		}
		text, err := os.ReadFile(here)
		if err != nil {
			return "", err
		}
		old, new := strings.TrimSuffix(e.old, "\n"), strings.TrimSuffix(e.new, "\n")
		if n := strings.Count(string(text), old); n != 1 || old == "" {
			return "", fmt.Errorf("edit %s: what stands there stands there %d times", e.file, n)
		}
		replace[here] = filepath.Join(dir, fmt.Sprintf("%d-%s", i, e.file))
		if err := os.WriteFile(replace[here], []byte(strings.Replace(string(text), old, new, 1)), 0o600); err != nil {
			return "", err
		}
	}
	content, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	overlay = filepath.Join(dir, "overlay.json")
	return overlay, os.WriteFile(overlay, content, 0o600)
}

var errSurvived = errors.New("the leak was not found")

// kill runs the test with the leak in place; nil says that the test found it.
func (l leak) kill(t *testing.T) error {
	overlay, err := l.plant(t.TempDir())
	if err != nil {
		return err
	}
	return l.found(run(t, l.test, "-overlay="+overlay))
}

func run(t *testing.T, test string, args ...string) (output string, passed bool) {
	args = append([]string{"test", "-vet=off", "-count=1", "-run=^" + test + "$"}, append(args, ".")...)
	out, err := exec.CommandContext(t.Context(), "go", args...).CombinedOutput()
	return string(out), err == nil
}

const noTest = "no tests to run"

// found tells a test that found the leak from all that can go wrong besides.
func (l leak) found(output string, passed bool) error {
	switch {
	case passed && !strings.Contains(output, noTest):
		return errSurvived
	case !strings.Contains(output, "--- FAIL: "+l.test+" ") || !strings.Contains(output, l.says):
		return fmt.Errorf("%s did not fail as it should:\n%s", l.test, output)
	}
	return nil
}

// The tests of privacy find every planted leak, and without one they pass.
func TestPlantedLeaks(t *testing.T) {
	text, err := os.ReadFile("testdata/leaks.txt")
	if err != nil {
		t.Fatal(err)
	}
	leaks, err := readLeaks(string(text))
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]bool{}
	var killed atomic.Int32
	t.Run("each", func(t *testing.T) { // ends when all have ended
		for _, l := range leaks {
			tests[l.test] = true
			t.Run(l.name, func(t *testing.T) {
				t.Parallel()
				if err := l.kill(t); err != nil {
					t.Fatal(err)
				}
				killed.Add(1)
			})
		}
	})
	t.Logf("killed %d/%d", killed.Load(), len(leaks))
	if len(leaks) < 11 {
		t.Errorf("%d leaks: some are missing", len(leaks))
	}
	for test := range tests {
		if output, passed := run(t, test); !passed || strings.Contains(output, noTest) {
			t.Errorf("nothing planted, and %s does not pass:\n%s", test, output)
		}
	}
}

// What looks like a leak that was found and is none is told apart.
func TestPlantedLeaksAreReal(t *testing.T) {
	l := leak{test: "TestFormsStay", says: "this is not said"}
	for name, e := range map[string]edit{
		"an edit that changes nothing":        {"topic.go", "They are written nowhere else.", "They stand here."},
		"an edit that does not compile":       {"topic.go", `const root = "gb/1/"`, `const root = gb`},
		"text that is not there":              {"topic.go", "gb/2", "gb/3"},
		"text that stands twice":              {"topic.go", "func ", "func  "},
		"nothing at all":                      {"topic.go", "", "package other"},
		"a test that fails for other reasons": {"topic.go", `const root = "gb/1/"`, `const root = "gb/2/"`},
		"a test that does not exist":          {"topic.go", "They are written nowhere else.", "They stand here."},
	} {
		l.edits = []edit{e}
		if l.test = "TestFormsStay"; name == "a test that does not exist" {
			l.test = "TestOfNothing"
		}
		err := l.kill(t)
		if err == nil {
			t.Errorf("%s: taken as a leak that was found", name)
		}
		if survived := name == "an edit that changes nothing"; errors.Is(err, errSurvived) != survived {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := readLeaks("leak x\nkilled by TestX: y\n"); err == nil {
		t.Error("a leak without an edit was read")
	}
}
