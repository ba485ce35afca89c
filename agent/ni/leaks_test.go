package ni_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"glovebox/internal/planted"
)

const root = "../.."

var errSurvived = errors.New("the leak was not found")

// kill runs the test that must find the leak in small worlds, and returns the seed at
// which it did.
func kill(t *testing.T, l planted.Leak) (seed int, err error) {
	dir := t.TempDir()
	overlay, err := planted.Overlay(root, dir, l.Edits...)
	if err != nil {
		return 0, err
	}
	binary := filepath.Join(dir, "ni.test")
	if out, err := exec.CommandContext(t.Context(), "go", "test", "-c", "-vet=off", "-overlay="+overlay, "-o", binary, ".").CombinedOutput(); err != nil {
		return 0, fmt.Errorf("it does not compile: %s", out)
	}
	output, passed := inSmallWorlds(t, binary, l.Test, pairsSmall)
	return found(l, output, passed)
}

// inSmallWorlds runs one test of a binary over so many small pairs.
func inSmallWorlds(t *testing.T, binary, test string, pairs int) (output string, passed bool) {
	c := exec.CommandContext(t.Context(), binary, "-test.run=^TestNoninterference$/^"+test+"$", "-test.v")
	c.Env = append(os.Environ(), worldsVar+"="+small.name, fmt.Sprintf("%s=%d", pairsVar, pairs))
	out, err := c.CombinedOutput()
	return string(out), err == nil
}

var atSeed = regexp.MustCompile(`seed (\d+)`)

// found tells a test that found the leak from all that can go wrong besides.
func found(l planted.Leak, output string, passed bool) (seed int, err error) {
	ran := strings.Contains(output, "=== RUN   TestNoninterference/"+l.Test+"\n")
	at := atSeed.FindStringSubmatch(output)
	switch {
	case passed && ran:
		return 0, errSurvived
	case !ran || passed || at == nil || !strings.Contains(output, "--- FAIL: TestNoninterference/"+l.Test+" ") || !strings.Contains(output, l.Says):
		return 0, fmt.Errorf("%s did not fail as it should:\n%.2000s", l.Test, output)
	}
	return strconv.Atoi(at[1])
}

// The tests find every planted leak in small worlds, and without one they pass in the
// same.
func TestPlantedLeaks(t *testing.T) {
	if testing.Short() || os.Getenv(worldsVar) != "" {
		t.Skip("compiles the package once for each leak")
	}
	text, err := os.ReadFile("testdata/leaks.txt")
	if err != nil {
		t.Fatal(err)
	}
	leaks, err := planted.Leaks(string(text))
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var lines []string
	killed, seeds := 0, map[string]int{}
	t.Run("each", func(t *testing.T) { // ends when all have ended
		for _, l := range leaks {
			t.Run(l.Name, func(t *testing.T) {
				t.Parallel()
				seed, err := kill(t, l)
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					killed++
					seeds[l.Test] = max(seeds[l.Test], seed)
					lines = append(lines, fmt.Sprintf("%s: killed by %s, pair %d", l.Name, l.Test, seed+1))
				}
			})
		}
	})
	number := func(line string) int { n, _ := strconv.Atoi(strings.Fields(line)[0]); return n }
	slices.SortFunc(lines, func(a, b string) int { return number(a) - number(b) })
	for test, seed := range seeds { // nothing planted, the same seeds
		if output, passed := inSmallWorlds(t, os.Args[0], test, seed+1); !passed || !strings.Contains(output, "--- PASS: TestNoninterference/"+test+" ") {
			t.Errorf("nothing planted, and %s does not pass:\n%.2000s", test, output)
		}
	}
	t.Logf("%s\nkilled %d/%d", strings.Join(lines, "\n"), killed, len(leaks))
	if len(leaks) != 29 {
		t.Errorf("%d leaks: want 29", len(leaks))
	}
}
