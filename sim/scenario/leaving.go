package scenario

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// inhibit is an app that holds a delay lock, for a time or to the end.
type inhibit struct{ span time.Duration }

func (c *inhibit) slots() slots { return slots{nil, &c.span} }

func (c *inhibit) do(ctx context.Context, s *stage) (string, error) {
	lock, err := s.world.HMI.Inhibit(ctx, "scenario", "a line says so")
	if err != nil {
		return "", err
	}
	jobs := &s.lasting
	if c.span > 0 {
		jobs = &s.jobs
	}
	jobs.Go(func() {
		defer lock.Close()
		var over <-chan time.Time
		if c.span > 0 {
			over = time.After(c.span)
		}
		select {
		case <-s.ctx.Done():
		case <-over:
		}
	})
	return "", nil
}

// keep is an app that writes a file below the session's directory, keeps it open and has
// its working directory there, to the end.
type keep struct{ text string }

func (c *keep) slots() slots        { return slots{&c.text} }
func (c *keep) check(*parser) error { return found(c.text) }

func (c *keep) do(ctx context.Context, s *stage) (string, error) {
	session, err := s.world.HMI.Session(ctx)
	if err != nil {
		return "", err
	}
	if session.RuntimeDirectory == "" {
		return "", errors.New("the session has no directory")
	}
	name := filepath.Join(session.RuntimeDirectory, "kept")
	if err := os.WriteFile(name, []byte(c.text), 0o600); err != nil {
		return "", err
	}
	file, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer file.Close()
	app := exec.CommandContext(s.ctx, "sleep", "1000")
	app.Dir, app.Stdin = session.RuntimeDirectory, file
	if err := app.Start(); err != nil {
		return "", fmt.Errorf("an app: %w", err)
	}
	s.lasting.Go(func() { _ = app.Wait() })
	return "", nil
}

// reason is why the session is as it is.
type reason struct{ word string }

func (c *reason) slots() slots { return slots{&c.word} }

func (c *reason) holds(ctx context.Context, s *stage, _ moment) (bool, string, error) {
	v, err := s.hmi.Session(ctx)
	return v.Reason == c.word, v.Reason, err
}

// wipe is what is left of sessions that are over.
type wipe struct{ state string }

func (c *wipe) slots() slots { return slots{&c.state} }

func (c *wipe) holds(ctx context.Context, s *stage, _ moment) (bool, string, error) {
	v, err := s.hmi.Session(ctx)
	return v.WipeState == c.state, v.WipeState, err
}

// files is a text in any file below the directories of the sessions.
type files struct{ text string }

func (c *files) slots() slots        { return slots{&c.text} }
func (c *files) check(*parser) error { return found(c.text) }

func (c *files) holds(_ context.Context, s *stage, _ moment) (bool, string, error) {
	if err := s.records.Flush(); err != nil {
		return false, "", err
	}
	where := ""
	err := filepath.WalkDir(filepath.Join(s.dir, runDir), func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) { // one that is being removed
			return nil
		}
		if err != nil || !d.Type().IsRegular() || where != "" {
			return err
		}
		text, err := os.ReadFile(path)
		if bytes.Contains(text, []byte(c.text)) {
			where = filepath.Base(path)
		}
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	})
	return where != "", foundAt(where), err
}

// runDir is where the agent makes the directories of the sessions, below the world's.
const runDir = "run"

// sleep puts the unit to sleep for a while, at least a second.
func (s *stage) sleep(ctx context.Context, d time.Duration) (string, error) {
	s.guard(ctx, true)
	held, err := s.world.Sleep(ctx, max(d, time.Second))
	return fmt.Sprintf("after %v", held.Round(time.Millisecond)), err
}
