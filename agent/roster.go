package agent

import (
	"context"
	"crypto/ecdh"
	"fmt"
	"log/slog"
	"strconv"

	"glovebox/hal"
	"glovebox/profiles"
	"glovebox/telemetry/outside"
)

// typeDocument is the header `typ` of an access document.
const typeDocument = "gb-policy"

// Revise makes the access document of what is decided at the wheel, signs it with the
// car's key and takes it in as any other. When it returns it holds and is on disk; the
// back end is told when there is a connection. It returns whom it is about, and the
// receipt of whom it erased. On an error that is not of the rules it may hold already and
// is tried again (docs/people.md, At the wheel).
func (c *Cabin) Revise(ctx context.Context, revision profiles.Revision, code profiles.PIN) (profiles.ID, profiles.Receipt, error) {
	if err := c.turn.take(ctx); err != nil {
		return profiles.ID{}, profiles.Receipt{}, err
	}
	defer c.turn.give()
	c.mu.Lock()
	number, chain, now := c.number, c.people.documents(), c.needs.Now()
	c.vehicle.leaving.call(now.Boot)
	author := profiles.Author{Owner: !code.IsZero()}
	if c.session.State == profiles.PersonDriving && !c.next.removed {
		author.At = c.session.Who
	}
	parked := c.vehicle.motion.parked(now)
	c.mu.Unlock()
	identity, car := c.needs.Identity, (*ecdh.PublicKey)(nil)
	_, everything := revision.(profiles.EraseEverything)
	switch {
	case everything:
		chain.Ceiling, author.Owner = nil, false // whatever is on its way; the code is a PIN
	case identity.Seal == nil:
		return profiles.ID{}, profiles.Receipt{}, profiles.ErrNotReady
	default:
		car = identity.Seal.PublicKey()
	}
	if author.Owner {
		if err := c.verify(proof{pin: code, code: true}); err != nil {
			return profiles.ID{}, profiles.Receipt{}, err
		}
	}
	revised, err := chain.Revise(revision, author, car, now.UTC)
	_, resets := revision.(profiles.ResetPIN)
	if err != nil || revised.Payload == nil && !resets && !everything {
		return revised.Who, profiles.Receipt{}, err
	}
	if everything && !parked {
		return profiles.ID{}, profiles.Receipt{}, profiles.ErrNotParked
	}
	if everything { // who is at the wheel proves who they are
		if err := c.verify(proof{who: author.At, pin: code}); err != nil {
			return profiles.ID{}, profiles.Receipt{}, err
		}
	}
	c.mu.Lock()
	done := new(written)
	switch {
	case c.number != number || ctx.Err() != nil: // whoever decided has left meanwhile
		err = profiles.ErrNotPermitted
	case everything && !c.vehicle.motion.parked(c.needs.Now()): // any more
		err = profiles.ErrNotParked
	case everything:
		c.erase(done)
	case revised.Payload != nil:
		done, err = c.follow(revised.Access, profiles.Signer{Kind: profiles.Car, Key: identity.Public().Sign.Thumbprint()})
	}
	if err == nil && resets { // the car's own verifier counts before that of any document
		c.effects.add(c.people.reset(revised.Who)...)
		c.news.changed()
	}
	c.mu.Unlock()
	if err != nil {
		return revised.Who, profiles.Receipt{}, err
	}
	c.effects.wait()
	c.effects.atOnce() // what followed from the write
	if done.err != nil {
		err = fmt.Errorf("keep the people: %w", done.err)
	}
	return revised.Who, done.receipt, err
}

// documents is the roster that the next document is held against, with what the car
// itself knows.
func (p *people) documents() profiles.Roster {
	r := p.chain
	main, _ := r.Main()
	r.Admission, r.Unmet = p.equipment.Admission(), main.ID != p.met
	return r
}

// meet notes that the main user is logged in in this car.
func (p *people) meet(who profiles.ID) []effect {
	if person, _ := p.roster.Find(who); person.Role != profiles.Main || who == p.met {
		return nil
	}
	p.met = who
	return []effect{keepFact(factMet, []byte(who.String()))}
}

// shared is the version of the newest document, which the back end has from now on.
func (p *people) shared() []byte {
	p.told = p.disk.Version
	return strconv.AppendUint(nil, p.told, 10)
}

// share gives the pipeline the newest document if the car signed it and the back end does
// not have it yet.
func (p *privacy) share(people *people, car profiles.Identity, now hal.Instant, log *slog.Logger) {
	roster := people.disk
	if !roster.Own || roster.Version <= people.told {
		p.out.SetChange(nil, now)
		return
	}
	payload, same := roster.OwnPayload()
	if !same {
		log.Warn("own document cannot be made again, the back end is not told", "version", roster.Version)
		return
	}
	signed, err := outside.Sign(car.Sign, typeDocument, payload)
	if err != nil {
		log.Warn("own document not signed", "error", err)
		return
	}
	p.out.SetChange(signed, now)
}
