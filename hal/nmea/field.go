package nmea

import (
	"bytes"
	"math"
	"time"
)

// fields walks over the fields of a sentence. Beyond the last one they are
// empty.
type fields struct{ rest []byte }

func (f *fields) next() []byte {
	field, rest, _ := bytes.Cut(f.rest, comma)
	f.rest = rest
	return field
}

func (f *fields) skip(n int) {
	for range n {
		f.next()
	}
}

var comma = []byte{','}

// number reads a decimal number of at most 15 digits, such as 15.207 or -33.7, or in
// short .5 and 20. So many digits fit a float64 exactly, and so does the power of ten they are
// divided by: the result is the nearest float64. Nothing else is a number here,
// no exponent, no infinity, no empty field.
func number(b []byte) (float64, bool) {
	minus := len(b) > 0 && b[0] == '-'
	if minus {
		b = b[1:]
	}
	whole, decimals, _ := bytes.Cut(b, dot)
	if n := len(whole) + len(decimals); n == 0 || n > 15 {
		return 0, false
	}
	n, ok1 := digits(whole)
	m, ok2 := digits(decimals)
	scale := powers[len(decimals)]
	v := (float64(n)*scale + float64(m)) / scale
	if minus {
		v = 0 - v // so that -0 is 0
	}
	return v, ok1 && ok2
}

var dot = []byte{'.'}

var powers = [...]float64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15}

// optional is number, and NaN for an empty field.
func optional(b []byte) (float64, bool) {
	if len(b) == 0 {
		return math.NaN(), true
	}
	return number(b)
}

// digits reads decimal digits only; none are 0.
func digits(b []byte) (v int64, ok bool) {
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		v = v*10 + int64(c-'0')
	}
	return v, true
}

// angle reads degrees and minutes with their side: with two digits of degrees
// 3743.25986,N, with three 12228.33832,W.
func angle(b, side []byte, degreeDigits int, plus, minus byte) (float64, bool) {
	whole, _, _ := bytes.Cut(b, dot)
	if len(whole) != degreeDigits+2 || len(side) != 1 || side[0] != plus && side[0] != minus {
		return 0, false
	}
	degrees, ok1 := digits(b[:degreeDigits])
	minutes, ok2 := number(b[degreeDigits:])
	if !ok1 || !ok2 || minutes < 0 || minutes >= 60 {
		return 0, false
	}
	v, limit := float64(degrees)+minutes/60, 90.0
	if degreeDigits == 3 {
		limit = 180
	}
	if v > limit {
		return 0, false
	}
	if side[0] == minus {
		v = 0 - v
	}
	return v, true
}

// timeOfDay reads hhmmss with decimals; an empty field is a moment not known.
func timeOfDay(b []byte) (moment, bool) {
	m := moment{day: noDay}
	if len(b) == 0 {
		return m, true
	}
	whole, decimals, _ := bytes.Cut(b, dot)
	if len(whole) != 6 || len(decimals) > 9 {
		return m, false
	}
	v, ok1 := digits(whole)
	fraction, ok2 := digits(decimals)
	hours, minutes, seconds := v/10000, v/100%100, v%100
	if !ok1 || !ok2 || hours > 23 || minutes > 59 || seconds > 60 { // 60 is a leap second
		return m, false
	}
	for range 9 - len(decimals) {
		fraction *= 10
	}
	m.known = true
	m.clock = time.Duration(hours)*time.Hour + time.Duration(minutes)*time.Minute +
		time.Duration(seconds)*time.Second + time.Duration(fraction)
	return m, true
}

// on is m on the day ddmmyy; an empty field leaves the day out. Satellite time
// begins in 1980, so 80 to 99 are years of the last century.
func (m moment) on(b []byte) (moment, bool) {
	if len(b) == 0 {
		return m, true
	}
	v, ok := digits(b)
	if !ok || len(b) != 6 {
		return m, false
	}
	day, month, year := int(v/10000), int(v/100%100), 2000+int(v%100)
	if year >= 2080 {
		year -= 100
	}
	date := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	if int(date.Month()) != month { // a day too many, or none, runs into another month
		return m, false
	}
	m.day = time.Duration(date.UnixNano())
	return m, true
}
