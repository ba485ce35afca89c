package docs_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"glovebox/sim/scenario"
)

// made are the man pages that are written from a page for readers on the web.
var made = map[string]struct{ title, from, name, also string }{
	"gloveboxd.toml.5": {
		`.TH GLOVEBOXD.TOML 5 "" "Glovebox" "File formats"`, "configuration.md",
		`gloveboxd.toml \- configuration of the Glovebox agent, and the mapping file`, "`gloveboxd`(8), `gloveboxctl`(1)",
	},
	"glovebox-scenario.5": {
		`.TH GLOVEBOX-SCENARIO 5 "" "Glovebox" "File formats"`, "scenarios.md",
		`glovebox-scenario \- what happens to a simulated car, and what must be true meanwhile`, "`gloveboxsim`(1), `gloveboxd`(8)",
	},
}

// The pages that are written from others are not stale.
func TestMadeManPages(t *testing.T) {
	for page, m := range made {
		_, text, _ := strings.Cut(read(t, "docs/"+m.from), "\n") // its title
		text = "# Description\n" + text + "\n# See also\n\n" + m.also + "\n"
		want := manual(".\\\" From docs/"+m.from+": go test ./docs -update\n"+m.title+"\n.SH NAME\n"+m.name, text)
		if *update {
			if err := os.WriteFile(filepath.Join("man", page), []byte(want), 0o644); err != nil {
				t.Fatal(err)
			}
		} else if read(t, "docs/man/"+page) != want {
			t.Errorf("%s is stale: go test ./docs -update", page)
		}
	}
}

// The page of the scenarios has every command and every check, and no other.
func TestManScenario(t *testing.T) {
	var have, want []string
	for _, e := range entries(t, "glovebox-scenario.5", "DESCRIPTION") {
		have = append(have, strings.Fields(e.tag)[0])
	}
	for _, word := range append(scenario.Commands(), scenario.Checks()...) {
		want = append(want, word.Word)
	}
	same(t, "glovebox-scenario.5", have, want)
}

func manPages(t *testing.T) []string {
	t.Helper()
	pages, err := filepath.Glob("man/*.[1-8]")
	if err != nil {
		t.Fatal(err)
	}
	return pages
}

// Every man page is there, and man has nothing to say about any.
func TestManPages(t *testing.T) {
	var names []string
	for _, page := range manPages(t) {
		names = append(names, filepath.Base(page))
		text := read(t, "docs/"+filepath.ToSlash(page))
		if i := strings.IndexFunc(text, func(r rune) bool { return r > '~' }); i >= 0 {
			t.Errorf("%s: %q shows on some terminals only", page, text[i:min(len(text), i+20)])
		}
	}
	same(t, "docs/man", names, []string{"gloveboxd.8", "gloveboxd.toml.5", "gloveboxctl.1", "gloveboxsim.1", "glovebox-scenario.5"})
	program, err := exec.LookPath("man")
	if err != nil {
		t.Skip("man is not installed: the pages are not formatted")
	}
	for _, page := range manPages(t) {
		cmd := exec.Command(program, "--warnings", "-l", page)
		cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8", "MANPAGER=cat", "MANWIDTH=80")
		var said strings.Builder
		cmd.Stderr = &said
		if err := cmd.Run(); err != nil || said.Len() > 0 {
			t.Errorf("%s: %v\n%s", page, err, said.String())
		}
	}
}

// entry is one .TP of a man page: its tag and its text, without formatting.
type entry struct{ tag, text string }

// entries are the .TP of one section.
func entries(t *testing.T, page, section string) (all []entry) {
	t.Helper()
	_, text, found := strings.Cut(read(t, "docs/man/"+page), "\n.SH "+section+"\n")
	if !found {
		t.Fatalf("%s has no section %s", page, section)
	}
	text, _, _ = strings.Cut(text, "\n.SH ")
	for _, part := range strings.Split("\n"+text, "\n.TP\n")[1:] {
		tag, rest, _ := strings.Cut(part, "\n")
		all = append(all, entry{unformatted(tag), unformatted(rest)})
	}
	return all
}

var font = regexp.MustCompile(`\\f[BIR]|(?m)^\.(B|I|BR|BI|IR|PP|br)\b ?|\\&`)

func unformatted(text string) string {
	return strings.ReplaceAll(strings.ReplaceAll(font.ReplaceAllString(text, ""), `\-`, "-"), `\e`, `\`)
}

var option = regexp.MustCompile(`--[a-z][a-z-]*`)

// The man pages have the options and commands of the programs, and no others.
func TestManOptions(t *testing.T) {
	for _, p := range []struct{ page, folder, root string }{
		{"gloveboxd.8", "cmd/gloveboxd", "options"},
		{"gloveboxctl.1", "cmd/gloveboxctl", "commands"},
		{"gloveboxsim.1", "cmd/gloveboxsim", "commands"},
	} {
		line := commandLine(t, p.folder, p.root)
		var options []string
		for _, e := range entries(t, p.page, "OPTIONS") {
			options = append(options, option.FindAllString(e.tag, -1)...)
		}
		same(t, p.page+" options", options, append(line.options, "--help"))
		if len(line.commands) == 0 {
			continue
		}
		described := map[string]entry{}
		for _, e := range entries(t, p.page, "COMMANDS") {
			name, _, _ := strings.Cut(e.tag, " ")
			described[name] = e
		}
		var have, want []string
		for name := range described {
			have = append(have, name)
		}
		for name, c := range line.commands {
			want = append(want, name)
			e := described[name]
			same(t, p.page+" "+name, option.FindAllString(e.tag, -1), c.options)
			for _, word := range append(slices.Clone(c.options), c.arguments...) {
				if !strings.Contains(e.tag, word) || strings.HasPrefix(word, "--") && !strings.Contains(e.text, word) {
					t.Errorf("%s: the command %s does not explain %s", p.page, name, word)
				}
			}
		}
		same(t, p.page+" commands", have, want)
	}
}

// gloveboxd.8 has every counter of the wires and of the documents.
func TestManCounters(t *testing.T) {
	var tags strings.Builder
	for _, e := range entries(t, "gloveboxd.8", "COUNTERS") {
		tags.WriteString(e.tag + "\n")
	}
	for _, file := range []string{"ports.go", "buses.go", "run.go"} {
		for _, literal := range regexp.MustCompile(`"((?:gnss|documents)?\.[a-z.]+)"`).FindAllStringSubmatch(read(t, "cmd/gloveboxd/"+file), -1) {
			name := literal[1][strings.LastIndex(strings.TrimSuffix(literal[1], "."), "."):]
			if !strings.Contains(tags.String(), name) {
				t.Errorf("the counter %s is missing", literal[1])
			}
		}
	}
}
