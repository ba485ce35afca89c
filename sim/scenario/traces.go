package scenario

import (
	"fmt"
)

// sent is any byte from the agent to the broker.
type sent struct{}

func (*sent) String() string { return "sent" }

// wire is a text in any byte that the agent sent.
type wire struct{ text string }

func (c *wire) String() string { return "wire " + c.text }

// shortest is the least that is worth looking for: less is found anywhere.
const shortest = 4

func parseText(l *line) (string, error) {
	text := l.text()
	if len(text) < shortest {
		return "", fmt.Errorf("%q: less than %d letters are found anywhere", text, shortest)
	}
	return text, nil
}

func parseWire(_ *parser, l *line) (condition, error) {
	text, err := parseText(l)
	return &wire{text}, err
}

// disk is a text in the state directory or the log, sealed values opened; or,
// without a text, the people's values as they were.
type disk struct{ text string }

func (c *disk) String() string {
	if c.text == "" {
		return "disk unchanged"
	}
	return "disk " + c.text
}

func parseDisk(_ *parser, l *line) (condition, error) {
	text, err := parseText(l)
	if text == "unchanged" {
		text = ""
	}
	return &disk{text}, err
}

// stores is the state directory as the agent's own check finds it.
type stores struct{}

func (*stores) String() string { return "stores whole" }
