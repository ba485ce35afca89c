package cloud

import "slices"

// publishNext puts the next document before a car that is behind: the topic keeps the
// newest alone, and each follows the one before. It is not retained, so that a car that
// comes back sees the newest first. The newest itself comes again once those before it
// have come: until then it did not follow. mu is held.
func (b *BackEnd) publishNext() {
	b.unshown = slices.DeleteFunc(b.unshown, func(d Document) bool { return d.Version <= b.state.Policy })
	if len(b.unshown) == 0 {
		b.behind = false
		return
	}
	next := b.unshown[0]
	onTopic := next.JWS == b.published && !b.behind
	if !b.state.Online || b.connection == nil || next.Version > b.accepted || onTopic {
		return
	}
	b.behind = true
	go b.connection.Publish("gb/1/"+b.car.VID+"/policy", 1, false, next.JWS) // it may block, and this is the handler
}
