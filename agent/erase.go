package agent

import (
	"glovebox/profiles"
	"glovebox/telemetry"
)

// eraseAll erases everything; after is told what that erased. A receipt without a method
// says that nothing was begun.
func eraseAll(after func(profiles.Receipt, error)) effect {
	var receipt profiles.Receipt
	return effect{what: "erase everything", after: func(err error) { after(receipt, err) }, do: func(w *world) (err error) {
		receipt, err = w.erase()
		return err
	}}
}

// erase erases everything and has a fresh process take over; whoever is at the wheel
// leaves. done says what became of it, once effects were waited for. mu and the turn are
// held.
func (c *Cabin) erase(done *written) {
	c.effects.add(eraseAll(func(receipt profiles.Receipt, err error) { // from here on there is no way back
		if *done = (written{true, receipt, err}); receipt.Method == "" {
			return // nothing was begun
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		c.fresh.able, c.fresh.wanted = true, true
		c.leave(WasRemoved)
		if c.session.State == profiles.Idle && c.fresh.begin(c.session, c.reason, c.shown) { // nobody was there, or not any more
			c.wiping = true
			c.effects.add(renew(c.remote.begin(c.needs.Now())), replaceProcess())
		}
	}))
}

// handedOver reports whether the car was given to another main user and the back end
// knows: it is to be as new for them.
func (p *people) handedOver() bool {
	return p.disk.Contact != "" && p.told >= p.disk.Version && p.chain.Version == p.disk.Version
}

// leftOver reports whether nobody is at the wheel who asked to be: nobody at all, who has
// no rights any more, or the guest who follows them.
func leftOver(s profiles.Session, why Reason, t transition) bool {
	return s.State == profiles.Idle || t.removed || s.State == profiles.GuestDriving && why == WasRemoved
}

// Hide has the car take the end of its last drive for hidden: it knows no more of it.
func Hide(facts Facts) error {
	return facts.SetCarFact(factGate, []byte(telemetry.HiddenEnd))
}
