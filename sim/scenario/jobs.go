package scenario

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"golang.org/x/sync/errgroup"
)

// Load reads a scenario file and all it names.
func Load(name string) (*Scenario, error) {
	source, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	return Parse(name, source, func(other string) ([]byte, error) {
		return os.ReadFile(filepath.Join(filepath.Dir(name), other))
	})
}

// RunAll runs scenarios, so many at a time, each in its own world, and calls
// done with each result, one at a time. Outputs go below dir, if it is not
// empty, into a directory of the scenario's name.
func RunAll(ctx context.Context, all []*Scenario, dir string, jobs int, o Options, done func(Result)) error {
	var group errgroup.Group
	group.SetLimit(max(jobs, 1))
	var mu sync.Mutex // one done at a time
	for _, s := range all {
		group.Go(func() error {
			r, err := runOne(ctx, s, dir, o)
			mu.Lock()
			defer mu.Unlock()
			done(r)
			return err
		})
	}
	return group.Wait()
}

func runOne(ctx context.Context, s *Scenario, dir string, o Options) (Result, error) {
	none := Result{Name: s.Name, Seed: s.Seed, Steps: []StepResult{}}
	if none.Err = ctx.Err(); none.Err != nil {
		return none, nil
	}
	if dir != "" {
		o.Dir = filepath.Join(dir, s.Name)
		if none.Err = fresh(o.Dir); none.Err != nil {
			return none, nil
		}
	}
	r := Run(ctx, s, o)
	if dir == "" || r.Err != nil {
		return r, nil
	}
	text, err := json.MarshalIndent(r, "", " ")
	if err == nil {
		err = os.WriteFile(filepath.Join(o.Dir, resultFile), append(text, '\n'), 0o644)
	}
	return r, err
}

// resultFile shows that a directory holds the outputs of a run.
const resultFile = "result.json"

// fresh makes an empty directory. Only what an earlier run left is removed.
func fresh(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if len(entries) > 0 {
		_, isResult := os.Stat(filepath.Join(dir, resultFile))
		_, isWorld := os.Stat(filepath.Join(dir, "gloveboxd.toml"))
		if isResult != nil && isWorld != nil {
			return fmt.Errorf("%s holds something else than the outputs of a run", dir)
		}
		if err := os.RemoveAll(dir); err != nil {
			return err
		}
	}
	return os.MkdirAll(dir, 0o755)
}
