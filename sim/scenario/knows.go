package scenario

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// aboutReader is a check on what a reader got: why it did not hold, the ledger of
// whoever is at the wheel may know.
type aboutReader interface {
	about() (reader, kind string) // empty: of any
}

func (c *publish) about() (reader, kind string)  { return c.name, c.kind }
func (c *messages) about() (reader, kind string) { return c.name, c.kind }
func (c *first) about() (reader, kind string)    { return c.name, c.kind }
func (c *points) about() (reader, kind string)   { return c.name, "position" }
func (c *recorded) about() (reader, kind string) { return c.name, "position" }
func (c *track) about() (reader, kind string)    { return c.name, "position" }
func (c *withheld) about() (reader, kind string) { return c.name, "" }

// knows is what the ledger has of the reader and kind of a check, or that nobody can
// read it; empty for a check on something else.
func (s *stage) knows(ctx context.Context, check action) string {
	c, ok := check.(aboutReader)
	if !ok || !s.up {
		return ""
	}
	entries, err := s.hmi.Ledger(ctx, nil)
	if err != nil {
		return "; the ledger is closed: " + describe(ctx, err)
	}
	name, kind := c.about()
	counts := map[string]uint64{}
	var words []string
	for _, e := range entries {
		n, _ := e["count"].(uint64)
		if name != "" && e["reader"] != s.reader(name).ID || kind != "" && e["kind"] != nil && e["kind"] != kind {
			continue
		}
		word := fmt.Sprintf("%v %v by %v", e["class"], e["outcome"], e["rule"])
		if counts[word] += n; !slices.Contains(words, word) {
			words = append(words, word)
		}
	}
	if len(words) == 0 {
		return "; the ledger has nothing of it"
	}
	for i, word := range words {
		words[i] = fmt.Sprintf("%s %d times", word, counts[word])
	}
	return "; the ledger has " + strings.Join(words, ", ")
}
