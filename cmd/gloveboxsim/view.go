package main

import (
	"encoding/json"
	"io"
	"os"

	"glovebox/sim/console"
)

// view is what a world is shown on.
type view interface {
	show(p console.Picture, events []any) error
	close() error
}

// newView is the screen where there is one, else lines.
func newView(out io.Writer) (view, error) {
	if !console.IsScreen(out) {
		return lines{json.NewEncoder(out)}, nil
	}
	s, err := console.OpenScreen(out.(*os.File), os.Stdin)
	if err != nil {
		return nil, err
	}
	return screen{s}, nil
}

// screen shows the picture.
type screen struct{ on *console.Screen }

func (s screen) show(p console.Picture, _ []any) error { return s.on.Show(p) }
func (s screen) close() error                          { return s.on.Close() }

// lines shows each event as one JSON object a line.
type lines struct{ to *json.Encoder }

func (l lines) show(_ console.Picture, events []any) error {
	for _, e := range events {
		if err := l.to.Encode(e); err != nil {
			return err
		}
	}
	return nil
}

func (l lines) close() error { return nil }
