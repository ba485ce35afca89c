package console

import (
	"fmt"
	"time"
	"unicode"
	"unicode/utf8"
)

// placeFresh is how long after a position a phone shows it as live: two periods
// and a little.
const placeFresh = 25 * time.Second

// wide is the width from which the newest message has a column of its own.
const wide = 98

// mailboxes are what each reader found, and nothing that a reader cannot know:
// no word of who drives, of a level or of a cause.
func (p Picture) mailboxes(width int) []*line {
	const role, counts, place = 10, 20, 76
	newest := counts + 31
	head := new(line).add(strong, "MAILBOXES").to(counts).add(faint, "status position alarms gaps")
	if width >= wide {
		head.to(newest).add(faint, "newest, how old").to(place)
	} else {
		head.to(newest)
	}
	head.add(faint, "a phone would say")
	all := []*line{head}
	for _, r := range p.Readers {
		l := new(line).add(plainText, readerWord(r.Name)).to(role).add(faint, columnWord(r.Column)).to(counts)
		l.add(plainText, fmt.Sprintf("%6d %8d %6d %4d", r.Counts["status"], r.Counts["position"], r.Counts["alarms"], r.Counts["gaps"]))
		if l.to(newest); width >= wide {
			if r.Newest != "" {
				l.add(plainText, fmt.Sprintf("%s %d B", r.Newest, r.Bytes)).add(faint, ", "+age(p.Now.Sub(r.At)))
			}
			l.to(place)
		}
		s, words := r.place(p.Now)
		all = append(all, l.add(s, words))
	}
	return all
}

// place is what that reader's phone or screen says about the place.
func (r Reader) place(now time.Time) (style, string) {
	switch {
	case r.Column == "limited":
		return plainText, "Position is limited"
	case r.Column != "main" && r.Column != "shared":
		return plainText, "Position: not shared"
	case r.PlaceAt.IsZero() || now.Sub(r.PlaceAt) > placeFresh:
		return plainText, "No position right now"
	}
	return good, "Position live"
}

// readerWord is the name of a reader on the screen; in a scenario names are in
// lower case.
func readerWord(name string) string {
	if name == "backend" {
		return "Back end"
	}
	first, size := utf8.DecodeRuneInString(name)
	return string(unicode.ToUpper(first)) + name[size:]
}

func columnWord(column string) string {
	switch column {
	case "main":
		return "Main user"
	case "shared":
		return "Shared"
	case "limited":
		return "Limited"
	}
	return ""
}

// age is how old something is, in words.
func age(d time.Duration) string {
	switch s := max(int(d.Seconds()), 0); {
	case s < 100:
		return fmt.Sprintf("%d s", s)
	case s < 100*60:
		return fmt.Sprintf("%d min", s/60)
	default:
		return fmt.Sprintf("%d h", s/3600)
	}
}
