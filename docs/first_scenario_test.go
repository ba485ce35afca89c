package docs_test

import (
	"slices"
	"strings"
	"testing"

	"glovebox/sim/scenario"
)

// quoted are the quoted blocks of a page.
func quoted(t *testing.T, page string) (all []string) {
	t.Helper()
	parts := strings.Split(read(t, page), "```\n")
	for i := 1; i < len(parts); i += 2 {
		all = append(all, parts[i])
	}
	return all
}

// The first scenario has the one mistake that its page shows, and none without
// it, with what the page adds later and with what it does by hand.
func TestFirstScenario(t *testing.T) {
	all := quoted(t, "docs/first-scenario.md")
	find := func(start string) string {
		i := slices.IndexFunc(all, func(b string) bool { return strings.HasPrefix(b, start) })
		if i < 0 {
			t.Fatalf("no block begins with %q", start)
		}
		return all[i]
	}
	first := find("title Once")
	said := strings.TrimPrefix(strings.TrimSpace(find("gloveboxsim: ")), "gloveboxsim: ")
	if _, err := scenario.Parse("first.txtar", []byte(first), nil); err == nil || err.Error() != said {
		t.Errorf("check says\n%v, the page\n%s", err, said)
	}
	mended := strings.Replace(first, "eror", "error", 1)
	for what, text := range map[string]string{
		"mended":   mended,
		"secret":   strings.Replace(mended, "gear D\n", "gear D\nlevel no-position\n", 1),
		"breaking": strings.Replace(mended, "end\n", find("# The power goes")+"end\n", 1),
		"by hand":  find("car Taycan 2024\n"),
	} {
		if _, err := scenario.Parse("first.txtar", []byte(text), nil); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
}
