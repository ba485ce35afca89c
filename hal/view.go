package hal

import "time"

// VehicleView is the car as the head unit is told. Words are those of the
// contract, Vehicle1.
type VehicleView struct {
	Model          string
	ModelYear      uint16
	Country        string
	Moving         bool
	Parked         bool
	GuestAvailable bool
	CAN            string // up, down, degraded, off
	GNSS           string
	Cloud          string
	Recovered      []string     // stores that were repaired at boot
	Health         []HealthView // the warnings that are on, in the order of their codes
}

// SignalView is the newest value of one path.
type SignalView struct {
	Path  string
	Value Value
	Age   time.Duration // on the boot clock
}

// HealthView is one warning light or maintenance notice.
type HealthView struct {
	Code     string // docs/contract.md, Alarm codes: tyre-pressure-fl, …
	Severity string
	Active   bool
	Since    Instant
}
