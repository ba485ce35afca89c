package rule_test

import (
	"testing"

	"toy/rule"
)

// It never asks about red: whether the colour counts at all, only the user's test says.
func TestMay(t *testing.T) {
	if rule.May(rule.Green, 3) || !rule.May(rule.Green, 0) {
		t.Fail()
	}
}
