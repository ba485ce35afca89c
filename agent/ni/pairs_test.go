package ni_test

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"
)

// How much is compared. A leak is looked for in small worlds; a night has large ones, for
// so many minutes over all tests.
const (
	pairsEach  = 50
	pairsSmall = 200
	worldsVar  = "NI_WORLDS"  // small
	pairsVar   = "NI_PAIRS"   // of small ones
	minutesVar = "NI_MINUTES" // of large ones
)

// check plays both fillings and holds them against each other.
func (n noninterference) check(t *testing.T, seed uint64, z size) (v seen) {
	t.Helper()
	make := n.make
	if make == nil {
		make = newSkeleton
	}
	s := make(seed, z)
	p := n.fill(s)
	a, b := play(t, s, p.a.script()), play(t, s, p.b.script())
	for _, o := range s.observers() {
		if t.Failed() {
			break
		}
		if d := difference(o, a, b); n.looks(s, o) && d != "" {
			t.Fatalf("%s: seed %d (%s): sees the difference: %s", n.name, seed, z.name, d)
		}
	}
	for _, o := range s.observers() {
		if o.limited && !t.Failed() {
			for _, tr := range []trace{a, b} {
				if found := tr.located(o); found != "" {
					t.Fatalf("%s: seed %d (%s): %s sees a place: %s", n.name, seed, z.name, o.name, found)
				}
				if found := tr.unpadded(o); found != "" {
					t.Fatalf("%s: seed %d (%s): %s sees a size: %s", n.name, seed, z.name, o.name, found)
				}
			}
		}
	}
	return look(p, a, b)
}

// run plays pairs: those that failed once, and as many others as there is time for.
func (n noninterference) run(t *testing.T) {
	begun, all := time.Now(), seen{corners: map[string]int{}}
	z, most, until := usual, pairsEach, time.Time{}
	if os.Getenv(worldsVar) == small.name {
		z = small
		if n, err := strconv.Atoi(os.Getenv(pairsVar)); err == nil {
			most = n
		}
	} else {
		for _, k := range keptSeeds(t, n.name) {
			all.add(n.check(t, k.seed, k.size))
		}
	}
	first := uint64(0)
	if minutes, err := strconv.ParseFloat(os.Getenv(minutesVar), 64); err == nil {
		z, first, until = large, uint64(begun.Unix())<<16, begun.Add(time.Duration(minutes*float64(time.Minute))/time.Duration(len(tests))*2)
	}
	for i := 0; i < most || time.Now().Before(until); i++ {
		if !until.IsZero() && time.Now().After(until) {
			break
		}
		all.add(n.check(t, first+uint64(i), z))
	}
	t.Logf("%s %s: %d pairs, %.0f a minute; %s", n.name, n.about, all.pairs, float64(all.pairs)/time.Since(begun).Minutes(), all)
	if z == usual {
		all.enough(t, n)
	}
}

// kept is a seed that failed once.
type kept struct {
	seed uint64
	size size
}

// keptSeeds are those of one test in testdata/seeds.txt.
func keptSeeds(t *testing.T, name string) (all []kept) {
	f, err := os.Open("testdata/seeds.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var test, worlds string
		var seed uint64
		if _, err := fmt.Sscan(lines.Text(), &test, &worlds, &seed); err != nil || test != name {
			continue
		}
		for _, z := range []size{usual, small, large} {
			if z.name == worlds {
				all = append(all, kept{seed, z})
			}
		}
	}
	return all
}

// Two runs that differ only in what a test calls secret are the same to its observers:
// every message and every word of the connection, to the byte and to the nanosecond.
func TestNoninterference(t *testing.T) {
	for _, n := range tests {
		t.Run(n.name, func(t *testing.T) {
			t.Parallel()
			n.run(t)
		})
	}
}
