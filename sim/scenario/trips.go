package scenario

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"glovebox/sim/cloud"
)

// trip is one that a reader found: with its ends, or without.
type trip struct {
	reader   string // empty: any
	assigned string // somebody it is assigned to, as that reader is told
	ends     string // with or without; empty: either
}

func (c *trip) slots() slots { return slots{nil, &c.reader, &c.assigned, &c.ends, nil} }

func (c *trip) about() (reader, kind string) { return c.reader, "trips" }

func (c *trip) holds(_ context.Context, s *stage, since moment) (bool, string, error) {
	got := "no trip"
	for _, r := range s.back.Readers() {
		if c.reader != "" && r.Name != c.reader {
			continue
		}
		for _, m := range s.news(r.Name, "trips", since) {
			ends, has := "without", m.Trip.Start != nil && m.Trip.End != nil
			if has {
				ends = "with"
			}
			got = fmt.Sprintf("%s, %s %s endpoints, assigned to %d", r.Name, m.Trip.Day, ends, len(m.Trip.Assigned))
			to := c.assigned == "" || slices.Contains(m.Trip.Assigned, s.reader(c.assigned).ID)
			if to && (c.ends == "" || c.ends == ends) {
				return true, got, nil
			}
		}
	}
	return false, got, nil
}

// trip is the id of a trip: the newest that anybody was told of, one by its number, from 1
// in the order in which the main user was told of them, or as it stands.
func (s *stage) trip(word string) string {
	var ids []string
	for _, r := range s.back.Readers() {
		if r.Role != cloud.Main {
			continue
		}
		for _, m := range s.news(r.Name, "trips", moment{}) {
			if !slices.Contains(ids, m.Trip.ID) {
				ids = append(ids, m.Trip.ID)
			}
		}
	}
	n, err := strconv.Atoi(word)
	if word == "newest" {
		n, err = len(ids), nil
	}
	if err != nil || n < 1 || n > len(ids) {
		return word
	}
	return ids[n-1]
}
