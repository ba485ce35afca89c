package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"glovebox/sim"
	"glovebox/sim/console"
	"glovebox/sim/console/server"
	"glovebox/sim/scenario"
	"glovebox/sim/town"
)

// mostRecorded is how many bytes are kept of each record of a world, which may live for days.
const mostRecorded = 16 << 20

// runs are the worlds of a serve, one after the other, each with a player of its own.
// Pages work with the newest.
//
//	play ──▶ one world ──restart──▶ the next ──▶ …
type runs struct {
	shelf     *shelf
	dir       string // of the outputs, empty for none
	gloveboxd string
	patience  int // times what an expectation waits

	mu      sync.Mutex
	now     *run               // guarded by mu; the newest, nil before the first
	past    []server.Run       // guarded by mu
	next    *scenario.Scenario // guarded by mu; that is to be played in place of it
	changed chan struct{}      // guarded by mu; closed when there is a next
}

// run is one of them.
type run struct {
	n        int
	scenario *scenario.Scenario
	player   *scenario.Player
	began    time.Time
	dir      string // of its outputs, empty for none
}

// play plays a scenario, and those with which it is begun anew, until ctx ends. shown is
// told of the log of each world, and watch of the world once it is there.
func (r *runs) play(ctx context.Context, s *scenario.Scenario, shown func(*console.Log), watch func(context.Context, *sim.World, *console.Log) error) error {
	for ctx.Err() == nil {
		now, log := r.begin(s), console.NewLog()
		shown(log)
		err := r.one(ctx, now, log, watch)
		switch {
		case ctx.Err() != nil:
			return errors.Join(ended(ctx, err), r.keep(now))
		case err != nil && now.n == 1:
			return setup(err)
		case err != nil: // the page lives on, and may begin anew
			log.Append("log", "", nil, map[string]string{"level": "error", "text": err.Error()})
		}
		if err := r.keep(now); err != nil {
			return err
		}
		if s = r.following(ctx); s == nil {
			return nil
		}
	}
	return nil
}

// begin is the next run.
func (r *runs) begin(s *scenario.Scenario) *run {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.now != nil {
		r.past = append(r.past, r.now.summary())
	}
	now := &run{n: len(r.past) + 1, scenario: s, began: time.Now()}
	if r.dir != "" {
		now.dir = filepath.Join(r.dir, fmt.Sprintf("%s-%s", now.began.UTC().Format("20060102T150405.000Z"), s.Name))
	}
	now.player = scenario.NewPlayer(s, scenario.Options{Dir: now.dir, Gloveboxd: r.gloveboxd, Patience: r.patience, MostRecorded: mostRecorded})
	r.now = now
	return now
}

// one plays a run until ctx ends or another is wanted.
func (r *runs) one(ctx context.Context, now *run, log *console.Log, watch func(context.Context, *sim.World, *console.Log) error) error {
	wanted := r.wanted()
	ctx, end := context.WithCancel(ctx)
	defer end()
	jobs, ctx := errgroup.WithContext(ctx)
	jobs.Go(func() error {
		select {
		case <-wanted:
			end()
		case <-ctx.Done():
		}
		return nil
	})
	jobs.Go(func() error { return unborn(now.player.Run(ctx)) })
	jobs.Go(func() error {
		feed, err := console.NewFeed(ctx, now.player, log, console.Run(now.n), console.InTown(town.NewNavigator(town.Musterhafen(), now.way)))
		if err != nil {
			return ended(ctx, err)
		}
		return feed.Run(ctx)
	})
	jobs.Go(func() error {
		select {
		case <-ctx.Done():
			return nil
		case <-now.player.Built():
		}
		return watch(ctx, now.player.World(), log)
	})
	return jobs.Wait()
}

// way is the route that is driven, empty if there is none.
func (r *run) way() string {
	if p := r.player.Progress(); p.Plays {
		return p.Drive
	}
	return ""
}

// wanted is closed when there is a next scenario.
func (r *runs) wanted() <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.changed
}

