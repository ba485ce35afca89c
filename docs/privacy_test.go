package docs_test

import (
	"encoding/csv"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"glovebox/telemetry/outside"
)

// policyRow is a line of policy.csv by the names of its columns.
type policyRow map[string]string

// detail is one member of action_detail.
func (r policyRow) detail(name string) string {
	for _, word := range strings.Fields(r["action_detail"]) {
		if value, ok := strings.CutPrefix(word, name+"="); ok {
			return value
		}
	}
	return ""
}

// policyRows are the lines of the policy that ships, in order, and by name.
func policyRows(t *testing.T) (all []policyRow, by map[string]policyRow) {
	t.Helper()
	r := csv.NewReader(strings.NewReader(read(t, "telemetry/outside/policy.csv")))
	r.Comment = '#'
	records, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	by = map[string]policyRow{}
	for _, record := range records[1:] {
		row := policyRow{}
		for i, name := range records[0] {
			row[name] = record[i]
		}
		all = append(all, row)
		by[row["class"]] = row
	}
	return all, by
}

// The readers in the order of the tables.
var readers = []outside.Column{
	outside.ColumnMain, outside.ColumnShared, outside.ColumnLimited, outside.ColumnWorkshop, outside.ColumnBackend,
}

// sendable reports whether this release makes messages of a class: its kind exists, and
// some signal or the agent itself gives it.
func sendable(r policyRow) bool {
	class, topic := outside.Class(r["class"]), r.detail("topic")
	made := slices.Contains(outside.Kinds(), outside.Kind(topic)) || topic == "state" || topic == string(outside.KindAck)
	given := slices.ContainsFunc(outside.Rules(), func(rule outside.Rule) bool { return rule.Class == class })
	switch class {
	case "position", "alarm", "gap-record", "link", "action-result", "access-change", "trip-exists", "trip-summary", "trip-points", "trip-track", "trip-assignees", "chat", "booking":
		given = true
	}
	return made && given
}

// tables makes the generated part of privacy.md.
func tables(t *testing.T) string {
	all, by := policyRows(t)
	var sent, later, stays strings.Builder
	for _, r := range all {
		class := outside.Class(r["class"])
		if class[0] == '@' {
			continue
		}
		var cells []string
		releases := false
		for _, reader := range readers {
			verdict := outside.Builtin().Decide(class, reader, outside.Unassigned, outside.Open).Verdict
			releases = releases || verdict.Releases()
			cells = append(cells, words(r[string(reader)], verdict, by))
		}
		reason := sentence(r["reason"])
		switch {
		case sendable(r) && releases:
			fmt.Fprintf(&sent, "| `%s` | %s | %s | %s |\n", class, strings.Join(cells, " | "), unfixed(r["no_position"]), reason)
		case r.detail("wire") == "":
			fmt.Fprintf(&later, "| `%s` | %s |\n", class, reason)
		default:
			own := ""
			if r["main"] == "own" {
				own = "yes"
			}
			fmt.Fprintf(&stays, "| `%s` | %s | %s |\n", class, own, reason)
		}
	}
	return "### What leaves\n\n" +
		"| class | main | shared | limited | workshop | back end | in use without a fix | why |\n" +
		"| --- | --- | --- | --- | --- | --- | --- | --- |\n" + sent.String() +
		"\n### When it leaves\n\n" + grids(by) +
		"\n### What never leaves\n\n" +
		"| class | belongs to a person, who has it in the car | why |\n| --- | --- | --- |\n" + stays.String() +
		"\n### What the table rules on and this release does not send to anyone\n\n" +
		"| class | why the rule is as it is |\n| --- | --- |\n" + later.String()
}

// words says what a reader gets of a class.
func words(cell string, verdict outside.Verdict, by map[string]policyRow) string {
	rule, coarse := strings.CutPrefix(cell, "coarsen:")
	switch {
	case !verdict.Releases():
		return "-"
	case coarse:
		return coarser(by["@rule."+rule])
	}
	return "yes"
}

// coarser says what a rule leaves of a value.
func coarser(rule policyRow) string {
	if rule.detail("while") == "in-use" {
		return "when not in use; else one `not-now` every " + spaced(rule.detail("every"))
	}
	var parts []string
	say := func(format, detail string) {
		if value := rule.detail(detail); value != "" {
			parts = append(parts, fmt.Sprintf(format, spaced(value)))
		}
	}
	if words := rule.detail("map"); words != "" {
		last := strings.LastIndex(words, ",")
		parts = append(parts, strings.ReplaceAll(words[:last], ",", ", ")+" or "+words[last+1:])
	}
	switch keep := rule.detail("keep"); {
	case keep == "self":
		parts = append(parts, "their own entry alone")
	case keep != "" && rule.detail("map") == "":
		parts = append(parts, strings.ReplaceAll(keep, ",", " and ")+" only")
	}
	say("steps of %s, down", "floor")
	say("steps of %s, up", "ceil")
	say("sampled every %s", "every")
	if rule.detail("latch") != "" {
		parts = append(parts, "once a day")
	}
	if rule.detail("when") == "not-in-use" {
		parts = append(parts, "new only when not in use")
	}
	if rule.detail("drop") != "" {
		parts = append(parts, "codes only")
	}
	return strings.Join(parts, "; ")
}

