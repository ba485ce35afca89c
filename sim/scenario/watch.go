package scenario

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"sync"
	"time"

	"glovebox/hal"
	"glovebox/hal/mapping"
	"glovebox/headunit"
	"glovebox/sim/car"
)

// watchLog is what the agent decoded, as Vehicle1.Watch tells it.
type watchLog struct {
	mu      sync.Mutex
	byPath  map[string][]seen          // guarded by mu; in the order of arrival
	allowed map[string]map[string]bool // guarded by mu; values that the script put in
	most    int                        // so many of a path are kept
}

// seen is one reading.
type seen struct {
	boot  time.Duration
	value string // empty if there was none
}

// watch follows the readings of the agent that was just booted, where a check of
// the scenario asks for them, and of each fresh process that takes over from it.
func (s *stage) watch() error {
	if !s.byHand && !s.asksForReadings() {
		return nil
	}
	ended := make(chan error, 1)
	gone := s.world.Agent.Ended()
	s.watchers.Go(func() {
		for {
			err := s.world.HMI.Watch(s.ctx, func(text []byte) error { s.seen.line(text); return nil })
			select {
			case ended <- err:
			default: // it had begun
			}
			if !errors.Is(err, headunit.ErrNotReached) || s.world.HMI.Await(s.ctx, gone) != nil {
				return
			}
			select {
			case <-gone: // it is another agent, which was booted
				return
			default:
			}
		}
	})
	select {
	case err := <-ended:
		return err
	case <-time.After(20 * time.Millisecond): // refused it would have been at once
		return nil
	}
}

// asksForReadings reports whether a line compares readings.
func (s *stage) asksForReadings() bool {
	return slices.ContainsFunc(s.Steps, func(step Step) bool {
		var what Command
		switch c := bare(step.Command).what.(type) {
		case *expect:
			what = c.what
		case *never:
			what = c.what
		}
		switch what.what.(type) {
		case *signalIs, *signalRange, *signals:
			return true
		}
		return false
	})
}

// line takes one line of the stream.
func (w *watchLog) line(text []byte) {
	var r struct {
		T     float64
		Path  string
		Value *string
	}
	if json.Unmarshal(text, &r) != nil || r.Path == "" { // how many were left out
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.byPath == nil {
		w.byPath = map[string][]seen{}
	}
	v := seen{boot: time.Duration(r.T * float64(time.Second))}
	if r.Value != nil {
		v.value = *r.Value
	}
	all := append(w.byPath[r.Path], v)
	if len(all) > 2*w.most {
		all = slices.Clone(all[w.most:])
	}
	w.byPath[r.Path] = all
}

// allow notes a value that the script put in place of a recorded one.
func (w *watchLog) allow(path, value string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.allowed == nil {
		w.allowed = map[string]map[string]bool{}
	}
	if w.allowed[path] == nil {
		w.allowed[path] = map[string]bool{}
	}
	w.allowed[path][value] = true
}

// since returns the readings of a path from a time on.
func (w *watchLog) since(path string, boot time.Duration) []seen {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := w.byPath[path]
	i, _ := slices.BinarySearchFunc(all, boot, func(v seen, t time.Duration) int { return int(v.boot - t) })
	return slices.Clone(all[i:])
}

// near reports whether a path had a value at a time. A busy machine plays late.
func (w *watchLog) near(path, value string, at time.Duration) (bool, string) {
	const before, after = 150 * time.Millisecond, time.Second
	w.mu.Lock()
	defer w.mu.Unlock()
	got := "nothing"
	for i, v := range w.byPath[path] {
		if v.boot > at+after {
			break
		}
		last := i+1 == len(w.byPath[path]) || w.byPath[path][i+1].boot > at-before
		if v.boot < at-before && !last {
			continue
		}
		if got = v.value; equalValue(v.value, value) {
			return true, got
		}
	}
	return false, got
}

// equalValue compares numbers to the precision of sim/scenarios/rav4/truth.md, else texts.
func equalValue(a, b string) bool {
	const precision = 0.005 + 1e-9
	x, errX := strconv.ParseFloat(a, 64)
	y, errY := strconv.ParseFloat(b, 64)
	if errX == nil && errY == nil {
		return math.Abs(x-y) <= precision
	}
	return a == b
}

// extremes are the smallest and the largest number of a path.
func extremes(all []seen) (low, high float64, n int) {
	low, high = math.Inf(1), math.Inf(-1)
	for _, v := range all {
		if f, err := strconv.ParseFloat(v.value, 64); err == nil {
			low, high, n = min(low, f), max(high, f), n+1
		}
	}
	return low, high, n
}

// strange returns the first reading that is no value of the drive, nor one that
// the script put in, and how many readings there were.
func (w *watchLog) strange(recorded map[string]map[string]bool) (found string, n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for path, all := range w.byPath {
		for _, v := range all {
			n++
			if v.value != "" && !recorded[path][v.value] && !w.allowed[path][v.value] {
				return fmt.Sprintf("%s %s", path, v.value), n
			}
		}
	}
	return "", n
}

// recordedValues decodes a whole drive: every value of every path.
func recordedValues(plan *mapping.Plan, d *car.Drive, names map[string]string) map[string]map[string]bool {
	all := map[string]map[string]bool{}
	var readings []hal.Reading
	for _, f := range d.Frames {
		at := hal.Instant{UTC: time.Unix(0, int64(f.At)), Boot: f.At}
		readings = plan.Bus(names[f.Bus]).Decode(&f.Frame, at, readings[:0])
		for _, r := range readings {
			if all[r.Path] == nil {
				all[r.Path] = map[string]bool{}
			}
			all[r.Path][r.Value.String()] = true
		}
	}
	return all
}
