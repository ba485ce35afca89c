package outside

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Load reads an override: rows of the same form as policy.csv, each of which
// replaces the built-in row of its name. It is refused where a cell is wider,
// or a number shorter or finer, than the built-in one, unless allowWider is
// set; the policy is then a test policy if anything is.
func Load(text string, allowWider bool) (*Policy, error) {
	over, names, err := parseRows(text)
	if err != nil {
		return nil, err
	}
	base := Builtin()
	rows := maps.Clone(base.rows)
	var unknown, wider []error
	for _, name := range names {
		old, ok := base.rows[name]
		if !ok {
			unknown = append(unknown, fmt.Errorf("policy: unknown row %s", name))
			continue
		}
		rows[name] = over[name]
		wider = append(wider, widenings(name, old, over[name])...)
	}
	if len(unknown) > 0 {
		return nil, errors.Join(unknown...)
	}
	if len(wider) > 0 && !allowWider {
		return nil, errors.Join(wider...)
	}
	p, err := compile(rows, slices.Clone(base.order))
	if err != nil {
		return nil, err
	}
	p.test = len(wider) > 0
	return p, nil
}

// widenings lists what a row would let through that the built-in one does not.
func widenings(name string, old, over row) []error {
	var out []error
	for _, column := range header[1:10] {
		if was, is := old.cell(column), over.cell(column); !within(is, was) {
			out = append(out, fmt.Errorf("policy: row %s: column %s: %s is wider than %s", name, column, is, was))
		}
	}
	keys := slices.Sorted(maps.Keys(old.detail))
	for k := range over.detail {
		if _, ok := old.detail[k]; !ok {
			keys = append(keys, k)
		}
	}
	for _, k := range keys {
		was, is := old.detail[k], over.detail[k]
		if !slower(k, is, was) || is == "" && strings.HasPrefix(name, "@rule.") {
			out = append(out, fmt.Errorf("policy: row %s: %s=%s is wider than %s=%s", name, k, is, k, was))
		}
	}
	return out
}

// coarser are the rules that show no more than another one does.
var coarser = map[string][]string{
	"odo-km": {"odo-day"}, "soc1": {"soc5"}, "distance-band": {"trip-stub"},
}

// within reports whether a cell shows no more than another.
func within(is, was cell) bool {
	switch {
	case is == was, is.verdict == Withhold, was.verdict == Allow:
		return true
	case was.verdict == Coarsen && is.verdict == Coarsen:
		return slices.Contains(coarser[was.rule], is.rule)
	}
	return was.verdict == Coarsen && is.verdict == Own
}

// slower reports whether a member makes a row no faster and no finer. A
// missing number is none, which releases nothing.
func slower(name, is, was string) bool {
	if is == was {
		return true
	}
	direction := members[name].stricter
	if direction == fixed || was == "" {
		return false
	}
	if is == "" {
		return !strings.HasSuffix(name, "pad")
	}
	a, errA := parseQuantity(is)
	b, errB := parseQuantity(was)
	if errA != nil || errB != nil || a.dimension != b.dimension {
		return false
	}
	if direction == less {
		return a.amount <= b.amount
	}
	if strings.HasSuffix(name, "pad") && b.amount > 0 && int64(a.amount)%int64(b.amount) != 0 {
		return false
	}
	return a.amount >= b.amount
}
