package main

import (
	"cmp"
	"fmt"
	"strings"
)

// done is what happened to a datum on its way to a reader.
var done = map[string]string{
	"published": "%s went to %s as it was", "reduced": "%s went to %s coarser than it was",
	"withheld": "%s stayed in the car and did not go to %s", "purged": "%s was taken back before it was sent to %s",
}

// rights are what a column of the policy says of those who read by it.
var rights = map[string]string{
	"main": "the main user", "shared": "a reader with whom all is shared", "limited": "a limited reader",
	"limited_assigned": "a limited reader of a trip that was assigned to them", "workshop": "the workshop", "backend": "the back end",
}

// holds are why a column of the policy holds that is of no reader.
var holds = map[string]string{
	"guest_driving": "a guest is at the wheel", "offline": "the driver chose offline",
	"no_position": "the driver chose no-position, or there was no fix for a minute",
	"waiting":     "a place begins later in this drive",
}

// reasons are, in a sentence each, what happened and every rule that decided so.
func reasons(e map[string]any) (all []string) {
	class, outcome := word(e["class"]), fmt.Sprint(e["outcome"])
	to := addressee(e)
	if e["name"] == nil {
		to = cmp.Or(rights[fmt.Sprint(e["reader"])], to)
	}
	if text := done[outcome]; text != "" {
		all = append(all, fmt.Sprintf(text+" (%s messages).", class, to, word(e["kind"])))
	}
	by, _ := e["limited_by"].([]string)
	for _, rule := range by {
		all = append(all, reason(rule, class, outcome))
	}
	return all
}

// reason is one rule in a sentence.
func reason(rule, class, outcome string) string {
	_, column, _ := strings.Cut(rule, "/")
	verb := map[string]string{"published": "has", "reduced": "has, but coarser,", "withheld": "does not have", "purged": "may not have any more, or had"}[outcome]
	switch why := holds[column]; {
	case rule == "default-deny":
		return "No rule lets it out, so it stays (default-deny)."
	case rule == "restricted":
		return "The main user took this away from this reader (restricted)."
	case why != "":
		return fmt.Sprintf("Because %s (%s).", why, rule)
	case rights[column] != "" && verb != "":
		return fmt.Sprintf("By the policy %s %s %s (%s).", rights[column], verb, class, rule)
	}
	return fmt.Sprintf("By the rule %s.", rule)
}