// following waits for the next scenario, nil if ctx ends.
func (r *runs) following(ctx context.Context) *scenario.Scenario {
	select {
	case <-ctx.Done():
		return nil
	case <-r.wanted():
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.next
	r.next, r.changed = nil, make(chan struct{})
	return s
}

// keep writes how a run went and what was done in it beside its other outputs.
func (r *runs) keep(now *run) error {
	if now.dir == "" {
		return nil
	}
	text, err := json.MarshalIndent(now.result(), "", " ")
	if err != nil {
		return err
	}
	return errors.Join(os.MkdirAll(now.dir, 0o755),
		os.WriteFile(filepath.Join(now.dir, "result.json"), append(text, '\n'), 0o644),
		os.WriteFile(filepath.Join(now.dir, "session.txtar"), now.player.Recording(), 0o644))
}

// errNoWorld is the error of what is said before there is a world.
var errNoWorld = errors.New("there is no world yet")

func (r *runs) newest() (*run, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.now == nil {
		return nil, errNoWorld
	}
	return r.now, nil
}

// Do is of server.Player.
func (r *runs) Do(ctx context.Context, line string) (scenario.StepResult, error) {
	now, err := r.newest()
	if err != nil {
		return scenario.StepResult{}, err
	}
	return now.player.Do(ctx, line)
}

// Play is of server.Player.
func (r *runs) Play(word, name string) error {
	now, err := r.newest()
	if err != nil {
		return err
	}
	switch word {
	case "pause":
		now.player.Pause()
	case "go":
		now.player.Go()
	case "next":
		now.player.Next()
	case "restart":
		s := now.scenario
		if name != "" {
			if s, err = r.shelf.load(name); err != nil {
				return err
			}
		}
		r.restart(s)
	}
	return nil
}

// restart ends the world that is shown and begins another; of several wishes the last
// counts.
func (r *runs) restart(s *scenario.Scenario) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.next == nil {
		close(r.changed)
	}
	r.next = s
}

// Export is of server.Records.
func (r *runs) Export() []byte {
	now, err := r.newest()
	if err != nil {
		return nil
	}
	return now.player.Recording()
}

// Scenarios is of server.Records.
func (r *runs) Scenarios() []server.Scenario { return r.shelf.list() }

// Runs is of server.Records.
func (r *runs) Runs() []server.Run {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := slices.Clone(r.past)
	if r.now != nil {
		all = append(all, r.now.summary())
	}
	return all
}

// result is how the lines of the newest run went.
func (r *runs) result() scenario.Result {
	now, err := r.newest()
	if err != nil {
		return scenario.Result{}
	}
	return now.result()
}

// result is how the lines of the scenario went, those that were played.
func (r *run) result() scenario.Result {
	result := scenario.Result{Name: r.scenario.Name, Seed: r.scenario.Seed, OK: true, Took: time.Since(r.began), Steps: []scenario.StepResult{}}
	progress := r.player.Progress()
	for _, s := range progress.Steps {
		if s.Hand || s.State == scenario.Waiting || s.State == scenario.Running {
			continue
		}
		step := scenario.StepResult{File: s.File, Line: s.Line, Text: s.Text, OK: s.State != scenario.Failed, MS: s.Took.Milliseconds(), Got: s.Got, Refused: s.State == scenario.Refused}
		result.Steps, result.OK = append(result.Steps, step), result.OK && step.OK
	}
	if progress.End != "" {
		result.Steps, result.OK = append(result.Steps, scenario.StepResult{Text: "(end)", Got: progress.End}), false
	}
	return result
}

// summary is a run as the page lists it.
func (r *run) summary() server.Run {
	result := r.result()
	one := server.Run{Run: r.n, Scenario: r.scenario.Name, Seed: r.scenario.Seed, OK: result.OK, Over: r.player.Progress().Over, Dir: r.dir, T: r.began.UTC().Format(time.RFC3339)}
	if i := slices.IndexFunc(result.Steps, func(s scenario.StepResult) bool { return !s.OK }); i >= 0 {
		one.Failed = strings.TrimSpace(fmt.Sprintf("%s: %s", result.Steps[i].Text, result.Steps[i].Got))
	}
	return one
}
