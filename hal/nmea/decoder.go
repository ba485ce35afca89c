package nmea

import (
	"math"
	"time"

	"glovebox/hal"
)

// Stats says what a stream held and what became of it.
type Stats struct {
	Counts
	Fixes   uint64 // positions handed on
	Lost    uint64 // times that the receiver said it has no fix
	Refused uint64 // RMC and GGA sentences with a right checksum and a malformed field
}

// Decoder makes positions of a receiver's stream. RMC gives place, speed,
// course and time, GGA the altitude. It hands on one position an epoch: the
// first RMC of that time. A place of a simulator, or at 0°0' N 0°0' E, is no fix. The zero Decoder is ready; it is not safe for
// concurrent use.
type Decoder struct {
	framer Framer
	stats  Stats
	emit   func(*hal.Position) // of the running Feed

	fixed    bool   // the last word was a fix
	last     moment // of the last fix
	altitude float64
	fresh    bool   // altitude was said since the last fix
	noFix    moment // when GGA said last that there is no fix
	told     moment // the newest that a sentence told
}

// Clock is the time of day, in UTC, that the newest RMC or GGA told, with a fix or
// without one; false if it told none.
func (d *Decoder) Clock() (sinceMidnight time.Duration, ok bool) { return d.told.clock, d.told.known }

// Stats returns the counters.
func (d *Decoder) Stats() Stats {
	s := d.stats
	s.Counts = d.framer.Counts()
	return s
}

// Reset forgets the open sentence and the epoch. Call it when the port was
// opened anew.
func (d *Decoder) Reset() {
	d.framer.Reset()
	d.fixed, d.fresh = false, false
	d.last, d.noFix, d.told = moment{}, moment{}, moment{}
}

// Feed takes the next bytes of the stream. It calls emit with each new
// position, and with nil whenever the receiver says that it has no fix now.
// The position is the caller's to keep. A sentence without a fix allocates
// nothing.
func (d *Decoder) Feed(p []byte, emit func(fix *hal.Position)) {
	d.emit = emit
	d.framer.Feed(p, d.sentence)
	d.emit = nil
}

// sentence looks at one sentence with a right checksum. The address is $, two
// letters for the talker and three for the kind.
func (d *Decoder) sentence(text []byte) {
	f := fields{rest: text}
	address := f.next()
	if len(address) != 6 || address[0] != '$' || address[1] == 'P' {
		return
	}
	ok := true
	switch string(address[3:]) {
	case "RMC":
		ok = d.rmc(f)
	case "GGA":
		ok = d.gga(f)
	}
	if !ok {
		d.stats.Refused++
	}
}

// rmc reads time, status, place, speed, course, date, variation and mode.
func (d *Decoder) rmc(f fields) bool {
	at, ok := timeOfDay(f.next())
	d.told = at
	switch status := f.next(); {
	case !ok || len(status) != 1:
		return false
	case status[0] == 'V':
		d.lost()
		return true
	case status[0] != 'A':
		return false
	}
	lat, ok1 := angle(f.next(), f.next(), 2, 'N', 'S')
	lon, ok2 := angle(f.next(), f.next(), 3, 'E', 'W')
	knots, ok3 := optional(f.next())
	course, ok4 := optional(f.next())
	at, ok5 := at.on(f.next())
	if !ok1 || !ok2 || !ok3 || !ok4 || !ok5 || knots < 0 || course < 0 || course > 360 {
		return false
	}
	f.skip(2) // magnetic variation
	if mode := f.next(); len(mode) == 1 && (mode[0] == 'N' || mode[0] == 'S') || nowhere(lat, lon) {
		d.lost()
		return true
	}
	if at.known && d.noFix == at.dayless() {
		d.lost()
		return true
	}
	if at.known && d.fixed && d.last == at {
		return true // another talker's word on the same epoch
	}
	fix := hal.Position{
		Latitude: lat, Longitude: lon, Altitude: math.NaN(), Course: course,
		Speed: hal.Knots(knots), Time: at.utc(),
	}
	if d.fresh {
		fix.Altitude = d.altitude
	}
	d.fixed, d.fresh, d.last = true, false, at
	d.stats.Fixes++
	d.emit(&fix)
	return true
}

// gga reads time, place, quality, satellites, dilution and altitude; the place
// is RMC's to tell.
func (d *Decoder) gga(f fields) bool {
	at, ok := timeOfDay(f.next())
	d.told = at
	f.skip(4) // place
	quality := f.next()
	if !ok || len(quality) > 1 || len(quality) == 1 && (quality[0] < '0' || quality[0] > '9') {
		return false
	}
	if len(quality) == 0 || quality[0] == '0' || quality[0] == '8' { // 8: simulator
		d.noFix = at
		if d.fixed && (!at.known || d.last.dayless() == at) {
			d.lost()
		}
		return true
	}
	if at != d.noFix { // of an earlier epoch; tomorrow it would be this one
		d.noFix = moment{}
	}
	f.skip(2) // satellites, dilution
	altitude, ok := optional(f.next())
	unit := f.next()
	if !ok || len(unit) > 1 || len(unit) == 1 && unit[0] != 'M' {
		return false
	}
	d.altitude, d.fresh = altitude, true
	return true
}

// nowhere reports whether a place is at 0°0' N 0°0' E, whatever its decimals: what a
// receiver without a fix says, and no place of a car. It lies in the sea.
func nowhere(lat, lon float64) bool { return math.Abs(lat) < 1./60 && math.Abs(lon) < 1./60 }

// lost says that there is no fix now.
func (d *Decoder) lost() {
	d.fixed, d.fresh = false, false
	d.stats.Lost++
	d.emit(nil)
}

// moment is a time of day and, where RMC said it, the day.
type moment struct {
	known bool
	day   time.Duration // since the Unix epoch, in whole days; noDay if not said
	clock time.Duration // since midnight UTC
}

const noDay = time.Duration(math.MinInt64)

// dayless is m as GGA says it.
func (m moment) dayless() moment {
	m.day = noDay
	return m
}

// utc is m as a time; zero unless both parts were said.
func (m moment) utc() time.Time {
	if !m.known || m.day == noDay {
		return time.Time{}
	}
	return time.Unix(0, int64(m.day+m.clock)).UTC()
}
