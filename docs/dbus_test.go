package docs_test

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"glovebox/profiles"
)

const dbusHead = `# D-Bus: every member, error, setting and function

Made from [agent/hmi/*.xml](../agent/hmi) and the tables of the agent: ` + "`go test ./docs -update`" + `. Objects, callers, the order of signals and limits are in [contract.md](contract.md), D-Bus.
Programs that log in, set and listen: [examples](examples).

Every name of an interface begins with ` + "`org.glovebox.`" + `. A method that changes something ends in ` + "`options`" + `; an option that is not named here is refused. Every property is read-only.
`

// The reference has everything that the XML and the tables have, and nothing else.
func TestDBusReference(t *testing.T) {
	var page strings.Builder
	page.WriteString(dbusHead)
	for _, f := range faces(t) {
		interfaceSection(&page, f)
	}
	errorSection(t, &page)
	settingSection(t, &page)
	functionSection(&page)
	if *update {
		if err := os.WriteFile("dbus.md", []byte(page.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if read(t, "docs/dbus.md") != page.String() {
		t.Error("dbus.md is stale: go test ./docs -update")
	}
}

// Each interface, member and argument says what it is.
func TestEveryMemberIsExplained(t *testing.T) {
	for _, f := range faces(t) {
		if f.short == "" {
			t.Errorf("%s has no short description", f.name)
		}
		for _, m := range f.members {
			if m.text == "" {
				t.Errorf("%s.%s is not explained", f.name, m.name)
			}
			for _, a := range m.args {
				if a.text == "" {
					t.Errorf("%s.%s: %s is not explained", f.name, m.name, a.name)
				}
			}
		}
	}
}

func interfaceSection(page *strings.Builder, f face) {
	fmt.Fprintf(page, "\n# %s\n\n%s\n", strings.TrimPrefix(f.name, "org.glovebox."), linked(strings.TrimSpace(f.short+" "+f.text)))
	properties := ""
	for _, m := range f.members {
		if m.kind == "property" {
			properties += fmt.Sprintf("| `%s` | `%s` | %s |\n", m.name, m.typ, linked(m.text))
			continue
		}
		mark := ""
		if m.kind == "signal" {
			mark = "signal "
		}
		fmt.Fprintf(page, "\n## %s\n\n%s`%s%s`\n\n%s\n", m.name, mark, m.name, m.form(), linked(m.text))
		if len(m.args) > 0 {
			page.WriteString("\n| argument | type | meaning |\n| --- | --- | --- |\n")
		}
		for _, a := range m.args {
			fmt.Fprintf(page, "| `%s` | `%s` | %s |\n", a.name, a.typ, linked(a.text))
		}
	}
	if properties != "" {
		fmt.Fprintf(page, "\n## Properties of %s\n\n| property | type | meaning |\n| --- | --- | --- |\n%s", strings.TrimPrefix(f.name, "org.glovebox."), properties)
	}
}

// linked leads to the pages that a text names.
func linked(text string) string {
	return regexp.MustCompile(`docs/(\w+\.md)`).ReplaceAllString(text, "[$1]($1)")
}

// errorSection takes the names from the one table of the agent, the sentences and
// when they are said from where the errors are made.
func errorSection(t *testing.T, page *strings.Builder) {
	t.Helper()
	sentences := refusals(t)
	page.WriteString("\n# Errors\n\nNames begin with `org.glovebox.Error.`. The message is one sentence that a person can act on; where it may say more, " +
		"it names the key, the option or the type that is wanted. It holds no PIN and no value of a setting.\n\n| error | message | when |\n| --- | --- | --- |\n")
	for _, m := range regexp.MustCompile(`\{profiles\.(Err\w+), "(\w+)", (\w+)\}`).FindAllStringSubmatch(read(t, "agent/hmi/errors.go"), -1) {
		said, there := sentences[m[1]]
		if !there || said[1] == "" {
			t.Errorf("profiles/errors.go does not say when %s is", m[1])
		}
		if m[3] == "true" {
			said[0] += ", or more"
		}
		fmt.Fprintf(page, "| `%s` | %s | %s |\n", m[2], said[0], said[1])
	}
	page.WriteString("\nOf D-Bus itself, `org.freedesktop.DBus.Error.`: `UnknownObject`, `UnknownInterface`, `UnknownMethod`, `UnknownProperty`, `PropertyReadOnly`, " +
		"`LimitsExceeded` (a limit of [contract.md](contract.md)), `Failed` (the agent could not; its log says why).\n")
}

// refusals are the sentence of each error of package profiles, and when it is said.
func refusals(t *testing.T) map[string][2]string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "", read(t, "profiles/errors.go"), parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][2]string{}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		text, err := strconv.Unquote(spec.Values[0].(*ast.CallExpr).Args[0].(*ast.BasicLit).Value)
		if err != nil {
			t.Fatal(err)
		}
		all[spec.Names[0].Name] = [2]string{text, strings.TrimSpace(spec.Comment.Text())}
		return false
	})
	return all
}

