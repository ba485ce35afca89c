package agent

import (
	"maps"
	"slices"
	"time"

	"glovebox/hal"
	"glovebox/profiles"
)

const receiverSilent = 5 * time.Second // a receiver without a fix for so long is degraded

// SessionView is who is at the wheel, for the head unit.
func (c *Cabin) SessionView() profiles.SessionView {
	c.mu.Lock()
	defer c.mu.Unlock()
	v := profiles.SessionView{
		State: c.session.State.String(), Reason: string(c.reason), Profile: c.session.Who,
		WipeState: "clean", Parked: c.car.parked(c.Now()),
	}
	switch c.session.State {
	case profiles.GuestDriving:
		v.Role = profiles.Guest.String()
	case profiles.PersonDriving:
		p, _ := c.roster.Find(c.session.Who)
		v.Role = p.Role.String()
	}
	switch p := c.pending; {
	case p.Guest:
		v.Pending = "guest"
	case p != (Request{}):
		v.Pending = p.Who.String()
	}
	for _, f := range c.rights().Functions() {
		v.Functions = append(v.Functions, string(f))
	}
	return v
}

// VehicleView is the car, for the head unit.
func (c *Cabin) VehicleView() hal.VehicleView {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.Now()
	v := hal.VehicleView{
		Model: c.Vehicle.Model, ModelYear: uint16(c.Vehicle.Year), Country: c.Vehicle.Country,
		Moving: c.car.moving(now), Parked: c.car.parked(now), GuestAvailable: c.guestAvailable(),
		CAN: "off", GNSS: "off", Cloud: "down", Recovered: c.Recovered,
	}
	if len(c.Buses) > 0 {
		alive := 0
		for _, bus := range c.Buses {
			if at, ok := c.heard[bus]; ok && now.Boot-at < busSilent {
				alive++
			}
		}
		v.CAN = [...]string{"down", "degraded", "up"}[min(alive, 1)+alive/len(c.Buses)]
	}
	switch {
	case !c.GNSS:
	case c.car.fixKnown && now.Boot-c.car.fixAt < receiverSilent:
		v.GNSS = "up"
	default:
		v.GNSS = "down"
	}
	switch {
	case !c.Cloud:
		v.Cloud = "off"
	case c.link && !c.gate.Muted():
		v.Cloud = "up"
	}
	return v
}

// Signals is the newest value of each path.
func (c *Cabin) Signals() []hal.SignalView {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.Now()
	all := make([]hal.SignalView, 0, len(c.signals))
	for _, path := range slices.Sorted(maps.Keys(c.signals)) {
		r := c.signals[path]
		all = append(all, hal.SignalView{Path: path, Value: r.Value, Age: now.Since(r.At)})
	}
	return all
}

// Tap offers every reading from now on to tap, until untap is called.
func (c *Cabin) Tap(tap *hal.Tap) (untap func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.taps[tap] = struct{}{}
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.taps, tap)
	}
}

// Identity is the public half of the car's own.
func (c *Cabin) Identity() profiles.PublicIdentity { return c.Needs.Identity.Public() }
