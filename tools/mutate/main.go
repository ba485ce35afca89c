// Mutate looks for wrong code that the tests let live. It samples small edits of the
// named packages, runs for each the tests of the package and of the packages that
// import it, and prints how many were found and every one that lived. An edit that
// does not compile, or that vet refuses, does not count; a test that hangs has found it.
// Nor does one that says the same: the compiler makes the same machine code of it. What nobody can look at
// is not edited: the text of a log, a capacity, a constant beside an error.
//
//	mutate [-minutes n] [-most n] [-seed n] [-dir module] package ...
//
// The quick tests of all packages come first, their slow ones after the look at the compiler's work.
//
// The seed gives the order of the edits, so the same seed over the same code tries the
// same ones; the minutes only say where it ends. Packages whose tests start whole
// programs (-skip) are no judges: what only they would find counts as lived.
package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

func main() {
	var o options
	flag.Uint64Var(&o.seed, "seed", uint64(time.Now().Unix()), "gives the order of the edits")
	minutes := flag.Int("minutes", 10, "how long to look")
	flag.IntVar(&o.most, "most", 1<<30, "edits of a package at most")
	flag.StringVar(&o.dir, "dir", ".", "the module")
	flag.DurationVar(&o.patience, "patience", 15*time.Second, "beside four times what the right code took, how long tests may take")
	skip := flag.String("skip", `/sim|/cmd/|/docs$|killmatrix`, "importing packages whose tests are not run")
	flag.Parse()
	o.until, o.skip = time.Now().Add(time.Duration(*minutes)*time.Minute), regexp.MustCompile(*skip)
	o.packages = flag.Args()
	if err := o.run(os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "mutate:", err)
		os.Exit(1)
	}
}

type options struct {
	seed     uint64
	until    time.Time
	most     int
	patience time.Duration
	dir      string
	skip     *regexp.Regexp
	packages []string
}

// subject is a package whose code is edited.
type subject struct {
	listed
	edits  []edit   // in the order of the seed
	judges []*judge // whose tests are run, its own first, then the quickest
	code   string   // what the compiler makes of the right code; empty until it is needed
	tried  int
	found  int
	lived  []edit
}

type listed struct {
	ImportPath, Dir                    string
	GoFiles, TestGoFiles, XTestGoFiles []string
	Imports, TestImports, XTestImports []string
}

func (o options) run(out io.Writer) error {
	all, err := o.list()
	if err != nil {
		return err
	}
	var subjects []*subject
	for _, name := range o.packages {
		s, err := o.subject(name, all)
		if err != nil {
			return err
		}
		subjects = append(subjects, s)
	}
	fmt.Fprintf(out, "seed %d\n", o.seed)
	for turn := 0; turn < o.most && time.Now().Before(o.until); turn++ {
		left := false
		for _, s := range subjects {
			for counted := false; !counted && len(s.edits) > 0 && time.Now().Before(o.until); left = true {
				next := s.edits[0]
				s.edits = s.edits[1:]
				if counted, err = o.try(s, next, out); err != nil {
					return err
				}
			}
		}
		if !left {
			break
		}
	}
	table(out, subjects)
	return nil
}

// list is the packages of the module.
func (o options) list() (all []listed, err error) {
	cmd := exec.Command("go", "list", "-json=ImportPath,Dir,GoFiles,TestGoFiles,XTestGoFiles,Imports,TestImports,XTestImports", "./...")
	cmd.Dir = o.dir
	text, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w", err)
	}
	for d := json.NewDecoder(strings.NewReader(string(text))); ; {
		var p listed
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
}

