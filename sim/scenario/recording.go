package scenario

import (
	"bytes"
	"cmp"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// recording is what was played, in the order in which it happened. It is safe for concurrent use.
type recording struct {
	mu      sync.Mutex
	entries []*entry      // guarded by mu
	lost    bool          // guarded by mu; it was too much
	stood   time.Duration // guarded by mu; how long a recorded car stood still, which no line can say
	since   time.Time     // guarded by mu; it stands still since then, if it does
}

// entry is a line that was played, or that the car stands still from now on or goes on.
type entry struct {
	Command
	held         string // the line that says that; empty for others
	refused      string // as what, if it was
	beside       bool   // others were played before it was over
	begun, ended time.Time
}

// mostRecorded is how many lines are kept: of an hour in which somebody says five a second.
const mostRecorded = 20_000

// begin notes that a line begins. What does something stands where it began; what only waits
// stands where it ended.
func (r *recording) begin(c Command) *entry {
	r.mu.Lock()
	defer r.mu.Unlock()
	e := &entry{Command: c, begun: r.now()}
	if _, ends := c.what.(*end); !waits(c) && !ends {
		r.add(e)
	}
	return e
}

// add expects mu.
func (r *recording) add(e *entry) {
	if r.entries = append(r.entries, e); len(r.entries) > mostRecorded {
		r.entries, r.lost = nil, true
	}
}

// now expects mu.
func (r *recording) now() time.Time {
	if !r.since.IsZero() {
		return r.since.Add(-r.stood)
	}
	return time.Now().Add(-r.stood)
}

// waits reports whether a command waits first, and does something then if at all.
func waits(c Command) bool {
	switch c.what.(type) {
	case *wait, *waitUntil, *at, *syncUp, *expect:
		return true
	}
	return false
}

// keep says that a line went well, or was refused as is kept with it. What others were played
// beside stands before them, and lasts: how it was refused was seen by then.
func (r *recording) keep(e *entry, refused error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if e.ended = r.now(); refused != nil {
		e.refused = refusal(refused)
	}
	if waits(e.Command) {
		r.add(e)
		return
	}
	e.beside = aside(e.Command) && len(r.entries) > 0 && r.entries[len(r.entries)-1] != e
}

// drop forgets a line that failed.
func (r *recording) drop(e *entry) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.entries = slices.DeleteFunc(r.entries, func(other *entry) bool { return other == e })
}

// hold notes that the car's time stands still from now on, or runs again. The made car does so when
// it is told to; of a recorded one that time is left out.
func (r *recording) hold(on bool, s *stage) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch now := time.Now(); {
	case s.Made:
		line := "speed 0x"
		if !on {
			line = "speed " + decimal(s.pace.Factor()) + "x"
		}
		r.add(&entry{held: line, begun: now, ended: now})
	case on:
		r.since = now
	default:
		r.stood, r.since = r.stood+now.Sub(r.since), time.Time{}
	}
}

// lines are those that repeat it, with the pauses between them. The caller has mu.
func (r *recording) lines() []string {
	w := &writer{}
	for _, e := range r.entries {
		if !e.ended.IsZero() { // else it lasts
			w.entry(e)
		}
	}
	return w.lines
}

// writer writes a recording.
type writer struct {
	lines  []string
	begun  time.Time     // the full second in which the first boot was over, or the first line began
	over   time.Time     // the lines so far
	said   time.Duration // the newest time since begun
	drives bool          // as a reader of the lines knows
	booted bool
	stands bool   // the car's time does
	held   string // the line that says so, or that it does not
}

func (w *writer) entry(e *entry) {
	switch c := e.what.(type) {
	case nil:
		w.held, w.stands = e.held, !w.stands
		if w.booted {
			w.pause(e.begun)
			w.say(e.held)
		}
	case *boot:
		w.pause(e.begun)
		w.say(e.String())
		if !w.booted {
			w.begun, w.said = fullSecond(e.ended), 0
		}
		if w.booted = true; w.stands { // it could not be said before
			w.say(w.held)
		}
	case *wait:
		if e.begun.Before(w.over) { // others were played meanwhile
			w.pause(e.ended)
		} else {
			w.pause(e.begun)
			w.say(e.String())
			w.said = w.since(e.ended)
		}
	case *waitUntil:
		w.pause(e.ended)
	case *expect:
		if e.begun.Sub(w.over) >= rhythm { // else it looks right behind a line
			w.pause(e.begun)
		}
		w.say(e.String())
	case *at:
		if w.drives {
			w.say(e.String())
		} else {
			w.pause(e.ended)
			w.say(c.command.String())
		}
	case *syncUp:
		w.pause(e.begun)
		w.say(e.String())
		w.drives = false
	case *speed:
		if w.stands { // it is said when the car goes on
			return
		}
		w.pause(e.begun)
		w.say(e.String())
	default:
		_, replays := c.(*replay)
		if _, drives := c.(*drive); drives || replays {
			if w.drives { // the one before is over
				w.say("sync drive")
			}
			w.drives = true
		}
		w.pause(e.begun)
		if e.beside {
			w.say("meanwhile " + e.String())
			return
		}
		w.say(e.String())
	}
	if e.refused != "" {
		w.say("expect error " + e.refused)
	}
	if e.ended.After(w.over) {
		w.over = e.ended
	}
}

func (w *writer) say(line string) { w.lines = append(w.lines, line) }

// pause waits for a moment, as far as a rhythm goes.
func (w *writer) pause(until time.Time) {
	if w.begun.IsZero() {
		w.begun = until
	}
	if since := w.since(until); since > w.said {
		w.said = since
		w.say("wait until " + span(since))
	}
}

// since is when a moment was, as far as a rhythm goes. It stays on its side of a full second:
// slots begin there, and what was said before one is said before one again.
func (w *writer) since(t time.Time) time.Duration {
	exact := t.Sub(w.begun)
	since := exact.Round(rhythm)
	if since%time.Second != 0 {
		return since
	}
	return since + rhythm*time.Duration(cmp.Compare(exact, since))
}

// file is the recording as a scenario, with the attachments of another and the texts beside it.
func (r *recording) file(of *Scenario) []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.lost {
		return nil
	}
	files := maps.Clone(of.Files)
	for name, data := range of.beside {
		if _, again := split(join(nil, map[string][]byte{name: data})); len(again) == 1 && bytes.Equal(again[0].data, data) {
			files[name] = data
		}
	}
	return join([]byte(strings.Join(append(r.lines(), "end"), "\n")+"\n"), files)
}
