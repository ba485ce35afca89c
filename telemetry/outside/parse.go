package outside

import (
	_ "embed"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

//go:embed policy.csv
var policyCSV string

// header is the first line of policy.csv.
var header = []string{
	"class", "main", "shared", "limited", "limited_assigned", "workshop", "backend",
	"guest_driving", "no_position", "offline", "action_detail", "reason",
}

// row is one line of policy.csv.
type row struct {
	cells  [9]cell           // of header[1] to header[9]
	detail map[string]string // action_detail; nil for none
}

// cell is that of a column; a column that is not there withholds.
func (r row) cell(column string) cell {
	if i := slices.Index(header[1:1+len(r.cells)], column); i >= 0 {
		return r.cells[i]
	}
	return cell{}
}

// cell is one entry of the matrix as it is written.
type cell struct {
	verdict Verdict
	rule    string // of a coarsen cell
}

func (c cell) String() string {
	if c.verdict == Coarsen {
		return "coarsen:" + c.rule
	}
	return c.verdict.String()
}

// Builtin is the policy that ships with the program.
func Builtin() *Policy { return builtin() }

var builtin = sync.OnceValue(func() *Policy {
	p, err := parse(policyCSV)
	if err != nil {
		return &Policy{} // a damaged policy releases nothing; a test holds the embedded one whole
	}
	return p
})

// parse reads a whole policy. Every fault is reported; with one there is no policy.
func parse(text string) (*Policy, error) {
	rows, order, err := parseRows(text)
	if err != nil {
		return nil, err
	}
	return compile(rows, order)
}

// compile makes a policy of rows and refuses one that would give a guest, a
// level or a missing fix away.
func compile(rows map[string]row, order []string) (*Policy, error) {
	p, err := build(rows, order)
	if err != nil {
		return nil, err
	}
	var faults []error
	for _, name := range order {
		faults = append(faults, p.secretive(name))
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	return p, nil
}

func parseRows(text string) (map[string]row, []string, error) {
	records, err := table(text, header...)
	if err != nil {
		return nil, nil, fmt.Errorf("policy: %w", err)
	}
	rows, order := map[string]row{}, []string(nil)
	var faults []error
	for _, rec := range records {
		name := rec[0]
		r, err := parseRow(rec)
		if _, twice := rows[name]; twice {
			err = errors.Join(err, errors.New("the row stands twice"))
		}
		if err != nil {
			faults = append(faults, fmt.Errorf("policy: row %s: %w", name, err))
			continue
		}
		rows[name] = r
		order = append(order, name)
	}
	return rows, order, errors.Join(faults...)
}

func parseRow(rec []string) (row, error) {
	var r row
	var faults []error
	if rec[0] == "" || strings.ContainsAny(rec[0], " /") {
		faults = append(faults, errors.New("a row needs a name without spaces and slashes"))
	}
	for i := range r.cells {
		c, err := parseCell(rec[1+i])
		if err != nil {
			faults = append(faults, fmt.Errorf("column %s: %w", header[1+i], err))
		}
		if strings.HasPrefix(rec[0], "@") && c.verdict != Withhold {
			faults = append(faults, fmt.Errorf("column %s: a row of numbers withholds", header[1+i]))
		}
		r.cells[i] = c
	}
	for _, word := range strings.Fields(rec[10]) {
		name, value, ok := strings.Cut(word, "=")
		m, known := members[name]
		switch _, twice := r.detail[name]; {
		case !ok || !known || value == "":
			faults = append(faults, fmt.Errorf("action_detail: unknown member %q", word))
		case twice:
			faults = append(faults, fmt.Errorf("action_detail: %s stands twice", name))
		case m.stricter != fixed:
			q, err := parseQuantity(value)
			slots := name == "max_age" && q.dimension == "slots"
			if err != nil || m.dimension != "" && q.dimension != m.dimension && !slots {
				faults = append(faults, fmt.Errorf("action_detail: %s=%s is not a %s", name, value, m.dimension))
			}
		}
		if r.detail == nil {
			r.detail = map[string]string{}
		}
		r.detail[name] = value
	}
	return r, errors.Join(faults...)
}

func parseCell(s string) (cell, error) {
	if name, ok := strings.CutPrefix(s, "coarsen:"); ok {
		if _, known := kinds[name]; !known {
			return cell{}, fmt.Errorf("unknown rule %q", name)
		}
		return cell{Coarsen, name}, nil
	}
	for _, v := range []Verdict{Withhold, Own, Allow} {
		if s == v.String() {
			return cell{verdict: v}, nil
		}
	}
	return cell{}, fmt.Errorf("unknown cell %q: want allow, withhold, own or coarsen:RULE", s)
}

// build makes a policy of rows that are each well formed.
func build(rows map[string]row, order []string) (*Policy, error) {
	p := &Policy{rows: rows, order: order, rules: map[string]*rule{}}
	var faults []error
	for _, name := range order {
		if rest, ok := strings.CutPrefix(name, "@rule."); ok {
			r, err := newRule(rest, rows[name].detail)
			if err != nil {
				faults = append(faults, fmt.Errorf("policy: row %s: %w", name, err))
			}
			p.rules[rest] = r
		} else if strings.HasPrefix(name, "@") && !knownNumbers(name) {
			faults = append(faults, fmt.Errorf("policy: unknown row %s", name))
		}
	}
	p.readNumbers()
	for _, c := range columns {
		if s := p.slots[c]; s.Every%time.Second != 0 || s.Alarms%time.Second != 0 {
			faults = append(faults, fmt.Errorf("policy: row @slot.%s: a grid has whole seconds", c))
		}
	}
	for _, d := range []time.Duration{p.numbers.PositionEvery, p.numbers.PositionSample} {
		if d%time.Second != 0 {
			faults = append(faults, fmt.Errorf("policy: row position: %s: want whole seconds", d))
		}
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	p.decideAll()
	return p, nil
}

func knownNumbers(name string) bool {
	if column, ok := strings.CutPrefix(name, "@slot."); ok {
		return columnIndex(Column(column)) >= 0
	}
	return slices.Contains([]string{
		"@seal", "@fix", "@trip", "@hold.hidden_end", "@queue.live", "@queue.kept", "@policy", "@retention",
	}, name)
}

// secretive checks one row: a guest and a missing fix look alike, and where
// the state holds a value, those who must not see the place cannot tell.
func (p *Policy) secretive(name string) error {
	row := p.rows[name]
	if row.cell("guest_driving") != row.cell("no_position") {
		return fmt.Errorf("policy: row %s: guest_driving differs from no_position", name)
	}
	for _, c := range []string{"no_position", "offline"} {
		if at := row.cell(c); at.verdict == Coarsen && at.rule != "hold" {
			return fmt.Errorf("policy: row %s: %s in column %s: a state allows, withholds or holds", name, at, c)
		}
	}
	if row.cell("no_position").verdict != Coarsen {
		return nil
	}
	for _, c := range []Column{ColumnLimited, ColumnLimitedAssigned, ColumnWorkshop, ColumnBackend} {
		at := row.cell(string(c))
		if r := p.rules[at.rule]; at.verdict == Allow || r != nil && !r.notInUse {
			return fmt.Errorf("policy: row %s: %s in column %s would show a missing fix", name, at, c)
		}
	}
	return nil
}
