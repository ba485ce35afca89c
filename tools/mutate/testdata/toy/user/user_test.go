package user

import (
	"testing"

	"toy/rule"
)

func TestRed(t *testing.T) {
	if rule.May(rule.Red, 0) {
		t.Fail()
	}
}
