package agent

import "glovebox/hal"

// AlarmRule says when a warning of the car is on: while Path has the value When.
type AlarmRule struct {
	Code     string // docs/contract.md, Configuration
	Path     string
	When     hal.Value
	Severity string
}

// alarm is a warning that is or was on since boot.
type alarm struct {
	rule   AlarmRule
	active bool
	since  hal.Instant
}
