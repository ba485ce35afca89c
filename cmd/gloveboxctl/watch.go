package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/godbus/dbus/v5"
	"golang.org/x/sys/unix"
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
	var fd dbus.UnixFD
	if err := a.ask("Vehicle1.Watch", nil, &fd); err != nil {
		return err
	}
	if err := unix.SetNonblock(int(fd), true); err != nil { // so that closing ends a read
		return fmt.Errorf("watch: %w", err)
	}
	stream := os.NewFile(uintptr(fd), "watch")
	defer stream.Close()
	defer context.AfterFunc(a.ctx, func() { _ = stream.Close() })()
	lines := bufio.NewScanner(stream)
	for lines.Scan() {
		if err := a.reading(lines.Bytes()); err != nil {
			return err
		}
	}
	if err := lines.Err(); err != nil && !errors.Is(err, os.ErrClosed) {
		return fmt.Errorf("watch: %w", err)
	}
	return notReached("the agent left the bus")
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
