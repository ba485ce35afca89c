package main

import (
	"cmp"
	"fmt"

	"glovebox/headunit"
)

// done is what happened to a datum on its way to a reader.
var done = map[string]string{
	"published": "%s went to %s as it was", "reduced": "%s went to %s coarser than it was",
	"withheld": "%s stayed in the car and did not go to %s", "purged": "%s was taken back before it was sent to %s",
}

// reasons are, in a sentence each, what happened and every rule that decided so.
func reasons(e map[string]any) (all []string) {
	class, outcome := word(e["class"]), fmt.Sprint(e["outcome"])
	to := addressee(e)
	if e["name"] == nil {
		to = cmp.Or(headunit.ReadersOf(fmt.Sprint(e["reader"])), to)
	}
	if text := done[outcome]; text != "" {
		all = append(all, fmt.Sprintf(text+" (%s messages).", class, to, word(e["kind"])))
	}
	by, _ := e["limited_by"].([]string)
	for _, rule := range by {
		all = append(all, fmt.Sprintf("%s (%s).", headunit.Reason(rule, outcome), rule))
	}
	return all
}
