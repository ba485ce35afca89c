package agent

import (
	"sync"

	"glovebox/profiles"
)

// Event is something the head unit is told once: Ended, SettingsChanged, LedgerChanged.
type Event any

// Ended says that a session is over, with what was cleared.
type Ended struct {
	Reason  string
	Receipt profiles.Receipt
}

// SettingsChanged names what changed, never the value.
type SettingsChanged struct {
	Group string
	Keys  []string
}

// LedgerChanged names the newest entry of the person at the wheel.
type LedgerChanged struct{ Last uint64 }

// allChanged says that the values of every group are others now.
func allChanged() (all []Event) {
	for _, g := range profiles.Groups() {
		all = append(all, SettingsChanged{g.Name, g.KeyNames()})
	}
	return all
}

// news is what the head unit was not told yet. It is safe to share.
type news struct {
	bell bell // something changed that the head unit is shown

	mu     sync.Mutex
	events []Event // guarded by mu
}

func newNews() *news { return &news{bell: make(bell, 1)} }

// changed says that a view may be another one now.
func (n *news) changed() { n.bell.ring() }

func (n *news) add(events ...Event) {
	n.mu.Lock()
	n.events = append(n.events, events...)
	n.mu.Unlock()
	n.changed()
}

// take returns what happened since the last call, oldest first.
func (n *news) take() []Event {
	n.mu.Lock()
	defer n.mu.Unlock()
	all := n.events
	n.events = nil
	return all
}
