package ni_test

import (
	"encoding/json"
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
)

// leak is a planted fault: edits of the product's text, and the test that must find it.
type leak struct {
	name  string
	test  string
	says  string // part of what the test says
	waits string // for what, where it cannot be planted yet
	edits []edit
}

// edit is a change of one file, named from the root of the module.
type edit struct{ file, old, new string }

const root = "../.."

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
		case strings.HasPrefix(line, "waits for "):
			all[last].waits = strings.TrimPrefix(line, "waits for ")
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
		if planted := l.test != "" && l.says != "" && len(l.edits) > 0; planted == (l.waits != "") {
			return nil, fmt.Errorf("leak %s: want the test, what it says, and an edit; or what it waits for", l.name)
		}
	}
	return all, nil
}

// plant writes the edited files and the overlay that puts them in place, and returns its
// name. An edit has to fit exactly once.
func (l leak) plant(dir string) (overlay string, err error) {
	replace, texts := map[string]string{}, map[string]string{}
	for i, e := range l.edits {
		here, err := filepath.Abs(filepath.Join(root, e.file))
		if err != nil {
			return "", err
		}
		text, edited := texts[here]
		if !edited {
			content, err := os.ReadFile(here)
			if err != nil {
				return "", err
			}
			text = string(content)
		}
		old, new := strings.TrimSuffix(e.old, "\n"), strings.TrimSuffix(e.new, "\n")
		if n := strings.Count(text, old); n != 1 || old == "" {
			return "", fmt.Errorf("edit %s: what stands there stands there %d times", e.file, n)
		}
		texts[here] = strings.Replace(text, old, new, 1)
		replace[here] = filepath.Join(dir, fmt.Sprintf("%d-%s", i, filepath.Base(e.file)))
		if err := os.WriteFile(replace[here], []byte(texts[here]), 0o600); err != nil {
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

// kill runs the test that must find the leak in small worlds, and returns the seed at
// which it did.
func (l leak) kill(t *testing.T) (seed int, err error) {
	dir := t.TempDir()
	overlay, err := l.plant(dir)
	if err != nil {
		return 0, err
	}
	binary := filepath.Join(dir, "ni.test")
	if out, err := exec.CommandContext(t.Context(), "go", "test", "-c", "-vet=off", "-overlay="+overlay, "-o", binary, ".").CombinedOutput(); err != nil {
		return 0, fmt.Errorf("it does not compile: %s", out)
	}
	output, passed := inSmallWorlds(t, binary, l.test, pairsSmall)
	return l.found(output, passed)
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
func (l leak) found(output string, passed bool) (seed int, err error) {
	ran := strings.Contains(output, "=== RUN   TestNoninterference/"+l.test+"\n")
	at := atSeed.FindStringSubmatch(output)
	switch {
	case passed && ran:
		return 0, errSurvived
	case !ran || passed || at == nil || !strings.Contains(output, "--- FAIL: TestNoninterference/"+l.test+" ") || !strings.Contains(output, l.says):
		return 0, fmt.Errorf("%s did not fail as it should:\n%.2000s", l.test, output)
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
	leaks, err := readLeaks(string(text))
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var lines []string
	killed, waiting, seeds := 0, map[string]int{}, map[string]int{}
	t.Run("each", func(t *testing.T) { // ends when all have ended
		for _, l := range leaks {
			if l.waits != "" {
				waiting[l.waits]++
				lines = append(lines, fmt.Sprintf("%s: waits for %s", l.name, l.waits))
				continue
			}
			t.Run(l.name, func(t *testing.T) {
				t.Parallel()
				seed, err := l.kill(t)
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					killed++
					seeds[l.test] = max(seeds[l.test], seed)
					lines = append(lines, fmt.Sprintf("%s: killed by %s, pair %d", l.name, l.test, seed+1))
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
	planted := len(leaks)
	rest := ""
	for what, n := range waiting {
		planted -= n
		rest += fmt.Sprintf(", %d wait for %s", n, what)
	}
	t.Logf("%s\nkilled %d/%d%s", strings.Join(lines, "\n"), killed, planted, rest)
	if len(leaks) != 29 {
		t.Errorf("%d leaks: want 29", len(leaks))
	}
}
