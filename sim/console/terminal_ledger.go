package console

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// decision is what was decided of one class in one minute, for all readers with
// the same outcome.
type decision struct {
	newest  uint64
	minute  time.Time
	class   string
	outcome string
	entries []Entry
}

// ledger is the newest decisions in at most rows lines. Only whoever is at the
// wheel can read it.
func (p Picture) ledger(width, rows int) []*line {
	if rows <= 0 {
		return nil
	}
	const class, outcome, readers, rule = 6, 24, 36, 66
	head := new(line).add(strong, "LEDGER")
	switch {
	case p.Wheel.State == "guest":
		head.add(plainText, " of the guest").add(faint, ", in memory, gone with the session")
	case p.Wheel.Name != "":
		head.add(plainText, " of "+readerWord(p.Wheel.Name))
	default:
		return []*line{head.to(margin).add(faint, "closed: nobody is at the wheel")}
	}
	if head.to(rule); width >= wide {
		head.add(faint, "rule: class/column of policy.csv")
	} else {
		head.add(faint, "rule: column")
	}
	all := []*line{head}
	list := decisions(p.Ledger)
	for _, d := range list[:min(len(list), rows-1)] {
		s, word := outcomeWord(d.outcome)
		l := new(line).add(faint, d.minute.Format("15:04")).to(class).add(plainText, d.class).to(outcome).add(s, word).
			to(readers).add(plainText, d.readers(p.Readers)).to(rule).add(faint, d.rules(p.Readers, width >= wide))
		all = append(all, l)
	}
	return all
}

// decisions gathers entries, the newest first.
func decisions(entries []Entry) []decision {
	var all []decision
	for _, e := range entries {
		i := slices.IndexFunc(all, func(d decision) bool {
			return d.class == e.Class && d.outcome == e.Outcome && d.minute.Equal(e.Minute)
		})
		if i < 0 {
			i = len(all)
			all = append(all, decision{minute: e.Minute, class: e.Class, outcome: e.Outcome})
		}
		all[i].newest = max(all[i].newest, e.ID)
		all[i].entries = append(all[i].entries, e)
	}
	slices.SortStableFunc(all, func(a, b decision) int { return cmp.Compare(b.newest, a.newest) })
	return all
}

// readers names for whom it was decided and how often, in the order of the
// mailboxes.
func (d decision) readers(known []Reader) string {
	var names []string
	var counts []uint64
	for _, r := range known {
		for _, e := range d.entries {
			if e.Reader == r.Name {
				names, counts = append(names, readerWord(r.Name)), append(counts, e.Count)
			}
		}
	}
	if len(names) == 0 {
		return ""
	}
	if slices.Min(counts) != slices.Max(counts) {
		for i := range names {
			names[i] += fmt.Sprintf(" ×%d", counts[i])
		}
		return strings.Join(names, ", ")
	}
	if len(names) == len(known) {
		names = []string{"everybody"}
	}
	return fmt.Sprintf("%s ×%d", strings.Join(names, ", "), counts[0])
}

// rules names the cells that decided, by their columns; whole is with the class.
func (d decision) rules(known []Reader, whole bool) string {
	var columns []string
	for _, r := range known {
		for _, e := range d.entries {
			column, ofClass := strings.CutPrefix(e.Rule, d.class+"/")
			if !ofClass {
				column = e.Rule // default-deny
			}
			if e.Reader == r.Name && !slices.Contains(columns, column) {
				columns = append(columns, column)
			}
		}
	}
	all := strings.Join(columns, ", ")
	if len(columns) == len(known) && len(known) > 1 {
		all = "each reader's column"
	}
	if !whole || all == "default-deny" {
		return all
	}
	return d.class + "/" + all
}

// outcomeWord is a mark and a word.
func outcomeWord(outcome string) (style, string) {
	switch outcome {
	case "published":
		return good, "✓ published"
	case "reduced":
		return caution, "◐ reduced"
	case "withheld":
		return secret, "✕ withheld"
	case "purged":
		return secret, "⌫ purged"
	}
	return plainText, outcome
}
