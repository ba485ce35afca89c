package outside

import (
	"slices"
	"sync"
)

// Column is what a reader is to the policy. The zero Column gets nothing.
type Column string

// The columns of policy.csv. ColumnLimitedAssigned is what a limited reader gets for
// a trip assigned to them and for nothing else.
const (
	ColumnMain            Column = "main"
	ColumnShared          Column = "shared"
	ColumnLimited         Column = "limited"
	ColumnLimitedAssigned Column = "limited_assigned"
	ColumnWorkshop        Column = "workshop"
	ColumnBackend         Column = "backend"
)

// columns are the reader columns in the order of policy.csv.
var columns = [...]Column{ColumnMain, ColumnShared, ColumnLimited, ColumnLimitedAssigned, ColumnWorkshop, ColumnBackend}

func columnIndex(c Column) int { return slices.Index(columns[:], c) }

// TripState says whether a datum belongs to a trip assigned to the reader.
type TripState uint8

const (
	Unassigned TripState = iota
	Assigned
)

// State is what may leave to anyone at the moment. The zero State releases
// nothing; Open adds nothing to the reader's column. GuestDriving and
// NoPosition are equal in every row.
type State uint8

const (
	_ State = iota
	Open
	GuestDriving
	NoPosition
	Offline
)

// stateNames are the state columns of policy.csv; "" adds nothing.
var stateNames = [...]string{Open: "", GuestDriving: "guest_driving", NoPosition: "no_position", Offline: "offline"}

// String is the column of policy.csv, or open.
func (s State) String() string {
	switch {
	case s == Open:
		return "open"
	case s > Open && int(s) < len(stateNames):
		return stateNames[s]
	}
	return "closed"
}

// Verdict is what a cell says. The zero Verdict withholds.
type Verdict uint8

// In order of strictness but for Own, which withholds from every message.
const (
	Withhold Verdict = iota
	Own              // stays in the car, read there by the person it belongs to
	Coarsen
	Allow
)

// String is the word used in policy.csv.
func (v Verdict) String() string {
	switch v {
	case Own:
		return "own"
	case Coarsen:
		return "coarsen"
	case Allow:
		return "allow"
	}
	return "withhold"
}

// Releases reports whether anything may leave under v.
func (v Verdict) Releases() bool { return v == Allow || v == Coarsen }

// DefaultDeny is the rule of a cell that no row decided, Restricted that of what
// the main user took away from one reader.
const (
	DefaultDeny = "default-deny"
	Restricted  = "restricted"
)

// Cell is a decision: what may leave of one class to one reader in one state.
// The zero Cell withholds by default. LimitedBy is shared: do not change it.
type Cell struct {
	Verdict   Verdict
	Rule      string   // the cell that decided, class/column, or default-deny
	LimitedBy []string // all cells that were as strict

	reader *rule // coarsening by the reader's column; nil if none
	state  *rule // then by the state column; nil if none
}

// decisions are the cells of one class, by column and state.
type decisions [len(columns)][len(stateNames)]Cell

// Policy is the matrix and its numbers. It never changes once read and may be
// shared. The zero Policy releases nothing.
type Policy struct {
	rows    map[string]row
	order   []string // names of the rows as they came
	rules   map[string]*rule
	classes []Class                     // the rows without @
	cells   map[Class]func() *decisions // made when the first of them is asked for
	numbers Numbers
	slots   map[Column]Slot
	test    bool
}

// Decide is the only way to what is released: the effective cell of a class
// for a reader's column in a state. The state's cell is applied after the
// reader's, withholding from either wins, coarsening composes. What is not
// known (a class, a column, a state) is withheld.
func (p *Policy) Decide(class Class, reader Column, trip TripState, state State) Cell {
	if reader == ColumnLimited && trip == Assigned {
		reader = ColumnLimitedAssigned
	}
	of, i := p.cells[class], columnIndex(reader)
	if of == nil || i < 0 || state < Open || int(state) >= len(stateNames) {
		return Cell{Rule: DefaultDeny, LimitedBy: nobody}
	}
	return of()[i][state]
}

var nobody = []string{DefaultDeny}

// Test reports whether an override made a cell wider or a number shorter than
// the built-in policy has it.
func (p *Policy) Test() bool { return p.test }

// Numbers are the numbers of the @ rows.
func (p *Policy) Numbers() Numbers { return p.numbers }

// Slot is the grid of a column; the zero Slot if it has none.
func (p *Policy) Slot(c Column) Slot { return p.slots[c] }

// Classes are the rows without @, in the order of the file.
func (p *Policy) Classes() []Class { return slices.Clone(p.classes) }

// onTopic reports whether messages of this kind carry the class.
func (p *Policy) onTopic(c Class, kind Kind) bool {
	return p.rows[string(c)].detail["topic"] == string(kind)
}

// decideAll prepares the table of decisions.
func (p *Policy) decideAll() {
	p.cells = map[Class]func() *decisions{}
	for _, name := range p.order {
		if name[0] == '@' {
			continue
		}
		class := Class(name)
		p.classes = append(p.classes, class)
		p.cells[class] = sync.OnceValue(func() *decisions { return p.decideClass(class) })
	}
}

func (p *Policy) decideClass(class Class) *decisions {
	of, open := &decisions{}, named{cell: cell{verdict: Allow}}
	var states [len(stateNames)]named
	for state := Open + 1; int(state) < len(stateNames); state++ {
		states[state] = p.named(class, stateNames[state])
	}
	for i, col := range columns {
		reader := p.named(class, string(col))
		of[i][Open] = p.decide(reader, open)
		for state := Open + 1; int(state) < len(stateNames); state++ {
			of[i][state] = p.decide(reader, states[state])
		}
	}
	return of
}

// named is one entry of the matrix and its name as the only one of a list, which all
// decisions share that it made; no name where nothing is said.
type named struct {
	cell
	name []string
}

func (p *Policy) named(class Class, column string) named {
	return named{p.defined(p.rows[string(class)].cell(column)), []string{string(class) + "/" + column}}
}

func (p *Policy) decide(reader, state named) Cell {
	out := Cell{Rule: reader.name[0], Verdict: reader.verdict, LimitedBy: reader.name}
	switch {
	case strictness(state.verdict) > strictness(reader.verdict):
		out.Rule, out.Verdict, out.LimitedBy = state.name[0], state.verdict, state.name
	case state.name != nil && strictness(state.verdict) == strictness(reader.verdict):
		out.LimitedBy = []string{reader.name[0], state.name[0]}
	}
	if out.Verdict == Coarsen {
		out.reader, out.state = p.rules[reader.rule], p.rules[state.rule]
	}
	return out
}

// defined withholds where a cell names a rule that is missing or not built.
func (p *Policy) defined(c cell) cell {
	if c.verdict == Coarsen {
		if r := p.rules[c.rule]; r == nil || !r.built() {
			return cell{verdict: Withhold}
		}
	}
	return c
}

func strictness(v Verdict) int {
	switch v {
	case Allow:
		return 0
	case Coarsen:
		return 1
	}
	return 2
}
