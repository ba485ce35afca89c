// Package outside decides what leaves the car, reader by reader, and makes the
// messages. It knows the gated place, the signals, the alarms, the readers of
// the access document and the state of the link. It has no input that names a
// level, a session or a person at the wheel, so nothing that leaves can depend
// on them (docs/privacy.md, The pipeline).
//
// What is hot: Signal runs once for each changed reading and allocates nothing
// for a path it has seen before.
package outside

import (
	_ "embed"
	"encoding/csv"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Class is a row of policy.csv: what a signal or a datum is, as far as
// privacy is concerned.
type Class string

// The classes this package names itself; the others are data.
const (
	Unknown       Class = "unknown"
	ClassPosition Class = "position"

	classTripExists    Class = "trip-exists"
	classTripSummary   Class = "trip-summary"
	classTripPoints    Class = "trip-points"
	classTripTrack     Class = "trip-track"
	classTripAssignees Class = "trip-assignees"

	classInUse     Class = "in-use"
	classAlarm     Class = "alarm"
	classGapRecord Class = "gap-record"
	classResult    Class = "action-result"
	classChange    Class = "access-change"
	classChat      Class = "chat"
	classBooking   Class = "booking"
)

//go:embed vss-rules.csv
var vssRules string

//go:embed agent-classes.csv
var agentClasses string

// Rule is one line of vss-rules.csv: the first pattern that matches the whole
// path after "Vehicle." gives the class.
type Rule struct {
	Order   int
	Pattern string // a regular expression
	Class   Class
	Limited string // the cell a limited reader gets; a test holds it against policy.csv

	patterns []pattern // the alternatives of Pattern
}

// Name is one line of agent-classes.csv: a datum that VSS has no path for.
type Name struct {
	Name    string
	Class   Class
	Limited string
}

// Rules returns the ordered rules over VSS paths.
func Rules() []Rule { return append([]Rule(nil), rules()...) }

// Names returns the data that VSS has no path for.
func Names() []Name { return append([]Name(nil), names()...) }

// The lists are embedded; a damaged one classifies nothing.
var (
	rules = sync.OnceValue(func() []Rule { r, _ := readRules(vssRules); return r })
	names = sync.OnceValue(func() []Name { n, _ := readNames(agentClasses); return n })
)

// Classify returns the class of a VSS path, and Unknown for a path that no
// rule knows or that is no path below Vehicle.
func Classify(path string) Class {
	rest, ok := strings.CutPrefix(path, "Vehicle.")
	if !ok {
		return Unknown
	}
	for _, r := range rules() {
		if slices.ContainsFunc(r.patterns, func(p pattern) bool { return p.matches(rest) }) {
			return r.Class
		}
	}
	return Unknown
}

// ClassifyName returns the class of a datum by its own name, and Unknown for
// a name that is not in the list.
func ClassifyName(name string) Class {
	for _, n := range names() {
		if n.Name == name {
			return n.Class
		}
	}
	return Unknown
}

func readRules(text string) ([]Rule, error) {
	records, err := table(text, "order", "pattern", "family", "class", "limited", "reason")
	if err != nil {
		return nil, fmt.Errorf("vss-rules.csv: %w", err)
	}
	out := make([]Rule, 0, len(records))
	for _, rec := range records {
		order, err := strconv.Atoi(rec[0])
		if err != nil {
			return nil, fmt.Errorf("vss-rules.csv: rule %q: want a number", rec[0])
		}
		out = append(out, Rule{order, rec[1], Class(rec[3]), rec[4], alternatives(rec[1])})
	}
	return out, nil
}

func readNames(text string) ([]Name, error) {
	records, err := table(text, "name", "family", "class", "limited", "reason")
	if err != nil {
		return nil, fmt.Errorf("agent-classes.csv: %w", err)
	}
	out := make([]Name, 0, len(records))
	seen := map[string]bool{}
	for _, rec := range records {
		if seen[rec[0]] {
			return nil, fmt.Errorf("agent-classes.csv: %s stands twice", rec[0])
		}
		seen[rec[0]] = true
		out = append(out, Name{rec[0], Class(rec[2]), rec[3]})
	}
	return out, nil
}

// table reads CSV with # comments and exactly this header.
func table(text string, header ...string) ([][]string, error) {
	r := csv.NewReader(strings.NewReader(text))
	r.Comment = '#'
	r.FieldsPerRecord = len(header)
	records, err := r.ReadAll()
	if err != nil {
		return nil, err
	}
	if len(records) == 0 {
		return nil, errors.New("empty")
	}
	for i, want := range header {
		if records[0][i] != want {
			return nil, fmt.Errorf("column %d is %q: want %q", i+1, records[0][i], want)
		}
	}
	return records[1:], nil
}
