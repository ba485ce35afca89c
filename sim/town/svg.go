package town

import (
	"fmt"
	"math"
	"strings"
	"unicode"
)

// SVG is the picture of the town: a document with one group, in metres east and south
// of the origin, which it names, and without a colour or a width of its own. Each
// thing has a class, each road an id; the page's style does the rest.
func (t *Town) SVG() string {
	var s strings.Builder
	fmt.Fprintf(&s, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="%d %d %d %d" data-lat="%g" data-lon="%g" data-degree="%.2f">`+"\n",
		-edgeX, north, 2*edgeX, south-north, t.origin.lat, t.origin.lon, earth)
	s.WriteString(`<g class="town">` + "\n")
	p := &t.plan
	area := func(class string, rings ...[]point) {
		var d string
		for _, r := range rings {
			d += trace(r) + "z"
		}
		fmt.Fprintf(&s, `<path class="%s" d="%s"/>`+"\n", class, d)
	}
	chain := func(class string, lines ...[]point) {
		var d string
		for _, l := range lines {
			d += trace(l)
		}
		fmt.Fprintf(&s, `<path class="%s" d="%s"/>`+"\n", class, d)
	}
	sea := append(append([]point{}, p.coast...), point{edgeX, north}, point{-edgeX, north})
	area("land", []point{{-edgeX, north}, {edgeX, north}, {edgeX, south}, {-edgeX, south}})
	chain("hedge", p.hedges...)
	area("built", p.built)
	area("dock", p.harbour)
	area("park", p.parks...)
	area("park square", p.square)
	area("water pond", p.ponds...)
	area("water river", p.banks)
	area("water sea", sea)
	area("water basin", p.docks...)
	for i, far := range []float64{-160, -420} {
		chain(fmt.Sprintf("depth depth-%d", i+1), beside(p.coast, func(point) float64 { return far }))
	}
	chain("shore", p.coast)
	chain("pier", p.piers...)
	for _, class := range []Class{Street, Avenue, Ring, Motorway} {
		t.roads(&s, class)
	}
	for _, place := range t.places {
		if !place.quiet {
			fmt.Fprintf(&s, `<text class="label" x="%d" y="%d">%s</text>`+"\n", whole(place.at.x), whole(place.at.y), place.name)
		}
	}
	s.WriteString("</g>\n</svg>\n")
	return s.String()
}

// roads draws all roads of a class, each with its name as its id.
func (t *Town) roads(s *strings.Builder, class Class) {
	var order []string
	drawn := map[string][][]point{}
	for _, e := range t.graph.edges {
		r := t.graph.roads[e.road]
		if r.class != class {
			continue
		}
		lines, seen := drawn[r.name]
		if !seen {
			order = append(order, r.name)
		}
		if n := len(lines) - 1; n >= 0 && lines[n][len(lines[n])-1] == e.line[0] {
			lines[n] = append(lines[n], e.line[1:]...)
		} else {
			lines = append(lines, append([]point{}, e.line...))
		}
		drawn[r.name] = lines
	}
	for _, name := range order {
		var d string
		for _, l := range drawn[name] {
			d += trace(l)
		}
		fmt.Fprintf(s, `<path id="%s" class="%s" d="%s"/>`+"\n", id(name), class, d)
	}
}

// trace is a chain as path data, in whole metres: M, then the steps. A point on the
// way between its neighbours is left out.
func trace(line []point) string {
	var s strings.Builder
	x, y := whole(line[0].x), whole(line[0].y)
	fmt.Fprintf(&s, "M%d,%dl", x, y)
	last := line[0]
	for i := 1; i < len(line); i++ {
		if i < len(line)-1 && straight(last, line[i], line[i+1]) {
			continue
		}
		last = line[i]
		nx, ny := whole(last.x), whole(last.y)
		if s.String()[s.Len()-1] != 'l' && nx >= x {
			s.WriteByte(' ')
		}
		fmt.Fprintf(&s, "%d", nx-x)
		if ny >= y {
			s.WriteByte(',')
		}
		fmt.Fprintf(&s, "%d", ny-y)
		x, y = nx, ny
	}
	return s.String()
}

func whole(v float64) int { return int(math.Round(v)) }

// straight reports whether b lies within a metre of the way from a to c.
func straight(a, b, c point) bool { return away([]point{a, c}, b) < 1 }

// id is a name as an id: such as street-schluesselgasse.
func id(name string) string { return "street-" + fold(name) }

// fold is a name as it is typed: small letters, no umlauts, no spaces.
func fold(name string) string {
	var s strings.Builder
	for _, c := range strings.ToLower(name) {
		switch {
		case c == 'ä':
			s.WriteString("ae")
		case c == 'ö':
			s.WriteString("oe")
		case c == 'ü':
			s.WriteString("ue")
		case c == 'ß':
			s.WriteString("ss")
		case unicode.IsLetter(c) || unicode.IsDigit(c):
			s.WriteRune(c)
		}
	}
	return s.String()
}
