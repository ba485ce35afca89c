// Package docs_test holds the published documents against the code they describe.
package docs_test

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// update writes the generated parts of the documents anew: go test ./docs -update.
var update = flag.Bool("update", false, "write the generated parts anew")

// read returns a file, by its name from the root of the project.
func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// missing returns the words of want that have does not hold, and the other way round.
func missing(have, want []string) (lacks, extra []string) {
	in := func(list []string) map[string]bool {
		set := map[string]bool{}
		for _, word := range list {
			set[word] = true
		}
		return set
	}
	had, wanted := in(have), in(want)
	for word := range wanted {
		if !had[word] {
			lacks = append(lacks, word)
		}
	}
	for word := range had {
		if !wanted[word] {
			extra = append(extra, word)
		}
	}
	return lacks, extra
}

// same fails when two lists differ as sets.
func same(t *testing.T, what string, have, want []string) {
	t.Helper()
	if lacks, extra := missing(have, want); len(lacks)+len(extra) > 0 {
		t.Errorf("%s: the page lacks %q and has %q too much", what, lacks, extra)
	}
}

// match reports whether s is what a pattern of a schema says; no pattern takes anything.
func match(t *testing.T, pattern, s string) bool {
	t.Helper()
	ok, err := regexp.MatchString(pattern, s)
	if err != nil {
		t.Fatal(err)
	}
	return ok
}

// The documents name no place of the machine they were written on. Which pages they
// name TestReferences looks at.
func TestPlainWords(t *testing.T) {
	var pages []string
	for _, pattern := range []string{"*.md", "*.yaml", "man/*"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		pages = append(pages, found...)
	}
	for _, page := range pages {
		text := read(t, "docs/"+filepath.ToSlash(page))
		if strings.Contains(text, "/tmp/") {
			t.Errorf("%s names a place that only this machine has", page)
		}
	}
}

// Every link to a file of the project leads somewhere.
func TestLinks(t *testing.T) {
	for _, folder := range []string{".", "docs"} {
		pages, err := filepath.Glob(filepath.Join("..", folder, "*.md"))
		if err != nil || len(pages) == 0 {
			t.Fatalf("%s: no pages: %v", folder, err)
		}
		for _, page := range pages {
			name := folder + "/" + filepath.Base(page)
			for _, link := range regexp.MustCompile(`\]\(([^)#:]+)(?:#[^)]*)?\)`).FindAllStringSubmatch(read(t, name), -1) {
				if _, err := os.Stat(filepath.Join("..", folder, filepath.FromSlash(link[1]))); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			}
		}
	}
}
