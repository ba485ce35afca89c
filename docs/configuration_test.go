package docs_test

import (
	"go/ast"
	"go/token"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/pelletier/go-toml/v2"
)

// keys returns the dotted keys below a struct of cmd/gloveboxd/config.go, by its toml tags.
func keys(s source, st *ast.StructType, prefix string) (all []string) {
	for _, f := range st.Fields.List {
		name := tag(f).Get("toml")
		if inner := s.of(f.Type); inner != nil {
			all = append(all, keys(s, inner, prefix+name+".")...)
		} else {
			all = append(all, prefix+name)
		}
	}
	return all
}

// row is one line of a table of the page: its cells without backticks around.
type row []string

var fence = regexp.MustCompile("(?s)```.*?```")

// rows are the lines of all tables below a heading of the page, up to the next one;
// their first cell is a key.
func rows(page, heading string) (all []row) {
	_, section, _ := strings.Cut(fence.ReplaceAllString(page, ""), "\n"+heading+"\n")
	section, _, _ = strings.Cut(section, "\n#")
	for line := range strings.Lines(section) {
		if !strings.HasPrefix(line, "| `") {
			continue
		}
		var r row
		for _, cell := range strings.Split(strings.Trim(strings.TrimSpace(line), "|"), " | ") {
			r = append(r, strings.Trim(strings.TrimSpace(cell), "`"))
		}
		all = append(all, r)
	}
	return all
}

func headings(page string) (all []string) {
	for line := range strings.Lines(fence.ReplaceAllString(page, "")) {
		if strings.HasPrefix(line, "#") {
			all = append(all, strings.TrimSpace(line))
		}
	}
	return all
}

// configRows are the rows that describe gloveboxd.toml: those before the mapping file.
func configRows(t *testing.T) (all []row) {
	page, _, found := strings.Cut(read(t, "docs/configuration.md"), "\n# The mapping file\n")
	if !found {
		t.Fatal("the page has no part on the mapping file")
	}
	for _, heading := range headings(page) {
		all = append(all, rows(page, heading)...)
	}
	return all
}

// The page has every key of the configuration, and no other.
func TestConfigurationKeys(t *testing.T) {
	s := parse(t, "cmd/gloveboxd")
	want := keys(s, s.structs["Config"], "")
	var have []string
	for _, r := range configRows(t) {
		if slices.Contains(have, r[0]) {
			t.Errorf("%s stands twice", r[0])
		}
		if len(r) != 5 || r[1] == "" || r[2] == "" || r[3] == "" {
			t.Errorf("%s: want meaning, unit, default and example, found %q", r[0], r)
		}
		have = append(have, r[0])
	}
	same(t, "configuration.md", have, want)
}

// The page says of exactly those keys that they have no effect which the program reads,
// checks and never uses.
func TestKeysWithoutEffect(t *testing.T) {
	s := parse(t, "cmd/gloveboxd")
	used := map[string]bool{}
	for name, f := range s.funcs {
		if name == "Config.check" || name == "Config.resolve" {
			continue
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if sel, ok := n.(*ast.SelectorExpr); ok {
				used[sel.Sel.Name] = true
			}
			return true
		})
	}
	idle := map[string]bool{}
	for _, section := range s.structs["Config"].Fields.List {
		inner := s.of(section.Type)
		if inner == nil {
			continue
		}
		for _, f := range inner.Fields.List {
			idle[tag(section).Get("toml")+"."+tag(f).Get("toml")] = !used[f.Names[0].Name]
		}
	}
	for _, r := range configRows(t) {
		says := strings.HasPrefix(r[1], "no effect yet") || strings.Contains(r[1], "Refused")
		if says != idle[r[0]] {
			t.Errorf("%s: the program uses it: %v; the page says %q", r[0], !idle[r[0]], r[1])
		}
	}
}

