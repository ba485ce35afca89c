package agent

import (
	"testing"
	"time"

	"glovebox/hal"
	"glovebox/profiles"
)

// The fact about a document's age counts for that document alone; one that was never written
// is of none, and one that cannot be so is an error.
func TestRanBefore(t *testing.T) {
	for name, row := range map[string]struct {
		fact string
		want time.Duration
		good bool
	}{
		"never written":           {"", 0, true},
		"its own":                 {`{"version":3,"ran_s":3600}`, time.Hour, true},
		"of the one before":       {`{"version":2,"ran_s":3600}`, 0, true},
		"the longest":             {`{"version":3,"ran_s":4294967296}`, longestRan * time.Second, true},
		"longer than any car ran": {`{"version":3,"ran_s":4294967297}`, 0, false},
		"less than nothing":       {`{"version":3,"ran_s":-1}`, 0, false},
		"cut off":                 {`{"version":3,`, 0, false},
	} {
		var fact []byte
		if row.fact != "" {
			fact = []byte(row.fact)
		}
		if got, err := ranBefore(fact, 3); got != row.want || (err == nil) != row.good {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}

// The age is written every ten minutes and not at each look.
func TestAgeIsWrittenSeldom(t *testing.T) {
	p := &people{disk: profiles.Roster{Version: 3}}
	written := 0
	for s := range 3600 {
		written += len(p.grow(hal.Instant{Boot: time.Duration(s) * time.Second}))
	}
	if written != 5 {
		t.Errorf("written %d times in an hour, want 5", written)
	}
}
