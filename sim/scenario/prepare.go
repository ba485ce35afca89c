package scenario

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"time"

	"glovebox/hal/mapping"
	"glovebox/sim"
	"glovebox/sim/car"
	"glovebox/sim/scenarios"
	"glovebox/telemetry/outside"
)

// prepare turns the head of the file into the options of a world.
func (s *stage) prepare() (sim.Options, error) {
	o := sim.Options{
		Model: s.Model, ModelYear: s.Year, Country: "DE",
		Users: s.Users, Config: s.Config,
	}
	s.policy = outside.Builtin()
	if s.Policy != "" {
		var err error
		if o.Policy, err = s.file(s.Policy); err != nil {
			return o, err
		}
		if s.policy, err = outside.Load(string(o.Policy), true); err != nil {
			return o, fmt.Errorf("policy %s: %w", s.Policy, err)
		}
	}
	var err error
	if s.Made {
		o.Vehicle = &car.Setup{Seed: s.Seed, Pace: s.Speed, Odometer: s.Vehicle.Odometer, Charge: s.Vehicle.Charge, Cold: s.Vehicle.Cold}
		o, err = sim.Made(o)
	} else if s.Drive == nil || !s.Drive.brings() {
		o, err = sim.RAV4(o)
		s.names = map[string]string{"can0": "powertrain", "can1": "radar"} // sim/scenarios/rav4/truth.md
	} else {
		s.names = map[string]string{}
		for bus, name := range s.Drive.buses() {
			s.names[bus] = bus
			text, missing := s.file(name)
			o.Buses = append(o.Buses, sim.CANBus{Name: bus, DBC: text})
			err = errors.Join(err, missing)
		}
		var missing error
		o.Mapping, missing = s.file(s.Drive.mapping)
		err = errors.Join(err, missing)
	}
	if err != nil {
		return o, err
	}
	s.buses, s.mapped = o.Buses, o.Mapping
	s.plan, err = s.compile(false)
	return o, err
}

// compile binds the mapping file to the buses; unlimited, each change of a value
// is a reading.
func (s *stage) compile(unlimited bool) (*mapping.Plan, error) {
	name := "mapping"
	if s.Drive != nil && s.Drive.mapping != "" {
		name = s.Drive.mapping
	}
	file, err := mapping.Load(name, s.mapped)
	if err != nil {
		return nil, err
	}
	if unlimited {
		for i := range file.Signals {
			file.Signals[i].Every = 0
		}
	}
	var buses []mapping.Bus
	for _, b := range s.buses {
		buses = append(buses, mapping.Bus{Name: b.Name, File: b.Name, DBC: b.DBC})
	}
	plan, _, err := file.Bind(buses)
	return plan, err
}

// load reads the recording that a replay plays.
func (s *stage) load(r *replay) (*car.Drive, error) {
	key := fmt.Sprint(r.can, r.nmea, r.length)
	if d := s.drives[key]; d != nil {
		return d, nil
	}
	d, err := r.load(s.Scenario)
	if err != nil {
		return nil, err
	}
	if r.length > 0 {
		d = beginning(d, r.length)
	}
	if s.drives == nil {
		s.drives = map[string]*car.Drive{}
	}
	s.drives[key] = d
	return d, nil
}

// beginning is the first part of a drive.
func beginning(d *car.Drive, length time.Duration) *car.Drive {
	end := d.Start() + length
	short := &car.Drive{Notes: d.Notes}
	for _, f := range d.Frames {
		if f.At <= end {
			short.Frames = append(short.Frames, f)
		}
	}
	for _, sentence := range d.Sentences {
		if sentence.At <= end {
			short.Sentences = append(short.Sentences, sentence)
		}
	}
	return short
}

// file is one that a line names: an attachment, one beside the scenario, or one
// that comes along.
func (s *Scenario) file(name string) ([]byte, error) {
	for _, files := range []map[string][]byte{s.Files, s.beside} {
		if data, ok := files[name]; ok {
			return data, nil
		}
	}
	return scenarios.Files.ReadFile(name)
}

// route is a way that the made car may drive.
func (s *Scenario) route(name string) (*car.Route, error) {
	files := maps.Clone(s.Files)
	maps.Copy(files, s.beside)
	return sim.Route(name, files)
}

// folder is the files that lines name.
type folder struct{ s *Scenario }

// Open is of fs.FS.
func (f folder) Open(name string) (fs.File, error) {
	data, err := f.s.file(name)
	return &opened{bytes.NewReader(data), path.Base(name)}, err
}

// opened is one of them, open. It is also its own fs.FileInfo.
type opened struct {
	*bytes.Reader
	name string
}

func (o *opened) Stat() (fs.FileInfo, error) { return o, nil }
func (o *opened) Close() error               { return nil }
func (o *opened) Name() string               { return o.name }
func (o *opened) Mode() fs.FileMode          { return 0o444 }
func (o *opened) ModTime() time.Time         { return time.Time{} }
func (o *opened) IsDir() bool                { return false }
func (o *opened) Sys() any                   { return nil }
