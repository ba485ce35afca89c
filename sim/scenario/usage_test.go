package scenario_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"glovebox/sim/scenario"
)

// places are where the rows of the language may stand: the head, and behind it.
var places = []string{"", people, people + "mark dusk\nboot\nfault offline\nreplay can=rav4\n", people + "mark dusk\nboot\nfault offline\n"}

// samples are words that read as a placeholder, in their shortest form.
var samples = map[string][]string{
	"NAME": {"anna", "lea"}, "READER": {"lea", "workshop", "backend"}, "invite NAME": {"kai", "lea"}, "invite-main NAME": {"kai"}, "transfer NAME": {"kai"},
	"fob NAME": {"anna", "guest-1"}, "mark LABEL": {"dawn"}, "since LABEL": {"dusk"}, "NAME:ROLE[:PIN[:seal]]": {"mira:main", "mira:main:none:seal", "mira:main:4711"},
	"TEXT": {"hello", "two words"}, "CONTAINING": {"one", "two words"}, "VALUE": {"27", `{"a": 1}`}, "signal VALUE": {"27"},
	"MODEL": {"Taycan", "Macan Electric"}, "YEAR": {"2024", "1990"}, "12500km": {"12.5km", "7"}, "62": {"62", "1%"},
	"GROUP": {"radio"}, "KEY": {"volume"}, "PATH": {"Vehicle.Speed"}, "COUNTER": {"documents.applied"}, "BUS": {"body"}, "MESSAGE": {"A"}, "MESSAGE.SIGNAL": {"A.B"},
	"CODE": {"brake"}, "accept CODE": {"12AB"}, "code CODE": {"12AB"}, "add-car CODE": {"12AB"}, "PASSWORD": {"longenough"}, "CLASS": {"doors"}, "FUNCTION": {"chat", "trips"}, "KIND": {"gaps", "status"}, "REASON": {"left", "suspend"}, "ERROR": {"NotParked", "unknown"},
	"driver|passenger|…": {"trunk"}, "F": {"rav4"}, "FILE": {"a.json"}, "BUS:FILE": {"can0:a.dbc"}, "FILE.gpx": {"block.gpx"},
	"PIN": {"4711", "none"}, "OLD": {"none"}, "suggested NAME": {"lea", "nobody"}, "NEW": {"4711"}, "TRIP": {"newest", "trip-1"}, "R": {"doors/limited"},
	"D": {"1s", "250µs", "1m30s"}, "+D": {"+25h"}, "N": {"1", "7"}, "A": {"-1.5", "0"}, "B": {"2"},
	"10x": {"2.5x"}, "50km/h": {"50km/h", "12.5km/h"}, "1011m": {"1011m"}, "21": {"22.5"}, "10": {"7"},
	"COMMAND": {"guest", "login lea wait"}, "CHECK": {"ready", "publish lea status"}, "ACTION": {"chat hello"},
}

// said draws a line that a usage reads, as the words of the usage say, one choice
// after the other. It knows usages by their shape alone, as who reads them does.
func said(t *rapid.T, usage string) string {
	word, rest, _ := strings.Cut(usage, " ")
	words, before := []string{word}, word
	sample := func(name string) string {
		for _, n := range []string{word + " " + name, before + " " + name, name} {
			if all := samples[n]; all != nil {
				return rapid.SampledFrom(all).Draw(t, n)
			}
		}
		t.Fatalf("%s: no sample of %s", usage, name)
		return ""
	}
	depth, skipped := 0, 0
	for _, w := range strings.Fields(rest) {
		if inner, opens := strings.CutPrefix(w, "["); opens {
			depth, w = depth+1, inner
			if skipped == 0 && !rapid.Bool().Draw(t, "there") {
				skipped = depth
			}
		}
		closes := max(0, strings.Count(w, "]")-strings.Count(w, "["))
		w = w[:len(w)-closes]
		if skipped == 0 && w != "…" {
			key, value, keyed := strings.Cut(w, "=")
			if keyed {
				w, before = value, key
			}
			name := w
			if samples[w] == nil {
				name = strings.TrimSuffix(w, "…")
			}
			switch {
			case samples[w] == nil && strings.Contains(w, "|"):
				w = rapid.SampledFrom(strings.Split(w, "|")).Draw(t, w)
			case strings.ToLower(name) != name || samples[name] != nil || strings.HasPrefix(name, "+"):
				if w = sample(name); strings.HasSuffix(usage, name+"…") || strings.HasSuffix(usage, name+"…]") {
					w += " " + sample(name)
				}
			default:
				before = w
			}
			if keyed {
				w = key + "=" + w
			}
			words = append(words, w)
		}
		if depth -= closes; depth < skipped {
			skipped = 0
		}
	}
	return strings.Join(words, " ")
}

