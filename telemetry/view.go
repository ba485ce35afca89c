package telemetry

import "glovebox/profiles"

// PrivacyView is what leaves the car and why, as the head unit is told. Words
// are those of the contract, Privacy1.
type PrivacyView struct {
	Level          string   // what the driver chose: share, no-position, offline
	EffectiveLevel string   // what holds: the strictest rule wins
	LimitedBy      []string // the rules that made it so
	LocationInUse  bool     // the indicator: true exactly while position leaves
	Readers        []ReaderView
	Policy         string // built-in, or test for an override
}

// ReaderView is one reader outside and what reaches them.
type ReaderView struct {
	Name     profiles.Private // empty in a guest session
	Role     string           // main, secondary, workshop, backend
	Receives []string         // kinds: status, position, alarms, …
}

// LedgerFilter narrows a ledger. The zero filter takes everything; an empty
// word does not narrow.
type LedgerFilter struct {
	After   uint64 // entries with a greater id only
	Class   string
	Reader  string
	Kind    string
	Outcome string
	Limit   uint32 // the newest so many; 0 is all
}
