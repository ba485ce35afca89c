package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// listed is what go list says of a package.
type listed struct {
	ImportPath, Dir, Export            string
	GoFiles, TestGoFiles, XTestGoFiles []string
	Imports, TestImports, XTestImports []string
	DepOnly, Standard                  bool
}

// list is the packages of the module, and what the compiler exports of all that they and
// the planted code use.
func (o options) list() (all []listed, exports map[string]string, err error) {
	cmd := o.command("list", "-export", "-deps", "-json=ImportPath,Dir,Export,DepOnly,Standard,GoFiles,TestGoFiles,XTestGoFiles,Imports,TestImports,XTestImports", "./...", "os", "strconv")
	cmd.Stderr = os.Stderr
	text, err := cmd.Output()
	if err != nil {
		return nil, nil, fmt.Errorf("go list: %w", err)
	}
	exports = map[string]string{}
	for d := json.NewDecoder(strings.NewReader(string(text))); ; {
		var p listed
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all, exports, nil
		} else if err != nil {
			return nil, nil, err
		}
		exports[p.ImportPath] = p.Export
		if !p.DepOnly && !p.Standard {
			all = append(all, p)
		}
	}
}

// parsed is a package as it is written.
type parsed struct {
	path     string
	set      *token.FileSet
	files    []*ast.File
	text     map[string]string // by file name
	importer types.Importer
}

func parse(p listed, exports map[string]string) (*parsed, error) {
	all := &parsed{path: p.ImportPath, set: token.NewFileSet(), text: map[string]string{}}
	for _, name := range p.GoFiles {
		name = filepath.Join(p.Dir, name)
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		f, err := parser.ParseFile(all.set, name, text, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		all.files, all.text[name] = append(all.files, f), string(text)
	}
	all.importer = importer.ForCompiler(all.set, "gc", func(path string) (io.ReadCloser, error) {
		if exports[path] == "" {
			return nil, fmt.Errorf("no package %s", path)
		}
		return os.Open(exports[path])
	})
	return all, nil
}

func (p *parsed) name(f *ast.File) string { return p.set.Position(f.Package).Filename }

// compiles reports whether the package does with other text in some files, and more
// files beside them.
func (p *parsed) compiles(instead map[string]string) bool {
	var files []*ast.File
	for _, f := range p.files {
		if _, other := instead[p.name(f)]; !other {
			files = append(files, f)
		}
	}
	for name, text := range instead {
		f, err := parser.ParseFile(p.set, name, text, parser.SkipObjectResolution)
		if err != nil {
			return false
		}
		files = append(files, f)
	}
	check := types.Config{Importer: p.importer, Sizes: types.SizesFor("gc", "amd64"), Error: nil}
	_, err := check.Check(p.path, p.set, files, nil)
	return err == nil
}

// overlay writes other text beside the module, for go build -overlay.
func overlay(dir string, instead map[string]string) (file string, err error) {
	replace := map[string]string{}
	n := 0
	for name, text := range instead {
		n++
		beside := filepath.Join(dir, fmt.Sprintf("%d.go", n))
		if err := os.WriteFile(beside, []byte(text), 0o600); err != nil {
			return "", err
		}
		replace[name] = beside
	}
	text, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	file = filepath.Join(dir, "overlay.json")
	return file, os.WriteFile(file, text, 0o600)
}

func (o options) command(args ...string) *exec.Cmd {
	cmd := exec.Command("go", args...)
	cmd.Dir = o.dir
	return cmd
}
