package docs_test

import (
	"encoding/xml"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"glovebox/profiles"
)

// member is a row of a table of the contract's interfaces.
type member struct{ kind, name, form string }

// described reads the members of one interface as its XML has them.
func described(t *testing.T, file string) (name string, all []member) {
	t.Helper()
	type arg struct {
		Name      string `xml:"name,attr"`
		Type      string `xml:"type,attr"`
		Direction string `xml:"direction,attr"`
	}
	var node struct {
		Interface struct {
			Name   string `xml:"name,attr"`
			Method []struct {
				Name string `xml:"name,attr"`
				Args []arg  `xml:"arg"`
			} `xml:"method"`
			Signal []struct {
				Name string `xml:"name,attr"`
				Args []arg  `xml:"arg"`
			} `xml:"signal"`
			Property []arg `xml:"property"`
		} `xml:"interface"`
	}
	if err := xml.Unmarshal([]byte(read(t, "agent/hmi/"+file)), &node); err != nil {
		t.Fatal(err)
	}
	list := func(args []arg, out bool) string {
		var words []string
		for _, a := range args {
			if (a.Direction == "out") == out {
				words = append(words, a.Type+" "+a.Name)
			}
		}
		return "(" + strings.Join(words, ", ") + ")"
	}
	for _, m := range node.Interface.Method {
		form := list(m.Args, false)
		if out := list(m.Args, true); out != "()" {
			form += " → " + out
		}
		all = append(all, member{"method", m.Name, form})
	}
	for _, s := range node.Interface.Signal {
		all = append(all, member{"signal", s.Name, list(s.Args, false)})
	}
	for _, p := range node.Interface.Property {
		all = append(all, member{"property", p.Name, p.Type})
	}
	return node.Interface.Name, all
}

// section is what a page has between a heading and the next of the same or a higher level.
func section(t *testing.T, page, heading string) string {
	t.Helper()
	_, rest, found := strings.Cut("\n"+read(t, page), "\n"+heading+"\n")
	if !found {
		t.Fatalf("%s has no heading %q", page, heading)
	}
	level, _, _ := strings.Cut(heading, " ")
	for l := len(level); l > 0; l-- {
		rest, _, _ = strings.Cut(rest, "\n"+strings.Repeat("#", l)+" ")
	}
	return rest
}

// tableRows are the rows of all tables in a text, each with the first word of its table's head.
func tableRows(text string) (rows [][]string) {
	head := ""
	for line := range strings.Lines(text) {
		switch c := cells(line); {
		case !strings.HasPrefix(line, "|"):
			head = ""
		case head == "":
			head = c[0]
		case !strings.HasPrefix(c[0], "---"):
			rows = append(rows, append([]string{head}, c...))
		}
	}
	return rows
}

// The tables of the interfaces have every member that the XML has, with its types, and no other.
func TestContractInterfaces(t *testing.T) {
	files, err := filepath.Glob("../agent/hmi/*.xml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no interfaces: %v", err)
	}
	for _, file := range files {
		name, members := described(t, filepath.Base(file))
		var have, want []string
		for _, m := range members {
			want = append(want, fmt.Sprint(m))
		}
		for _, row := range tableRows(section(t, "docs/contract.md", "## "+name)) {
			have = append(have, fmt.Sprint(member{row[0], strings.Trim(row[1], "`"), strings.Trim(row[2], "`")}))
		}
		same(t, name, have, want)
	}
}

// The table of errors is the one that gives them their names on the bus.
func TestContractErrors(t *testing.T) {
	var have, want []string
	for _, m := range regexp.MustCompile(`\{profiles\.Err\w+, "(\w+)"`).FindAllStringSubmatch(read(t, "agent/hmi/errors.go"), -1) {
		want = append(want, m[1])
	}
	for _, row := range tableRows(section(t, "docs/contract.md", "## Errors")) {
		have = append(have, strings.Trim(row[1], "`"))
	}
	same(t, "contract.md, Errors", have, want)
}

// quotedWords are the words of code in some text.
func quotedWords(text string) (words []string) {
	for _, m := range code.FindAllStringSubmatch(text, -1) {
		words = append(words, m[1])
	}
	return words
}

// The functions are those that Permits knows.
func TestContractFunctions(t *testing.T) {
	var have, want []string
	for _, row := range tableRows(section(t, "docs/contract.md", "## Functions")) {
		have = append(have, quotedWords(row[2])...)
	}
	for _, f := range profiles.Functions() {
		want = append(want, string(f))
	}
	same(t, "contract.md, Functions", have, want)
}

// The groups of settings have every key, with its type.
func TestContractSettings(t *testing.T) {
	var have, want []string
	for _, row := range tableRows(section(t, "docs/contract.md", "## Settings")) {
		group := strings.Trim(row[1], "`")
		for _, m := range regexp.MustCompile("`(\\w+)` \\(`([^`]+)`\\)").FindAllStringSubmatch(row[2], -1) {
			have = append(have, group+" "+m[1]+" "+m[2])
		}
	}
	for _, g := range profiles.Groups() {
		for _, s := range g.Settings {
			want = append(want, g.Name+" "+s.Name+" "+s.Type)
		}
	}
	same(t, "contract.md, Settings", have, want)
}

// Every topic of asyncapi.yaml is in the overview, and no other.
func TestContractTopics(t *testing.T) {
	var have, want []string
	for _, row := range tableRows(section(t, "docs/contract.md", "## Topics")) {
		have = append(have, strings.Trim(row[1], "`"))
	}
	for _, m := range regexp.MustCompile(`(?m)^    address: (\S+)$`).FindAllStringSubmatch(read(t, "docs/asyncapi.yaml"), -1) {
		if !strings.HasSuffix(m[1], "/gz") && !strings.HasSuffix(m[1], "/hpke") {
			want = append(want, m[1])
		}
	}
	same(t, "contract.md, Topics", have, want)
}
