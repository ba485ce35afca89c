package dbc

import "errors"

// connect binds multiplexed signals to their multiplexors, once the whole file
// is read. A signal that cannot be bound is kept and found in no frame.
func (p *parser) connect() {
	overridden := map[*Signal]bool{}
	for _, o := range p.pending {
		o.signal.Mux.Under, o.signal.Mux.Ranges = o.under, o.ranges
		overridden[o.signal] = true
	}
	for _, m := range p.file.Messages {
		root := p.root(m)
		for _, s := range m.Signals {
			if s.Mux.Ranges != nil && !overridden[s] && root != nil {
				s.Mux.Under = root.Name
			}
		}
		for _, s := range m.Signals {
			if err := bind(m, s); err != nil {
				s.plan = Plan{}
				p.note(s, err)
			}
		}
	}
}

// root is the multiplexor that a plain m3 means: the first M of the message.
func (p *parser) root(m *Message) (root *Signal) {
	for _, s := range m.Signals {
		switch {
		case !s.Mux.Switch || s.Mux.Ranges != nil:
		case root == nil:
			root = s
		default:
			p.note(s, errors.New("a second multiplexor M; a plain m number means the first"))
		}
	}
	return root
}

func (p *parser) note(s *Signal, err error) {
	p.problems = append(p.problems, Problem{Line: s.Line, Statement: "SG_", Text: s.Name + ": " + err.Error()})
}

// bind gives s the chain of multiplexors above it.
func bind(m *Message, s *Signal) error {
	link := &s.plan.under
	for depth, at := 0, s; at.Mux.Ranges != nil; depth++ {
		by := m.Signal(at.Mux.Under)
		switch {
		case by == nil:
			return errors.New("the message has no multiplexor M; no frame has the signal")
		case depth > len(m.Signals):
			return errors.New("its multiplexors select each other; no frame has the signal")
		case by.Float != Integer:
			return errors.New("its multiplexor is no integer; no frame has the signal")
		}
		*link = &selector{bits: by.plan.bits, ranges: at.Mux.Ranges}
		link = &(*link).under
		at = by
	}
	return nil
}
