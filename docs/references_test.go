package docs_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// speech is what a file says to its readers: of Go a comment, of everything else all.
type speech struct{ file, words string }

// speeches returns what the files of the project say.
func speeches(t *testing.T) (all []speech) {
	t.Helper()
	err := fs.WalkDir(os.DirFS(".."), ".", func(name string, d fs.DirEntry, err error) error {
		switch ext := path.Ext(name); {
		case err != nil:
			return err
		case d.IsDir() && name != "." && (strings.HasPrefix(d.Name(), ".") || name == "bin" || name == "out" || d.Name() == "node_modules"):
			return fs.SkipDir
		case d.IsDir():
		case ext == ".go":
			all = append(all, comments(t, name)...)
		case d.Name() == "Makefile", slices.Contains([]string{".md", ".sh", ".yaml", ".toml", ".csv", ".txtar", ".xml", ".1", ".5", ".8"}, ext):
			all = append(all, speech{name, joined(read(t, name))})
		}
		return nil
	})
	if err != nil || len(all) == 0 {
		t.Fatalf("no files: %v", err)
	}
	return all
}

// comments returns each comment of a Go file by itself.
func comments(t *testing.T, name string) (all []speech) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), name, read(t, name), parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	for _, group := range file.Comments {
		all = append(all, speech{name, joined(group.Text())})
	}
	return all
}

// joined is text without its line breaks, so that a reference may be broken over two lines.
func joined(s string) string {
	s = regexp.MustCompile(`\n(#|//) ?`).ReplaceAllString(s, "\n")
	return strings.Join(strings.Fields(s), " ")
}

var (
	// pageName is a page that a text names, and what follows it up to the end of the clause.
	pageName = regexp.MustCompile(`([\w./-]*\w\.md)\b\)?(?:, ([A-Z][^).;:]*))?`)
	// numbered is a reference by number: they move, and headings say more.
	numbered = regexp.MustCompile(`(?i)\.md\)?,? (section )?\d|\b(contract|rules|security|privacy|erasure),? sections? \d|\bsections? \d+ of (the )?(contract|security|privacy|erasure)`)
)

// Every page that a comment, a script or another page names is in the repository,
// and so is the heading where it names one: "docs/security.md, Actions".
func TestReferences(t *testing.T) {
	for _, said := range speeches(t) {
		for _, m := range pageName.FindAllStringSubmatch(said.words, -1) {
			name, after := m[1], m[2]
			if strings.HasPrefix(name, "out/") { // made by a run
				continue
			}
			at := find(said.file, name)
			if at == "" {
				t.Errorf("%s names %s, which is not there", said.file, name)
			} else if after != "" && !hasHeading(t, at, after) {
				t.Errorf("%s names %s, %q: the page has no such heading", said.file, at, after)
			}
		}
	}
}

// No reference is by number.
func TestReferencesByHeading(t *testing.T) {
	for _, said := range speeches(t) {
		if m := numbered.FindString(said.words); m != "" {
			t.Errorf("%s refers by number: %q", said.file, m)
		}
	}
}

// find returns the page that a file names: from the root of the project, or beside the file.
func find(file, name string) string {
	for _, at := range []string{path.Clean(name), path.Join(path.Dir(file), name)} {
		if _, err := os.Stat(filepath.Join("..", filepath.FromSlash(at))); err == nil {
			return at
		}
	}
	return ""
}

// hasHeading reports whether some heading of a page stands at the beginning of words.
func hasHeading(t *testing.T, page, words string) bool {
	t.Helper()
	for _, m := range regexp.MustCompile(`(?m)^#+ (.+)$`).FindAllStringSubmatch(read(t, page), -1) {
		if rest, found := strings.CutPrefix(words, strings.ReplaceAll(m[1], "`", "")); found && (rest == "" || !regexp.MustCompile(`^\w`).MatchString(rest)) {
			return true
		}
	}
	return false
}
