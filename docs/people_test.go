package docs_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"glovebox/profiles"
)

const drawn = "<!-- from profiles/step.go: go test ./docs -update -->\n\n"

// The drawing of how a person comes in and leaves is made from the table that the rules
// go by.
func TestPeopleDrawing(t *testing.T) {
	page := read(t, "docs/people.md")
	before, rest, begun := strings.Cut(page, drawn)
	_, after, ended := strings.Cut(rest, generatedEnd)
	if !begun || !ended {
		t.Fatal("people.md has no place for its drawing")
	}
	want := before + drawn + "```\n" + drawing() + "```\n\n" + generatedEnd + after
	if *update {
		if err := os.WriteFile("people.md", []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if page != want {
		t.Error("people.md is stale: go test ./docs -update")
	}
}

// drawing has a line for each step: from ── change ──▶ to, and whose key may sign it.
func drawing() string {
	var out strings.Builder
	name := func(s profiles.State) string {
		if s == profiles.NoState {
			return "(not of this car)"
		}
		return s.String()
	}
	for _, role := range []profiles.Role{profiles.Secondary, profiles.Main} {
		fmt.Fprintf(&out, "%s user\n", role)
		for _, s := range profiles.Steps() {
			if s.Role != role {
				continue
			}
			arrow := "── " + string(s.Change) + " "
			arrow += strings.Repeat("─", max(2, 46-len([]rune(arrow)))) + "▶"
			var by []string
			for _, signer := range s.By() {
				by = append(by, signer.String())
			}
			fmt.Fprintf(&out, "  %-20s %s %-20s %s\n", name(s.From), arrow, name(s.To), strings.Join(by, ", "))
		}
		out.WriteString("\n")
	}
	return strings.TrimSuffix(out.String(), "\n")
}
