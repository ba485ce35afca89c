package agent_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// most is how many methods the cabin has at most: what it does is its door, its lock
// and its session; the rest are values.
const most = 40

// Only effects reach store, queue, connection and actuators; what is read at boot is the
// exception, by name. Only the loops are given a cabin from outside.
func TestHouse(t *testing.T) {
	methods, seen := 0, 0
	for file, source := range sources(t, ".") {
		for _, fault := range faults(file, source) {
			t.Error(fault)
		}
		for _, d := range source.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && receiver(f) == "Cabin" {
				methods++
			}
		}
		seen++
	}
	if methods > most || methods == 0 || seen < 10 {
		t.Errorf("%d files, in which the cabin has %d methods, want at most %d", seen, methods, most)
	}
}

// The test above must find each of these.
func TestHouseFindsFaults(t *testing.T) {
	for name, text := range map[string]string{
		"a method writes by itself":   `package agent; func (c *Cabin) Set() { c.needs.Store.SetSettings() }`,
		"a value has the disk":        `package agent; type people struct { store Store }`,
		"a value is given a disk":     `package agent; func (p *people) pass(store Store) {}`,
		"an effect's world elsewhere": `package agent; func f(e *effects) { e.world.courier.Purge() }`,
		"a function does its work":    `package agent; func settle(c *Cabin) {}`,
	} {
		source, err := parser.ParseFile(token.NewFileSet(), "x.go", text, 0)
		if err != nil {
			t.Fatal(err)
		}
		if len(faults("x.go", source)) == 0 {
			t.Errorf("%s: not found", name)
		}
	}
}

// devices are what only effects may name; atBoot the functions that read before there
// is a cabin.
var (
	devices = []string{"store", "courier", "actuator", "folders", "Store", "Courier", "Actuator", "Folders"}
	atBoot  = []string{"New", "loadPeople", "newPrivacy", "loadLedgers", "loadTrips"}
)

func faults(file string, source *ast.File) (all []string) {
	if file == "effect.go" {
		return nil
	}
	for _, d := range source.Decls {
		name := ""
		if f, ok := d.(*ast.FuncDecl); ok {
			name = f.Name.Name
			if slices.Contains(atBoot, name) {
				continue
			}
			for _, p := range f.Type.Params.List {
				if star, ok := p.Type.(*ast.StarExpr); ok && file != "run.go" && isNamed(star.X, "Cabin") {
					all = append(all, file+": "+name+" is given a cabin to do its work")
				}
			}
		}
		ast.Inspect(d, func(n ast.Node) bool {
			if s, ok := n.(*ast.TypeSpec); ok && slices.Contains([]string{"Needs", "Store", "Courier", "Actuator", "Folders"}, s.Name.Name) {
				return false // where they are declared
			}
			if id, ok := n.(*ast.Ident); ok && slices.Contains(devices, id.Name) {
				all = append(all, file+": "+name+" names "+id.Name+", which only effects do")
			}
			return true
		})
	}
	return all
}

func receiver(f *ast.FuncDecl) string {
	if f.Recv == nil {
		return ""
	}
	expr := f.Recv.List[0].Type
	if star, ok := expr.(*ast.StarExpr); ok {
		expr = star.X
	}
	if generic, ok := expr.(*ast.IndexListExpr); ok {
		expr = generic.X
	}
	id, _ := expr.(*ast.Ident)
	return id.Name
}

func isNamed(e ast.Expr, name string) bool {
	id, ok := e.(*ast.Ident)
	return ok && id.Name == name
}

// sources are the files of a package without its tests.
func sources(t *testing.T, dir string) map[string]*ast.File {
	t.Helper()
	all := map[string]*ast.File{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() && path != dir {
			return errorOrSkip(err)
		}
		if strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go") {
			all[filepath.Base(path)], err = parser.ParseFile(token.NewFileSet(), path, nil, 0)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func errorOrSkip(err error) error {
	if err != nil {
		return err
	}
	return fs.SkipDir
}
