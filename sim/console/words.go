package console

import "strings"

// letterOf is the one letter of a role: M, S, L, G, W, and B for the back end.
func letterOf(role, sharing string) string {
	switch {
	case role == "main":
		return "M"
	case role == "guest":
		return "G"
	case role == "workshop":
		return "W"
	case role == "backend":
		return "B"
	case role == "limited" || sharing == "limited":
		return "L"
	case role == "shared" || sharing == "shared":
		return "S"
	}
	return ""
}

// readersOf is what the columns of policy.csv say of those who read by them.
var readersOf = map[string]string{
	"main": "the main user", "shared": "shared users", "limited": "limited users",
	"limited_assigned": "a limited user whose trip it is", "workshop": "the workshop", "backend": "the back end",
}

// because is why a column of no reader holds.
var because = map[string]string{
	"guest_driving": "A guest drives: as from a car without a fix",
	"no_position":   "No position was chosen, or there is no fix",
	"offline":       "Offline was chosen",
	"waiting":       "A place begins later in this drive",
	"default-deny":  "No rule lets it out",
	"restricted":    "The main user took this away",
}

// reasonWords is why a decision was so, in words: by its rule, class/column.
func reasonWords(rule, outcome string) string {
	_, column, ofClass := strings.Cut(rule, "/")
	if !ofClass {
		column = rule
	}
	if why := because[column]; why != "" {
		return why
	}
	who := readersOf[column]
	if who == "" {
		return "By the rule " + rule
	}
	switch outcome {
	case "published":
		return capital(who) + " may have it"
	case "reduced":
		return "Coarser for " + who
	case "purged":
		return "Taken back before it was sent to " + who
	}
	return "Not for " + who
}

func capital(text string) string {
	if text == "" {
		return ""
	}
	return strings.ToUpper(text[:1]) + text[1:]
}
