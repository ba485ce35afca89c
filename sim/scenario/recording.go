package scenario

import (
	"slices"
	"strings"
	"time"
)

// recording is what was played, in the order in which it happened.
type recording struct {
	entries []*entry
	lost    bool // it was too much
}

// entry is a line that was played.
type entry struct {
	Command
	refused      string // as what, if it was
	begun, ended time.Time
}

// mostRecorded is how many lines are kept: of an hour in which somebody says five a second.
const mostRecorded = 20_000

// begin notes that a line begins. What does something stands where it began; what only waits
// stands where it ended.
func (r *recording) begin(c Command) *entry {
	e := &entry{Command: c, begun: time.Now()}
	if _, ends := c.what.(*end); !waits(c) && !ends {
		r.entries = append(r.entries, e)
	}
	if len(r.entries) > mostRecorded {
		r.entries, r.lost = nil, true
	}
	return e
}

// waits reports whether a command waits first, and does something then if at all.
func waits(c Command) bool {
	switch c.what.(type) {
	case *wait, *at, *syncUp, *expect:
		return true
	}
	return false
}

// keep says that a line went well, or was refused as is kept with it.
func (r *recording) keep(e *entry, refused error) {
	if e.ended = time.Now(); refused != nil {
		e.refused = refusal(refused)
	}
	if waits(e.Command) {
		r.entries = append(r.entries, e)
	}
}

// drop forgets a line that failed.
func (r *recording) drop(e *entry) {
	r.entries = slices.DeleteFunc(r.entries, func(other *entry) bool { return other == e })
}

// lines are those that repeat it, with the pauses between them.
func (r *recording) lines() (all []string) {
	var over time.Time // the lines so far
	pause := func(until time.Time) {
		if over.IsZero() {
			return
		}
		for d := until.Sub(over).Round(rhythm); d > 0; d -= longest {
			all = append(all, "wait "+span(min(d, longest)))
		}
	}
	drives := false
	for _, e := range r.entries {
		if e.ended.IsZero() { // it lasts
			continue
		}
		text := e.String()
		switch c := e.what.(type) {
		case *wait:
			if e.begun.Before(over) { // others were played meanwhile
				pause(e.ended)
				text = ""
			}
		case *at:
			if !drives {
				pause(e.ended)
				text = c.command.String()
			}
		case *syncUp:
			drives = false
		case *replay, *drive:
			if drives { // the one before is over
				all = append(all, "sync")
			}
			drives = true
			pause(e.begun)
		default:
			pause(e.begun)
		}
		if text != "" {
			all = append(all, text)
		}
		if e.refused != "" {
			all = append(all, "expect error "+e.refused)
		}
		if e.ended.After(over) {
			over = e.ended
		}
	}
	return all
}

// file is the recording as a scenario with the attachments of another.
func (r *recording) file(of *Scenario) []byte {
	if r.lost {
		return nil
	}
	lines := append(r.lines(), "end")
	return join([]byte(strings.Join(lines, "\n")+"\n"), of.Files)
}
