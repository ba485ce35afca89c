package console

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"sync"
	"time"

	"glovebox/headunit"
)

// readings are what the agent decoded, as Vehicle1.Watch tells it. Hundreds come in a
// second: each is kept as it came, and read when it is due.
type readings struct {
	mu     sync.Mutex
	newest map[string]string // guarded by mu; the line by path
	values map[string]any    // guarded by mu; float64, bool or string; what is absent is not in it
	heard  time.Time         // guarded by mu; when the newest came, zero before the first
}

func newReadings() *readings { return &readings{newest: map[string]string{}, values: map[string]any{}} }

// line takes one line of the stream.
func (r *readings) line(text []byte) {
	_, rest, found := strings.Cut(string(text), `"path":"`)
	path, _, whole := strings.Cut(rest, `"`)
	if !found || !whole {
		return // how many were left out
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.newest[path], r.heard = string(text), time.Now()
}

// quiet is how long nothing came, 0 before the first.
func (r *readings) quiet(now time.Time) time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.heard.IsZero() {
		return 0
	}
	return now.Sub(r.heard)
}

// value is the newest of a path, nil if it is absent or was never said.
func (r *readings) value(path string) any {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.values[path]
}

func (r *readings) number(path string) (v float64, ok bool) {
	v, ok = r.value(path).(float64)
	return v, ok
}

// signalData is the event signal; a value that is absent is null.
type signalData struct {
	Path  string `json:"path"`
	Value any    `json:"value"`
	Unit  string `json:"unit"`
}

// due reads what came since the last time, and returns what is another value now.
func (r *readings) due() (changed []signalData) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for path, text := range r.newest {
		v := readingValue(text)
		before, known := r.values[path]
		if v == nil {
			delete(r.values, path)
		} else {
			r.values[path] = v
		}
		if v != before || !known && v != nil {
			changed = append(changed, signalData{path, v, unitOf(path)})
		}
	}
	clear(r.newest)
	return changed
}

// readingValue is the value of a line of the stream: as number, truth or word.
func readingValue(line string) any {
	var one struct{ Value *string }
	if json.Unmarshal([]byte(line), &one) != nil || one.Value == nil {
		return nil
	}
	switch text := *one.Value; text {
	case "true":
		return true
	case "false":
		return false
	default:
		if v, isNumber := readingNumber(text); isNumber {
			return v
		}
		return text
	}
}

func readingNumber(text string) (float64, bool) {
	v, err := strconv.ParseFloat(text, 64)
	return v, err == nil
}

// signals tells what changed among the readings.
func (f *Feed) signals(ctx context.Context) error {
	return every(ctx, signalEvery, func() {
		for _, s := range f.readings.due() {
			f.log.Append("signal", s.Path, nil, s)
		}
	})
}

// watch follows the readings of each agent that boots.
func (f *Feed) watch(ctx context.Context) error {
	for ctx.Err() == nil {
		if f.since() > 0 {
			err := f.hmi.Watch(ctx, func(line []byte) error { f.readings.line(line); return nil })
			if err != nil && !errors.Is(err, headunit.ErrNotReached) && headunit.RefusedAs(err) == "" {
				return err
			}
		}
		select {
		case <-ctx.Done():
		case <-time.After(signalEvery): // whether another one came the bus says
		}
	}
	return nil
}

// units of VSS paths that people read, by how the path ends.
var units = []struct{ ending, unit string }{
	{"Vehicle.Speed", "km/h"}, {"Wheel.Left.Speed", "km/h"}, {"Wheel.Right.Speed", "km/h"}, {"Engine.Speed", "rpm"}, {"Motor.Speed", "rpm"},
	{"PedalPosition", "%"}, {"StateOfCharge.Current", "%"}, {"StateOfCharge.Displayed", "%"}, {"RelativeLevel", "%"}, {"Level", "%"}, {"FanSpeed", "%"}, {"Volume", "%"},
	{"TraveledDistance", "m"}, {"Range", "m"}, {"DistanceToService", "km"}, {"TimeToService", "s"}, {"TimeToComplete", "s"},
	{"Tire.Pressure", "kPa"}, {"CurrentVoltage", "V"}, {"CurrentCurrent", "A"}, {"CurrentPower", "W"}, {"Temperature", "°C"},
	{"Acceleration.Longitudinal", "m/s²"}, {"Acceleration.Lateral", "m/s²"}, {"SteeringWheel.Angle", "°"}, {"AngularVelocity.Yaw", "°/s"},
}

// unitOf is the unit of a path, empty of a truth or a word.
func unitOf(path string) string {
	for _, u := range units {
		if strings.HasSuffix(path, u.ending) {
			return u.unit
		}
	}
	return ""
}
