package sim

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path"

	"glovebox/sim/car"
	"glovebox/sim/scenarios"
	"glovebox/sim/town"
)

// Made completes options with a made car: buses powertrain and body, its mapping
// file, and how it begins, unless that is said already.
func Made(o Options) (Options, error) {
	if len(o.Buses) > 0 || o.Mapping != nil {
		return o, errors.New("the made car has buses and a mapping of its own")
	}
	said, err := scenarios.Files.ReadFile(scenarios.MadeDBC)
	if err != nil {
		return o, err
	}
	if o.Mapping, err = scenarios.Files.ReadFile(scenarios.MadeMapping); err != nil {
		return o, err
	}
	o.Buses = []CANBus{{Name: "powertrain", DBC: said}, {Name: "body", DBC: said}}
	if o.Vehicle == nil {
		o.Vehicle = &car.Setup{}
	}
	if o.Model == "" {
		o.Model, o.ModelYear, o.Country = "Taycan", 2024, "DE"
	}
	return o, nil
}

// Route reads a route: of the files given, else one that the simulator brings
// along, with or without its .gpx, else one through the town, such as hafen-westend.
func Route(name string, files map[string][]byte) (*car.Route, error) {
	text, ok := files[name]
	if !ok {
		own := path.Join("routes", name)
		if path.Ext(own) == "" {
			own += ".gpx"
		}
		var err error
		if text, err = scenarios.Files.ReadFile(own); err != nil {
			way, err := town.Musterhafen().Named(name)
			if err != nil {
				return nil, fmt.Errorf("there is no route %s", name)
			}
			text = way.GPX()
		}
	}
	return car.ReadRoute(name, bytes.NewReader(text))
}

// live puts the made car on the ports, where it lives as long as the world.
func (w *World) live(running context.Context, o Options) error {
	if o.Vehicle == nil {
		return nil
	}
	buses := map[string]io.Writer{}
	for name, p := range w.Ports {
		buses[name] = p
	}
	if len(buses) == 0 {
		return errors.New("a made car needs its buses: see Made")
	}
	var err error
	if w.Car, err = car.NewVehicle(*o.Vehicle, o.Buses[0].DBC, o.Mapping, buses, w.GNSS); err != nil {
		return err
	}
	for name, p := range w.Ports {
		p.Listen(func(heard []byte) { w.Car.Hear(name, heard) })
	}
	w.jobs.Go(func() error { return w.Car.Run(running) })
	return nil
}
