// Mutate looks for wrong code that the tests let live. It samples small edits of the
// named packages, runs for each the tests of the package and of the packages that
// import it, and prints how many were found and every one that lived. An edit that
// does not compile, or that vet refuses, does not count; a test that hangs has found it.
// Nor does one that says the same: the compiler makes the same machine code of it. What nobody can look at
// is not edited: the text of a log, a capacity, a constant beside an error.
//
//	mutate [-minutes n] [-most n] [-seed n] [-dir module] package ...
//
// All edits of a run are planted in one test program a package (plant.go). Of its tests
// only those are run that run the line of the edit (reach.go), the quick ones first; those
// of other packages after a look at what the compiler makes of it.
//
// The seed gives the order of the edits, so the same seed over the same code tries the
// same ones; the minutes only say where it ends. Packages whose tests start whole
// programs (-skip) are no judges, nor tests that run compilers or by the real clock
// (-without): what only they would find counts as lived.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"sync"
	"time"
)

func main() {
	var o options
	flag.Uint64Var(&o.seed, "seed", uint64(time.Now().Unix()), "gives the order of the edits")
	minutes := flag.Int("minutes", 10, "how long to look")
	flag.IntVar(&o.most, "most", 40, "edits of a package at most")
	flag.StringVar(&o.dir, "dir", ".", "the module")
	flag.StringVar(&o.cache, "cache", "out/mutate", "where it is kept which test runs which lines")
	flag.IntVar(&o.jobs, "jobs", 2, "edits that are tried at once")
	flag.DurationVar(&o.patience, "patience", 5*time.Second, "beside five times what the right code took, how long tests may take")
	skip := flag.String("skip", `/sim|/cmd/|/docs$|killmatrix|agent/ni$|agent/hmi$|/internal/`, "importing packages whose tests are not run")
	without := flag.String("without", `^TestAttack$|RealClock|PlantedLeaks`, "tests that are not run")
	flag.Parse()
	o.until, o.skip, o.without = time.Now().Add(time.Duration(*minutes)*time.Minute), regexp.MustCompile(*skip), regexp.MustCompile(*without)
	o.packages = flag.Args()
	if err := o.look(os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "mutate:", err)
		os.Exit(1)
	}
}

type options struct {
	seed       uint64
	until      time.Time
	most, jobs int
	patience   time.Duration
	dir, cache string
	skip       *regexp.Regexp
	without    *regexp.Regexp
	packages   []string
}

func (o options) look(out io.Writer) error {
	cache, err := filepath.Abs(o.cache)
	if err != nil {
		return err
	}
	o.cache = cache
	dir, err := os.MkdirTemp("", "mutate")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	subjects, err := o.subjects()
	if err != nil {
		return err
	}
	if err := o.prepare(subjects, dir); err != nil {
		return err
	}
	fmt.Fprintf(out, "seed %d\n", o.seed)
	type turn struct {
		s *subject
		e edit
	}
	var turns []turn
	for n := range o.most {
		for _, s := range subjects {
			if n < len(s.edits) {
				turns = append(turns, turn{s, s.edits[n]})
			}
		}
	}
	var mu sync.Mutex
	var failed error
	o.each(len(turns), func(i int) {
		if time.Now().After(o.until) {
			return
		}
		s, e := turns[i].s, turns[i].e
		began := time.Now()
		counted, found, err := o.try(s, e)
		mu.Lock()
		defer mu.Unlock()
		failed = errors.Join(failed, err)
		s.took += time.Since(began)
		if counted {
			s.tried++
		}
		if counted && !found {
			s.lived = append(s.lived, e)
			fmt.Fprintf(out, "lived: %s/%s\n", s.ImportPath, e)
		}
	})
	table(out, subjects)
	return failed
}

// try runs the tests over one edit. It does not count if it changes nothing.
func (o options) try(s *subject, e edit) (counted, found bool, err error) {
	dir, err := os.MkdirTemp("", "mutate")
	if err != nil {
		return false, false, err
	}
	defer os.RemoveAll(dir)
	if found, err = o.refused(s, s.judges[:min(1, len(s.judges))], e, dir); found || err != nil {
		return true, found, err
	}
	if counted, err = o.counts(s, e, dir); !counted || err != nil {
		return false, false, err
	}
	found, err = o.refused(s, s.judges[min(1, len(s.judges)):], e, dir)
	return true, found, err
}

func table(out io.Writer, subjects []*subject) {
	all := subject{}
	fmt.Fprintf(out, "\n| package | edits | found | lived | %% | seconds |\n| --- | --- | --- | --- | --- | --- |\n")
	row := func(name string, s *subject) {
		fmt.Fprintf(out, "| %s | %d | %d | %d | %d | %.0f |\n", name, s.tried, s.tried-len(s.lived), len(s.lived), 100*(s.tried-len(s.lived))/max(1, s.tried), s.took.Seconds())
	}
	for _, s := range subjects {
		row(s.ImportPath, s)
		all.tried, all.lived, all.took = all.tried+s.tried, append(all.lived, s.lived...), all.took+s.took
	}
	row("all", &all)
	for _, s := range subjects {
		for _, e := range s.lived {
			fmt.Fprintf(out, "| %s | %s |\n", s.ImportPath, e)
		}
	}
}
