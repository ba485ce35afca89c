package docs_test

import (
	"go/ast"
	"strconv"
	"strings"
	"testing"

	"glovebox/hal/dbc"
	"glovebox/hal/mapping"
)

// The page has every key that the mapping file's reader asks for, and no other.
func TestMappingKeys(t *testing.T) {
	page := read(t, "docs/configuration.md")
	s := parse(t, "hal/mapping")
	for kind, heading := range map[string]string{
		"signal": "## [[signal]]", "alarm": "## [[alarm]]", "actuator": "## [[actuator]] and [[fob]]", "fob": "## [[actuator]] and [[fob]]",
	} {
		var have []string
		for _, r := range rows(page, heading) {
			have = append(have, r[0])
		}
		switch kind { // one heading, two tables
		case "actuator":
			have = have[:8]
		case "fob":
			have = have[8:]
		}
		same(t, "[["+kind+"]]", have, asked(s.funcs["loader."+kind]))
	}
	for _, r := range rows(page, "## [[alarm]]") {
		if r[0] == "code" {
			for _, code := range mapping.Codes() {
				if !strings.Contains(r[1], "`"+code+"`") {
					t.Errorf("the alarm code %s is missing", code)
				}
			}
		}
	}
}

// asked are the keys that a method of the reader takes from its table t.
func asked(f *ast.FuncDecl) (all []string) {
	ast.Inspect(f.Body, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		method, ok := call.Fun.(*ast.SelectorExpr)
		if !ok || method.Sel.Name == "problem" {
			return true
		}
		if on, ok := method.X.(*ast.Ident); !ok || on.Name != "t" {
			return true
		}
		switch {
		case len(call.Args) == 0: // t.path(), t.bus()
			all = append(all, method.Sel.Name)
		default:
			if name, ok := call.Args[0].(*ast.BasicLit); ok {
				text, _ := strconv.Unquote(name.Value)
				all = append(all, text)
			}
		}
		return true
	})
	return all
}

// The first example of a mapping file fits the recorded car; the second is well formed.
func TestMappingExamples(t *testing.T) {
	examples := blocks(t)[1:]
	powertrain, _ := dbc.Parse("toyota_rav4.dbc", []byte(read(t, "sim/scenarios/rav4/toyota_rav4.dbc")))
	for i, text := range examples {
		file, err := mapping.Load("mapping.toml", []byte(text))
		if err != nil {
			t.Error(err)
			continue
		}
		if i == 0 {
			if _, err := mapping.Compile(file, map[string]*dbc.File{"powertrain": powertrain}); err != nil {
				t.Error(err)
			}
		}
	}
}
