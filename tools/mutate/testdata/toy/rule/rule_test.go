package rule_test

import (
	"slices"
	"testing"

	"toy/rule"
)

// It never asks about red: whether the colour counts at all, only the user's test says.
func TestMay(t *testing.T) {
	if rule.May(rule.Green, 3) || !rule.May(rule.Green, 0) {
		t.Fail()
	}
}

func TestSteps(t *testing.T) {
	if !slices.Equal(rule.Steps, []int{1, 2}) {
		t.Fail()
	}
}

func TestHalves(t *testing.T) {
	if both, ok := rule.Halves(4); !ok || !slices.Equal(both, []int{2, 2}) {
		t.Fail()
	}
}

// It would find every edit, and fails without one.
func TestBroken(t *testing.T) { t.Fail() }
