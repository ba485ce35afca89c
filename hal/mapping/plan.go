package mapping

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"glovebox/hal"
	"glovebox/hal/can"
)

// Plan is a mapping file bound to the buses of one car. Its methods only read,
// but each bus's Decoder holds what that bus said and belongs to one goroutine.
// The nil Plan maps nothing.
type Plan struct {
	file     *File
	bound    []bound
	commands []bound // one for each actuator
	decoders map[string]*Decoder
}

// Bus returns the decoder of a bus, the same one each time; a bus that maps
// nothing has one that ignores every frame.
func (p *Plan) Bus(name string) *Decoder {
	if p != nil && p.decoders[name] != nil {
		return p.decoders[name]
	}
	return newDecoder()
}

// Buses returns the names of the buses, sorted.
func (p *Plan) Buses() []string {
	if p == nil {
		return nil
	}
	return slices.Sorted(maps.Keys(p.decoders))
}

// Paths returns the mapped paths, sorted, each once.
func (p *Plan) Paths() (paths []string) {
	if p == nil {
		return nil
	}
	for _, b := range p.bound {
		paths = append(paths, b.spec.Path)
	}
	slices.Sort(paths)
	return slices.Compact(paths)
}

// Alarms returns the alarm rules, in the order of the file. They are judged by
// whoever has the readings.
func (p *Plan) Alarms() []Alarm {
	if p == nil {
		return nil
	}
	return slices.Clone(p.file.Alarms)
}

// Actuators returns the actuators, in the order of the file.
func (p *Plan) Actuators() []Actuator {
	if p == nil {
		return nil
	}
	return slices.Clone(p.file.Actuators)
}

// Fobs returns the key readers, in the order of the file.
func (p *Plan) Fobs() []Fob {
	if p == nil {
		return nil
	}
	return slices.Clone(p.file.Fobs)
}

// ErrUnknown says that a path or an alarm is not in the mapping file.
var ErrUnknown = errors.New("not in the mapping file")

// Parse reads a value of path as people write it: a number, true, false, a word
// of the file, or none for "not available".
func (p *Plan) Parse(path, text string) (hal.Value, error) {
	known := false
	for _, b := range p.of(path) {
		known = true
		if text == "none" && b.invalid != nil {
			return hal.Value{}, nil
		}
		if b.values == nil {
			if v, err := strconv.ParseFloat(text, 64); err == nil {
				return hal.Number(v), nil
			}
		}
		for _, m := range b.values {
			if m.to.String() == text {
				return m.to, nil
			}
		}
	}
	if !known {
		return hal.Value{}, fmt.Errorf("%s: %w", path, ErrUnknown)
	}
	return hal.Value{}, fmt.Errorf("%s: %q is no value of it", path, text)
}

// AlarmValue returns the path of an alarm and the value that puts it on or off.
func (p *Plan) AlarmValue(code string, on bool) (path string, v hal.Value, err error) {
	for _, a := range p.Alarms() {
		if a.Code != code {
			continue
		}
		if on {
			return a.Path, a.When, nil
		}
		for _, b := range p.of(a.Path) {
			for _, m := range b.values {
				if m.to != a.When {
					return a.Path, m.to, nil
				}
			}
		}
		return "", hal.Value{}, fmt.Errorf("alarm %s: the mapping file has no value that puts it off", code)
	}
	return "", hal.Value{}, fmt.Errorf("alarm %s: %w", code, ErrUnknown)
}

// Overwrite puts the value v of path into the bits of a frame of bus and
// reports whether the frame holds that path. It leaves every other bit alone.
// Where several entries map the path, it is the one whose condition holds in
// this frame. An absent v becomes the first invalid value. A value that the
// bits cannot hold is not written.
func (p *Plan) Overwrite(bus string, f *can.Frame, path string, v hal.Value) bool {
	if f.Remote {
		return false
	}
	data := f.Data[:min(f.Len, can.MaxLen)]
	for _, b := range p.of(path) {
		if b.spec.Bus != bus || !b.spec.Match.is(b.message, f) || !b.holds(data) {
			continue
		}
		if raw, ok := b.encode(v); ok && b.signal.Plan().PutRaw(data, raw) == nil {
			return true
		}
	}
	return false
}

// of returns the entries of a path.
func (p *Plan) of(path string) (entries []*bound) {
	if p == nil {
		return nil
	}
	for i := range p.bound {
		if p.bound[i].spec.Path == path {
			entries = append(entries, &p.bound[i])
		}
	}
	return entries
}

// holds reports whether no condition speaks against b in this payload. What
// another message says is not known here.
func (b *bound) holds(data []byte) bool {
	for _, w := range b.when {
		if w.message != b.message {
			continue
		}
		if raw, ok := w.signal.Plan().Raw(data); !ok || raw != w.raw {
			return false
		}
	}
	return true
}

// encode is the raw value that decodes to v, or to the nearest number.
func (b *bound) encode(v hal.Value) (raw int64, ok bool) {
	if v.Absent() {
		if b.invalid == nil {
			return 0, false
		}
		return b.invalid[0], true
	}
	for _, m := range b.values {
		if m.to == v {
			return m.raw, true
		}
	}
	number, ok := v.Float()
	if !ok || b.values != nil {
		return 0, false
	}
	return b.signal.Plan().Nearest((number - b.spec.Offset) / b.spec.Scale)
}
