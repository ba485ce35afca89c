package town

import "sync"

// Navigator guides whoever drives through a town, along one way after the other. It may
// be shared.
type Navigator struct {
	town *Town
	way  func() string

	mu   sync.Mutex
	name string // guarded by mu; of the way that path is
	path *Path  // guarded by mu; nil where the way is none of the town's
}

// NewNavigator asks way for the name of the route that is driven, as Named takes it,
// each time that somebody is to be guided; empty if there is none. It must not block.
func NewNavigator(t *Town, way func() string) *Navigator { return &Navigator{town: t, way: way} }

// Nearest is the street at a position, as of the town.
func (n *Navigator) Nearest(lat, lon float64) (street string) { return n.town.Nearest(lat, lon) }

// Guide is what to do next, as of the path. Turn is empty also where no way is driven,
// and where it is none of the town's.
func (n *Navigator) Guide(lat, lon float64) (turn string, metres float64, street string, km float64) {
	name := n.way()
	n.mu.Lock()
	if name != n.name {
		n.name, n.path = name, nil
		if path, err := n.town.Named(name); err == nil {
			n.path = path
		}
	}
	path := n.path
	n.mu.Unlock()
	if path == nil {
		return "", 0, "", 0
	}
	return path.Guide(lat, lon)
}
