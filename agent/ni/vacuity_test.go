package ni_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// seen is what pairs went through. Tests that prove nothing are found by it.
type seen struct {
	pairs     int
	apart     []float64 // metres between the two places, pair by pair: the median
	unlike    int       // pairs whose inputs differ
	wires     int       // to limited readers
	positions int       // to the main user
	trips     int       // to the main user
	stubs     int       // of trips, to limited readers
	assigned  int       // trips that the assignee was shown in full
	whileUsed int       // status messages to limited readers while the car was in use: values are held
	processes int       // that took over from another
	spells    int       // begun in use: what was collected is purged
	hid       int       // hidden ends
	passed    int       // of those, driven away from
	corners   map[string]int
}

// look is what one pair went through.
func look(p pair, a, b trace) seen {
	s := a.s
	v := seen{pairs: 1, corners: s.corners, processes: a.processes + b.processes, apart: []float64{medianApart(a, b)}}
	if !slices.Equal(a.inputs(), b.inputs()) {
		v.unlike = 1
	}
	limited, _ := s.mailboxesOf(prober)
	main, _ := s.mailboxesOf(0)
	for _, w := range a.wires {
		parts := strings.Split(w.topic, "/")
		switch {
		case len(parts) < 6:
		case slices.Contains(limited, parts[4]):
			v.wires++
			if parts[5] == "trips" {
				v.stubs++
			}
			if parts[5] == "status" && slices.ContainsFunc(s.drives, func(d drive) bool { return d.holds(w.at) }) {
				v.whileUsed++
			}
		case slices.Contains(main, parts[4]) && parts[5] == "position":
			v.positions++
		case slices.Contains(main, parts[4]) && parts[5] == "trips":
			v.trips++
		}
	}
	for _, one := range s.sessions {
		for _, sp := range one.spells {
			if slices.ContainsFunc(s.drives, func(d drive) bool { return d.holds(sp.from) }) {
				v.spells++
			}
		}
	}
	if s.assigned != nil {
		v.assigned = a.inFull(s.observers()[assignee])
	}
	if p.b.sky != nil {
		v.hid, v.passed = p.b.sky.hid, p.b.sky.passed
	} else if s.hidden != nil && s.hidden.chosen {
		v.hid, v.passed = 1, 1
	}
	return v
}

// inputs are what the car was given before the gate: fixes, and what people did.
func (t trace) inputs() (all []string) {
	for _, tap := range t.taps {
		all = append(all, fmt.Sprint(tap))
	}
	return append(all, t.acts...)
}

// medianApart is how far two worlds are apart, in metres, where they are at all.
func medianApart(a, b trace) float64 {
	var all []float64
	other := map[int64]tapped{}
	for _, tap := range b.taps {
		other[int64(tap.at)] = tap
	}
	for _, tap := range a.taps {
		if apart := metresApart(tap.Position, other[int64(tap.at)].Position); other[int64(tap.at)].at != 0 && apart > 1 {
			all = append(all, apart)
		}
	}
	return median(all)
}

func median(all []float64) float64 {
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	return all[len(all)/2]
}

func (v *seen) add(o seen) {
	v.pairs += o.pairs
	v.apart = append(v.apart, o.apart...)
	v.unlike += o.unlike
	v.wires += o.wires
	v.positions += o.positions
	v.trips += o.trips
	v.stubs += o.stubs
	v.assigned += o.assigned
	v.whileUsed += o.whileUsed
	v.processes += o.processes
	v.spells += o.spells
	v.hid += o.hid
	v.passed += o.passed
	for name, n := range o.corners {
		v.corners[name] += n
	}
}

func (v seen) String() string {
	text := fmt.Sprintf("%.0f m apart, to one limited reader %d wires of which %d status in use, %d positions and %d trips to the main user, %d stubs, %d assigned, %d spells, %d hidden ends of which %d were driven away from, %d processes took over",
		median(slices.Clone(v.apart)), v.wires, v.whileUsed, v.positions, v.trips, v.stubs, v.assigned, v.spells, v.hid, v.passed, v.processes)
	for _, name := range slices.Sorted(maps.Keys(v.corners)) {
		text += fmt.Sprintf(", %s %d", name, v.corners[name])
	}
	return text
}

// corners are those that every run of usual worlds has to come to.
var corners = []string{
	"slot - 1 ns", "slot", "slot + 1 ns", "spell of 119 to 121 s", "latch in a drive", "below a step", "restart on the move",
	"end on the move", "end at a slot", "removal",
	"chattering light", "clock corrected",
}

// enough says where a test proved too little.
func (v seen) enough(t *testing.T, n noninterference) {
	t.Helper()
	if n.apart && median(slices.Clone(v.apart)) < 1000 {
		t.Errorf("%s: the fillings are %.0f m apart", n.name, median(v.apart))
	}
	if v.unlike < v.pairs {
		t.Errorf("%s: only %d of %d pairs differ in what went in", n.name, v.unlike, v.pairs)
	}
	if v.wires < 3*v.pairs || v.whileUsed == 0 || v.positions == 0 || v.trips < v.pairs/2 || v.stubs == 0 {
		t.Errorf("%s: too little is seen: %s", n.name, v)
	}
	if (n.name == "NI-4" || n.name == "NI-5" || n.name == "NI-6" || n.name == "NI-10") && (v.spells == 0 || v.hid == 0 || v.passed == 0) {
		t.Errorf("%s: too little is hidden: %s", n.name, v)
	}
	if n.name == "NI-7" && v.assigned != v.pairs {
		t.Errorf("%s: %d trips were assigned in %d pairs", n.name, v.assigned, v.pairs)
	}
	if n.name == "NI-5" && v.processes == 0 {
		t.Errorf("%s: no process takes over", n.name)
	}
	for _, c := range corners {
		if v.corners[c] == 0 && n.make == nil {
			t.Errorf("%s: no world has %s", n.name, c)
		}
	}
}
