package car

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"glovebox/hal"
)

// fixEvery is the period of the receiver's epochs, in the car's time.
const fixEvery = 100 * time.Millisecond

// How good the receiver is: an error that wanders slowly, as the sky's does, and
// a little that is new each time.
const (
	wander    = 1.5  // m, standard deviation
	wanderFor = 60.0 // s, until it has forgotten where it was
	jitter    = 0.15 // m
	blur      = 0.05 // m/s
	tilt      = 0.6  // degrees
	slow      = 0.5  // m/s: below, a course means nothing
	regain    = 2 * time.Second
	sea       = 3.0   // m, the antenna above mean sea level
	geoid     = 41.2  // m
	degree    = 111e3 // m, of latitude
)

// receiver is a GNSS receiver with the faults of one.
type receiver struct {
	rng   *rand.Rand
	fixAt time.Duration // of the car's time: no fix before
	lost  bool          // no sky
	off   time.Duration // of its clock, until the first fix
	ever  bool          // had a fix
	east  float64       // the wandering error, m
	north float64
}

// GNSS takes the sky away or gives it back; then the receiver needs a moment.
func (v *Vehicle) GNSS(lost bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	r := &v.receiver
	if r.lost && !lost {
		r.fixAt = max(r.fixAt, v.now+regain)
	}
	r.lost = lost
}

// say appends the sentences of one epoch. Without a fix they name no place.
func (r *receiver) say(dst []byte, now time.Duration, utc time.Time, p hal.Position, speed hal.Speed, course float64) []byte {
	r.drift()
	if now < r.fixAt || r.lost {
		if !r.ever {
			utc = utc.Add(r.off)
		}
		utc = utc.UTC()
		clock := utc.Format("150405.00")
		dst = sentence(dst, fmt.Sprintf("GNRMC,%s,V,,,,,,,%s,,,N", clock, utc.Format("020106")))
		return sentence(dst, fmt.Sprintf("GNGGA,%s,,,,,0,00,99.99,,,,,,", clock))
	}
	r.ever = true
	utc = utc.UTC()
	clock := utc.Format("150405.00")
	lat := p.Latitude + (r.north+jitter*r.rng.NormFloat64())/degree
	lon := p.Longitude + (r.east+jitter*r.rng.NormFloat64())/(degree*math.Cos(p.Latitude*math.Pi/180))
	knots := math.Abs(float64(speed)+blur*r.rng.NormFloat64()) * 3600 / 1852
	heading := ""
	if speed > slow {
		heading = fmt.Sprintf("%.2f", math.Mod(course+tilt*r.rng.NormFloat64()+360, 359.995))
	}
	dst = sentence(dst, fmt.Sprintf("GNRMC,%s,A,%s,%s,%.3f,%s,%s,,,A",
		clock, angle(lat, 2, "N", "S"), angle(lon, 3, "E", "W"), knots, heading, utc.Format("020106")))
	return sentence(dst, fmt.Sprintf("GNGGA,%s,%s,%s,1,%02d,%.2f,%.1f,M,%.1f,M,,",
		clock, angle(lat, 2, "N", "S"), angle(lon, 3, "E", "W"), 9+r.rng.IntN(4), 0.8+0.1*r.rng.Float64(),
		sea+0.5*r.rng.NormFloat64(), geoid))
}

// drift lets the slow error wander for one epoch (a Gauss-Markov process).
func (r *receiver) drift() {
	keep := math.Exp(-fixEvery.Seconds() / wanderFor)
	fresh := wander * math.Sqrt(1-keep*keep)
	r.east = keep*r.east + fresh*r.rng.NormFloat64()
	r.north = keep*r.north + fresh*r.rng.NormFloat64()
}

// angle is ddmm.mmmmm and its side (NMEA 0183), with so many digits of degrees.
func angle(deg float64, digits int, plus, minus string) string {
	side := plus
	if deg < 0 {
		deg, side = -deg, minus
	}
	minutes := math.Round(deg * 60 * 1e5) // whole units of the last decimal: 59.999996' is the next degree
	whole := math.Floor(minutes / 60e5)
	return fmt.Sprintf("%0*.0f%08.5f,%s", digits, whole, (minutes-whole*60e5)/1e5, side)
}

// sentence appends a body with its $, checksum and line end.
func sentence(dst []byte, body string) []byte {
	sum := byte(0)
	for i := range len(body) {
		sum ^= body[i]
	}
	return fmt.Appendf(dst, "$%s*%02X\r\n", body, sum)
}
