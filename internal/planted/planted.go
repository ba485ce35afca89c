// Package planted builds the product with wrong text in it, for negative controls: the
// product itself has no switch for what must not be. Tests only.
package planted

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Edit makes one text of a file another. It has to stand there exactly once.
type Edit struct{ File, Old, New string }

// Overlay writes the edited files and the overlay that puts them in place, and returns its
// name, for the option -overlay of go build and go test. Files are named from root.
func Overlay(root, dir string, edits ...Edit) (name string, err error) {
	replace, texts := map[string]string{}, map[string]string{}
	for i, e := range edits {
		here, err := filepath.Abs(filepath.Join(root, e.File))
		if err != nil {
			return "", err
		}
		text, edited := texts[here]
		if !edited {
			content, err := os.ReadFile(here)
			if err != nil {
				return "", err
			}
			text = string(content)
		}
		if n := strings.Count(text, e.Old); n != 1 || e.Old == "" {
			return "", fmt.Errorf("edit %s: what stands there stands there %d times", e.File, n)
		}
		texts[here] = strings.Replace(text, e.Old, e.New, 1)
		replace[here] = filepath.Join(dir, fmt.Sprintf("%d-%s", i, filepath.Base(e.File)))
		if err := os.WriteFile(replace[here], []byte(texts[here]), 0o600); err != nil {
			return "", err
		}
	}
	content, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	name = filepath.Join(dir, "overlay.json")
	return name, os.WriteFile(name, content, 0o600)
}

// Leak is a planted fault, and the test that must find it.
type Leak struct {
	Name  string
	Test  string
	Says  string // part of what the test says
	Edits []Edit
}

// Leaks reads a list of them:
//
//	# a comment
//	leak NAME
//	killed by TEST: what the test says
//	edit FILE
//	-what stands there, once
//	+what stands there instead
func Leaks(text string) (all []Leak, err error) {
	number := 0
	for line := range strings.Lines(text) {
		number++
		line = strings.TrimSuffix(line, "\n")
		word, rest, _ := strings.Cut(line, " ")
		last := len(all) - 1
		switch {
		case line == "" || line[0] == '#':
		case word == "leak":
			all = append(all, Leak{Name: rest})
		case last < 0:
			return nil, fmt.Errorf("line %d: want a leak", number)
		case strings.HasPrefix(line, "killed by "):
			all[last].Test, all[last].Says, _ = strings.Cut(strings.TrimPrefix(line, "killed by "), ": ")
		case word == "edit":
			all[last].Edits = append(all[last].Edits, Edit{File: rest})
		case len(all[last].Edits) > 0 && line[0] == '-':
			all[last].Edits[len(all[last].Edits)-1].Old += line[1:] + "\n"
		case len(all[last].Edits) > 0 && line[0] == '+':
			all[last].Edits[len(all[last].Edits)-1].New += line[1:] + "\n"
		default:
			return nil, fmt.Errorf("line %d: %q", number, line)
		}
	}
	for i, l := range all {
		if l.Test == "" || l.Says == "" || len(l.Edits) == 0 {
			return nil, fmt.Errorf("leak %s: want the test, what it says, and an edit", l.Name)
		}
		for j, e := range l.Edits {
			all[i].Edits[j].Old, all[i].Edits[j].New = strings.TrimSuffix(e.Old, "\n"), strings.TrimSuffix(e.New, "\n")
		}
	}
	return all, nil
}
