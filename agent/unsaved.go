package agent

import (
	"maps"
	"sync"

	"glovebox/profiles"
)

// unsaved is what the disk does not have yet of some people, by key; a zero value of V is
// to be taken out there. The cabin owns it.
type unsaved[M ~map[K]V, K comparable, V any] struct {
	lock  sync.Locker // the cabin's, for effects
	of    map[profiles.ID]M
	fresh bool // there is something that no effect is to write yet
}

// add puts values to those of a person: the newest of a key counts.
func (u *unsaved[M, K, V]) add(who profiles.ID, values M) {
	if u.of == nil {
		u.of = map[profiles.ID]M{}
	}
	if u.of[who] == nil {
		u.of[who] = M{}
	}
	maps.Copy(u.of[who], values)
	u.fresh = true
}

// dropped is told that the disk does not have a key any more, nor is to have it.
func (u *unsaved[M, K, V]) dropped(who profiles.ID, key K) { delete(u.of[who], key) }

// forget drops what belongs to those who are not of this car any more.
func (u *unsaved[M, K, V]) forget(gone func(profiles.ID) bool) {
	maps.DeleteFunc(u.of, func(id profiles.ID, _ M) bool { return gone(id) })
}

// keep writes what is unsaved by then. What could not be written is unsaved again, but for
// what changed meanwhile. Without after it is tried again until it is done; with it the next
// effect takes what failed along.
func (u *unsaved[M, K, V]) keep(what string, write func(w *world, all map[profiles.ID]M) error, after func(error)) effect {
	u.fresh = false
	return effect{what: what, owed: after == nil, after: after, do: func(w *world) error {
		u.lock.Lock()
		all := u.of
		u.of = nil
		u.lock.Unlock()
		if len(all) == 0 {
			return nil
		}
		err := write(w, all)
		if err != nil {
			u.lock.Lock()
			defer u.lock.Unlock()
			for who, newer := range u.of {
				if all[who] == nil {
					all[who] = M{}
				}
				maps.Copy(all[who], newer)
			}
			u.of, u.fresh = all, u.fresh || after != nil
		}
		return err
	}}
}
