package main

import (
	"fmt"
	"go/ast"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
)

// All edits of a run are planted in one program, so that it is compiled once: a function
// with edits has a wrong copy of itself for each,
//
//	func (t *T) F(a int) error { if planted == 7 { return t.planted7F(a) }; … }
//
// and a variable of the package takes the wrong value or the right one. The environment
// says which is wrong: PLANTED=7. What cannot stand in such a copy is compiled by itself:
// constants and types.

const plantedFile = `package %s

import (
	plantedOS "os"
	plantedStrconv "strconv"
)

var planted, _ = plantedStrconv.Atoi(plantedOS.Getenv("PLANTED"))

func plantedPick[T any](number int, wrong, right T) T {
	if planted == number {
		return wrong
	}
	return right
}
`

// change is new text for a stretch of a file.
type change struct {
	start, end int
	text       string
}

// plant is the text of the files of those edits, and that of the file that tells them
// apart. Nil: an edit cannot be planted.
func (p *parsed) plant(all []edit) map[string]string {
	instead := map[string]string{}
	for _, f := range p.files {
		name := p.name(f)
		var changes []change
		beside := ""
		here := slices.DeleteFunc(slices.Clone(all), func(e edit) bool { return e.file != name })
		for _, d := range f.Decls {
			within := func(n ast.Node) (inside []edit) {
				for _, e := range here {
					if p.offset(n.Pos()) <= e.start && e.end <= p.offset(n.End()) {
						inside = append(inside, e)
					}
				}
				here = slices.DeleteFunc(here, func(e edit) bool { return slices.Contains(inside, e) })
				return inside
			}
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Body == nil {
					continue
				}
				if inside := within(d.Body); len(inside) > 0 {
					signature, copies := p.copies(d, p.text[name], inside)
					changes = append(changes, signature)
					beside += copies
				}
			case *ast.GenDecl:
				if d.Tok != token.VAR {
					continue
				}
				for _, s := range d.Specs {
					for _, v := range s.(*ast.ValueSpec).Values {
						if inside := within(v); len(inside) > 0 {
							changes = append(changes, p.picks(s.(*ast.ValueSpec), v, p.text[name], inside))
						}
					}
				}
			}
		}
		if len(here) > 0 {
			return nil
		}
		if len(changes) > 0 {
			instead[name] = apply(p.text[name], changes) + beside
		}
	}
	instead[filepath.Join(filepath.Dir(p.name(p.files[0])), "planted_here.go")] = fmt.Sprintf(plantedFile, p.files[0].Name.Name)
	return instead
}

func (p *parsed) offset(at token.Pos) int { return p.set.Position(at).Offset }

// picks is a value that is wrong where the environment says so.
func (p *parsed) picks(s *ast.ValueSpec, v ast.Expr, text string, inside []edit) change {
	start, end := p.offset(v.Pos()), p.offset(v.End())
	now, as := text[start:end], ""
	if s.Type != nil {
		as = "[" + text[p.offset(s.Type.Pos()):p.offset(s.Type.End())] + "]"
	}
	for _, e := range inside {
		now = fmt.Sprintf("plantedPick%s(%d, %s, %s)", as, e.number, text[start:e.start]+e.now+text[e.end:end], now)
	}
	return change{start, end, now}
}

// copies is the head of a function that leads to its wrong copies, and these.
func (p *parsed) copies(d *ast.FuncDecl, text string, inside []edit) (head change, copies string) {
	source := func(n ast.Node) string { return text[p.offset(n.Pos()):p.offset(n.End())] }
	n := 0
	named := func(f *ast.Field) (names []string) {
		for _, name := range f.Names {
			if name.Name == "_" {
				n++
				names = append(names, fmt.Sprintf("planted_%d", n))
				continue
			}
			names = append(names, name.Name)
		}
		if len(names) == 0 {
			n++
			names = []string{fmt.Sprintf("planted_%d", n)}
		}
		return names
	}
	receiver, through, kinds, kindNames, results := "", "", "", "", ""
	if d.Recv != nil {
		through = named(d.Recv.List[0])[0]
		receiver, through = "("+through+" "+source(d.Recv.List[0].Type)+") ", through+"."
	}
	if d.Type.TypeParams != nil {
		var names []string
		for _, f := range d.Type.TypeParams.List {
			for _, name := range f.Names {
				names = append(names, name.Name)
			}
		}
		kinds, kindNames = source(d.Type.TypeParams), "["+strings.Join(names, ", ")+"]"
	}
	var parameters, arguments []string
	for _, f := range d.Type.Params.List {
		names := named(f)
		parameters = append(parameters, strings.Join(names, ", ")+" "+source(f.Type))
		if _, more := f.Type.(*ast.Ellipsis); more {
			names[len(names)-1] += "..."
		}
		arguments = append(arguments, names...)
	}
	if d.Type.Results != nil {
		results = source(d.Type.Results) + " "
	}
	signature := kinds + "(" + strings.Join(parameters, ", ") + ") " + results + "{"
	body, end := p.offset(d.Body.Lbrace)+1, p.offset(d.Body.End())
	now := "func " + receiver + d.Name.Name + signature
	for _, e := range inside {
		name := fmt.Sprintf("planted%d%s", e.number, d.Name.Name)
		call := through + name + kindNames + "(" + strings.Join(arguments, ", ") + ")"
		if results == "" {
			now += fmt.Sprintf(" if planted == %d { %s; return };", e.number, call)
		} else {
			now += fmt.Sprintf(" if planted == %d { return %s };", e.number, call)
		}
		copies += "\nfunc " + receiver + name + signature + text[body:e.start] + e.now + text[e.end:end] + "\n"
	}
	return change{p.offset(d.Type.Pos()), body, now}, copies
}

func apply(text string, changes []change) string {
	slices.SortFunc(changes, func(a, b change) int { return b.start - a.start })
	for _, c := range changes {
		text = text[:c.start] + c.text + text[c.end:]
	}
	return text
}
