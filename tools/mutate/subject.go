package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// subject is a package whose code is edited.
type subject struct {
	listed
	code   *parsed
	edits  []edit   // the sample, in the order of the seed
	judges []*judge // whose tests are run, its own first
	once   sync.Once
	right  string // the machine code of the right code, once it was needed
	tried  int
	lived  []edit
	took   time.Duration
}

// subjects are the named packages with their edits.
func (o options) subjects() (subjects []*subject, err error) {
	all, exports, err := o.list()
	if err != nil {
		return nil, err
	}
	judges := map[string]*judge{}
	for _, name := range o.packages {
		i := slices.IndexFunc(all, func(p listed) bool { return strings.HasSuffix("/"+p.ImportPath, "/"+name) })
		if i < 0 {
			return nil, fmt.Errorf("no package %s", name)
		}
		s := &subject{listed: all[i]}
		if s.code, err = parse(all[i], exports); err != nil {
			return nil, err
		}
		for _, p := range all {
			uses := p.ImportPath == s.ImportPath || slices.Contains(slices.Concat(p.Imports, p.TestImports, p.XTestImports), s.ImportPath)
			if !uses || o.skip.MatchString(p.ImportPath) || len(p.TestGoFiles)+len(p.XTestGoFiles) == 0 {
				continue
			}
			if judges[p.ImportPath] == nil {
				judges[p.ImportPath] = p.judge()
			}
			s.judges = append(s.judges, judges[p.ImportPath])
		}
		slices.SortStableFunc(s.judges, func(a, b *judge) int {
			return len(strings.TrimPrefix(a.ImportPath, s.ImportPath)) - len(strings.TrimPrefix(b.ImportPath, s.ImportPath))
		})
		o.sample(s, len(subjects)*10_000, all)
		subjects = append(subjects, s)
	}
	return subjects, nil
}

// sample takes those edits that compile, as many as are wanted, and numbers them.
func (o options) sample(s *subject, after int, all []listed) {
	edits := s.code.edits(func(path string) map[string]string { return constants(path, all) })
	r := rand.New(rand.NewPCG(o.seed, 0))
	r.Shuffle(len(edits), func(i, j int) { edits[i], edits[j] = edits[j], edits[i] })
	for _, e := range edits {
		if len(s.edits) == o.most {
			return
		}
		if !s.code.compiles(map[string]string{e.file: e.in(s.code.text[e.file])}) {
			continue
		}
		e.number = after + len(s.edits) + 1
		alone := s.code.plant([]edit{e})
		e.planted = alone != nil && s.code.compiles(alone)
		s.edits = append(s.edits, e)
	}
}

// prepare compiles the judges with all edits in them and measures their tests.
func (o options) prepare(subjects []*subject, dir string) error {
	instead := map[string]string{}
	var packages []string
	var judges []*judge
	for _, s := range subjects {
		maps.Copy(instead, s.code.plant(slices.DeleteFunc(slices.Clone(s.edits), func(e edit) bool { return !e.planted })))
		packages = append(packages, s.ImportPath)
		for _, j := range s.judges {
			if !slices.Contains(judges, j) {
				judges = append(judges, j)
			}
		}
	}
	over, err := overlay(dir, instead)
	if err != nil {
		return err
	}
	code := fingerprint(subjects)
	for _, j := range judges {
		if j.program, err = o.compile(j, dir, over); err != nil {
			return err
		}
		if err := o.measure(j, code, packages); err != nil {
			return err
		}
	}
	return nil
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
