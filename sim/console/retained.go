package console

import (
	"container/list"
	"iter"
)

// caps say how many keys of a kind are retained, the newest.
var caps = map[string]int{"ledger": 2000, "plot": 1200, "wire": 200, "dbus": 200, "log": 200, "breach": 50, "published": 50}

// mostKeys bounds every other kind: none has so many, but one that names what came from
// a wire could.
const mostKeys = 4096

// fleeting kinds are said once and not retained: they say what to do with what follows.
var fleeting = map[string]bool{"reset": true, "ready": true}

// shelf holds the newest event of each key of one kind.
type shelf struct {
	most  int
	byKey map[string]*list.Element // of *Event
	order *list.List               // the event that changed last is at the back
}

func newShelf(kind string) *shelf {
	most, capped := caps[kind]
	switch {
	case fleeting[kind]:
		most = 0
	case !capped:
		most = mostKeys
	}
	return &shelf{most: most, byKey: map[string]*list.Element{}, order: list.New()}
}

// put takes the place of what was there of that key; the key that did not change for
// longest goes if there are too many.
func (s *shelf) put(e *Event) {
	if at, known := s.byKey[e.Key]; known {
		s.order.Remove(at)
	}
	s.byKey[e.Key] = s.order.PushBack(e)
	if s.order.Len() > s.most {
		oldest := s.order.Remove(s.order.Front()).(*Event)
		delete(s.byKey, oldest.Key)
	}
}

func (s *shelf) all() iter.Seq[*Event] {
	return func(yield func(*Event) bool) {
		for at := s.order.Front(); at != nil; at = at.Next() {
			if !yield(at.Value.(*Event)) {
				return
			}
		}
	}
}
