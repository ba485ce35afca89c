package main

import (
	"slices"
	"testing"
)

func TestPageIsCommandsAndTheirOutput(t *testing.T) {
	page := "text\n```console\n# one <<'END'\n> a\n>\n> b\n> END\nsays …\n# two\n# What is not as usual, and why:\n#   - it is so\n# three\n```\n# a heading\n```toml\n# no command\n```\n"
	want := []step{
		{line: 3, command: "one <<'END'\na\n\nb\nEND", output: "says …\n"},
		{line: 9, command: "two", output: "# What is not as usual, and why:\n#   - it is so\n"},
		{line: 12, command: "three"},
	}
	if got := steps(page); !slices.Equal(got, want) {
		t.Errorf("got %+v", got)
	}
}

func TestDotsStandForAnything(t *testing.T) {
	for _, c := range []struct {
		page, machine string
		same          bool
	}{
		{"active\n", "active \n", true},
		{"", "", true},
		{"", "a warning\n", false},
		{"vehicle …: CAN off.\n", "vehicle 12ab: CAN off.\n", true},
		{"vehicle …: CAN off.\n", "vehicle 12ab: CAN on.\n", false},
		{"first\n…\n", "first\nand\nmore\n", true},
		{"1.0\n", "1x0\n", false},
	} {
		if got := same(c.page, c.machine); got != c.same {
			t.Errorf("%q and %q: same %v", c.page, c.machine, got)
		}
	}
}
