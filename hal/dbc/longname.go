package dbc

// The format allows names of 32 characters. Tools that allow more write a short one
// in its place, and say the long one in an attribute:
//
//	BA_ "SystemMessageLongSymbol" BO_ 310 "CentralBodyDoorWindowStateRearLeftSide";
//	BA_ "SystemSignalLongSymbol" SG_ 310 RearLeftWindowPositionInPercentO "RearLeftWindowPositionInPercentOpened";

// attribute reads BA_; those that nobody asks about are stepped over.
func (p *parser) attribute() error {
	name, err := p.text(amongOthers)
	if err != nil {
		return err
	}
	var short *string
	switch before := p.cursor; {
	case name == "SystemMessageLongSymbol" && p.word() == "BO_":
		m, err := p.about()
		if err != nil {
			return err
		}
		short = &m.Name
	case name == "SystemSignalLongSymbol" && p.word() == "SG_":
		_, s, err := p.signal()
		if err != nil {
			return err
		}
		short = &s.Name
	default:
		p.cursor = before
		return p.skip()
	}
	long, err := p.text(alone)
	if err != nil {
		return err
	}
	switch {
	case long == "" || keyword(long):
	case len(run([]byte(long))) < len(long):
		p.repaired("%q is no name, %s stays", long, *short)
	default:
		p.long[short] = long
	}
	return p.end()
}

// rename gives messages and signals their long names, once no statement says the
// short ones any more.
func (p *parser) rename() {
	if len(p.long) == 0 {
		return
	}
	for _, m := range p.file.Messages {
		full(p.long, &m.Name)
		under := map[string]string{}
		for _, s := range m.Signals {
			if short := s.Name; full(p.long, &s.Name) && m.Signal(short) == nil {
				under[short] = s.Name
			}
		}
		for _, s := range m.Signals {
			if long := under[s.Mux.Under]; long != "" {
				s.Mux.Under = long
			}
		}
	}
	for _, s := range p.file.Unassigned {
		full(p.long, &s.Name)
	}
}

// full puts the long name in a short one's place, if there is one.
func full(long map[*string]string, name *string) bool {
	text, ok := long[name]
	if ok {
		*name = text
	}
	return ok
}
