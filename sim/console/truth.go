package console

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"glovebox/hal"
	"glovebox/hal/can"
	"glovebox/hal/dbc"
	"glovebox/hal/mapping"
	"glovebox/hal/slcan"
	"glovebox/sim"
	"glovebox/telemetry/outside"
)

// truth is what the car says on its buses, before any agent hears it: of each frame the
// newest, and read only when it is due.
type truth struct {
	files map[string]*dbc.File
	plan  *mapping.Plan

	mu      sync.Mutex
	said    map[string]*slcan.Decoder // guarded by mu; by bus
	frames  map[frameKey]*newestFrame // guarded by mu
	values  map[string]any            // guarded by mu; by VSS path, as the car has them
	classes map[string]string         // guarded by mu; of those paths
	place   string                    // guarded by mu; where it is, in words
	batch   []hal.Reading             // guarded by mu
}

type frameKey struct {
	bus      string
	id       uint32
	extended bool
}

type newestFrame struct {
	frame can.Frame
	count int  // since it was told last
	fresh bool // it is another than was read last
	told  time.Time
}

// frameData is the event frame.
type frameData struct {
	Bus  string  `json:"bus"`
	ID   string  `json:"id"`
	Data string  `json:"data"`
	Name string  `json:"name"`
	Text string  `json:"text"`
	Rate float64 `json:"rate"`
}

// newTruth reads what the buses of a world are made of; what cannot be read has no names.
func newTruth(w *sim.World) *truth {
	t := &truth{files: map[string]*dbc.File{}, said: map[string]*slcan.Decoder{}, frames: map[frameKey]*newestFrame{}, values: map[string]any{}, classes: map[string]string{}}
	for bus := range w.Ports {
		t.said[bus] = &slcan.Decoder{}
		if text, err := os.ReadFile(filepath.Join(w.Dir, bus+".dbc")); err == nil {
			t.files[bus], _ = dbc.Parse(bus+".dbc", text)
		}
	}
	text, err := os.ReadFile(filepath.Join(w.Dir, "mapping.toml"))
	if err != nil {
		return t
	}
	if file, err := mapping.Load("mapping.toml", text); err == nil {
		t.plan, _ = mapping.Compile(file, t.files)
	}
	return t
}

// hear takes what is said on a bus.
func (t *truth) hear(bus string, said []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.said[bus].Feed(said, func(f *can.Frame) {
		key := frameKey{bus, f.ID, f.Extended}
		one := t.frames[key]
		if one == nil {
			if len(t.frames) >= mostKeys { // garbage has any id
				return
			}
			one = &newestFrame{}
			t.frames[key] = one
		}
		one.fresh = one.fresh || one.frame != *f
		one.frame = *f
		one.count++
	})
}

// frameAgain is after how long a frame that stays the same is told again, with its rate.
const frameAgain = 2 * time.Second

// due reads the frames that are others now, and returns what is to be told of them.
func (t *truth) due(now time.Time, boot time.Duration) (all []frameData) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for key, one := range t.frames {
		past := now.Sub(one.told)
		if one.count == 0 || !one.fresh && past < frameAgain {
			continue
		}
		t.batch = t.plan.Bus(key.bus).Decode(&one.frame, hal.Instant{Boot: boot, UTC: now}, t.batch[:0])
		for _, r := range t.batch {
			t.values[r.Path] = plainValue(r.Value)
		}
		d := frameData{Bus: key.bus, ID: fmt.Sprintf("%X", key.id), Data: fmt.Sprintf("%X", one.frame.Data[:min(one.frame.Len, can.MaxLen)])}
		if !one.told.IsZero() {
			d.Rate = float64(int(float64(one.count)/past.Seconds()*10+0.5)) / 10
		}
		d.Name, d.Text = t.read(key, one.frame)
		one.count, one.fresh, one.told = 0, false, now
		all = append(all, d)
	}
	slices.SortFunc(all, func(a, b frameData) int { return cmp.Or(cmp.Compare(a.Bus, b.Bus), cmp.Compare(a.ID, b.ID)) })
	return all
}

func plainValue(v hal.Value) any {
	if n, ok := v.Float(); ok {
		return n
	}
	if w, ok := v.Text(); ok {
		return w
	}
	if v.IsBool() {
		return v.IsTrue()
	}
	return nil
}

// read is a frame by the DBC file of its bus: its name, and its signals in words.
func (t *truth) read(key frameKey, f can.Frame) (name, words string) {
	file := t.files[key.bus]
	if file == nil {
		return "", ""
	}
	m := file.ByID(key.id, key.extended)
	if m == nil {
		return "", ""
	}
	data := f.Data[:min(f.Len, can.MaxLen)]
	var all []string
	for _, s := range m.Signals {
		if s.Mux.Under != "" {
			continue
		}
		raw, held := s.Plan().Raw(data)
		if !held {
			continue
		}
		said := strconv.FormatFloat(s.Plan().Physical(raw), 'f', -1, 64)
		if len(said) > 10 {
			said = strconv.FormatFloat(s.Plan().Physical(raw), 'f', 3, 64)
		}
		if meaning, ok := s.Meaning(raw); ok {
			said = meaning
		} else if s.Unit != "" {
			said += " " + s.Unit
		}
		all = append(all, s.Name+" "+said)
	}
	return m.Name, strings.Join(all, ", ")
}

// at notes where the car is.
func (t *truth) at(lat, lon float64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.place = placeWords(lat, lon)
}

// placeWords is a place as people write it.
func placeWords(lat, lon float64) string {
	side := func(deg float64, plus, minus string) string {
		if deg < 0 {
			return strconv.FormatFloat(-deg, 'f', 5, 64) + " " + minus
		}
		return strconv.FormatFloat(deg, 'f', 5, 64) + " " + plus
	}
	return side(lat, "N", "S") + " " + side(lon, "E", "W")
}

// value is what the car says of a path, nil if it says nothing.
func (t *truth) value(path string) any {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.values[path]
}

// of is what a class of data is in the car now, in words: empty where no wire says it.
func (t *truth) of(class string) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if class == string(outside.ClassPosition) {
		return t.place
	}
	var all []string
	for _, path := range slices.Sorted(maps.Keys(t.values)) {
		v := t.values[path]
		if v == nil || v == false && class != "doors" || t.classOf(path) != class {
			continue
		}
		all = append(all, valueWords(path, v))
	}
	const most = 3
	if len(all) > most {
		all = append(all[:most], "…")
	}
	return strings.Join(all, ", ")
}

// classOf is the class of a path; mu is held. The list of rules is long, and a path keeps
// its class.
func (t *truth) classOf(path string) string {
	class, known := t.classes[path]
	if !known {
		class = string(outside.Classify(path))
		t.classes[path] = class
	}
	return class
}

// valueWords is a value with its unit, in one that people use; a truth is named.
func valueWords(path string, v any) string {
	switch v := v.(type) {
	case bool:
		if v {
			return shortPath(path)
		}
		return shortPath(path) + ": no"
	case float64:
		unit := unitOf(path)
		switch {
		case unit == "m" && math.Abs(v) >= 1000:
			v, unit = v/1000, "km"
		case unit == "s" && v >= 2*24*3600:
			v, unit = v/24/3600, "days"
		}
		return strings.TrimSpace(strconv.FormatFloat(round(v, 1), 'f', -1, 64) + " " + unit)
	}
	return fmt.Sprint(v)
}

// shortPath is the last two names of a path.
func shortPath(path string) string {
	names := strings.Split(path, ".")
	return strings.Join(names[max(0, len(names)-2):], " ")
}
