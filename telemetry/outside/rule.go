package outside

import (
	"fmt"
	"math"
	"regexp"
	"strings"
	"sync"
	"time"

	"glovebox/hal"
)

// ruleAnswer makes answers wait for a slot while the car is in use.
const ruleAnswer = "answer5"

// kinds are the coarsening rules by name; true if this program carries them
// out. A cell with a rule that is not built withholds.
var kinds = map[string]bool{
	"hold": true, "odo-km": true, "odo-day": true, "soc1": true, "soc5": true, "fuel8": true,
	"range50": true, "svc500": true, "min15": true, "parked": true, "day1": true, "grid5": true,
	"tyre3": true, "volt2": true, "bare": true,
	"climate-own": false, ruleBand: true, "trip-stub": true, ruleSelf: true,
	ruleAnswer: true,
}

// rule is one way to coarsen a value, with its numbers from an @rule row.
type rule struct {
	name     string
	hold     bool          // repeat the value released last
	floor    quantity      // zero: none
	ceil     time.Duration // zero: none
	latched  bool          // the value of the daily latch
	latch    time.Duration // after midnight UTC
	notInUse bool          // a new value only when not in use
	every    time.Duration // a new value only on this grid; zero: any slot
	words    []string      // one word for each range of the value
	bounds   []int64       // kilometres at which the bands of a distance begin
	bare     bool          // codes only
}

func (r *rule) built() bool { return kinds[r.name] }

func newRule(name string, detail map[string]string) (*rule, error) {
	if _, known := kinds[name]; !known {
		return nil, fmt.Errorf("unknown rule %q", name)
	}
	r := &rule{name: name, hold: name == "hold", bare: name == "bare"}
	if s, ok := detail["floor"]; ok {
		r.floor, _ = parseQuantity(s)
		if r.floor.amount <= 0 || r.floor.dimension != "length" && r.floor.dimension != "share" {
			return nil, fmt.Errorf("floor=%s: want km or %%", s)
		}
	}
	if s, ok := detail["ceil"]; ok {
		q, _ := parseQuantity(s)
		if r.ceil = q.duration(); r.ceil <= 0 {
			return nil, fmt.Errorf("ceil=%s: want a time", s)
		}
	}
	if s, ok := detail["every"]; ok {
		q, _ := parseQuantity(s)
		if r.every = q.duration(); r.every < time.Second || r.every%time.Second != 0 {
			return nil, fmt.Errorf("every=%s: want whole seconds", s)
		}
	}
	if s, ok := detail["latch"]; ok {
		at, err := time.Parse("15:04Z", s)
		if err != nil {
			return nil, fmt.Errorf("latch=%s: want a time of day such as 02:00Z", s)
		}
		r.latched = true
		r.latch = time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute
	}
	if s, ok := detail["map"]; ok {
		r.words = strings.Split(s, ",")
	}
	if name == ruleBand {
		if err := r.readBands(); err != nil {
			return nil, err
		}
	}
	switch when := detail["when"]; {
	case when == "not-in-use":
		r.notInUse = true
	case when != "" && r.built():
		return nil, fmt.Errorf("when=%s: want not-in-use", when)
	}
	return r, nil
}

// apply coarsens one value of a path; false if the rule makes nothing of it.
// What it does not understand does not leave.
func (r *rule) apply(path string, v hal.Value) (string, bool) {
	number, isNumber := v.Float()
	unit := unitOf(path)
	switch {
	case r.floor.amount > 0:
		step := r.floor.amount * unit.perStep(r.floor.dimension)
		if !isNumber || step <= 0 {
			return "", false
		}
		return hal.Number(floorTo(number, step)).String(), true
	case r.ceil > 0:
		if !isNumber || unit != seconds {
			return "", false
		}
		step := r.ceil.Seconds()
		return hal.Number(math.Ceil(number/step) * step).String(), true
	case r.words != nil:
		limits := unit.limits()
		if !isNumber || len(limits) < len(r.words)-1 {
			return "", false
		}
		word := 0
		for word < len(r.words)-1 && number < limits[word] {
			word++
		}
		return r.words[word], true
	case r.bare:
		if word, ok := v.Text(); ok {
			return bareCodes(word)
		}
	}
	return v.String(), true
}

// floorTo goes down to a multiple of step, to the left on the number line.
func floorTo(v, step float64) float64 { return math.Floor(v/step) * step }

// code is a diagnostic trouble code: SAE J2012, a letter, four hex digits and
// perhaps a failure type.
var code = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[PCBU][0-3][0-9A-F]{3}(-?[0-9A-F]{2})?$`) })

// bareCodes keeps the trouble codes of a list and nothing else.
func bareCodes(list string) (string, bool) {
	var out []string
	for _, word := range strings.FieldsFunc(list, func(r rune) bool { return strings.ContainsRune(" ,;[]\"", r) }) {
		if code().MatchString(word) {
			out = append(out, word)
		}
	}
	return strings.Join(out, ","), len(out) > 0
}

// unit is the unit that VSS 6.0 gives a path, as far as a rule needs it.
type unit string

const (
	metres     unit = "m"
	kilometres unit = "km"
	seconds    unit = "s"
	percent    unit = "percent"
	kilopascal unit = "kPa"
	volts      unit = "V"
)

// unitOf returns the unit of a path that rules calculate with; "" for others,
// of which then nothing leaves (litres without a tank size, kilowatt hours).
func unitOf(path string) unit {
	for _, u := range []struct {
		suffix string
		unit   unit
	}{
		{".TraveledDistance", metres}, {".Range", metres}, {".DistanceToService", kilometres},
		{".StateOfCharge.Current", percent}, {".StateOfCharge.Displayed", percent},
		{".RelativeLevel", percent}, {".DieselExhaustFluid.Level", percent},
		{".TimeToComplete", seconds}, {".Tire.Pressure", kilopascal}, {".CurrentVoltage", volts},
	} {
		if strings.HasSuffix(path, u.suffix) {
			return u.unit
		}
	}
	return ""
}

// perStep converts an amount of a dimension into the unit; zero if it is of another.
func (u unit) perStep(dimension string) float64 {
	switch {
	case u == metres && dimension == "length", u == percent && dimension == "share":
		return 1
	case u == kilometres && dimension == "length":
		return 1.0 / 1000
	}
	return 0
}

// limits are the values below which the first, the second word and so on no
// longer holds. Tyres: 80 % of a usual 225 kPa (a warning is due at a loss of
// 20 %) and the 150 kPa at which UN Regulation 141 has every system warn.
// Battery: a 12 V lead battery at rest is all but empty at 11.8 V.
func (u unit) limits() []float64 {
	switch u {
	case kilopascal:
		return []float64{180, 150}
	case volts:
		return []float64{11.8}
	}
	return nil
}
