package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"glovebox/headunit"
)

type watchCmd struct{}

// reading is one line of the stream.
type reading struct {
	T       float64 `json:"t"`
	Path    string  `json:"path"`
	Value   *string `json:"value"`
	Dropped uint64  `json:"dropped"`
}

// Run prints readings as they come, in JSON as the agent sends them.
func (watchCmd) Run(a *app) error {
	for {
		err := a.Watch(a.ctx, a.reading)
		if _, refused := errors.AsType[*headunit.Refusal](err); refused || !errors.Is(err, headunit.ErrNotReached) {
			return a.untilInterrupted(err)
		}
		if !a.isBack() {
			return a.untilInterrupted(err)
		}
	}
}

// takesOver is how long another process may take to take over after a guest.
const takesOver = 5 * time.Second

// isBack waits for an agent that answers. One that is just leaving may answer nothing.
func (a *app) isBack() bool {
	for end := time.Now().Add(takesOver); ; time.Sleep(20 * time.Millisecond) {
		if _, err := a.Properties(a.ctx, "Vehicle1"); err == nil {
			return true
		}
		if a.ctx.Err() != nil || time.Now().After(end) {
			return false
		}
	}
}

// untilInterrupted is how a command ended that goes on until it is interrupted: then it is
// done.
func (a *app) untilInterrupted(err error) error {
	if a.ctx.Err() != nil {
		return nil
	}
	return err
}

func (a *app) reading(line []byte) error {
	if a.json {
		_, err := fmt.Fprintf(a.out, "%s\n", line)
		return err
	}
	var r reading
	if err := json.Unmarshal(line, &r); err != nil {
		return fmt.Errorf("watch: %w", err)
	}
	value := "not available"
	if r.Value != nil {
		value = *r.Value
	}
	var err error
	if r.Dropped > 0 {
		_, err = fmt.Fprintf(a.out, "%d readings missed\n", r.Dropped)
	} else {
		_, err = fmt.Fprintf(a.out, "%12.3f  %s = %s\n", r.T, r.Path, value)
	}
	return err
}
