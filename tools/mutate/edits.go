package main

import (
	"fmt"
	"go/ast"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
)

// edit is one small wrong text in the place of a right one.
type edit struct {
	number     int  // what a planted program is told to do wrong; see plant.go
	planted    bool // it stands in that program
	kind       string
	file       string // absolute
	line       int
	function   string
	start, end int // bytes of the file
	now        string
	was        string
}

// twins are calls that are easily taken for each other.
var twins = map[string]string{
	"min": "max", "max": "min", "HasPrefix": "HasSuffix", "HasSuffix": "HasPrefix",
	"Before": "After", "After": "Before", "ContainsFunc": "IndexFunc",
}

// others is what may stand by mistake where an operator stands.
var others = map[token.Token][]string{
	token.LSS: {"<=", ">"}, token.LEQ: {"<", ">="}, token.GTR: {">=", "<"}, token.GEQ: {">", "<="},
	token.EQL: {"!="}, token.NEQ: {"=="}, token.ADD: {"-"}, token.SUB: {"+"}, token.MUL: {"/"}, token.QUO: {"*"},
	token.SHL: {">>"}, token.SHR: {"<<"}, token.AND: {"|"}, token.OR: {"&"},
}

// enums maps each constant of a package to the one declared beside it.
func enums(files []*ast.File) map[string]string {
	beside := map[string]string{}
	for _, file := range files {
		for _, d := range file.Decls {
			block, ok := d.(*ast.GenDecl)
			if !ok || block.Tok != token.CONST {
				continue
			}
			var names []string
			for _, s := range block.Specs {
				for _, n := range s.(*ast.ValueSpec).Names {
					if n.Name != "_" {
						names = append(names, n.Name)
					}
				}
			}
			for i, n := range names {
				if len(names) > 1 {
					beside[n] = names[(i+1)%len(names)]
				}
			}
		}
	}
	return beside
}

// edits are all those of the package, in order. constants maps those of an imported
// package.
func (p *parsed) edits(constants func(path string) map[string]string) (all []edit) {
	own := enums(p.files)
	for _, f := range p.files {
		w := walker{set: p.set, text: p.text[p.name(f)], own: own, foreign: map[string]map[string]string{}}
		for _, i := range f.Imports {
			path, _ := strconv.Unquote(i.Path.Value)
			w.foreign[filepath.Base(path)] = constants(path)
		}
		for _, d := range f.Decls {
			w.function = ""
			switch d := d.(type) {
			case *ast.FuncDecl:
				w.function = d.Name.Name
				if d.Recv != nil && len(d.Recv.List) == 1 {
					w.function = strings.TrimLeft(w.source(d.Recv.List[0].Type), "*") + "." + w.function
				}
				if d.Body != nil {
					ast.Inspect(d.Body, w.look)
				}
			case *ast.GenDecl:
				if d.Tok != token.IMPORT {
					ast.Inspect(d, w.look)
				}
			}
		}
		all = append(all, w.all...)
	}
	return all
}

// in is the text of the file with the edit in it.
func (e edit) in(text string) string { return text[:e.start] + e.now + text[e.end:] }

// String is place, kind and what became of what.
func (e edit) String() string {
	line := func(s string) string { return strings.Join(strings.Fields(s), " ") }
	return fmt.Sprintf("%s:%d %s %s: `%.100s` -> `%.100s`", filepath.Base(e.file), e.line, e.function, e.kind, line(e.was), line(e.now))
}
