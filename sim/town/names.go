package town

import "strings"

// Names of streets, each district's from a field of its own.
var stems = map[district]string{
	west: "Ahorn Birken Buchen Eichen Erlen Eschen Espen Fichten Flieder Ginster Hasel Heide Holunder Kastanien Kiefern Kirsch Klee Lärchen Linden Mohn Nelken Pappel Platanen Primel Quitten " +
		"Robinien Rosen Salbei Sanddorn Schlehen Tannen Tulpen Ulmen Veilchen Wacholder Weiden Weißdorn Wicken Zedern Efeu",
	centre: "Bäcker Böttcher Brauer Brunnen Drechsler Färber Fischer Gerber Glaser Glocken Honig Kerzen Kessel Kirch Kloster Korn Krämer Küfer Markt Mühlen Münz Pfeffer Rathaus Reeper Salz " +
		"Sattler Schmiede Schul Schuster Seiler Spinner Tor Töpfer Turm Wagen Weber Zimmerer Zoll",
	east: "Albatros Anker Austern Bojen Brigg Delfin Dorsch Ebbe Fähr Flut Fregatten Gezeiten Herings Kapitäns Klipper Koggen Kompass Kormoran Krabben Kutter Leuchtturm Lotsen Makrelen " +
		"Masten Matrosen Möwen Muschel Nordsee Priel Reede Robben Ruder Schoner Seestern Segel Seehund Steuermanns Sturm Tiden Watt Wellen Werft Wind",
}

var endings = map[district][]string{
	west:   {"weg", "straße", "allee"},
	centre: {"gasse", "straße", "twiete"},
	east:   {"straße", "damm", "weg"},
}

// namer gives each street another name.
type namer struct {
	free map[district][]string
}

func newNamer(d dice) *namer {
	n := &namer{map[district][]string{}}
	for _, part := range []district{west, centre, east} {
		all := strings.Fields(stems[part])
		d.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		for k := range endings[part] {
			for i, stem := range all {
				n.free[part] = append(n.free[part], stem+endings[part][(i+k)%len(endings[part])])
			}
		}
	}
	return n
}

func (n *namer) next(part district) string {
	name := n.free[part][0]
	n.free[part] = n.free[part][1:]
	return name
}
