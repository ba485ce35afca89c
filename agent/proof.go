package agent

import (
	"fmt"
	"io"
	"runtime/debug"

	"glovebox/profiles"
)

// proof is what somebody shows: the PIN of a profile, or the car's security code.
type proof struct {
	who  profiles.ID
	pin  profiles.PIN
	code bool // pin is the car's security code: it proves the main user, whoever that is
}

// try is a PIN or a code that is to be looked at, and against what.
type try struct {
	proof
	known    bool // else the profile does not exist, which must not show
	open     bool // there is no PIN to look at
	verifier profiles.Verifier
	own      bool            // the verifier is the car's own
	effort   profiles.Effort // what the answer costs, whoever is asked for
}

// look holds a PIN against the verifier, or against none where the profile does not
// exist; both take as long. The first right PIN gives the car a verifier of its own;
// so does one whose verifier is weak, made by an older agent.
func (t try) look(random io.Reader) (right bool, own profiles.Verifier, err error) {
	defer debug.FreeOSMemory() // a hash takes 19 MiB, and the next comes hours later
	if !t.known {
		profiles.Decoy(t.pin, t.effort)
		return false, own, nil
	}
	if right = t.verifier.Check(t.pin, t.effort); right && !t.code && (!t.own || t.verifier.Weak()) {
		own, err = profiles.NewVerifier(t.pin, random)
	}
	return right, own, err
}

// wrong is the answer to one that is not right.
func (t try) wrong() error {
	if t.code {
		return profiles.ErrCodeWrong
	}
	return profiles.ErrWrongPIN
}

// attempt counts a try before it is known whether the PIN is right, or refuses it.
// The effects are to be on disk before the PIN is looked at. For an unknown profile
// they are as many and take as long. Who has no PIN and types none makes no try.
func (p *people) attempt(shown proof) (t try, counted []effect, err error) {
	t = try{proof: shown, effort: p.effort()}
	if shown.code {
		return p.attemptCode(t)
	}
	person, ok := p.roster.Find(t.who)
	t.known = ok && person.State == profiles.Active
	count := profiles.ID{} // unknown ones count here, for no more than the time it takes
	tries := profiles.Lockout{Failures: 1}
	if t.known {
		_, t.own = p.own[t.who]
		t.verifier = p.verifier(person)
		if t.verifier.IsZero() && t.pin.IsZero() {
			t.open = true
			return t, nil, nil
		}
	}
	tally, err := p.tally.Attempt()
	if err != nil {
		return t, nil, err
	}
	if t.known {
		count = t.who
		if tries, err = p.tries[t.who].Attempt(); err != nil {
			return t, nil, err
		}
		p.tries[t.who] = tries
	}
	p.tally = tally
	return t, []effect{keepTally(tally), keepTries(count, tries)}, nil
}

// attemptCode counts a try of the security code, by a counter of its own: wrong PINs do
// not keep the main user from recovering, nor does a wrong code keep anybody out.
func (p *people) attemptCode(t try) (try, []effect, error) {
	if p.code.IsZero() {
		return t, nil, fmt.Errorf("%w: this car has no security code", profiles.ErrNotPermitted)
	}
	tries, err := p.codeTries.Attempt()
	if err != nil {
		return t, nil, err
	}
	p.codeTries = tries
	t.known, t.verifier, t.pin = true, p.code, profiles.NewPIN(profiles.PlainCode(t.pin.Reveal()))
	return t, []effect{keepCodeTries(tries)}, nil
}

// effort is what looking at a PIN costs: as much as the dearest verifier of this car,
// and no less than a new one.
func (p *people) effort() profiles.Effort {
	most := max(profiles.NewEffort, p.code.Effort())
	for _, person := range p.roster.People {
		most = max(most, p.verifier(person).Effort())
	}
	return most
}

// refused lets the waits after a wrong PIN begin: its answer is given now.
func (p *people) refused(t try) {
	if t.code {
		p.codeTries = p.codeTries.Begin()
		return
	}
	p.tally = p.tally.Begin()
	if t.known {
		p.tries[t.who] = p.tries[t.who].Begin()
	}
}

// proved takes back what was counted: the PIN was right. With it comes the car's own
// verifier where a new one was made, else the zero one. The main user's right PIN ends
// the wait for the security code too.
func (p *people) proved(t try, own profiles.Verifier) (written []effect) {
	if !t.code {
		p.tally = p.tally.Forgive()
		p.tries[t.who] = profiles.Lockout{}
		written = []effect{keepTally(p.tally), keepTries(t.who, profiles.Lockout{})}
	}
	main, _ := p.roster.Main()
	if p.codeTries != (profiles.Lockout{}) && (t.code || t.who == main.ID) {
		p.codeTries = profiles.Lockout{}
		written = append(written, keepCodeTries(p.codeTries))
	}
	if !own.IsZero() {
		p.own[t.who] = own
		written = append(written, keepVerifier(t.who, own, nil))
	}
	return written
}

// recovered is told that who proved themselves otherwise than by their PIN, and has the
// car's own verifier v from now on, or none: neither their lockout nor the tally of all
// holds any longer.
func (p *people) recovered(who profiles.ID, v profiles.Verifier) []effect {
	delete(p.tries, who)
	p.tally = nil
	if p.own[who] = v; v.IsZero() {
		delete(p.own, who)
	}
	return []effect{keepTries(who, profiles.Lockout{}), keepTally(p.tally)}
}

// reset takes the PIN of who away; the document that says so is another thing.
func (p *people) reset(who profiles.ID) []effect {
	return append(p.recovered(who, profiles.Verifier{}), keepVerifier(who, profiles.Verifier{}, nil))
}
