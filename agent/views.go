package agent

import (
	"glovebox/hal"
	"glovebox/profiles"
	"glovebox/telemetry"
)

// SessionView is who is at the wheel, for the head unit.
func (c *Cabin) SessionView() profiles.SessionView {
	c.mu.Lock()
	defer c.mu.Unlock()
	rights := c.people.rights(c.session)
	v := profiles.SessionView{
		State: c.session.State.String(), Reason: string(c.reason), Profile: c.session.Who,
		Pending: c.next.pending(), WipeState: "clean", Parked: c.vehicle.motion.parked(c.needs.Now()),
	}
	if who := c.vehicle.fobs.suggested; c.session.State == profiles.Idle && c.people.active(who) {
		v.Suggested = who
	}
	switch {
	case c.wiping:
		v.WipeState = "pending"
	case c.aside > 0:
		v.WipeState = "failed"
	}
	v.RuntimeDirectory = c.folder
	switch c.session.State {
	case profiles.GuestDriving:
		v.Role = profiles.Guest.String()
	case profiles.PersonDriving:
		p, _ := c.people.roster.Find(c.session.Who)
		v.Role = p.Role.String()
	}
	for _, f := range rights.Functions() {
		v.Functions = append(v.Functions, string(f))
	}
	return v
}

// Permits says whether the person at the wheel may use a function, and else why not.
func (c *Cabin) Permits(function string) (bool, string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.people.rights(c.session).Permits(profiles.Function(function))
}

// Profiles are the people on the picker.
func (c *Cabin) Profiles() []profiles.ProfileView {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.people.view(c.needs.Now().Boot - c.passed)
}

// VehicleView is the car, for the head unit.
func (c *Cabin) VehicleView() hal.VehicleView {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.vehicle.view(c.privacy.cloud(c.needs.Cloud), c.needs.Now())
}

// Signals is the newest value of each path.
func (c *Cabin) Signals() []hal.SignalView {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.vehicle.newest(c.needs.Now())
}

// Tap offers every reading from now on to tap, until untap is called.
func (c *Cabin) Tap(tap *hal.Tap) (untap func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.vehicle.taps[tap] = struct{}{}
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.vehicle.taps, tap)
	}
}

// PrivacyView is what leaves the car now, and why.
func (c *Cabin) PrivacyView() telemetry.PrivacyView {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.privacy.view(&c.people, c.session.State == profiles.GuestDriving, c.needs.Now())
}