// unmeant is what an error says of a line that its usage reads, but that cannot be
// meant.
var unmeant = []string{"want can, nmea or both", "belong to a log", "looks at now", "needs since LABEL"}

// What the usage of any row says reads in the place where it may stand, and prints
// as it was said.
func TestUsagePrintsAsRead(t *testing.T) {
	for _, row := range scenario.Rows() {
		t.Run(row.Before+row.Usage, rapid.MakeCheck(func(t *rapid.T) {
			line := row.Before + said(t, row.Usage)
			var all []error
			for _, place := range places {
				printed, err := scenario.Behind(place).Read(line)
				if err == nil {
					if printed != line {
						t.Fatalf("%q prints as %q", line, printed)
					}
					return
				}
				all = append(all, err)
			}
			if !slices.ContainsFunc(unmeant, func(why string) bool { return strings.Contains(all[len(all)-1].Error(), why) }) {
				t.Fatalf("%q: %q", line, all)
			}
		}))
	}
}

// After each word of a line, what completion offers has the next word among it,
// where that is one of the language; and each word that it offers is read there: no
// error of the line is about it.
func TestUsageGoesOnAsRead(t *testing.T) {
	for _, row := range scenario.Rows() {
		t.Run(row.Before+row.Usage, rapid.MakeCheck(func(t *rapid.T) {
			line := row.Before + said(t, row.Usage)
			for _, place := range places {
				reader := scenario.Behind(place)
				if _, err := reader.Read(line); err != nil {
					continue
				}
				words := strings.Fields(line)
				n := rapid.IntRange(0, len(words)-1).Draw(t, "words")
				before := strings.Join(words[:n], " ")
				offered := reader.GoesOn(before)
				next, _, keyed := strings.Cut(words[n], "=")
				if keyed {
					next += "="
				}
				if isWord(row.Usage, next) && !slices.Contains(offered, next) {
					t.Fatalf("%q: %q goes on with %q, which lacks %q", line, before, offered, next)
				}
				if len(offered) > 0 {
					w := rapid.SampledFrom(offered).Draw(t, "next")
					_, err := reader.Read(before + " " + w + ends[w])
					if w == "since" && err != nil {
						t.Fatalf("%q goes on with since: %v", before, err)
					}
					if err != nil && (strings.Contains(err.Error(), fmt.Sprintf("%q:", w)) || strings.Contains(err.Error(), fmt.Sprintf("%q is one word too many", w))) {
						t.Fatalf("%q goes on with %q: %v", before, w, err)
					}
				}
				return
			}
		}))
	}
}

// ends are what some words need behind them.
var ends = map[string]string{"since": " dusk", "within": " 3s", "for": " lea"}

// isWord reports whether a usage has a word of the language.
func isWord(usage, word string) bool {
	return slices.ContainsFunc(strings.FieldsFunc(usage, func(r rune) bool { return strings.ContainsRune(" []|…", r) }), func(w string) bool {
		key, _, keyed := strings.Cut(w, "=")
		return w == word && samples[w] == nil || keyed && key+"=" == word
	})
}

// A word that is nearly one of the language is said to be it, two letters that
// changed places too.
func TestNearestWord(t *testing.T) {
	for line, want := range map[string]string{"lgoin anna": "login", "gaer P": "gear", "fualt can": "fault", "loc": "lock", "widnows": "mark"} {
		_, err := scenario.Behind(people).Read(line)
		if (err != nil && strings.Contains(err.Error(), fmt.Sprintf("did you mean %q?", want))) != (want != "mark") {
			t.Errorf("%s: %v, want %s", line, err, want)
		}
	}
}