var number = regexp.MustCompile(`^([0-9.]+)(.*)$`)

// spaced writes 5m as 5 min and 12.5% as 12.5 %.
func spaced(quantity string) string {
	m := number.FindStringSubmatch(quantity)
	if m == nil {
		return quantity
	}
	unit := map[string]string{"m": "min", "d": "days"}[m[2]]
	if unit == "" {
		unit = m[2]
	}
	return m[1] + " " + unit
}

// each writes 1m as minute and 5m as 5 min.
func each(quantity string) string {
	if one := map[string]string{"1s": "second", "60s": "minute", "1m": "minute", "1h": "hour"}[quantity]; one != "" {
		return one
	}
	return spaced(quantity)
}

// unfixed says what becomes of a class while the car is in use without a fix.
func unfixed(cell string) string {
	switch cell {
	case "allow":
		return "the same"
	case "coarsen:hold":
		return "as it was last"
	}
	return "nothing"
}

func sentence(reason string) string {
	if reason == "" {
		return ""
	}
	return strings.ToUpper(reason[:1]) + reason[1:]
}

// grids says when each reader's messages leave.
func grids(by map[string]policyRow) string {
	var out strings.Builder
	out.WriteString("| reader | status | position | alarms | size |\n| --- | --- | --- | --- | --- |\n")
	for _, reader := range readers {
		slot := by["@slot."+string(reader)]
		every := "every " + each(slot.detail("every"))
		position, alarms, size := "-", "at the next status", "as it comes"
		if by["position"][string(reader)] == "allow" {
			position = fmt.Sprintf("every %s, a fix for each %s", each(by["position"].detail("every")), each(by["position"].detail("sample")))
		}
		if at := slot.detail("alarms"); at != "" {
			alarms = "at the next full " + each(at)
		}
		if reader == outside.ColumnMain || reader == outside.ColumnShared {
			alarms = "at once" // @slot.main and @slot.shared: other kinds leave at once
		}
		if pad := slot.detail("pad"); pad != "0" {
			size = "multiples of " + pad + " bytes"
		}
		fmt.Fprintf(&out, "| %s | %s | %s | %s | %s |\n", name(reader), every, position, alarms, size)
	}
	return out.String()
}

func name(c outside.Column) string {
	if c == outside.ColumnBackend {
		return "back end"
	}
	return string(c)
}

const (
	generated    = "<!-- from telemetry/outside/policy.csv: go test ./docs -update -->\n\n"
	generatedEnd = "<!-- end -->"
)

// The tables are those of the policy that runs.
func TestPrivacyTables(t *testing.T) {
	page := read(t, "docs/privacy.md")
	before, rest, begun := strings.Cut(page, generated)
	_, after, ended := strings.Cut(rest, generatedEnd)
	if !begun || !ended {
		t.Fatal("privacy.md has no place for its tables")
	}
	want := before + generated + tables(t) + generatedEnd + after
	if *update {
		if err := os.WriteFile("privacy.md", []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if page != want {
		t.Error("privacy.md is stale: go test ./docs -update")
	}
}

// The numbers in the text are those of the policy that runs.
func TestPrivacyNumbers(t *testing.T) {
	_, by := policyRows(t)
	page := strings.ReplaceAll(read(t, "docs/privacy.md"), "\n", " ")
	for _, n := range []struct{ format, row, detail string }{
		{"for %s", "@fix", "stale"},
		{"until %s", "@hold.hidden_end", "distance"},
		{"and %s into", "@hold.hidden_end", "time"},
		{"older than %s", "@policy", "fresh"},
		{"at most %s", "@queue.kept", "max_age"},
		{"or %s for each reader", "@queue.kept", "max_bytes"},
		{"for %s or", "@retention", "ledger"},
		{"or %s, the oldest", "@retention", "ledger_bytes"},
		{"at most %s old", "position", "max_age"},
	} {
		if text := fmt.Sprintf(n.format, spaced(by[n.row].detail(n.detail))); !strings.Contains(page, text) {
			t.Errorf("privacy.md does not say %q", text)
		}
	}
}

// The rules in the text are those that the policy defines.
func TestPrivacyRules(t *testing.T) {
	rows, _ := policyRows(t)
	var have, want []string
	for _, r := range rows {
		if rule, found := strings.CutPrefix(r["class"], "@rule."); found {
			want = append(want, rule)
		}
	}
	for _, row := range tableRows(section(t, "docs/privacy.md", "## Rules")) {
		have = append(have, strings.Trim(row[1], "`"))
	}
	same(t, "privacy.md, Rules", have, want)
}
