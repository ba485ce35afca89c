package main

import (
	"bufio"
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"glovebox/sim/console/server"
	"glovebox/sim/scenario"
	"glovebox/sim/scenarios"
)

// shelf is the scenarios that can be started: those in the folder of a file that was
// named, and the demonstrations that come along. What their lines name lies below their
// folder.
type shelf struct {
	folder *os.Root // nil if no file was named
	first  string   // which is played first
}

// ending is that of a scenario's file.
const ending = ".txtar"

// openShelf opens the folder of a file, which may be none.
func openShelf(file string) (*shelf, error) {
	if file == "" {
		return &shelf{first: scenarios.FirstMinute}, nil
	}
	if _, err := os.Stat(file); err != nil {
		return nil, err
	}
	folder, err := os.OpenRoot(filepath.Dir(file))
	if err != nil {
		return nil, err
	}
	return &shelf{folder, filepath.Base(file)}, nil
}

func (s *shelf) close() error {
	if s.folder == nil {
		return nil
	}
	return s.folder.Close()
}

// folders are where scenarios lie.
func (s *shelf) folders() []fs.FS {
	demo, err := fs.Sub(scenarios.Files, scenarios.Demo)
	if err != nil {
		panic(err) // the name is ours
	}
	if s.folder == nil {
		return []fs.FS{demo}
	}
	return []fs.FS{s.folder.FS(), demo}
}

// list has the first one first, then the others of each folder by their names.
func (s *shelf) list() []server.Scenario {
	var all []server.Scenario
	for _, folder := range s.folders() {
		names, _ := fs.Glob(folder, "*"+ending) // the pattern is a good one
		for _, name := range names {
			short := strings.TrimSuffix(name, ending)
			if slices.ContainsFunc(all, func(other server.Scenario) bool { return other.Name == short }) {
				continue
			}
			if text, err := fs.ReadFile(folder, name); err == nil {
				all = append(all, server.Scenario{Name: short, Title: title(text)})
			}
		}
	}
	if i := slices.IndexFunc(all, func(one server.Scenario) bool { return one.Name == strings.TrimSuffix(s.first, ending) }); i > 0 {
		one := all[i]
		all = slices.Insert(slices.Delete(all, i, i+1), 0, one)
	}
	return all
}

// title is that of a scenario, empty if it has none.
func title(text []byte) string {
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		if title, is := strings.CutPrefix(strings.TrimSpace(lines.Text()), "title "); is {
			return strings.TrimSpace(title)
		}
	}
	return ""
}

// load reads a scenario by its name, with or without the ending.
func (s *shelf) load(name string) (*scenario.Scenario, error) {
	err := error(fs.ErrNotExist)
	for _, folder := range s.folders() {
		open := func(other string) ([]byte, error) { return fs.ReadFile(folder, other) }
		for _, file := range []string{name, name + ending} {
			var text []byte
			if text, err = open(file); err == nil {
				return scenario.Parse(file, text, open)
			} else if !errors.Is(err, fs.ErrNotExist) {
				return nil, err
			}
		}
	}
	return nil, err
}
