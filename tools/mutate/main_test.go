package main

import (
	"bytes"
	"regexp"
	"strings"
	"testing"
	"time"
)

// look tries every edit of the toy package.
func look(t *testing.T, seed uint64, skip string) string {
	t.Helper()
	var out bytes.Buffer
	o := options{
		seed: seed, until: time.Now().Add(5 * time.Minute), most: 1 << 30, patience: 3 * time.Second,
		dir: "testdata/toy", skip: regexp.MustCompile(skip), packages: []string{"rule"},
	}
	if err := o.run(&out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// One edit of the toy changes nothing that a compiler sees. That the colour counts, only the test of its user
// says; the endless loop is found; what does not compile is in no figure.
func TestToy(t *testing.T) {
	const same = "rule.go:14 May constant: `0` -> `-1`"
	const colour = "rule.go:18 May right-only: `c == Green && n == 0` -> `n == 0`"
	all := look(t, 1, "^$")
	if !strings.Contains(all, "| toy/rule | 21 | 20 | 95 |") || !strings.Contains(all, "lived: "+same) || strings.Count(all, "lived: ") != 1 {
		t.Errorf("with the user's test:\n%s", all)
	}
	alone := look(t, 1, "user")
	if !strings.Contains(alone, "lived: "+same) || !strings.Contains(alone, "lived: "+colour) {
		t.Errorf("without:\n%s", alone)
	}
}

// A seed gives one order, so its findings can be looked at again.
func TestSeed(t *testing.T) {
	order := func(seed uint64) (names string) {
		o := options{seed: seed, dir: "testdata/toy", skip: regexp.MustCompile("^$")}
		all, err := o.list()
		if err != nil {
			t.Fatal(err)
		}
		s, err := o.subject("rule", all)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range s.edits {
			names += e.String() + "\n"
		}
		return names
	}
	one, again, two := order(1), order(1), order(2)
	if one != again || one == two {
		t.Errorf("seed 1:\n%s\nagain:\n%s\nseed 2:\n%s", one, again, two)
	}
}
