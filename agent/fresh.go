package agent

import "glovebox/profiles"

// Carried is what a fresh process is told by the one that it replaces: nothing of the
// session that ended but why, and who comes next.
type Carried struct {
	Ended  Reason  `json:"ended"`
	Next   Request `json:"next"`   // who was let in meanwhile; the zero Request: nobody
	Why    Reason  `json:"why"`    // they were
	Waits  Request `json:"waits"`  // who waits until the car is parked
	Parked bool    `json:"parked"` // the car was seen parked
}

// fresh says when this process gives way to a fresh one, in which nothing of a guest or of
// a removed person is left. It is a plain value: the cabin owns it.
type fresh struct {
	able   bool     // there can be one
	wanted bool     // this process has held what has to go
	begun  *Carried // the name is given back, or about to be: whoever is let in comes next
}

// follows reports whether a fresh process comes at the session's end.
func (f *fresh) follows() bool { return f.able && f.wanted }

// begin has this process give way, where one is to follow and nobody is at the wheel, and
// reports whether it does. What may not stay in the queue has been purged.
func (f *fresh) begin(s profiles.Session, ended Reason, car shown) bool {
	if !f.follows() || f.begun != nil || s.Driving() || ended == Restart {
		return false
	}
	f.begun = &Carried{Ended: ended, Parked: car.known && car.parked && car.stood}
	return true
}

// told is what the fresh process is told at the end.
func (f *fresh) told(t transition) Carried {
	told := *f.begun
	told.Waits = t.request
	return told
}

// nobody has nobody come next who was let in before: an end is newer than they are.
func (f *fresh) nobody() {
	if f.begun != nil {
		f.begun.Next = Request{}
	}
}

// giveWay returns when the name is given back, and calls for the fresh process.
func giveWay(n *news, call func(told func() Carried), told func() Carried) {
	given := make(chan struct{})
	n.add(nameGiven{given})
	<-given
	call(told)
}

// nameGiven has the name given back to the bus, once all is told that happened before:
// what is called from then on waits for the fresh process.
type nameGiven struct{ done chan struct{} }

// erased reports whether somebody's key was destroyed.
func erased(r profiles.Receipt) bool { return r.Method == "key" && r.Result == "erased" }
