package scenario

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"glovebox/sim"
	"glovebox/sim/cloud"
)

// config and the others are lines of the head; what they say stands in Scenario.Head.
type config struct{ key, value string }

func (c *config) slots() slots { return slots{&c.key, &c.value} }

func (c *config) check(p *parser) error {
	p.s.Config = append(p.s.Config, sim.Setting{Key: c.key, Value: c.value})
	return nil
}

// model is the car.
type model struct {
	name     string
	year     int
	odo, soc string
	cold     time.Duration
}

func (c *model) slots() slots { return slots{&c.name, &c.year, &c.odo, &c.soc, &c.cold} }

func (c *model) check(p *parser) error {
	p.s.Model, p.s.Year, p.s.Vehicle = c.name, c.year, Vehicle{Cold: c.cold}
	if c.odo != "" {
		p.s.Vehicle.Odometer, _ = odometer(c.odo) // its kind has read both
	}
	if c.soc != "" {
		p.s.Vehicle.Charge, _ = charge(c.soc)
	}
	return nil
}

// odometer reads kilometres as metres.
func odometer(w string) (metres float64, err error) {
	km, err := number(strings.TrimSuffix(w, "km"))
	if err == nil && (km < 0 || km > 1e6) {
		err = errors.New("want kilometres, up to a million")
	}
	return km * 1000, err
}

// charge reads a percentage.
func charge(w string) (percent float64, err error) {
	percent, err = number(strings.TrimSuffix(w, "%"))
	if err == nil && (percent <= 0 || percent > 100) {
		err = errors.New("want a percentage of more than 0")
	}
	return percent, err
}

type users struct{ all []string }

func (c *users) slots() slots { return slots{&c.all} }

func (c *users) check(p *parser) error {
	mains := 0
	for _, w := range c.all {
		u, err := parseUser(w)
		if err != nil {
			return err
		}
		if slices.Contains(p.readers(), u.Name) {
			return fmt.Errorf("%s: the name is taken", u.Name)
		}
		if u.Role == cloud.Main {
			mains++
		}
		p.s.Users = append(p.s.Users, u)
	}
	const most = 6
	switch {
	case mains != 1:
		return fmt.Errorf("%d main users: a car has one", mains)
	case len(p.s.Users) > most:
		return fmt.Errorf("%d users: a car has at most %d", len(p.s.Users), most)
	}
	return nil
}

// parseUser reads NAME:ROLE[:PIN[:seal]].
func parseUser(w string) (cloud.User, error) {
	parts := strings.Split(w, ":")
	u := cloud.User{Name: parts[0]}
	if u.Name == "" || strings.ContainsFunc(u.Name, notName) {
		return u, fmt.Errorf("%q: want a name of lower-case letters and digits", w)
	}
	if len(parts) < 2 || len(parts) > 4 {
		return u, fmt.Errorf("%q: want NAME:ROLE, NAME:ROLE:PIN or NAME:ROLE:PIN:seal", w)
	}
	roles := []string{cloud.Main, cloud.Shared, cloud.Limited}
	if u.Role = parts[1]; !slices.Contains(roles, u.Role) {
		return u, unknown("role", u.Role, roles)
	}
	if len(parts) > 2 {
		if u.PIN = parts[2]; !pin(u.PIN) && u.PIN != "none" && u.PIN != "" {
			return u, fmt.Errorf("%q: want a PIN of 4 to 12 digits, or none", w)
		}
	}
	if len(parts) > 3 {
		if parts[3] != "seal" {
			return u, unknown("word", parts[3], []string{"seal"})
		}
		u.Seal = true
	}
	return u, nil
}
