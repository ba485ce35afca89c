package main

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"
)

// test is what a test does over the right code.
type test struct {
	Spent, Waited time.Duration // of the processor, and in all
	Fails         bool
	Runs          map[string][][2]int // lines from, to by file, as a coverage profile names it
}

func (t test) runs(file string, line int) bool {
	for _, r := range t.Runs[file] {
		if r[0] <= line && line <= r[1] {
			return true
		}
	}
	return false
}

// kept is what is known of a judge's tests, for the next run. A test that is new is
// measured then; once the edited packages are others, all are.
type kept struct {
	Code  string
	Tests map[string]test
}

// measure runs each test by itself over the right code and notes what it runs.
func (o options) measure(j *judge, code string, packages []string) error {
	names, err := o.names(j)
	if err != nil {
		return err
	}
	file := filepath.Join(o.cache, strings.ReplaceAll(j.ImportPath, "/", "_")+".json")
	known := kept{}
	if text, err := os.ReadFile(file); err == nil {
		_ = json.Unmarshal(text, &known)
	}
	if known.Code != code {
		known = kept{Code: code, Tests: map[string]test{}}
	}
	j.tests = map[string]test{}
	var missing []string
	for _, name := range names {
		if t, ok := known.Tests[name]; ok && !t.Fails {
			j.tests[name] = t
		} else {
			missing = append(missing, name)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	dir, err := os.MkdirTemp("", "mutate")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	program, err := o.compile(j, dir, "", "-cover", "-coverpkg="+strings.Join(packages, ","))
	if err != nil {
		return err
	}
	var mu sync.Mutex
	o.each(len(missing), func(i int) {
		t := o.alone(j, program, missing[i], filepath.Join(dir, strconv.Itoa(i)))
		mu.Lock()
		defer mu.Unlock()
		j.tests[missing[i]] = t
	})
	known.Tests = j.tests
	text, err := json.Marshal(known)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(o.cache, 0o755); err != nil {
		return err
	}
	return os.WriteFile(file, text, 0o644)
}

// alone runs one test with a coverage profile.
func (o options) alone(j *judge, program, name, profile string) (t test) {
	began := time.Now()
	unknown := *j
	unknown.tests = map[string]test{name: {Spent: 5 * time.Minute, Waited: 5 * time.Minute}}
	cmd, text, err := o.run(&unknown, program, 0, []string{name}, "-test.coverprofile="+profile)
	t = test{Waited: time.Since(began), Fails: err != nil, Runs: map[string][][2]int{}}
	if cmd.ProcessState != nil {
		t.Spent = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "left out, it fails without an edit: %s.%s: %.2000s\n", j.ImportPath, name, text)
		return t
	}
	lines, _ := os.ReadFile(profile)
	for line := range strings.Lines(string(lines)) { // glovebox/agent/pin.go:17.2,19.5 3 1
		file, rest, ok := strings.Cut(strings.TrimSpace(line), ":")
		var from, to, column, statements, count int
		if n, _ := fmt.Sscanf(rest, "%d.%d,%d.%d %d %d", &from, &column, &to, &column, &statements, &count); ok && n == 6 && count > 0 {
			t.Runs[file] = append(t.Runs[file], [2]int{from, to})
		}
	}
	return t
}

// each runs f for 0 to n-1, as many at once as there are jobs.
func (o options) each(n int, f func(int)) {
	var on sync.WaitGroup
	next := make(chan int)
	for range max(1, o.jobs) {
		on.Go(func() {
			for i := range next {
				f(i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	on.Wait()
}

// fingerprint is one text of all the code that is edited.
func fingerprint(subjects []*subject) string {
	sum := sha256.New()
	for _, s := range subjects {
		for _, f := range s.code.files {
			fmt.Fprintf(sum, "%s\n%s\n", s.code.name(f), s.code.text[s.code.name(f)])
		}
	}
	return fmt.Sprintf("%x", sum.Sum(nil))
}
