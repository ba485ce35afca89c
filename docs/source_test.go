package docs_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
)

// source is the Go files of one folder, as far as the documents speak of them.
type source struct {
	structs map[string]*ast.StructType
	funcs   map[string]*ast.FuncDecl // methods as Type.Name
}

func parse(t *testing.T, folder string) source {
	t.Helper()
	s := source{map[string]*ast.StructType{}, map[string]*ast.FuncDecl{}}
	names, err := filepath.Glob(filepath.Join("..", filepath.FromSlash(folder), "*.go"))
	if err != nil || len(names) == 0 {
		t.Fatalf("%s: no Go files: %v", folder, err)
	}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		base := folder + "/" + filepath.Base(name)
		file, err := parser.ParseFile(token.NewFileSet(), base, read(t, base), parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				s.funcs[receiver(d)+d.Name.Name] = d
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					if typ, ok := spec.(*ast.TypeSpec); ok {
						if st, ok := typ.Type.(*ast.StructType); ok {
							s.structs[typ.Name.Name] = st
						}
					}
				}
			}
		}
	}
	return s
}

// receiver is "Type." for a method, else empty.
func receiver(d *ast.FuncDecl) string {
	if d.Recv == nil {
		return ""
	}
	typ := d.Recv.List[0].Type
	if star, ok := typ.(*ast.StarExpr); ok {
		typ = star.X
	}
	if name, ok := typ.(*ast.Ident); ok {
		return name.Name + "."
	}
	return ""
}

// of returns the struct that a field's type is, or is a list of; nil if it is none of ours.
func (s source) of(typ ast.Expr) *ast.StructType {
	switch typ := typ.(type) {
	case *ast.ArrayType:
		return s.of(typ.Elt)
	case *ast.StarExpr:
		return s.of(typ.X)
	case *ast.StructType:
		return typ
	case *ast.Ident:
		return s.structs[typ.Name]
	}
	return nil
}

// tag is the tag of a field.
func tag(f *ast.Field) reflect.StructTag {
	if f.Tag == nil {
		return ""
	}
	text, _ := strconv.Unquote(f.Tag.Value)
	return reflect.StructTag(text)
}
