package console

import (
	"fmt"
	"path"

	"glovebox/sim"
)

// receiptData is the event receipt.
type receiptData struct {
	T       string         `json:"t"`
	Who     string         `json:"who"`
	Reason  string         `json:"reason"`
	Receipt map[string]any `json:"receipt"`
}

// removals are the calls of the head unit that a receipt answers.
type removals struct {
	headUnit string            // its name on the bus
	asked    map[string]string // by serial: the id of who is removed, empty for everybody
}

// take looks at a message of the bus; it is a receipt, or nil.
func (r *removals) take(line sim.BusLine, name func(id string) string) *receiptData {
	switch {
	case line.Sender == r.headUnit && line.Type == "method-call" && line.Interface == "org.glovebox.Roster1":
		switch line.Member {
		case "Remove":
			object, _ := first(line.Body).(string)
			r.asked[fmt.Sprint(line.Serial)] = path.Base(object)
		case "Erase":
			r.asked[fmt.Sprint(line.Serial)] = ""
		}
	case line.Destination == r.headUnit && line.ReplyTo != nil:
		who, asked := r.asked[fmt.Sprint(line.ReplyTo)]
		delete(r.asked, fmt.Sprint(line.ReplyTo))
		receipt, given := first(line.Body).(map[string]any)
		if asked && given && line.Type == "reply" {
			return &receiptData{T: line.T, Who: name(who), Reason: "removed", Receipt: receipt}
		}
	}
	return nil
}

// first is the first of a message's arguments, nil if it has none.
func first(body []any) any {
	if len(body) == 0 {
		return nil
	}
	return body[0]
}
