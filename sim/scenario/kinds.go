package scenario

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"glovebox/hal/mapping"
	"glovebox/profiles"
	"glovebox/sim/car"
	"glovebox/telemetry/outside"
)

// kind is what may stand for a placeholder.
type kind struct {
	what  string // as an error calls it
	words func(p *parser, before string) []string
	open  bool // also others than words
	check func(p *parser, word string) error
	text  bool                  // the rest of the line, if nothing follows
	span  func(rest string) int // how much of it, if more than a word
}

// kinds are the placeholders of usages; with a word before it, the placeholder
// behind that word.
var kinds = map[string]kind{
	"NAME":                   {what: "name", words: of((*parser).people)},
	"app NAME":               {what: "name", words: of((*parser).people), open: true, check: named},
	"READER":                 {what: "name", words: of((*parser).readers)},
	"invite NAME":            {what: "name", check: newcomer},
	"invite-main NAME":       {what: "name", check: newcomer},
	"transfer NAME":          {what: "name", check: newcomer},
	"fob NAME":               {what: "name", check: named},
	"mark LABEL":             {what: "label", check: named},
	"since LABEL":            {what: "label", words: of((*parser).marks), open: true, check: marked},
	"NAME:ROLE[:PIN[:seal]]": {what: "user", check: func(_ *parser, w string) error { _, err := parseUser(w); return err }},

	"TEXT":       {what: "text", text: true},
	"CONTAINING": {what: "text", text: true},
	"VALUE":      {what: "value", text: true},
	"MODEL":      {what: "model", span: modelName},
	"10x":        {check: times},
	"12500km":    {check: func(_ *parser, w string) error { _, err := odometer(w); return err }},
	"62":         {check: func(_ *parser, w string) error { _, err := charge(w); return err }},
	"YEAR":       {what: "year", check: year},
	"KEY": {what: "key", open: true, words: func(_ *parser, group string) []string {
		g, _ := profiles.GroupByName(group)
		return g.KeyNames()
	}},
	"GROUP": {what: "group", open: true, words: fixed(groups)},

	"PATH":               {what: "path", open: true, words: live("PATH"), check: vssPath},
	"COUNTER":            {what: "counter", open: true, words: live("COUNTER")},
	"BUS":                {what: "bus", open: true, words: live("BUS")},
	"MESSAGE":            {what: "message", check: undotted},
	"MESSAGE.SIGNAL":     {what: "signal", check: dotted},
	"CODE":               {what: "alarm", words: fixed(mapping.Codes)},
	"CLASS":              {what: "class", words: fixed(classes)},
	"FUNCTION":           {what: "function", words: fixed(functions)},
	"KIND":               {what: "kind", words: fixed(messageKinds)},
	"ERROR":              {what: "error", words: fixed(refusals)},
	"driver|passenger|…": {what: "door", words: fixed(car.Doors)},

	"FILE":        {what: "file", check: (*parser).names},
	"import FILE": {what: "file", check: exported},
	"F":           {what: "file", check: (*parser).names},
	"BUS:FILE":    {what: "file", check: busFile},
	"FILE.gpx":    {what: "route", open: true, words: of((*parser).routes)},

	"login PIN":      {check: func(_ *parser, w string) error { return refuse(len(w) > 64, "the PIN is longer than any may be") }},
	"accept CODE":    {what: "code"},
	"code CODE":      {what: "code"},
	"add-car CODE":   {what: "code"},
	"PASSWORD":       {what: "password"},
	"accept PIN":     {check: func(_ *parser, w string) error { return refuse(!pin(w) && w != "none", "want 4 to 12 digits, or none") }},
	"dropped N":      {check: whole},
	"unread N":       {check: whole},
	"within D":       {check: brief},
	"D":              {what: "time"},
	"N":              {what: "number"},
	"OLD":            {what: "old PIN, or none,"},
	"NEW":            {what: "new PIN"},
	"+D":             {what: "time", check: forward},
	"REASON":         {what: "reason", words: fixed(reasons)},
	"suggested NAME": {what: "name", words: func(p *parser, _ string) []string { return append(p.people(), "nobody") }},
}

// choices are how errors call a word of a choice.
var choices = map[string]string{
	"P|R|N|D": "gear", "status|position": "kind", "shared|limited": "sharing", "yes|no": "answer", "on|off": "state", "guest|idle|leaving": "state", "clean|pending|failed": "state",
	"can|gnss": "port", "can|gnss|cloud": "port", "up|down|degraded|off": "state", "share|no-position|offline": "level",
}

func fixed(words func() []string) func(*parser, string) []string {
	return func(*parser, string) []string { return words() }
}

func of(words func(*parser) []string) func(*parser, string) []string {
	return func(p *parser, _ string) []string { return words(p) }
}

