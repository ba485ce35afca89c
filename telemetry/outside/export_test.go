package outside

import "strings"

// PolicyCSV is the embedded matrix.
func PolicyCSV() string { return policyCSV }

// Parse reads a whole policy.
func Parse(text string) (*Policy, error) { return parse(text) }

// CellText is a cell as it is written.
func (p *Policy) CellText(row, column string) string { return p.rows[row].cell(column).String() }

// RowNames are all rows, those of numbers too.
func (p *Policy) RowNames() []string { return p.order }

// Built are the rules by name, true if carried out.
func Built() map[string]bool { return kinds }

// Detail is one member of action_detail.
func (p *Policy) Detail(row, member string) string { return p.rows[row].detail[member] }

// ReadTables reads the embedded lists again, with their errors.
func ReadTables() (rules, names error) {
	_, rules = readRules(vssRules)
	_, names = readNames(agentClasses)
	return rules, names
}

// Families are the broad kinds of vss-rules.csv, in the order of the rules.
func Families() (all []string) {
	records, _ := table(vssRules, "order", "pattern", "family", "class", "limited", "reason")
	for _, rec := range records {
		all = append(all, rec[2])
	}
	return all
}

// Form is a row of the table of forms.
type Form struct {
	Kind         Kind
	Class        Class
	Live, Beside bool
	Member       string
}

// Forms is the table of forms, by number; the first is that of nothing.
func Forms() (all []Form) {
	for _, f := range forms {
		all = append(all, Form{f.kind, f.class, f.live, f.beside, f.member})
	}
	return all
}

// Form is the number of a message's row.
func (r Released) Form() int { return int(r.form) }

// Empty is the stored form of a message with a row's empty content.
func Empty(form int) ([]byte, error) {
	f := forms[form]
	return Released{mailbox: strings.Repeat("0", 32), column: ColumnMain, form: formID(form), body: f.content()}.MarshalBinary()
}
