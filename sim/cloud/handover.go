package cloud

import (
	"context"
	"fmt"
	"slices"

	"glovebox/profiles"
)

// A car that was given away at the wheel, or erased, is another one to everybody: it has
// a new id and new keys, and tells them nobody but who stands before its screen. The
// next main user's phone reads them there.

// Gone reports whether the car was given away or said that it is to be forgotten.
func (b *BackEnd) Gone() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.gone
}

// forgotten has the broker forget the document of a car that had it forget its state; mu
// is held.
func (b *BackEnd) forgotten() {
	b.state, b.gone = State{}, true
	b.published, b.good, b.last, b.unshown, b.behind = "", "", "", nil, false
	if b.connection != nil {
		go b.connection.Publish("gb/1/"+b.car.VID+"/policy", 1, true, "") // it may block, and this is the handler
	}
}

// Meet serves a car under the identity that it has since it was erased. It has no people
// yet, and nothing of before leads to it; who was invited as its main user still is.
func (b *BackEnd) Meet(ctx context.Context, car Identity) error {
	b.mu.Lock()
	connection := b.connection
	b.car, b.roster, b.gone = car, profiles.Roster{VID: car.VID, Admission: b.admits}, false
	b.current, b.hash, b.state = nil, "", State{}
	b.highest, b.ofCar, b.accepted, b.wrong = 0, 0, 0, 0
	b.published, b.good, b.last, b.unshown, b.behind = "", "", "", nil, false
	b.stale, b.held = map[string]bool{}, nil
	b.readers = slices.DeleteFunc(b.readers, func(r *Reader) bool { return r.phone == nil })
	for _, r := range b.readers {
		if !r.Removed && r.State != "" {
			b.withdraw(r, firstVersion)
			r.Removed = true
			delete(b.invitations, r.Name)
		}
	}
	b.mu.Unlock()
	if connection == nil {
		return nil
	}
	heard := connection.Subscribe("gb/1/"+car.VID+"/#", 1, nil)
	select {
	case <-heard.Done():
	case <-ctx.Done():
		return fmt.Errorf("meet the car: %w", ctx.Err())
	}
	if err := heard.Error(); err != nil {
		return fmt.Errorf("meet the car: %w", err)
	}
	return nil
}
