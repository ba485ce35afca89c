package agent

import (
	"time"

	"glovebox/hal"
	"glovebox/profiles"
	"glovebox/telemetry/outside"
)

// fobs is what the key readers say, and what follows from it: which fobs are in the car,
// and which of them opened it. It is a plain value without a lock: vehicle owns it.
//
//	Away ──a fob opens the doors──▶ Arriving ──arrivesIn──▶ decided: whose are they?
//	 ▲                                  │
//	 └────────── locked ────────────────┴──driver's door or ignition──▶ Inside: a fob is late
type fobs struct {
	seen    map[hal.FobID]seenFob
	began   map[string]time.Duration // when each bus said its first frame, boot clock
	opened  time.Duration            // when the doors were opened by a fob, while arriving
	arrives bool
	found   bool          // they were open already when the agent began to listen
	inside  time.Duration // since when somebody is inside
	isIn    bool
	locks   bool // the car says whether it is locked
	locked  bool
	settled time.Duration // what is seen before it, boot clock, was seen by the process before: no arrival

	suggested profiles.ID // whose PIN the picker asks for: the owner's, until somebody drives or the car is locked
}

// seenFob is what was said of one fob last.
type seenFob struct {
	near, unlocked bool
	at             time.Duration
}

const (
	arrivesIn  = time.Second     // after the first fob: the reader says the others in turn
	lateAfter  = 2 * time.Second // door and fob come in any order
	forgetFobs = 5 * time.Second // one that the reader does not say is not here
	mostFobs   = 64              // more are noise

)

func newFobs() fobs {
	return fobs{seen: map[hal.FobID]seenFob{}, began: map[string]time.Duration{}}
}

// begin is told when a bus says its first frame.
func (f *fobs) begin(bus string, now hal.Instant) { f.began[bus] = now.Boot }

// see takes in what a reader says.
func (f *fobs) see(bus string, s hal.Sighting, now hal.Instant) {
	before, known := f.seen[s.ID]
	known = known && now.Boot-before.at < forgetFobs
	if _, ok := f.seen[s.ID]; !ok && len(f.seen) >= mostFobs {
		f.forget(now)
		if len(f.seen) >= mostFobs {
			return
		}
	}
	f.seen[s.ID] = seenFob{s.Present, s.Unlocked, now.Boot}
	late := f.isIn && now.Boot-f.inside > lateAfter
	if s.Unlocked && !(known && before.unlocked) && !late && !f.arrives && now.Boot >= f.settled {
		f.arrives, f.opened = true, now.Boot
		f.found = !known && now.Boot-f.began[bus] < arrivesIn
	}
	if !f.locks && f.isIn && len(f.here(now, true)) == 0 { // all went, and nothing else says so
		f.isIn = false
	}
}

// forget drops what is not said any more.
func (f *fobs) forget(now hal.Instant) {
	for id, s := range f.seen {
		if now.Boot-s.at >= forgetFobs {
			delete(f.seen, id)
		}
	}
}

// read takes in what the car says of its doors; on is its ignition.
func (f *fobs) read(r hal.Reading, on bool) {
	switch {
	case r.Path == pathLocked && !r.Value.Absent():
		f.locks, f.locked = true, r.Value.IsTrue()
		if f.locked && !on {
			f.isIn, f.arrives, f.suggested = false, false, profiles.ID{}
		}
	case r.Path == pathDoor && r.Value.IsTrue(), r.Path == pathIgnition && on:
		if !f.isIn {
			f.isIn, f.inside = true, r.At.Boot
		}
	}
}

// here lists the fobs that are in the car or, with opened, that opened it too.
func (f *fobs) here(now hal.Instant, opened bool) (all []profiles.Fob) {
	for id, s := range f.seen {
		if now.Boot-s.at < forgetFobs && (s.near || opened && s.unlocked) {
			all = append(all, profiles.NewFob(id.Reveal()))
		}
	}
	return all
}

// inCar lists the fobs that are in the car.
func (f *fobs) inCar(now hal.Instant) []profiles.Fob { return f.here(now, false) }

// due is when an arrival is decided, on the boot clock.
func (f *fobs) due() time.Duration {
	if f.arrives {
		return f.opened + arrivesIn
	}
	return outside.Never
}

// arrived lists the fobs of an arrival once it is to be decided, which is once; found is
// true where they were there when the agent began to listen.
func (f *fobs) arrived(now hal.Instant) (all []profiles.Fob, found bool) {
	if !f.arrives || now.Boot < f.due() {
		return nil, false
	}
	if f.arrives = false; f.locked {
		return nil, false
	}
	return f.here(now, true), f.found
}

// arrived is what the fobs that opened the car come to, once that is decided: the reason
// of what follows, none if there is nothing to decide, and who is put at the wheel.
// Nobody is but the owner of all fobs that are here. Where they are two people's, or one
// is nobody's, the picker stays; the same for an owner with a PIN, who is asked for it.
// Where somebody is at the wheel already, or the car drives, it changes nothing.
func (v *vehicle) arrived(s profiles.Session, p *people, atBoot bool, now hal.Instant) (why Reason, next Request) {
	if !v.motion.known {
		return "", Request{}
	}
	fobs, found := v.fobs.arrived(now)
	if len(fobs) == 0 || found && !atBoot || s.State != profiles.Idle || !v.motion.parked(now) {
		return "", Request{}
	}
	who := p.ownerOf(fobs)
	v.fobs.suggested = profiles.ID{}
	switch person, _ := p.roster.Find(who); {
	case who.IsZero():
		return UnknownFob, Request{}
	case p.verifier(person).IsZero():
		return ByFob, Request{Who: who, Fob: true}
	}
	v.fobs.suggested = who
	return ByFob, Request{}
}

// ownerOf is whose all of these fobs are.
func (p *people) ownerOf(fobs []profiles.Fob) (who profiles.ID) {
	for i, fob := range fobs {
		owner := p.owner(fob)
		if owner.IsZero() || i > 0 && owner != who {
			return profiles.ID{}
		}
		who = owner
	}
	return who
}
