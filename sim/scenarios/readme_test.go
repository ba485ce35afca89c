package scenarios_test

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Each feature around people has a scenario, and each that is named is there.
func TestEachFeatureHasAScenario(t *testing.T) {
	page, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := regexp.MustCompile(`(?m)^\| (\d+)\. [^|]+ \| ([^|]+) \|$`).FindAllStringSubmatch(string(page), -1)
	var numbers, want []string
	for n := range 18 {
		want = append(want, fmt.Sprint(n+1))
	}
	for _, row := range rows {
		numbers = append(numbers, row[1])
		for name := range strings.SplitSeq(row[2], ", ") {
			if info, err := os.Stat(name); err != nil || !info.Mode().IsRegular() || !strings.HasSuffix(name, ".txtar") {
				t.Errorf("feature %s: %q: %v", row[1], name, err)
			}
		}
	}
	if !slices.Equal(numbers, want) {
		t.Errorf("the features are %v, want %v", numbers, want)
	}
}
