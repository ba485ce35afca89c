package sim

import (
	"errors"
	"io"

	"glovebox/sim/car"
	"glovebox/sim/scenarios"
)

// rav4Buses says which bus of the car is which in the recording.
func rav4Buses() map[string]string {
	return map[string]string{"can0": "powertrain", "can1": "radar"}
}

// RAV4 completes options with the car of the recorded drive: two buses and the
// mapping file.
func RAV4(o Options) (Options, error) {
	read := func(name string) (text []byte) {
		var err error
		if text, err = scenarios.Files.ReadFile(name); err != nil {
			panic(err) // embedded
		}
		return text
	}
	if len(o.Buses) > 0 || o.Mapping != nil {
		return o, errors.New("the recorded car has buses and a mapping of its own")
	}
	o.Buses = []CANBus{
		{Name: "powertrain", DBC: read(scenarios.DBCPowertrain)},
		{Name: "radar", DBC: read(scenarios.DBCRadar)},
	}
	o.Mapping = read("rav4/mapping.toml")
	if o.Model == "" {
		o.Model, o.ModelYear, o.Country = "Macan Electric", 2024, "DE"
	}
	return o, nil
}

// RAV4Drive is the recorded minute.
func RAV4Drive() (*car.Drive, error) {
	return car.Load(scenarios.Files, scenarios.DriveCAN, scenarios.DriveNMEA)
}

// Replay plays a drive onto the ports of this world. names says which bus of the
// car a bus of the recording is; without it, the recorded RAV4's.
func (w *World) Replay(d *car.Drive, names map[string]string) *car.Replay {
	if names == nil {
		names = rav4Buses()
	}
	buses := map[string]io.Writer{}
	for recorded, bus := range names {
		if p := w.Ports[bus]; p != nil {
			buses[recorded] = p
		}
	}
	return &car.Replay{Drive: d, Buses: buses, GNSS: w.GNSS}
}
