package main

import (
	"go/ast"
	"go/token"
	"slices"
	"strconv"
	"strings"
)

// walker collects the edits of one file.
type walker struct {
	set      *token.FileSet
	text     string
	function string
	own      map[string]string            // constants of this package
	foreign  map[string]map[string]string // constants of imported packages, by their name here
	all      []edit
}

func (w *walker) offset(p token.Pos) int { return w.set.Position(p).Offset }

func (w *walker) source(n ast.Node) string { return w.text[w.offset(n.Pos()):w.offset(n.End())] }

func (w *walker) add(kind string, from, to token.Pos, now string) {
	at := w.set.Position(from)
	was := w.text[at.Offset:w.offset(to)]
	if now == was {
		return
	}
	w.all = append(w.all, edit{kind: kind, file: at.Filename, line: at.Line, function: w.function, start: at.Offset, end: w.offset(to), now: now, was: was})
}

func (w *walker) replace(kind string, n ast.Node, now string) { w.add(kind, n.Pos(), n.End(), now) }

func (w *walker) condition(name string, n ast.Expr) {
	if n == nil {
		return
	}
	w.replace(name+"-never", n, "false && ("+w.source(n)+")")
	w.replace(name+"-always", n, "true || ("+w.source(n)+")")
}

// list drops each of several, with the comma after it.
func (w *walker) list(kind string, all []ast.Expr) {
	for _, n := range all {
		if _, field := n.(*ast.KeyValueExpr); field || kind == "drop-element" {
			end := n.End()
			if rest := w.text[w.offset(end):]; strings.HasPrefix(rest, ",") {
				end++
			}
			w.add(kind, n.Pos(), end, "")
		}
	}
}

func (w *walker) look(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.AssignStmt:
		if n.Tok != token.DEFINE {
			w.replace("drop-assign", n, "")
		}
	case *ast.IncDecStmt:
		w.replace("drop-assign", n, "")
	case *ast.ExprStmt:
		w.replace("drop-call", n, "")
	case *ast.DeferStmt:
		w.replace("drop-defer", n, "")
	case *ast.CompositeLit:
		w.list("drop-field", n.Elts)
		if kind, ok := n.Type.(*ast.ArrayType); ok && kind.Len == nil {
			w.list("drop-element", n.Elts)
		}
	case *ast.CaseClause:
		if n.List != nil {
			w.replace("drop-case", n, "")
		}
	case *ast.CommClause:
		w.replace("drop-comm", n, "")
	case *ast.IfStmt:
		w.condition("if", n.Cond)
		if n.Else != nil {
			w.replace("else-empty", n.Else, "{}")
		}
	case *ast.SwitchStmt:
		for _, s := range n.Body.List {
			if clause := s.(*ast.CaseClause); n.Tag == nil && len(clause.List) == 1 {
				w.condition("case", clause.List[0])
			}
		}
	case *ast.UnaryExpr:
		if n.Op == token.NOT {
			w.replace("drop-not", n, w.source(n.X))
		}
	case *ast.BinaryExpr:
		w.binary(n)
	case *ast.BasicLit:
		if v, err := strconv.ParseInt(n.Value, 0, 64); err == nil && n.Kind == token.INT {
			w.replace("constant", n, strconv.FormatInt(v+1, 10))
			w.replace("constant", n, strconv.FormatInt(v-1, 10))
		}
	case *ast.Ident:
		w.name(n, n.Name, w.own[n.Name])
	case *ast.SelectorExpr:
		if x, ok := n.X.(*ast.Ident); ok && w.foreign[x.Name][n.Sel.Name] != "" {
			w.replace("enum", n, x.Name+"."+w.foreign[x.Name][n.Sel.Name])
		}
	case *ast.BranchStmt:
		if n.Label == nil {
			w.replace("branch", n, "")
		}
	case *ast.ReturnStmt:
		return w.result(n)
	case *ast.CallExpr:
		return w.call(n)
	}
	return true
}

func (w *walker) binary(n *ast.BinaryExpr) {
	if n.Op == token.LAND || n.Op == token.LOR {
		w.replace("left-only", n, w.source(n.X))
		w.replace("right-only", n, w.source(n.Y))
		other := map[token.Token]string{token.LAND: "||", token.LOR: "&&"}[n.Op]
		w.add("and-or", n.OpPos, n.OpPos+2, other)
	}
	for _, other := range others[n.Op] {
		w.add("operator", n.OpPos, n.OpPos+token.Pos(len(n.Op.String())), other)
	}
}

func (w *walker) name(n ast.Node, is, beside string) {
	switch {
	case is == "true":
		w.replace("bool", n, "false")
	case is == "false":
		w.replace("bool", n, "true")
	case beside != "":
		w.replace("enum", n, beside)
	}
}

// result loses the error of a return. What stands beside an error, or beside a false,
// is not edited where it is a constant: nobody looks at it.
func (w *walker) result(n *ast.ReturnStmt) (deeper bool) {
	if len(n.Results) == 0 {
		return true
	}
	last := n.Results[len(n.Results)-1]
	text := w.source(last)
	failed := text == "err" || strings.HasPrefix(text, "Err") || slices.ContainsFunc([]string{"fmt.Errorf(", "errors.", "context.Cause("}, func(s string) bool { return strings.HasPrefix(text, s) })
	if failed {
		w.replace("no-error", last, "nil")
	}
	if !failed && text != "false" {
		return true
	}
	for i, r := range n.Results {
		if i < len(n.Results)-1 {
			switch r := r.(type) {
			case *ast.BasicLit:
				continue
			case *ast.Ident:
				if r.Name == "true" || r.Name == "false" {
					continue
				}
			}
		}
		ast.Inspect(r, w.look)
	}
	return false
}

func (w *walker) call(n *ast.CallExpr) (deeper bool) {
	fun := n.Fun
	if s, ok := fun.(*ast.SelectorExpr); ok {
		if from := w.source(s.X); from == "slog" || from == "log" || strings.HasSuffix(from, "Log") || strings.HasSuffix(from, ".log") {
			return false // what a log says
		}
		fun = s.Sel
	}
	id, ok := fun.(*ast.Ident)
	if ok && twins[id.Name] != "" {
		w.replace("twin-call", id, twins[id.Name])
	}
	if ok && slices.Contains([]string{"min", "max", "Join", "Equal"}, id.Name) {
		return true // their order says nothing
	}
	if ok && id.Name == "make" {
		most := 2 // the third is a capacity, the second of a map too
		if _, isMap := n.Args[0].(*ast.MapType); isMap {
			most = 1
		}
		for _, a := range n.Args[:min(most, len(n.Args))] {
			ast.Inspect(a, w.look)
		}
		return false
	}
	for i := 1; i < len(n.Args); i++ {
		a, b := n.Args[i-1], n.Args[i]
		w.add("swap-args", a.Pos(), b.End(), w.source(b)+", "+w.source(a))
	}
	return true
}
