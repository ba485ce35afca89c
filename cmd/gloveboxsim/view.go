package main

import (
	"context"
	"encoding/json"
	"io"
	"os"
	"time"

	"glovebox/sim/console"
)

// view is what a world is shown on.
type view interface {
	show(events []console.Event) error
	close() error
}

// newView is the screen where there is one, which says what to open, else lines.
func newView(out io.Writer, url string) (view, error) {
	if !console.IsScreen(out) {
		return &lines{to: json.NewEncoder(out)}, nil
	}
	s, err := console.OpenScreen(out.(*os.File), os.Stdin)
	if err != nil {
		return nil, err
	}
	return &screen{on: s, url: url}, nil
}

// drawEvery is how often a screen is drawn at most, and how long it may stay as it is: what
// it says of times goes on.
const (
	drawEvery = 250 * time.Millisecond
	drawAgain = time.Second
)

// watch shows what happens in a log until ctx ends.
func watch(ctx context.Context, log *console.Log, view view) error {
	var last uint64
	for {
		events, reset, wait := log.Since(last, console.Console)
		if reset {
			events = append([]console.Event{{Kind: "reset"}}, events...)
		}
		for _, e := range events {
			last = max(last, e.ID)
		}
		if err := view.show(events); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(drawEvery):
		}
		select {
		case <-ctx.Done():
			return nil
		case <-wait:
		case <-time.After(drawAgain):
		}
	}
}

// screen shows the picture.
type screen struct {
	on      *console.Screen
	url     string
	picture console.Picture
}

func (s *screen) show(events []console.Event) error {
	for _, e := range events {
		s.picture.Take(e)
	}
	now := s.picture.At(time.Now())
	now.URL = s.url
	return s.on.Show(now)
}

func (s *screen) close() error { return s.on.Close() }

// lines shows what happens as one JSON object a line.
type lines struct {
	to    *json.Encoder
	lines console.Lines
}

func (l *lines) show(events []console.Event) error {
	for _, e := range events {
		for _, line := range l.lines.Take(e, time.Now()) {
			if err := l.to.Encode(line); err != nil {
				return err
			}
		}
	}
	return nil
}

func (l *lines) close() error { return nil }
