package outside

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Slot is when a column's messages leave and how large they are. The zero
// Slot is no grid: nothing leaves.
type Slot struct {
	Every  time.Duration // status, and whatever else waits for a slot
	Alarms time.Duration // alarms; zero if they go at once or with the slot
	Pad    int           // payloads are a multiple of this many bytes; zero as they come
}

// Numbers are the @ rows that others need. A zero number is a missing row and
// its reader must take the safe side.
type Numbers struct {
	FixStale       time.Duration // in use and this long without a fix: the no_position column
	PositionEvery  time.Duration
	PositionSample time.Duration
	PositionMaxAge time.Duration
	PositionPad    int // plaintext size before sealing, in steps
	TripPad        int
	MaxFixGap      time.Duration
	HiddenDistance float64 // metres into the next drive, after a hidden end
	HiddenTime     time.Duration
	KeptMaxAge     time.Duration
	KeptMaxBytes   int64
	DocumentFresh  time.Duration // an older access document makes secondaries limited
	LedgerMaxAge   time.Duration
	LedgerMaxBytes int64
	TripsMaxAge    time.Duration
}

// direction says which change of a number is stricter.
type direction int

const (
	fixed  direction = iota // words: any other value is a wider one
	larger                  // a larger number is slower or coarser
	less                    // a smaller number is stricter
)

// member is what may stand in action_detail.
type member struct {
	dimension string // time, length, bytes, share, kelvin, count; empty for words
	stricter  direction
}

var members = map[string]member{
	"topic": {}, "seal": {}, "wire": {}, "retain": {}, "kinds": {}, "when": {}, "while": {},
	"latch": {}, "map": {}, "drop": {}, "keep": {},
	"every":        {"time", larger},
	"sample":       {"time", larger},
	"alarms":       {"time", larger},
	"ceil":         {"time", larger},
	"time":         {"time", larger},
	"stale":        {"time", less},
	"max_fix_gap":  {"time", less},
	"fresh":        {"time", less},
	"max_age":      {"time", less},
	"trips":        {"time", less},
	"ledger":       {"time", less},
	"distance":     {"length", larger},
	"floor":        {"", larger}, // km or %: fixed by the rule's paths
	"round":        {"kelvin", larger},
	"pad":          {"count", larger},
	"position_pad": {"count", larger},
	"trip_pad":     {"count", larger},
	"max_bytes":    {"bytes", less},
	"ledger_bytes": {"bytes", less},
}

// quantity is a number with the unit it was written in.
type quantity struct {
	amount    float64 // in seconds, metres, bytes, per cent, kelvin
	dimension string
}

// units are tried in order: a longer unit stands before its own ending.
var units = []struct {
	suffix, dimension string
	factor            float64
}{
	{"MiB", "bytes", 1 << 20}, {"KiB", "bytes", 1 << 10}, {"slot", "slots", 1}, {"km", "length", 1000},
	{"s", "time", 1}, {"m", "time", 60}, {"h", "time", 3600}, {"d", "time", 86400},
	{"%", "share", 1}, {"C", "kelvin", 1}, {"", "count", 1},
}

// parseQuantity reads a number and its unit, such as 60s, 2km, 12.5% or 4MiB.
func parseQuantity(s string) (quantity, error) {
	for _, u := range units {
		digits, ok := strings.CutSuffix(s, u.suffix)
		if !ok {
			continue
		}
		if digits == "" || strings.Trim(digits, "0123456789.") != "" {
			break
		}
		v, err := strconv.ParseFloat(digits, 64)
		if err != nil || v > 1e12 {
			break
		}
		return quantity{v * u.factor, u.dimension}, nil
	}
	return quantity{}, fmt.Errorf("%q is no number with a unit", s)
}

func (q quantity) duration() time.Duration { return time.Duration(q.amount * float64(time.Second)) }

// number reads one member of an @ row or of a class; a missing one is zero.
func (p *Policy) number(row, name string) quantity {
	q, err := parseQuantity(p.rows[row].detail[name])
	if err != nil {
		return quantity{}
	}
	return q
}

func (p *Policy) readNumbers() {
	p.numbers = Numbers{
		FixStale:       p.number("@fix", "stale").duration(),
		PositionEvery:  p.number("position", "every").duration(),
		PositionSample: p.number("position", "sample").duration(),
		PositionMaxAge: p.number("position", "max_age").duration(),
		PositionPad:    int(p.number("@seal", "position_pad").amount),
		TripPad:        int(p.number("@seal", "trip_pad").amount),
		MaxFixGap:      p.number("@trip", "max_fix_gap").duration(),
		HiddenDistance: p.number("@hold.hidden_end", "distance").amount,
		HiddenTime:     p.number("@hold.hidden_end", "time").duration(),
		KeptMaxAge:     p.number("@queue.kept", "max_age").duration(),
		KeptMaxBytes:   int64(p.number("@queue.kept", "max_bytes").amount),
		DocumentFresh:  p.number("@policy", "fresh").duration(),
		LedgerMaxAge:   p.number("@retention", "ledger").duration(),
		LedgerMaxBytes: int64(p.number("@retention", "ledger_bytes").amount),
		TripsMaxAge:    p.number("@retention", "trips").duration(),
	}
	p.slots = map[Column]Slot{}
	for _, c := range columns {
		name := "@slot." + string(c)
		p.slots[c] = Slot{
			Every:  p.number(name, "every").duration(),
			Alarms: p.number(name, "alarms").duration(),
			Pad:    int(p.number(name, "pad").amount),
		}
	}
}
