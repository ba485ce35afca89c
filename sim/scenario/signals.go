package scenario

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// signalIs is what the agent decoded: the newest value of a path, or the one at a
// time of the drive.
type signalIs struct {
	path, value string
	at          time.Duration // of the drive; 0 is now
}

func (c *signalIs) slots() slots { return slots{&c.path, &c.value, &c.at} }

func (c *signalIs) holds(ctx context.Context, s *stage, _ moment) (bool, string, error) {
	if c.at > 0 {
		if s.playback == nil {
			return false, "no drive was played", nil
		}
		ok, got := s.seen.near(c.path, c.value, s.playback.bootAt(c.at))
		return ok, got, nil
	}
	all, err := s.hmi.Signals(ctx)
	for _, v := range all {
		if v["path"] == c.path {
			got := fmt.Sprint(v["value"])
			return equalValue(got, c.value), got, err
		}
	}
	return false, "nothing", err
}

// signalRange is the smallest and the largest value that the agent decoded.
type signalRange struct {
	path     string
	min, max float64
}

func (c *signalRange) slots() slots { return slots{&c.path, &c.min, &c.max} }

func (c *signalRange) check(*parser) error { return refuse(c.min > c.max, "min is over max") }

func (c *signalRange) holds(_ context.Context, s *stage, since moment) (bool, string, error) {
	low, high, n := extremes(s.seen.since(c.path, since.boot))
	got := fmt.Sprintf("%.2f to %.2f in %d readings", low, high, n)
	return equalValue(decimal(low), decimal(c.min)) && equalValue(decimal(high), decimal(c.max)), got, nil
}

// signals compares all that was decoded with the mapping file or the drive.
type signals struct{ with string }

func (c *signals) slots() slots { return slots{&c.with} }

func (c *signals) holds(ctx context.Context, s *stage, _ moment) (bool, string, error) {
	if s.last == nil {
		return false, "no drive was played", nil
	}
	plan, err := s.compile(true)
	if err != nil {
		return false, "", err
	}
	values := recordedValues(plan, s.last, s.names)
	if c.with == "recorded" {
		found, n := s.seen.strange(values)
		if found != "" {
			return false, "the drive has no " + found, nil
		}
		return n > 0, fmt.Sprintf("%d readings", n), nil
	}
	all, err := s.hmi.Signals(ctx)
	if err != nil {
		return false, "", err
	}
	var paths []string
	for _, v := range all {
		paths = append(paths, fmt.Sprint(v["path"]))
	}
	slices.Sort(paths)
	want := slices.Sorted(maps.Keys(values))
	if !slices.Equal(paths, want) {
		return false, fmt.Sprintf("%q, want %q", paths, want), nil
	}
	return true, fmt.Sprintf("%d paths", len(paths)), nil
}

// statistic is a counter that reached a number, or rose by it.
type statistic struct {
	name  string
	least int
}

func (c *statistic) slots() slots { return slots{&c.name, &c.least} }

func (c *statistic) holds(ctx context.Context, s *stage, since moment) (bool, string, error) {
	all := s.counters(ctx)
	if all == nil {
		return false, "", errors.New("the agent does not say its counters")
	}
	n, known := all[c.name]
	if !known {
		names := slices.Sorted(maps.Keys(all))
		return false, fmt.Sprintf("no such counter among %s", strings.Join(names, ", ")), nil
	}
	before := since.counters[c.name]
	if before > n {
		before = 0 // the agent started anew
	}
	return n-before >= uint64(c.least), fmt.Sprint(n - before), nil
}
