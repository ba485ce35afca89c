package telemetry

import (
	"time"

	"glovebox/profiles"
)

// PrivacyView is what leaves the car and why, as the head unit is told. Words
// are those of the contract, Privacy1.
type PrivacyView struct {
	Level          string   // what the driver chose: share, no-position, offline
	EffectiveLevel string   // what holds: the strictest rule wins
	LimitedBy      []string // the rules that made it so
	LocationInUse  bool     // the indicator: true exactly while position leaves
	Readers        []ReaderView
	Policy         string        // built-in, or test for an override
	OpensIn        time.Duration // how long the line stays silent after offline was lifted; zero: not waited for
}

// ReaderView is one reader outside and what reaches them.
type ReaderView struct {
	Name     profiles.Private // empty in a guest session
	Role     string           // main, secondary, workshop, backend
	Receives []string         // kinds that may reach them now: status, position, alarms, …
}

// Entry is one run of decisions in the ledger: same class, reader, outcome and
// rule within one minute (docs/privacy.md, Indicator and ledger). It holds no value of any class.
type Entry struct {
	ID        uint64    // rises by one
	From, To  time.Time // UTC minutes of the first and the last decision
	Class     string    // row of the policy
	Reader    string    // a person's id, workshop or backend
	Kind      string    // status, position, alarms, …
	Outcome   string    // published, reduced, withheld, purged
	Rule      string    // the cell that decided, as class/column, or default-deny
	LimitedBy []string  // all columns that were as strict
	Count     uint32    // decisions in this run
}
