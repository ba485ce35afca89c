package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

func toy(t *testing.T, seed uint64, skip string) options {
	return options{
		seed: seed, until: time.Now().Add(5 * time.Minute), most: 100, jobs: 2, patience: time.Second, dir: "testdata/toy",
		cache: t.TempDir(), skip: regexp.MustCompile(skip), without: regexp.MustCompile("^TestBroken$"), packages: []string{"rule"},
	}
}

func look(t *testing.T, o options) string {
	t.Helper()
	var out bytes.Buffer
	if err := o.look(&out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// One edit of the toy changes nothing that a compiler sees. That the colour counts, only the test of its user
// says; the endless loop is found; what does not compile is in no figure; a test that is left out finds nothing.
func TestToy(t *testing.T) {
	const same = "rule.go:14 May constant: `0` -> `-1`"
	const colour = "rule.go:18 May right-only: `c == Green && n == 0` -> `n == 0`"
	o := toy(t, 1, "^$")
	all := look(t, o)
	if !strings.Contains(all, "| toy/rule | 27 | 26 | 1 | 96 |") || !strings.Contains(all, "lived: toy/rule/"+same) || strings.Count(all, "lived: ") != 1 {
		t.Errorf("with the user's test:\n%s", all)
	}
	if kept, err := filepath.Glob(filepath.Join(o.cache, "toy_*.json")); err != nil || len(kept) != 2 {
		t.Errorf("kept: %q, %v", kept, err)
	}
	alone := look(t, toy(t, 1, "user"))
	if !strings.Contains(alone, same) || !strings.Contains(alone, colour) {
		t.Errorf("without:\n%s", alone)
	}
}

// A seed gives one order, so its findings can be looked at again.
func TestSeed(t *testing.T) {
	order := func(seed uint64) (names string) {
		subjects, err := toy(t, seed, "^$").subjects()
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range subjects[0].edits {
			names += e.String() + "\n"
		}
		return names
	}
	one, again, two := order(1), order(1), order(2)
	if one != again || one == two {
		t.Errorf("seed 1:\n%s\nagain:\n%s\nseed 2:\n%s", one, again, two)
	}
}

// Whatever a function looks like, its wrong copies stand beside it and it leads to them; a variable takes either
// value. All planted at once still compiles; a constant cannot be planted.
func TestPlanted(t *testing.T) {
	o := toy(t, 1, "^$")
	all, exports, err := o.list()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	const text = `package shapes

const most = 3

var names = []string{"a", "b"}

var limit uint16 = 7

type box[T any] struct{ all []T }

func (b *box[T]) add(_ int, more ...T) (n int, err error) {
	b.all = append(b.all, more...)
	n++
	return n, err
}

func (box[T]) nothing(int, string) { println(1) }

func first[K comparable, V any](m map[K]V, k K) V {
	if len(m) > 2 {
		return m[k]
	}
	return m[k]
}
`
	if err := os.WriteFile(filepath.Join(dir, "shapes.go"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := parse(listed{ImportPath: "shapes", Dir: dir, GoFiles: []string{"shapes.go"}}, exports)
	if err != nil {
		t.Fatal(err)
	}
	var planted []edit
	kinds := map[string]int{}
	for n, e := range p.edits(func(path string) map[string]string { return constants(path, all) }) {
		if !p.compiles(map[string]string{e.file: e.in(text)}) {
			continue
		}
		e.number = n
		alone := p.plant([]edit{e})
		if alone == nil || !p.compiles(alone) {
			kinds["alone"]++
			continue
		}
		kinds[e.function]++
		planted = append(planted, e)
	}
	if kinds["alone"] != 2 || kinds[""] < 3 || kinds["box[T].add"] < 2 || kinds["box[T].nothing"] < 2 || kinds["first"] < 4 {
		t.Errorf("planted: %v", kinds)
	}
	if !p.compiles(p.plant(planted)) {
		t.Errorf("all at once:\n%s", p.plant(planted)[filepath.Join(dir, "shapes.go")])
	}
}
