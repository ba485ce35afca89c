package town

import (
	"fmt"
	"math"
	"strings"
)

// Path is a way through the town. It does not change once made and may be shared.
type Path struct {
	Name   string
	Points []Point // at least two

	town  *Town
	line  []point   // through the crossings
	along []float64 // metres to each point of line
	turns []turn
}

// Point is a point to drive through, and how fast.
type Point struct {
	Lat, Lon float64
	Speed    float64 // metres a second; 0: one stands there for a moment
}

// How one drives.
const (
	corner   = 14.0 // metres before a crossing where a turn begins
	stopLine = 18.0 // metres before a crossing where one waits for green
	grip     = 2.0  // metres a second², sideways
)

// path is the path along ways that follow each other.
func (t *Town) path(name string, ways []way) *Path {
	p := &Path{Name: name, town: t}
	g := &t.graph
	var limit []float64 // at each point of the line, to the next
	var red []bool
	for _, w := range ways {
		for i, q := range g.line(w) {
			if n := len(p.line); i == 0 && n > 0 {
				limit[n-1] = speeds[g.class(int(w/2))]
				continue
			}
			p.line = append(p.line, q)
			limit = append(limit, speeds[g.class(int(w/2))])
			red = append(red, false)
		}
		red[len(red)-1] = g.nodes[g.end(w)].red
	}
	p.along = make([]float64, len(p.line))
	for i := 1; i < len(p.line); i++ {
		p.along[i] = p.along[i-1] + p.line[i].sub(p.line[i-1]).length()
	}
	p.manoeuvres(ways)
	for i := range p.line {
		p.drive(i, limit, red[i])
	}
	return p
}

// drive appends the points around a point of the line: a turn is rounded, and before a
// red light one waits.
func (p *Path) drive(i int, limit []float64, stop bool) {
	if i == 0 || i == len(p.line)-1 {
		p.point(p.line[i], limit[i])
		return
	}
	before, after := p.line[i].sub(p.line[i-1]), p.line[i+1].sub(p.line[i])
	a, b := before.length(), after.length()
	speed := min(limit[i-1], limit[i])
	if stop && a > stopLine+corner {
		p.point(p.line[i].sub(before.times(stopLine/a)), 0)
	}
	bend := math.Sqrt(max(0, (1-dot(before.unit(), after.unit()))/2)) // the sine of half the angle
	if bend < 0.08 {
		p.point(p.line[i], speed)
		return
	}
	// A circle that leaves the one line and reaches the other so far from the corner.
	cut := min(corner, a*0.45, b*0.45)
	radius := cut * math.Sqrt(1-float64(bend*bend)) / bend
	slow := min(speed, max(math.Sqrt(grip*radius), 2.5))
	from, to := p.line[i].sub(before.times(cut/a)), p.line[i].add(after.times(cut/b))
	const parts = 4
	for k := range parts + 1 {
		s := float64(k) / parts
		p.point(between(between(from, p.line[i], s), between(p.line[i], to, s), s), slow)
	}
}

func (p *Path) point(at point, speed float64) {
	lat, lon := p.town.LatLon(at.x, at.y)
	p.Points = append(p.Points, Point{Lat: math.Round(lat*1e7) / 1e7, Lon: math.Round(lon*1e7) / 1e7, Speed: speed})
}

// Length is how far it is, in metres, through the crossings.
func (p *Path) Length() float64 { return p.along[len(p.along)-1] }

// GPX is the path as a file, a track with the speed of each point.
func (p *Path) GPX() []byte {
	var s strings.Builder
	s.WriteString(`<?xml version="1.0" encoding="UTF-8"?>` + "\n")
	s.WriteString("<!-- Made up, in the open North Sea, where no road is. -->\n")
	s.WriteString(`<gpx version="1.1" creator="glovebox" xmlns="http://www.topografix.com/GPX/1/1">` + "\n <trk>\n")
	fmt.Fprintf(&s, "  <name>%s: %s</name>\n  <trkseg>\n", p.town.Name, p.Name)
	for _, q := range p.Points {
		fmt.Fprintf(&s, `   <trkpt lat="%.7f" lon="%.7f"><extensions><speed>%.1f</speed></extensions></trkpt>`+"\n", q.Lat, q.Lon, q.Speed)
	}
	s.WriteString("  </trkseg>\n </trk>\n</gpx>\n")
	return []byte(s.String())
}
