package scenario

import (
	"time"

	"glovebox/hal"
	"glovebox/sim/car"
	"glovebox/sim/cloud"
	"glovebox/sim/scenarios"
)

// RAV4 is the recorded minute and its fixes.
type RAV4 struct {
	drive *car.Drive
	fixes []fix
}

func LoadRAV4() (*RAV4, error) {
	d, err := car.Load(scenarios.Files, scenarios.DriveCAN, scenarios.DriveNMEA)
	if err != nil {
		return nil, err
	}
	return &RAV4{d, fixesOf(d)}, nil
}

// Spot is a published place.
type Spot struct {
	Time                time.Time
	Latitude, Longitude float64
}

// Fixes are when each fix is played, and where it is.
func (r *RAV4) Fixes() (at []time.Duration, all []hal.Position) {
	for _, f := range r.fixes {
		at, all = append(at, f.at), append(all, f.Position)
	}
	return at, all
}

// Compare is what the check "track" says is wrong.
func (r *RAV4) Compare(published []Spot, measured float64) string {
	var spots []spot
	for _, p := range published {
		spots = append(spots, spot{p.Time, p.Latitude, p.Longitude})
	}
	_, wrong := compareTrack(spots, r.fixes, 1, measured)
	return wrong
}

// CompareTrack is the same for a drive with a fix each second.
func CompareTrack(published, recorded []Spot) string {
	var spots []spot
	var fixes []fix
	for i, p := range published {
		r := recorded[i]
		spots = append(spots, spot{p.Time, p.Latitude, p.Longitude})
		fixes = append(fixes, fix{time.Duration(i) * time.Second, hal.Position{Latitude: r.Latitude, Longitude: r.Longitude}})
	}
	_, wrong := compareTrack(spots, fixes, 1, 0)
	return wrong
}

// Place is what the check "place" finds.
func (r *RAV4) Place(data ...[]byte) string { return coordinates(r.fixes, r.drive).in(data...) }

var (
	OnDisk       = onDisk
	JudgeRepeats = judgeRepeats
	Difference   = difference
	Unanswered   = unanswered
)

// Outage is when the line was cut.
type Outage struct{ From, To time.Time }

// Miscounted is what the check "gap" says is wrong.
func (o Outage) Miscounted(g cloud.Gap, every time.Duration, back time.Time, found []cloud.Message) string {
	return outage{o.From, o.To}.miscounted(g, every, back, found)
}

// Filled is what the check "backfill" finds.
func (o Outage) Filled(m cloud.Message) string { return outage{o.From, o.To}.filled(m, true) }

// Strange is what the check "signals recorded" finds in lines of the stream.
func Strange(recorded map[string]map[string]bool, lines ...string) string {
	w := watchLog{most: keepReadings}
	for _, l := range lines {
		w.line([]byte(l))
	}
	found, _ := w.strange(recorded)
	return found
}

// Row is a row of the language: its line begins with before, and goes on as its
// usage says.
type Row struct{ Before, Usage string }

// Rows are all rows of the language.
func Rows() (all []Row) {
	add := func(before string, table []*form) {
		for _, f := range table {
			if f.new != nil {
				all = append(all, Row{before, f.usage})
			}
		}
	}
	add("", commands)
	add("expect ", checks)
	add("app anna ", actions["app"])
	add("hmi ", actions["hmi"])
	add("workshop ", actions["workshop"])
	return all
}

// Reader reads single lines in one place of a file.
type Reader struct{ before string }

// Behind is a reader of lines behind others.
func Behind(before string) Reader { return Reader{before} }

func (r Reader) parser() *parser {
	p := newParser("x.txtar", nil)
	p.file("x.txtar", []byte(r.before))
	p.live = func(kind string) []string { return []string{"Vehicle.Live." + kind} }
	return p
}

// Read is what a line means, printed.
func (r Reader) Read(line string) (string, error) {
	c, err := r.parser().command(line)
	if err != nil {
		return "", err
	}
	return c.String(), nil
}

// GoesOn are the words that may stand behind a line.
func (r Reader) GoesOn(line string) []string { return r.parser().goesOn(line) }

// Format is a scenario as one file without includes.
func Format(s *Scenario) []byte {
	var commands []byte
	for _, step := range s.Steps {
		commands = append(commands, step.Text()+"\n"...)
	}
	return join(commands, s.Files)
}

// OnWire is where a text is among what was sent behind so many bytes and lines; so many bytes of
// both records were dropped.
func OnWire(dir, text string, bytes, lines, dropped int64) (string, error) {
	s := &stage{evidence: evidence{dir: dir, records: &worldFiles{Gone: map[string]int64{"wire.bin": dropped, "wire.jsonl": dropped}}}}
	return s.onWire(text, moment{sent: bytes, lines: lines})
}

// InWords is the answer of a call on the bus as a line by hand prints it.
var InWords = inWords
