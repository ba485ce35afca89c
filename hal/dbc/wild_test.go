package dbc_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"glovebox/hal/dbc"
	peerdbc "go.einride.tech/can/pkg/dbc"
)

// Each file of a real car loads with as many statements as it has lines of them
// (testdata/COUNTS.md), and each that was skipped or repaired is named with its
// line (testdata/problems.txt).
func TestFilesInTheWild(t *testing.T) {
	var want, got, problems []string
	for line := range strings.Lines(string(read(t, "testdata/COUNTS.md"))) {
		if strings.HasPrefix(line, "| `") {
			want = append(want, strings.TrimSuffix(line, "\n"))
		}
	}
	for _, name := range wild(t) {
		src := read(t, name)
		file, found := dbc.Parse(name, src)
		skipped := map[string]int{}
		for _, p := range found {
			problems = append(problems, filepath.Base(name)+" "+p.String())
			if p.Skipped {
				skipped[p.Statement]++
			}
		}
		messages, signals, tables := count(file)
		got = append(got, fmt.Sprintf("| `%s` | %d | %d | %d | %s |", filepath.Base(name),
			messages+skipped["BO_"], signals+skipped["SG_"], tables+skipped["VAL_"], strict(name, src)))
	}
	t.Logf("\n%s", strings.Join(got, "\n"))
	if len(got) != len(want) {
		t.Fatalf("%d files, want %d", len(got), len(want))
	}
	for i := range got {
		if !strings.HasPrefix(want[i], got[i]) {
			t.Errorf("\n%s, want\n%s", got[i], want[i])
		}
	}
	golden(t, "testdata/problems.txt", strings.Join(problems, "\n")+"\n")
}

// strict says how far einride's reader comes.
func strict(name string, src []byte) string {
	parser := peerdbc.NewParser(name, src)
	if err := parser.Parse(); err == nil {
		return "OK"
	}
	messages, signals := 0, 0
	for _, def := range parser.Defs() {
		if m, ok := def.(*peerdbc.MessageDef); ok {
			messages++
			signals += len(m.Signals)
		}
	}
	return fmt.Sprintf("FAIL after %d / %d", messages, signals)
}

// golden holds got against a file, line by line.
func golden(t *testing.T, name, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want := strings.Split(string(read(t, name)), "\n")
	lines := strings.Split(got, "\n")
	for i := range max(len(want), len(lines)) {
		if i >= len(want) || i >= len(lines) || want[i] != lines[i] {
			t.Fatalf("%s, line %d (%d lines, want %d):\n%s", name, i+1, len(lines), len(want), strings.Join(lines[min(i, len(lines)-1):min(i+3, len(lines))], "\n"))
		}
	}
}
