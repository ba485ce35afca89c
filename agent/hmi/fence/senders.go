package fence

const (
	maxUnknown = 512     // senders who wait to be known: one user's connections are 256 at most on a stock bus
	maxHeld    = 64      // calls that wait for one of them: as many as wait for a head unit's program, over an exchange of the process too
	maxHeldAll = 8 << 20 // bytes of all
	maxHeldFDs = 32      // descriptors of all
	heldSize   = 256     // what a call that waits takes beside its body
)

// senders are the unique names that have called, each with its user, and the calls
// of those whose user is being asked for. A name is forgotten when it leaves the
// bus; unique names are never used twice.
type senders struct {
	known   map[string]uint32
	unknown map[string]*unknown
	ready   []held // their users are known now
	bytes   int    // held for all unknown
	files   int    // the same of descriptors
}

// unknown is a sender whose user is being asked for, with its calls in order.
type unknown struct {
	calls []held
	gone  bool // it left meanwhile
}

type held struct {
	call Call
	body []byte
}

func newSenders() *senders {
	return &senders{known: map[string]uint32{}, unknown: map[string]*unknown{}}
}

func (s *senders) uid(name string) (uid uint32, known bool) {
	uid, known = s.known[name]
	return uid, known
}

func (s *senders) learn(name string, uid uint32) { s.known[name] = uid }

// hold keeps a call until its sender is known. ask is true for the first one; ok is
// false where there is no room.
func (s *senders) hold(c Call, body []byte) (ask, ok bool) {
	who := s.unknown[c.Sender]
	if who == nil {
		if len(s.unknown) == maxUnknown {
			return false, false
		}
		who, ask = &unknown{}, true
	}
	if len(who.calls) == maxHeld || s.bytes+len(body)+heldSize > maxHeldAll || s.files+len(c.Files) > maxHeldFDs {
		return false, false
	}
	s.bytes += len(body) + heldSize
	s.files += len(c.Files)
	s.unknown[c.Sender] = who
	who.calls = append(who.calls, held{c, append([]byte(nil), body...)})
	return ask, true
}

// release makes the calls of a sender ready, or returns them where nobody knows
// whose they are.
func (s *senders) release(name string, uid uint32, found bool) (refused []Call) {
	who := s.unknown[name]
	delete(s.unknown, name)
	for _, h := range who.calls {
		if who.gone {
			h.call.Flags |= noReplyExpected // there is nobody any more
		}
		s.bytes -= len(h.body) + heldSize
		s.files -= len(h.call.Files)
		if !found {
			refused = append(refused, h.call)
			continue
		}
		h.call.UID = uid
		s.ready = append(s.ready, h)
	}
	if found && !who.gone {
		s.known[name] = uid
	}
	return refused
}

// next is a call that is ready.
func (s *senders) next() (c Call, body []byte, ok bool) {
	if len(s.ready) == 0 {
		s.ready = nil
		return Call{}, nil, false
	}
	h := s.ready[0]
	s.ready = s.ready[1:]
	return h.call, h.body, true
}

func (s *senders) forget(name string) {
	delete(s.known, name)
	if who := s.unknown[name]; who != nil {
		who.gone = true
	}
}
