package main

import (
	"time"

	"glovebox/hal"
	"glovebox/hal/kernel"
)

// now reads both clocks of the car.
func now() hal.Instant { return hal.Instant{UTC: time.Now().UTC(), Boot: kernel.BootTime()} }
