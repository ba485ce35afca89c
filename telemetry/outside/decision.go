package outside

import "glovebox/hal"

// Outcome is what became of a decision.
type Outcome string

const (
	Published Outcome = "published" // handed to the link as it was
	Reduced   Outcome = "reduced"   // handed to the link coarser than it was
	Withheld  Outcome = "withheld"
	Purged    Outcome = "purged" // released, and taken back before it was sent
)

// Decision is one decision for the ledger. It holds no value and no path.
type Decision struct {
	At        hal.Instant
	Class     Class
	Reader    string
	Kind      Kind
	Outcome   Outcome
	Rule      string   // class/column of the cell that decided, or default-deny
	LimitedBy []string // all cells that were as strict; shared, not to be changed
	Count     int      // how many messages it is about; zero is one
}

// run is what a status message says of one class.
type run struct {
	class Class
	cell  Cell
}

// outcome is what handing over a class under this cell is called.
func (c Cell) outcome() Outcome {
	if c.Verdict == Coarsen {
		return Reduced
	}
	return Published
}