// subject makes one of a package that is named by the end of its path.
func (o options) subject(name string, all []listed) (*subject, error) {
	i := slices.IndexFunc(all, func(p listed) bool { return strings.HasSuffix("/"+p.ImportPath, "/"+name) })
	if i < 0 {
		return nil, fmt.Errorf("no package %s", name)
	}
	s := &subject{listed: all[i], judges: []*judge{all[i].judge()}}
	for _, p := range all {
		uses := slices.Contains(slices.Concat(p.Imports, p.TestImports, p.XTestImports), s.ImportPath)
		if uses && p.ImportPath != s.ImportPath && !o.skip.MatchString(p.ImportPath) && len(p.TestGoFiles)+len(p.XTestGoFiles) > 0 {
			s.judges = append(s.judges, p.judge())
		}
	}
	var err error
	if s.edits, err = edits(s.Dir, s.GoFiles, func(path string) map[string]string { return constants(path, all) }); err != nil {
		return nil, err
	}
	r := rand.New(rand.NewPCG(o.seed, 0))
	r.Shuffle(len(s.edits), func(i, j int) { s.edits[i], s.edits[j] = s.edits[j], s.edits[i] })
	for _, j := range s.judges {
		if err := o.measure(j); err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(s.judges[1:], func(a, b *judge) int { return cmp.Compare(a.took[quick], b.took[quick]) })
	return s, nil
}

// constants are those of a package of the module; none of any other.
func constants(path string, all []listed) map[string]string {
	i := slices.IndexFunc(all, func(p listed) bool { return p.ImportPath == path })
	if i < 0 {
		return nil
	}
	var files []*ast.File
	for _, name := range all[i].GoFiles {
		if f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(all[i].Dir, name), nil, parser.SkipObjectResolution); err == nil {
			files = append(files, f)
		}
	}
	return enums(files)
}

// try runs the tests over one edit. It does not count if the package does not compile.
func (o options) try(s *subject, e edit, out io.Writer) (counted bool, err error) {
	dir, err := os.MkdirTemp("", "mutate")
	if err != nil {
		return false, err
	}
	defer os.RemoveAll(dir)
	text, err := os.ReadFile(e.file)
	if err != nil {
		return false, err
	}
	wrong := filepath.Join(dir, filepath.Base(e.file))
	overlay := filepath.Join(dir, "overlay.json")
	replace, err := json.Marshal(map[string]any{"Replace": map[string]string{e.file: wrong}})
	if err != nil {
		return false, err
	}
	if err := errors.Join(
		os.WriteFile(wrong, []byte(string(text[:e.start])+e.now+string(text[e.end:])), 0o600),
		os.WriteFile(overlay, replace, 0o600),
	); err != nil {
		return false, err
	}
	if _, err := o.command("build", "-overlay", overlay, s.ImportPath).CombinedOutput(); err != nil {
		return false, nil
	}
	if o.refused(s, dir, overlay, quick) {
		s.tried++
		s.found++
		return true, nil
	}
	if _, err := o.command("vet", "-overlay", overlay, s.ImportPath).CombinedOutput(); err != nil {
		return false, nil
	}
	if s.code == "" {
		s.code = o.code(s, "")
	}
	if o.code(s, overlay) == s.code {
		return false, nil
	}
	if o.refused(s, dir, overlay, slow) {
		s.tried++
		s.found++
		return true, nil
	}
	s.tried++
	s.lived = append(s.lived, e)
	fmt.Fprintln(out, "lived:", e)
	return true, nil
}

var position = regexp.MustCompile(`\([^()\s]*:\d+\)`)

// code is what the compiler makes of a package, without the places in its text.
func (o options) code(s *subject, overlay string) string {
	text, _ := o.command("build", "-gcflags=-S -dwarf=false", "-overlay", overlay, s.ImportPath).CombinedOutput()
	return position.ReplaceAllString(string(text), "")
}

func (o options) command(args ...string) *exec.Cmd {
	cmd := exec.Command("go", args...)
	cmd.Dir = o.dir
	return cmd
}

func (e edit) String() string {
	line := func(s string) string { return strings.Join(strings.Fields(s), " ") }
	return fmt.Sprintf("%s:%d %s %s: `%.100s` -> `%.100s`", filepath.Base(e.file), e.line, e.function, e.kind, line(e.was), line(e.now))
}

func table(out io.Writer, subjects []*subject) {
	fmt.Fprintf(out, "\n| package | edits | found | %% |\n| --- | --- | --- | --- |\n")
	for _, s := range subjects {
		fmt.Fprintf(out, "| %s | %d | %d | %d |\n", s.ImportPath, s.tried, s.found, 100*s.found/max(1, s.tried))
	}
	for _, s := range subjects {
		for _, e := range s.lived {
			fmt.Fprintf(out, "| %s | %s |\n", s.ImportPath, e)
		}
	}
}
