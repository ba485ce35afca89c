package docs_test

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

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

// Every interface of ours is in the table of objects, and no other.
func TestContractInterfaces(t *testing.T) {
	var have, want []string
	for _, row := range tableRows(section(t, "docs/contract.md", "## Names and objects")) {
		for _, m := range regexp.MustCompile("`(?:org\\.glovebox\\.)?(\\w+1)`").FindAllStringSubmatch(row[2], -1) {
			have = append(have, m[1])
		}
	}
	files, err := filepath.Glob("../agent/hmi/org.glovebox.*.xml")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		want = append(want, strings.TrimSuffix(strings.TrimPrefix(filepath.Base(file), "org.glovebox."), ".xml"))
	}
	same(t, "contract.md, Names and objects", have, want)
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