func settingSection(t *testing.T, page *strings.Builder) {
	t.Helper()
	page.WriteString("\n# Settings\n\nThe groups of `Settings1`, as `Describe` has them. A value comes with the D-Bus type of its key; a number of another type is refused, and so is the whole call. In records " +
		"`name` and `band` are `s`, `frequency_khz` and `service_id` `u`, `latitude` and `longitude` `d`; all of a seat's are `u`. What scope and stage mean, and the stores of apps: [settings.md](settings.md).\n")
	for _, g := range profiles.Groups() {
		fmt.Fprintf(page, "\n## Group %s\n\n| key | type | range | unit | stays with | applied | default |\n| --- | --- | --- | --- | --- | --- | --- |\n", g.Name)
		for _, s := range g.Settings {
			initial, err := json.Marshal(s.Default())
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(page, "| `%s` | `%s` | %s | %s | %s | %s | `%s` |\n", s.Name, s.Type, s.Range, s.Unit, s.Scope, s.Stage, initial)
		}
	}
}

// functionSection asks the rules themselves what is open to whom.
func functionSection(page *strings.Builder) {
	page.WriteString("\n# Functions\n\nWhat `Permits` knows. A secondary user has a function unless the main user restricted it.\n\n" +
		"| function | main | secondary | guest |\n| --- | --- | --- | --- |\n")
	for _, f := range profiles.Functions() {
		open := func(role profiles.Role) string {
			always, _ := profiles.Rights{Role: role}.Permits(f)
			served, _ := profiles.Rights{Role: role, GuestServices: true, RemoteServices: true}.Permits(f)
			switch {
			case always:
				return "yes"
			case served && role == profiles.Guest:
				return "while guest services are on"
			case served:
				return "while remote services are on"
			}
			return "no"
		}
		fmt.Fprintf(page, "| `%s` | %s | %s | %s |\n", f, open(profiles.Main), open(profiles.Secondary), open(profiles.Guest))
	}
}

// tool finds a program of the head unit's developers, or skips.
func tool(t *testing.T, name string) string {
	t.Helper()
	program, err := exec.LookPath(name)
	if err != nil {
		t.Skip(name + " is not installed")
	}
	return program
}

// What the XML says is in the manual that gdbus-codegen makes of it.
func TestDocbook(t *testing.T) {
	files, err := filepath.Glob("../agent/hmi/*.xml")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for i, file := range files {
		if files[i], err = filepath.Abs(file); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command(tool(t, "gdbus-codegen"), append([]string{"--interface-prefix", "org.glovebox.", "--generate-docbook", "manual"}, files...)...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
		t.Fatalf("gdbus-codegen: %v\n%s", err, out)
	}
	for _, f := range faces(t) {
		text, err := os.ReadFile(filepath.Join(dir, "manual-"+f.name+".xml"))
		if err != nil {
			t.Fatal(err)
		}
		manual := strings.ReplaceAll(strings.Join(strings.Fields(string(text)), " "), "</para> <para>", "")
		has := func(what, words string) {
			if !strings.Contains(manual, words) {
				t.Errorf("%s: the manual lacks %q", what, words)
			}
		}
		has(f.name, f.short)
		has(f.name, f.text)
		for _, m := range f.members {
			has(m.name, m.text)
			for _, a := range m.args {
				has(m.name+" "+a.name, a.text)
			}
		}
	}
}

// Qt makes proxies and adaptors of every interface, with a type for every argument.
func TestQt(t *testing.T) {
	program := tool(t, "qdbusxml2cpp")
	for _, f := range faces(t) {
		dir := t.TempDir()
		cmd := exec.Command(program, "-p", filepath.Join(dir, "proxy"), "-a", filepath.Join(dir, "adaptor"), "../agent/hmi/"+f.name+".xml")
		if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
			t.Errorf("%s: %v\n%s", f.name, err, out)
		}
		proxy, err := os.ReadFile(filepath.Join(dir, "proxy.h"))
		if err != nil {
			t.Error(err)
			continue
		}
		for _, m := range f.members {
			if !regexp.MustCompile(`\b(set|get)?(?i:` + m.name + `)\b`).Match(proxy) {
				t.Errorf("%s: the proxy has no %s", f.name, m.name)
			}
		}
	}
}
