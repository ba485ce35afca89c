package outside_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"

	"glovebox/internal/planted"
)

var errSurvived = errors.New("the leak was not found")

// kill runs the test with the leak in place; nil says that the test found it.
func kill(t *testing.T, l planted.Leak) error {
	overlay, err := planted.Overlay(".", t.TempDir(), l.Edits...)
	if err != nil {
		return err
	}
	output, passed := run(t, l.Test, "-overlay="+overlay)
	return found(l, output, passed)
}

func run(t *testing.T, test string, args ...string) (output string, passed bool) {
	args = append([]string{"test", "-vet=off", "-count=1", "-run=^" + test + "$"}, append(args, ".")...)
	out, err := exec.CommandContext(t.Context(), "go", args...).CombinedOutput()
	return string(out), err == nil
}

const noTest = "no tests to run"

// found tells a test that found the leak from all that can go wrong besides.
func found(l planted.Leak, output string, passed bool) error {
	switch {
	case passed && !strings.Contains(output, noTest):
		return errSurvived
	case !strings.Contains(output, "--- FAIL: "+l.Test+" ") || !strings.Contains(output, l.Says):
		return fmt.Errorf("%s did not fail as it should:\n%s", l.Test, output)
	}
	return nil
}

// The tests of privacy find every planted leak, and without one they pass.
func TestPlantedLeaks(t *testing.T) {
	text, err := os.ReadFile("testdata/leaks.txt")
	if err != nil {
		t.Fatal(err)
	}
	leaks, err := planted.Leaks(string(text))
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]bool{}
	var killed atomic.Int32
	t.Run("each", func(t *testing.T) { // ends when all have ended
		for _, l := range leaks {
			tests[l.Test] = true
			t.Run(l.Name, func(t *testing.T) {
				t.Parallel()
				if err := kill(t, l); err != nil {
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
	l := planted.Leak{Test: "TestFormsStay", Says: "this is not said"}
	for name, e := range map[string]planted.Edit{
		"an edit that changes nothing":        {File: "topic.go", Old: "They are written nowhere else.", New: "They stand here."},
		"an edit that does not compile":       {File: "topic.go", Old: `const root = "gb/1/"`, New: `const root = gb`},
		"text that is not there":              {File: "topic.go", Old: "gb/2", New: "gb/3"},
		"text that stands twice":              {File: "topic.go", Old: "func ", New: "func  "},
		"nothing at all":                      {File: "topic.go", Old: "", New: "package other"},
		"a test that fails for other reasons": {File: "topic.go", Old: `const root = "gb/1/"`, New: `const root = "gb/2/"`},
		"a test that does not exist":          {File: "topic.go", Old: "They are written nowhere else.", New: "They stand here."},
	} {
		l.Edits = []planted.Edit{e}
		if l.Test = "TestFormsStay"; name == "a test that does not exist" {
			l.Test = "TestOfNothing"
		}
		err := kill(t, l)
		if err == nil {
			t.Errorf("%s: taken as a leak that was found", name)
		}
		if survived := name == "an edit that changes nothing"; errors.Is(err, errSurvived) != survived {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := planted.Leaks("leak x\nkilled by TestX: y\n"); err == nil {
		t.Error("a leak without an edit was read")
	}
}
