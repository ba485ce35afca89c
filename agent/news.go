package agent

import (
	"maps"
	"reflect"
	"slices"
	"sync"
	"time"

	"glovebox/profiles"
)

// Event is something the head unit is told once: Ending, Ended, SettingsChanged, LedgerChanged,
// MessageArrived, TripsChanged.
type Event any

// Ending says that a session will be over at the latest after Deadline.
type Ending struct {
	Reason   string
	Deadline time.Duration
}

// Ended says that a session is over, with what was cleared.
type Ended struct {
	Reason  string
	Receipt profiles.Receipt
}

// SettingsChanged names the keys whose values are others now, never a value.
type SettingsChanged struct {
	Group string
	Keys  []string
}

// LedgerChanged names the newest entry of the person at the wheel.
type LedgerChanged struct{ Last uint64 }

// MessageArrived says of which kind a message came for the person at the wheel.
type MessageArrived struct{ Kind string }

// TripsChanged says that a trip ended, was assigned or deleted.
type TripsChanged struct{}

// forgotten stands for a value that a guest set: nothing of it is left to compare.
type forgotten struct{}

// changes names what differs between the settings that the head unit knew and those of
// now, by group. What is in neither has its default.
func changes(before, now map[string]map[string]any) (all []Event) {
	for _, g := range profiles.Groups() {
		was, is := g.Defaults(), g.Defaults()
		maps.Copy(was, before[g.Name])
		maps.Copy(is, now[g.Name])
		if keys := differ(was, is, slices.Sorted(maps.Keys(is))); len(keys) > 0 {
			all = append(all, SettingsChanged{g.Name, keys})
		}
	}
	apps := maps.Clone(before)
	if apps == nil {
		apps = map[string]map[string]any{}
	}
	maps.Copy(apps, now)
	for _, group := range slices.Sorted(maps.Keys(apps)) {
		if profiles.IsApp(group) { // another person's now: its keys are no business of everybody on the bus
			all = append(all, SettingsChanged{group, nil})
		}
	}
	return all
}

// differ is those of the keys whose values are not the same in both.
func differ(was, is map[string]any, keys []string) []string {
	return slices.DeleteFunc(keys, func(key string) bool { return reflect.DeepEqual(was[key], is[key]) })
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
	n.keep(events...)
	n.changed()
}

// keep is add for whoever calls changed later.
func (n *news) keep(events ...Event) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.events = append(n.events, events...)
}

// take returns what happened since the last call, oldest first.
func (n *news) take() []Event {
	n.mu.Lock()
	defer n.mu.Unlock()
	all := n.events
	n.events = nil
	return all
}
