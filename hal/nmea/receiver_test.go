package nmea_test

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"glovebox/hal"
	"glovebox/hal/nmea"
)

// receiver is what one log holds, as a row of testdata/COUNTS.md.
type receiver struct {
	bytes                     int
	counts                    nmea.Counts
	rmc, valid, gga, fix, gsv int
	status                    string
	longest                   int
	talkers                   map[string]bool
}

func study(tb testing.TB, name string) receiver {
	r := receiver{bytes: len(published(tb, name)), talkers: map[string]bool{}}
	log := output(tb, name)
	var framer nmea.Framer
	framer.Feed(log, r.sentence)
	r.counts = framer.Counts()
	for _, span := range started.FindAllIndex(log, -1) {
		if end := span[1]; end < len(log) && (log[end] == '\r' || log[end] == '\n') {
			r.longest = max(r.longest, end-span[0])
		}
	}
	return r
}

// sentence counts one with a right checksum.
func (r *receiver) sentence(text []byte) {
	f := strings.Split(string(text), ",")
	talker := f[0][1:min(3, len(f[0]))]
	if talker[0] == 'P' {
		talker = "P*"
	}
	r.talkers[talker] = true
	switch f[0][max(0, len(f[0])-3):] {
	case "RMC":
		r.rmc++
		if f[2] == "A" {
			r.valid++
		}
		if !strings.HasSuffix(r.status, f[2]) {
			r.status += f[2]
		}
	case "GGA":
		r.gga++
		if f[6] != "" && f[6] != "0" {
			r.fix++
		}
	case "GSV":
		r.gsv++
	}
}

func (r receiver) add(o receiver) receiver {
	return receiver{
		bytes: r.bytes + o.bytes, counts: nmea.Counts{Good: r.counts.Good + o.counts.Good, Bad: r.counts.Bad + o.counts.Bad,
			None: r.counts.None + o.counts.None, Cut: r.counts.Cut + o.counts.Cut, Stray: r.counts.Stray + o.counts.Stray},
		rmc: r.rmc + o.rmc, valid: r.valid + o.valid, gga: r.gga + o.gga, fix: r.fix + o.fix, gsv: r.gsv + o.gsv,
	}
}

func (r receiver) figures(name string) string {
	c := r.counts
	return fmt.Sprintf("| %s | %d | %d | %d | %d | %d | %d | %d / %d | %d / %d | %d |",
		name, r.bytes, c.Good, c.Bad, c.None, c.Cut, c.Stray, r.rmc, r.valid, r.gga, r.fix, r.gsv)
}

func (r receiver) row(name string) string {
	talkers := strings.Join(slices.Sorted(maps.Keys(r.talkers)), " ")
	return r.figures("`"+name+"`") + fmt.Sprintf(" %s | %d | %s |", cmp.Or(r.status, "-"), r.longest, cmp.Or(talkers, "-"))
}

// positions says what becomes of each log: positions handed on, words that
// there is no fix, and RMC and GGA sentences with a malformed field.
var positions = map[string]struct{ fixes, lost, refused uint64 }{
	"ac12_binary.log":                  {5, 0, 0},
	"april6_2019.log":                  {1, 1, 1}, // the date 2208-1 is no date
	"beidou-gb.log":                    {2, 3, 0},
	"bundg_zeus_9.log":                 {145, 0, 0}, // one second told twice
	"firefly-II.log":                   {23, 0, 0},
	"garmin-10x.log":                   {9, 5, 0},
	"gp-320fw-2019-04-07-coldboot.log": {1, 15, 0}, // one RMC is valid
	"gpsdf.log":                        {51, 0, 0},
	"magellan-ec10.log":                {21, 17, 0},
	"meinberg-gps164.log":              {70, 20, 0},
	"motorola-t805.log":                {16, 9, 0},
	"mtk-3301.log":                     {4, 7, 0},
	"myguide-3100.log":                 {9, 4, 0},
	"nmea-fuzzy-cases.log":             {14, 0, 0},
	"quectel-eg25-g.log":               {23, 39, 0}, // GGA says it twice before RMC does
	"quectel-l76k-dual.log":            {130, 0, 0},
	"rgm3800.log":                      {2, 2, 0},
	"saab-r4.log":                      {12, 0, 0},
	"tcp-torture.log":                  {1, 0, 1}, // fields that hold |
	"ublox-lea-4h.log":                 {9, 5, 0},
	"ublox-neo-m9n-nmea.log":           {61, 0, 0},
	"ublox8-uniqid-monhw.log":          {6, 0, 0},
	"unicore-um621.log":                {16, 4, 0},
}

// Real receivers on bad days give exactly the counts of testdata/COUNTS.md, and
// the same positions in pieces of any size.
func TestReceiverLogs(t *testing.T) {
	text, err := os.ReadFile("testdata/COUNTS.md")
	if err != nil {
		t.Fatal(err)
	}
	var want, got []string
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "| `") || strings.HasPrefix(line, "| **all") {
			want = append(want, strings.TrimSuffix(line, "\n"))
		}
	}
	var all receiver
	for _, name := range logs(t) {
		r := study(t, name)
		all = all.add(r)
		got = append(got, r.row(name))
		t.Run(name, func(t *testing.T) { inPieces(t, name, r.counts) })
	}
	got = append(got, all.figures("**all**"))
	t.Logf("\n%s", strings.Join(got, "\n"))
	if len(got) != len(want) {
		t.Fatalf("%d rows, want %d", len(got), len(want))
	}
	for i := range got {
		if !strings.HasPrefix(want[i], got[i]) {
			t.Errorf("\n%s, want\n%s", got[i], want[i])
		}
	}
}

// inPieces feeds a log in pieces of several sizes.
func inPieces(t *testing.T, name string, counts nmea.Counts) {
	log, want := output(t, name), positions[name]
	for _, size := range []int{1, 7, 64, len(log)} {
		var d nmea.Decoder
		var fixes, lost uint64
		for piece := range slices.Chunk(log, size) {
			d.Feed(piece, func(p *hal.Position) {
				if p != nil {
					fixes++
				} else {
					lost++
				}
			})
		}
		s := d.Stats()
		if s.Counts != counts || fixes != s.Fixes || lost != s.Lost {
			t.Errorf("pieces of %d: %d fixes, %d lost, %+v, want %+v", size, fixes, lost, s, counts)
		}
		if s.Fixes != want.fixes || s.Lost != want.lost || s.Refused != want.refused {
			t.Errorf("pieces of %d: {%d, %d, %d}, want %+v", size, s.Fixes, s.Lost, s.Refused, want)
		}
	}
}
