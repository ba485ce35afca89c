package docs_test

import (
	"go/ast"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// command is what one command line takes, by the tags that kong reads.
type command struct {
	options   []string // --name
	arguments []string // as help shows them
	commands  map[string]command
}

// commandLine reads the command line of a program from the struct that kong gets.
func commandLine(t *testing.T, folder, root string) command {
	t.Helper()
	s := parse(t, folder)
	if s.structs[root] == nil {
		t.Fatalf("%s has no struct %s", folder, root)
	}
	return s.command(s.structs[root])
}

func (s source) command(st *ast.StructType) command {
	c := command{commands: map[string]command{}}
	for _, f := range st.Fields.List {
		tags := tag(f)
		if len(f.Names) == 0 || tags.Get("kong") == "-" {
			if inner := s.of(f.Type); inner != nil { // an embedded struct lies in place
				below := s.command(inner)
				c.options, c.arguments = append(c.options, below.options...), append(c.arguments, below.arguments...)
			}
			continue
		}
		name := tags.Get("name")
		if name == "" {
			name = dashed(f.Names[0].Name)
		}
		_, isCommand := tags.Lookup("cmd")
		_, isArgument := tags.Lookup("arg")
		switch {
		case isCommand:
			c.commands[name] = s.command(s.of(f.Type))
		case isArgument:
			if shown := tags.Get("placeholder"); shown != "" {
				name = shown
			}
			c.arguments = append(c.arguments, strings.ToUpper(name))
		default:
			c.options = append(c.options, "--"+name)
		}
	}
	slices.Sort(c.options)
	return c
}

// dashed is kong's name of a field: CheckStore is check-store, JSON is json.
func dashed(field string) string {
	var out strings.Builder
	before := ' '
	for _, r := range field {
		if unicode.IsUpper(r) && unicode.IsLower(before) {
			out.WriteByte('-')
		}
		out.WriteRune(unicode.ToLower(r))
		before = r
	}
	return out.String()
}
