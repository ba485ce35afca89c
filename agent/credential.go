package agent

import (
	"fmt"
	"slices"

	"glovebox/profiles"
)

// maySet reports whether who may change how they are known to the car: at the wheel, and
// nobody else. At the picker the main user may, with the car's security code, which is
// looked at after this.
func (p *people) maySet(s profiles.Session, who profiles.ID, change profiles.Credential) bool {
	person, ok := p.roster.Find(who)
	if !ok || person.State != profiles.Active {
		return false
	}
	atWheel := s.State == profiles.PersonDriving && s.Who == who
	if pin, ok := change.(profiles.PINChange); ok && !pin.Code.IsZero() {
		return person.Role == profiles.Main && (atWheel || s.State == profiles.Idle)
	}
	return atWheel
}

// set is what is to be written of a change, and what follows once it is; nothing where
// all is so already. v is the verifier of a new PIN.
func (p *people) set(who profiles.ID, change profiles.Credential, v profiles.Verifier, inCar []profiles.Fob) (effect, func() []effect, error) {
	switch change := change.(type) {
	case profiles.PINChange:
		return keepVerifier(who, v, nil), func() []effect {
			if !change.Code.IsZero() {
				return p.recovered(who, v)
			}
			p.own[who] = v
			return nil
		}, nil
	case profiles.LinkFob:
		return p.link(who, inCar)
	}
	return keepFobs(who, nil), func() []effect { delete(p.fobs, who); return nil }, nil
}

// link links the one fob that is in the car. Whose it is already stays theirs: nobody
// takes another's fob by getting in with it.
func (p *people) link(who profiles.ID, inCar []profiles.Fob) (effect, func() []effect, error) {
	if len(inCar) != 1 {
		return effect{}, nil, fmt.Errorf("%w: %d fobs are in the car; have the one to be linked there, and no other", profiles.ErrInvalid, len(inCar))
	}
	fob := inCar[0]
	switch owner := p.owner(fob); {
	case owner == who:
		return effect{}, nil, nil
	case !owner.IsZero():
		return effect{}, nil, fmt.Errorf("%w: this fob is linked to another profile; it has to be unlinked there", profiles.ErrInvalid)
	case len(p.fobs[who]) == profiles.MaxFobs:
		return effect{}, nil, fmt.Errorf("%w: a profile has at most %d fobs", profiles.ErrQuotaExceeded, profiles.MaxFobs)
	}
	all := append(slices.Clone(p.fobs[who]), fob)
	return keepFobs(who, all), func() []effect { p.fobs[who] = all; return nil }, nil
}

// owner is who a fob is linked to, nobody if it is to none who may drive.
func (p *people) owner(fob profiles.Fob) profiles.ID {
	for who, fobs := range p.fobs {
		if slices.Contains(fobs, fob) && p.active(who) {
			return who
		}
	}
	return profiles.ID{}
}
