package main

import (
	"glovebox/hal"
	"glovebox/hal/kernel"
)

// now reads both clocks of the car.
func now() hal.Instant {
	utc, boot := kernel.Clocks()
	return hal.Instant{UTC: utc, Boot: boot}
}
