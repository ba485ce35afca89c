package main

import (
	"log/slog"

	"glovebox/agent/rundir"
)

// openFolders opens the directory above those of the sessions, and says how many of
// sessions before could not be removed. Where there can be none the sessions have none.
func openFolders(path string, log *slog.Logger) (f folders, aside int) {
	if path == "" {
		return folders{}, 0
	}
	base, aside, err := rundir.Open(path)
	if err != nil {
		log.Warn("no directories for sessions", "error", err)
		return folders{}, 0
	}
	if aside > 0 {
		log.Warn("directories of earlier sessions set aside", "count", aside)
	}
	return folders{base}, aside
}

// folders makes the sessions' directories, or none.
type folders struct{ base *rundir.Base }

func (f folders) Make() (string, error) {
	if f.base == nil {
		return "", nil
	}
	return f.base.Make()
}

// Remove is asked only for what Make made.
func (f folders) Remove(path string) (removed, left, aside int) { return f.base.Remove(path) }

// Close lets go of the directory.
func (f folders) Close() error {
	if f.base == nil {
		return nil
	}
	return f.base.Close()
}
