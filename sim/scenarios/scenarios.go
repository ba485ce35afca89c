// Package scenarios holds the recorded drive, the made car and its routes, and what
// demonstrates them, so that the simulator needs no files beside it.
package scenarios

import "embed"

// Files holds rav4/: one minute of a real drive with its DBC files, its
// expected values (rav4/truth.md) and its licences (rav4/LICENSES.md). taycan/ is what the
// made car speaks, routes/ are ways it may drive, all made up and at sea. demo/ are
// the scenarios that the console offers.
//
//go:embed all:rav4 taycan routes demo
var Files embed.FS

// Names of the recorded drive in Files.
const (
	DriveCAN      = "rav4/drive.candump.log.gz" // buses can0 (powertrain, body) and can1 (radar)
	DriveNMEA     = "rav4/drive.nmea.gz"
	DBCPowertrain = "rav4/toyota_rav4.dbc" // decodes can0
	DBCRadar      = "rav4/toyota_adas.dbc" // decodes can1
)

// Names of the made car's files in Files; both its buses have the same DBC file.
const (
	MadeDBC     = "taycan/car.dbc"
	MadeMapping = "taycan/mapping.toml"
)

// Demo is the folder of the scenarios that the console offers, and FirstMinute the one that
// it opens with.
const (
	Demo        = "demo"
	FirstMinute = "first-minute"
)