// The defaults on the page are those of the code.
func TestConfigurationDefaults(t *testing.T) {
	s := parse(t, "cmd/gloveboxd")
	want := map[string]string{}
	set, ok := s.funcs["defaults"].Body.List[0].(*ast.ReturnStmt)
	if !ok {
		t.Fatal("defaults does not return at once")
	}
	literals(s, s.structs["Config"], set.Results[0].(*ast.CompositeLit), "", want)
	for _, r := range configRows(t) {
		said := r[3]
		switch known, there := want[r[0]]; {
		case r[0] == "bus.baud": // filled in where a bus has none
			known, there = "115200", true
			fallthrough
		case there && known != "":
			if d, err := time.ParseDuration(strings.Trim(said, `"`)); err == nil {
				said = strconv.Quote(d.String())
			}
			if said != known {
				t.Errorf("the default of %s is %s: the page says %s", r[0], known, said)
			}
		case there:
			if strings.HasPrefix(said, "none") {
				t.Errorf("%s has a default: the page says %s", r[0], said)
			}
		case !strings.HasPrefix(said, "none") && said != "0" && said != "false":
			t.Errorf("%s has no default: the page says %s", r[0], said)
		}
	}
}

// literals collects what a composite literal sets, as it is written in TOML; empty
// for what only a running program knows.
func literals(s source, st *ast.StructType, set *ast.CompositeLit, prefix string, into map[string]string) {
	for _, e := range set.Elts {
		pair := e.(*ast.KeyValueExpr)
		i := slices.IndexFunc(st.Fields.List, func(f *ast.Field) bool { return f.Names[0].Name == pair.Key.(*ast.Ident).Name })
		field := st.Fields.List[i]
		key := prefix + tag(field).Get("toml")
		if inner, ok := pair.Value.(*ast.CompositeLit); ok && s.of(field.Type) != nil {
			literals(s, s.of(field.Type), inner, key+".", into)
			continue
		}
		into[key] = written(pair.Value)
	}
}

func written(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.BasicLit:
		return e.Value
	case *ast.Ident:
		return e.Name // true, false
	case *ast.CallExpr:
		if d, ok := period(e.Args[0]); ok {
			return strconv.Quote(d.String())
		}
	}
	return ""
}

// period is 30 * time.Second, or time.Minute.
func period(e ast.Expr) (time.Duration, bool) {
	switch e := e.(type) {
	case *ast.SelectorExpr:
		d, ok := map[string]time.Duration{"Second": time.Second, "Minute": time.Minute, "Hour": time.Hour}[e.Sel.Name]
		return d, ok
	case *ast.BinaryExpr:
		unit, ok := period(e.Y)
		count, isNumber := e.X.(*ast.BasicLit)
		if !ok || !isNumber || e.Op != token.MUL {
			return 0, false
		}
		n, err := strconv.Atoi(count.Value)
		return time.Duration(n) * unit, err == nil
	}
	return 0, false
}

// blocks are the TOML examples of the page.
func blocks(t *testing.T) (all []string) {
	for _, block := range fence.FindAllString(read(t, "docs/configuration.md"), -1) {
		if body, ok := strings.CutPrefix(block, "```toml\n"); ok {
			all = append(all, strings.TrimSuffix(body, "```"))
		}
	}
	if len(all) != 4 {
		t.Fatalf("the page has %d TOML examples", len(all))
	}
	return all
}

// The example of a configuration uses keys that exist.
func TestConfigurationExample(t *testing.T) {
	var document map[string]any
	if err := toml.Unmarshal([]byte(blocks(t)[0]), &document); err != nil {
		t.Fatal(err)
	}
	var known []string
	for _, r := range configRows(t) {
		known = append(known, r[0])
	}
	for section, value := range document {
		var tables []map[string]any
		switch value := value.(type) {
		case map[string]any:
			tables = append(tables, value)
		case []any:
			for _, one := range value {
				tables = append(tables, one.(map[string]any))
			}
		default:
			tables = append(tables, map[string]any{"": nil})
		}
		for _, one := range tables {
			for key := range one {
				if name := strings.TrimSuffix(section+"."+key, "."); !slices.Contains(known, name) {
					t.Errorf("the example has %s", name)
				}
			}
		}
	}
}
