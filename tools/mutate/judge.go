package main

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// judge is a package whose tests are run, from one program that holds all planted edits.
// Tests that draw with rapid must leave no file of what failed: the code was wrong on
// purpose.
type judge struct {
	listed
	rapid   bool
	program string
	tests   map[string]test
	starts  map[string]bool // tests whose file starts programs: what those run is in no profile
}

// quick is what the tests take that are run first.
const quick = 300 * time.Millisecond

func (p listed) judge() *judge {
	j := &judge{listed: p, rapid: slices.Contains(slices.Concat(p.TestImports, p.XTestImports), "pgregory.net/rapid"), starts: map[string]bool{}}
	for _, name := range slices.Concat(p.TestGoFiles, p.XTestGoFiles) {
		f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
		if err != nil || !slices.ContainsFunc(f.Imports, func(i *ast.ImportSpec) bool { return i.Path.Value == `"os/exec"` }) {
			continue
		}
		for _, d := range f.Decls {
			if f, ok := d.(*ast.FuncDecl); ok {
				j.starts[f.Name.Name] = true
			}
		}
	}
	return j
}

// compile makes the test program of a package in dir.
func (o options) compile(j *judge, dir, overlay string, more ...string) (program string, err error) {
	program = filepath.Join(dir, strings.ReplaceAll(j.ImportPath, "/", "_")+".test")
	args := append([]string{"test", "-c", "-vet=off", "-o", program, "-overlay", overlay}, more...)
	if text, err := o.command(append(args, j.ImportPath)...).CombinedOutput(); err != nil {
		return "", fmt.Errorf("the tests of %s: %w\n%s", j.ImportPath, err, text)
	}
	return program, nil
}

// names are those of the tests of a package, without those that are left out.
func (o options) names(j *judge) (names []string, err error) {
	cmd := exec.Command(j.program, "-test.list", ".")
	cmd.Dir = j.Dir
	text, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("the tests of %s: %w", j.ImportPath, err)
	}
	for name := range strings.Lines(string(text)) {
		name = strings.TrimSpace(name)
		if regexp.MustCompile("^(Test|Fuzz|Example)").MatchString(name) && !o.without.MatchString(name) {
			names = append(names, name)
		}
	}
	return names, nil
}

// run is the tests of those names, the edit of that number being wrong. The limits are
// for one that loops or grows: processor time, since the machine may be busy.
func (o options) run(j *judge, program string, number int, names []string, more ...string) (*exec.Cmd, []byte, error) {
	var spent, waited time.Duration
	for _, name := range names {
		spent, waited = spent+j.tests[name].Spent, waited+j.tests[name].Waited
	}
	limits := fmt.Sprintf(`ulimit -t %d; ulimit -v 8000000; exec "$0" "$@"`, int((o.patience + 5*spent).Seconds()))
	args := []string{"-c", limits, program, "-test.run=^(" + strings.Join(names, "|") + ")$", "-test.failfast", "-test.timeout=" + (12*o.patience + 10*waited).String()}
	if j.rapid {
		args = append(args, "-rapid.nofailfile")
	}
	cmd := exec.Command("sh", append(args, more...)...)
	cmd.Dir, cmd.Env = j.Dir, append(os.Environ(), fmt.Sprintf("PLANTED=%d", number))
	text, err := cmd.CombinedOutput()
	return cmd, text, err
}

// reach is the tests of j that run the line of e, the shortest first: those that are
// quick, or the others.
func (j *judge) reach(e edit, path string, slow bool) (names []string) {
	for name, t := range j.tests {
		if (t.Spent > quick) == slow && !t.Fails && (e.function == "" || j.starts[name] && path == j.ImportPath || t.runs(path+"/"+filepath.Base(e.file), e.line)) {
			names = append(names, name)
		}
	}
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Or(cmp.Compare(j.tests[a].Spent, j.tests[b].Spent), cmp.Compare(a, b))
	})
	return names
}

// refused says whether a test of those judges finds an edit. A hang is found as well.
func (o options) refused(s *subject, judges []*judge, e edit, dir string) (bool, error) {
	for _, j := range judges {
		names := slices.Concat(j.reach(e, s.ImportPath, false), j.reach(e, s.ImportPath, true))
		if len(names) == 0 {
			continue
		}
		program := j.program
		if !e.planted {
			over, err := overlay(dir, map[string]string{e.file: e.in(s.code.text[e.file])})
			if err != nil {
				return false, err
			}
			if program, err = o.compile(j, dir, over); err != nil {
				return true, nil // its tests name what is gone
			}
		}
		for some := range slices.Chunk(names, 30) {
			if _, _, err := o.run(j, program, e.number, some); err != nil {
				return true, nil
			}
		}
	}
	return false, nil
}
