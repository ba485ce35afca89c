package telemetry

import (
	"log/slog"
	"time"

	"glovebox/telemetry/outside"
)

const (
	strikes  = 3                // so often the broker ends the connection at a message before it is set aside
	promptly = 10 * time.Second // an end that comes later after the hand-over is no answer to the message
	asideFor = time.Hour        // between two tries of messages that were set aside
	tryFirst = time.Minute      // from then until the first try of the first of a reader and kind: a broker may have been in works
)

// parcel is what is suspected: one kept message, or what is live of a reader and
// kind, which is another message each time.
type parcel struct {
	id  uint64 // of a kept message, else 0
	tag outside.Tag
}

// suspects are the messages that were on the way when a connection ended. Each goes
// alone the next time, with nothing in flight beside it: then it is known whether the
// broker ends the connection at it. Deliver alone uses it.
//
//	on the way ──end──▶ suspect ──end, alone──▶ … 3 ──▶ aside ──a minute, then an hour──▶ tried alone
//	                       └──acknowledged──▶ forgotten    ◀──another one acknowledged──┘
type suspects struct {
	all   map[parcel]*suspect
	due   time.Time // when one that is set aside is tried again
	tried bool      // one was, on this connection
	log   *slog.Logger
}

type suspect struct {
	ended int  // connections that ended at it
	left  *int // of what was on the way when the newest of them ended, so many are not acknowledged since; of an end that answered none, none
	aside bool
	next  time.Time // not tried again before
}

// stance is how a message may be handed over.
type stance uint8

const (
	trusted stance = iota
	alone          // with nothing beside it
	trial          // likewise, and nothing waits for it
	aside          // not now
)

// stance of a message now.
func (s *suspects) stance(p parcel, now time.Time) stance {
	switch one := s.all[p]; {
	case one == nil:
		return trusted
	case !one.aside:
		return alone
	case s.tried || now.Before(s.due) || now.Before(one.next):
		return aside
	}
	return trial
}

// try marks that one that was set aside is handed over. Where there are others it is
// their turn in an hour.
func (s *suspects) try(p parcel, now time.Time) {
	s.tried, s.due = true, now.Add(asideFor)
	s.all[p].next = s.due
	for other, one := range s.all {
		if one.aside && other != p {
			s.all[p].next = now.Add(2 * asideFor)
		}
	}
}

// cleared is told what the broker acknowledged. Once that is all that was on the way when a
// connection ended, the broker has changed its mind about one of them: those that were set
// aside are tried again. One alone that had others beside it shows nothing.
func (s *suspects) cleared(p parcel, now time.Time) {
	one := s.all[p]
	if one == nil {
		return
	}
	delete(s.all, p)
	if *one.left--; *one.left != 0 {
		return
	}
	s.tried, s.due = false, now
	for _, one := range s.all {
		one.next = now
	}
}

// ended is told what was on the way when the broker ended the connection, oldest
// first; first is whether it ended at the oldest of them. found is whether that one is set
// aside now, the first of its reader and kind: the others need not wait long for a line.
func (s *suspects) ended(onTheWay []parcel, first bool, now time.Time) (found bool) {
	left := new(int)
	for _, p := range onTheWay {
		one := s.all[p]
		if one == nil {
			one = &suspect{}
			s.all[p] = one
		}
		if first && one.left != left { // it may be twice
			*left++
		}
		one.left = left
	}
	if !first || len(onTheWay) == 0 {
		return false
	}
	p := onTheWay[0]
	one := s.all[p]
	one.ended++
	if enough := s.enough(p); !one.aside && one.ended >= enough {
		found = enough == strikes
		if one.next = now.Add(asideFor); found {
			one.next = now.Add(tryFirst)
		}
		if s.due.Before(now) { // else another one's turn comes first
			s.due = one.next
		}
		one.aside = true
		s.log.Warn("message set aside", "kind", string(p.tag.Kind), "column", string(p.tag.Column), "number", p.id, "ends", one.ended)
	}
	return found
}

// enough is how many ends set a message aside: one, where another of its reader and
// kind is set aside already.
func (s *suspects) enough(p parcel) int {
	for other, one := range s.all {
		if one.aside && other.tag.Mailbox == p.tag.Mailbox && other.tag.Kind == p.tag.Kind {
			return 1
		}
	}
	return strikes
}

// next is when one that is set aside may be tried; waits is false if none is. One whose time
// had come when the queues were looked at, and that was not tried, is not there: whatever
// comes wakes the line by itself.
func (s *suspects) next(looked time.Time) (next time.Time, waits bool) {
	for _, one := range s.all {
		due := later(s.due, one.next)
		if one.aside && !s.tried && due.After(looked) && (!waits || due.Before(next)) {
			next, waits = due, true
		}
	}
	return next, waits
}

// anew drops all that is known: with a session's end a fresh process may take over, which
// knows nothing, and a broker must not tell whether one did.
func (s *suspects) anew() { *s = suspects{all: map[parcel]*suspect{}, log: s.log} }

// forget drops what is known of kept messages: none waits.
func (s *suspects) forget() {
	for p := range s.all {
		if p.id != 0 {
			delete(s.all, p)
		}
	}
}
