package headunit

import "strings"

// readersOf is what the columns of the policy call those who read by them.
var readersOf = map[string]string{
	"main": "the main user", "shared": "shared users", "limited": "limited users",
	"limited_assigned": "a limited user whose trip it is", "workshop": "the workshop", "backend": "the back end",
}

// because is why a column holds that is of no reader, and what is no column.
var because = map[string]string{
	"guest_driving": "A guest drives: as from a car without a fix",
	"no_position":   "No position was chosen, or there was no fix for a minute",
	"offline":       "Offline was chosen",
	"waiting":       "A place begins later in this drive",
	"default-deny":  "No rule lets it out",
	"restricted":    "The main user took this away",
}

// ReadersOf is what a column of the policy calls those who read by it, empty if it is of no reader.
func ReadersOf(column string) string { return readersOf[column] }

// Reason is why a decision of the ledger had its outcome, by one of the rules that made it so
// (docs/privacy.md, Indicator and ledger): class/column, default-deny or restricted. It is a
// sentence without a full stop.
func Reason(rule, outcome string) string {
	_, column, ofClass := strings.Cut(rule, "/")
	if !ofClass {
		column = rule
	}
	if why := because[column]; why != "" {
		return why
	}
	who := readersOf[column]
	switch {
	case who == "":
		return "By the rule " + rule
	case outcome == "published":
		return strings.ToUpper(who[:1]) + who[1:] + " may have it"
	case outcome == "reduced":
		return "Coarser for " + who
	case outcome == "purged":
		return "Taken back before it was sent to " + who
	}
	return "Not for " + who
}
