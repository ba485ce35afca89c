// Package vss is the pinned list of signal paths: the leaves of the Vehicle Signal
// Specification that somebody has looked at. The text is searched where it stands, so
// that a start pays for the paths of one mapping file and not for the list.
package vss

import (
	_ "embed"
	"iter"
	"strings"
)

//go:embed leaves.txt
var leaves string

//go:embed overlay.txt
var overlay string

// lists are read in this order; a branch may stand in both.
var lists = [...]*string{&leaves, &overlay}

// Has reports whether path is a leaf of the list.
func Has(path string) bool {
	dot := strings.LastIndexByte(path, '.')
	if dot <= 0 || dot == len(path)-1 || strings.ContainsAny(path, "#: \n") {
		return false
	}
	for _, list := range lists {
		if hasLeaf(*list, path[:dot], path[dot+1:]) {
			return true
		}
	}
	return false
}

func hasLeaf(list, branch, leaf string) bool {
	for name := range strings.SplitSeq(below(list, branch), " ") {
		if name == leaf {
			return true
		}
	}
	return false
}

// below are the names below a branch. The lines stand in the order of their branches, with
// the remarks before all: each look halves what is left.
func below(list, branch string) string {
	for list != "" {
		at := strings.LastIndexByte(list[:len(list)/2], '\n') + 1
		line, rest, _ := strings.Cut(list[at:], "\n")
		name, names, _ := strings.Cut(line, ": ")
		switch order := strings.Compare(name, branch); {
		case order == 0:
			return names
		case order < 0:
			list = rest
		default:
			list = list[:at]
		}
	}
	return ""
}

// All are the leaves of the list, branch by branch.
func All() iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, list := range lists {
			for line := range strings.Lines(*list) {
				branch, names, ok := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
				for name := range strings.SplitSeq(names, " ") {
					if ok && line[0] != '#' && !yield(branch+"."+name) {
						return
					}
				}
			}
		}
	}
}