// live are words that only a running world knows.
func live(what string) func(*parser, string) []string {
	return func(p *parser, _ string) []string {
		if p.live == nil {
			return nil
		}
		return p.live(what)
	}
}

func refuse(wrong bool, why string) error {
	if wrong {
		return errors.New(why)
	}
	return nil
}

func notName(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' }

func named(_ *parser, w string) error {
	if strings.ContainsFunc(w, notName) {
		return fmt.Errorf("%q: want lower-case letters, digits and -", clip(w))
	}
	return nil
}

// newcomer is somebody who may get a phone by it.
func newcomer(p *parser, w string) error {
	if w == "workshop" || w == "backend" {
		return fmt.Errorf("%s: the name is taken", w)
	}
	if err := named(p, w); err != nil {
		return err
	}
	if !slices.Contains(p.people(), w) {
		p.invited = append(p.invited, w)
	}
	return nil
}

// marked is a label that a line above gave.
func marked(p *parser, w string) error {
	if p.labels[w] {
		return nil
	}
	return fmt.Errorf("no line above says mark %s: %w", clip(w), unknown("label", w, p.marks()))
}

func pin(s string) bool {
	return len(s) >= 4 && len(s) <= 12 && strings.Trim(s, "0123456789") == ""
}

func whole(_ *parser, w string) error {
	_, err := strconv.ParseUint(w, 10, 31)
	return refuse(err != nil, "want a whole number")
}

// longest is how long a line may wait.
const longest = 150 * time.Second

func brief(_ *parser, w string) error {
	d, err := duration(w)
	return refuse(err == nil && d > longest, fmt.Sprintf("%s: the agent runs in real time, no wait is over %s", w, longest))
}

// forward is such as +25h.
func forward(_ *parser, w string) error {
	text, ok := strings.CutPrefix(w, "+")
	if !ok {
		return fmt.Errorf("%q: want such as +25h", clip(w))
	}
	d, err := duration(text)
	if err == nil && (d < time.Second || d%time.Second != 0 || d > furthest) {
		err = fmt.Errorf("%q: want whole seconds, at most %s", w, span(furthest))
	}
	return err
}

// furthest is how far a boot clock is moved at once.
const furthest = 10 * 365 * 24 * time.Hour

// isYear is a model year.
func isYear(w string) bool {
	year, err := strconv.Atoi(w)
	return err == nil && year >= 1990 && year < 2100
}

func year(_ *parser, w string) error {
	return refuse(!isYear(w), "want a model and a year from 1990 on")
}

// modelName is how much of a text is before the year: one word or more.
func modelName(rest string) int {
	all := regexp.MustCompile(`\S+`).FindAllStringIndex(rest, -1)
	for i, at := range all[:len(all)-1] {
		if next := all[i+1]; isYear(rest[next[0]:next[1]]) {
			return at[1]
		}
	}
	return len(rest)
}

// times is how much faster than life the car is.
func times(_ *parser, w string) error {
	v, err := number(strings.TrimSuffix(w, "x"))
	return refuse(err != nil || v != 0 && (v < 0.1 || v > 1000), fmt.Sprintf("%q: want such as 10x, from 0.1x to 1000x, or 0x", clip(w)))
}

func vssPath(_ *parser, w string) error {
	if !strings.HasPrefix(w, "Vehicle.") || strings.HasSuffix(w, ".") || strings.Contains(w, "..") {
		return fmt.Errorf("path %q: want such as Vehicle.Speed", clip(w))
	}
	return nil
}

const wantMessage = "want MESSAGE, or MESSAGE.SIGNAL and its value"

func undotted(_ *parser, w string) error { return refuse(strings.Contains(w, "."), wantMessage) }

func dotted(_ *parser, w string) error {
	message, signal, _ := strings.Cut(w, ".")
	return refuse(message == "" || signal == "", wantMessage)
}

func groups() (all []string) {
	for _, g := range profiles.Groups() {
		all = append(all, g.Name)
	}
	return all
}

// reasons are those of Session1.Reason.
func reasons() []string {
	return []string{"boot", "chosen", "fob", "left", "logout", "removed", "replaced", "restart", "suspend", "unknown-fob"}
}

func classes() (all []string) {
	for _, c := range outside.Builtin().Classes() {
		all = append(all, string(c))
	}
	return all
}

func functions() (all []string) {
	for _, f := range profiles.Functions() {
		all = append(all, string(f))
	}
	return all
}

// messageKinds are those that a check knows.
func messageKinds() []string {
	return []string{string(outside.KindStatus), string(outside.KindPosition), string(outside.KindAlarms), string(outside.KindTrips), string(outside.KindMessages), string(outside.KindGaps)}
}
