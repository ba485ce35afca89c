package agent

import (
	"context"

	"glovebox/profiles"
)

// turn has one token: one request at a time puts somebody at the wheel or changes
// who may be there. Lowering a level and leaving need none.
type turn chan struct{}

// take waits for the token, give gives it back.
func (t turn) take(ctx context.Context) error {
	select {
	case t <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// try takes the token if it is free.
func (t turn) try() bool {
	select {
	case t <- struct{}{}:
		return true
	default:
		return false
	}
}

func (t turn) give() { <-t }

// Request asks for the wheel: a person whose PIN was verified, or a guest. The zero
// Request is none.
type Request struct {
	Who   profiles.ID
	Guest bool
	Fob   bool // it is their fob that asks, while nobody is at the wheel
}

// transition is what happens to the session once the car is parked: the person at the
// wheel was removed, somebody waits to get in, or both. It is a value.
type transition struct {
	request Request
	removed bool   // whoever is at the wheel has no rights any more
	newest  uint64 // numbers requests for a session; only the newest may succeed
}

// waits reports whether there is anything to do once parked.
func (t transition) waits() bool { return t.removed || t.request != Request{} }

// lapses takes a queued request back whose person has no rights any more.
func (t *transition) lapses(active func(profiles.ID) bool) {
	if who := t.request.Who; !who.IsZero() && !active(who) {
		t.request = Request{}
	}
}

// ticket numbers a request; every older one that is still open fails from then on.
func (t *transition) ticket() uint64 {
	t.newest++
	return t.newest
}

// becomes is why the session ends, who comes next and with which reason: who waits, or
// after a removal a guest, where there is guest mode; else nobody.
func (t transition) becomes(guestAvailable bool) (end Reason, next Request, begin Reason) {
	end, next, begin = Replaced, t.request, Chosen
	if t.removed {
		end = WasRemoved
	}
	if next.Fob {
		begin = ByFob
	}
	if next == (Request{}) {
		next, begin = Request{Guest: guestAvailable}, WasRemoved
	}
	return end, next, begin
}

// over is what is left once the session has ended.
func (t transition) over() transition { return transition{newest: t.newest} }

// pending is Session1.Pending: an id, guest, or nothing. A fob's request is carried out
// at once, or never.
func (t transition) pending() string {
	switch {
	case t.request.Fob:
		return ""
	case t.request.Guest:
		return "guest"
	case t.request != Request{}:
		return t.request.Who.String()
	}
	return ""
}
