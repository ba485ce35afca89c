package scenario

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"glovebox/sim"
	"glovebox/sim/cloud"
)

// heading is a line of the head; what it says stands in Scenario.Head.
type heading struct{ word, rest string }

func (h *heading) String() string { return h.word + " " + h.rest }

func parseTitle(p *parser, l *line) (Command, error) {
	p.s.Title = l.text()
	if p.s.Title == "" {
		return nil, errors.New("the title is missing")
	}
	return &heading{"title", p.s.Title}, nil
}

func parseSeed(p *parser, l *line) (Command, error) {
	w, err := l.need("the seed")
	if err != nil {
		return nil, err
	}
	if p.s.Seed, err = strconv.ParseUint(w, 10, 64); err != nil {
		return nil, fmt.Errorf("seed %q: want a whole number", w)
	}
	return &heading{"seed", strconv.FormatUint(p.s.Seed, 10)}, nil
}

func parseSpeed(p *parser, l *line) (Command, error) {
	w, err := l.need("the speed")
	if err != nil {
		return nil, err
	}
	number, ok := strings.CutSuffix(w, "x")
	v, err := strconv.ParseFloat(number, 64)
	if !ok || err != nil || !(v >= 0.1 && v <= 1000) {
		return nil, fmt.Errorf("%q: want such as 10x, from 0.1x to 1000x", w)
	}
	p.s.Speed = v
	return &heading{"speed", strconv.FormatFloat(v, 'f', -1, 64) + "x"}, nil
}

func parseConfig(p *parser, l *line) (Command, error) {
	key, err := l.need("the key")
	if err != nil {
		return nil, err
	}
	s := sim.Setting{Key: key, Value: l.text()}
	if s.Value == "" {
		return nil, errors.New("the value is missing")
	}
	p.s.Config = append(p.s.Config, s)
	return &heading{"config", s.Key + " " + s.Value}, nil
}

func parsePolicy(p *parser, l *line) (Command, error) {
	name, err := l.need("the file")
	p.s.Policy = name
	return &heading{"policy", name}, err
}

// parseCar reads a model of one or more words and its year.
func parseCar(p *parser, l *line) (Command, error) {
	words := strings.Fields(l.text())
	said := ""
	for n := len(words); n > 0 && strings.Contains(words[n-1], "="); n-- {
		if err := p.s.Vehicle.option(words[n-1]); err != nil {
			return nil, err
		}
		said = " " + words[n-1] + said
		words = words[:n-1]
	}
	for i, w := range words {
		year, err := strconv.Atoi(w)
		if i > 0 && err == nil && year >= 1990 && year < 2100 {
			p.s.Model, p.s.Year = strings.Join(words[:i], " "), year
			l.rest = strings.Join(words[i+1:], " ")
			return &heading{"car", p.s.Model + " " + w + said}, nil
		}
	}
	return nil, errors.New("want a model and a year from 1990 on")
}

// option reads odo=12500km, soc=62 or cold=30s.
func (v *Vehicle) option(w string) (err error) {
	key, text, _ := strings.Cut(w, "=")
	switch key {
	case "odo":
		v.Odometer, err = number(strings.TrimSuffix(text, "km"))
		if err == nil && (v.Odometer < 0 || v.Odometer > 1e6) {
			err = errors.New("want kilometres, up to a million")
		}
		v.Odometer *= 1000
	case "soc":
		v.Charge, err = number(strings.TrimSuffix(text, "%"))
		if err == nil && (v.Charge <= 0 || v.Charge > 100) {
			err = errors.New("want a percentage of more than 0")
		}
	case "cold":
		v.Cold, err = duration(text)
	default:
		return unknown("option", key, []string{"odo", "soc", "cold"})
	}
	if err != nil {
		return fmt.Errorf("%s: %w", w, err)
	}
	return nil
}

func parseUsers(p *parser, l *line) (Command, error) {
	var shown []string
	for w := l.word(); w != ""; w = l.word() {
		u, err := parseUser(w)
		if err != nil {
			return nil, err
		}
		if slices.Contains(p.readers(), u.Name) {
			return nil, fmt.Errorf("%s: the name is taken", u.Name)
		}
		p.s.Users = append(p.s.Users, u)
		shown = append(shown, w)
	}
	mains := 0
	for _, u := range p.s.Users {
		if u.Role == cloud.Main {
			mains++
		}
	}
	const most = 6
	switch {
	case len(shown) == 0:
		return nil, errors.New("nobody is named")
	case mains != 1:
		return nil, fmt.Errorf("%d main users: a car has one", mains)
	case len(p.s.Users) > most:
		return nil, fmt.Errorf("%d users: a car has at most %d", len(p.s.Users), most)
	}
	return &heading{"users", strings.Join(shown, " ")}, nil
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

func notName(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' }

func pin(s string) bool {
	return len(s) >= 4 && len(s) <= 12 && strings.Trim(s, "0123456789") == ""
}
