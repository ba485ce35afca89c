package nmea_test

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"glovebox/hal"
	"glovebox/hal/nmea"

	"pgregory.net/rapid"
)

// sentence closes body with its checksum and line end.
func sentence(body string) string {
	var sum byte
	for i := range len(body) {
		sum ^= body[i]
	}
	return fmt.Sprintf("$%s*%02X\r\n", body, sum)
}

// heard is what a decoder says of some sentences: positions, nil for no fix.
func heard(d *nmea.Decoder, bodies ...string) (out []*hal.Position) {
	for _, body := range bodies {
		d.Feed([]byte(sentence(body)), func(p *hal.Position) { out = append(out, p) })
	}
	return out
}

const (
	rmc = "GNRMC,161448.30,A,3743.25986,N,12228.33832,W,15.207,2.14,020818,,,A"
	gga = "GNGGA,161448.30,3743.25986,N,12228.33832,W,1,10,0.9,33.4,M,0.0,M,,"
)

// at is rmc at another time of day.
func at(clock string) string { return strings.Replace(rmc, "161448.30", clock, 1) }

func TestPosition(t *testing.T) {
	var d nmea.Decoder
	got := heard(&d, gga, rmc)
	if len(got) != 1 || got[0] == nil {
		t.Fatalf("%v", got)
	}
	want := hal.Position{
		Latitude: 37 + 43.25986/60, Longitude: -(122 + 28.33832/60), Altitude: 33.4, Course: 2.14,
		Speed: hal.Knots(15.207), Time: time.Date(2018, 8, 2, 16, 14, 48, 300_000_000, time.UTC),
	}
	if *got[0] != want {
		t.Errorf("%+v\nwant %+v", *got[0], want)
	}
}

// Sentences stand among what else a receiver says, and end as receivers end them.
func TestAroundASentence(t *testing.T) {
	good := sentence(rmc)
	small := sentence("GNRMC,161449.30,A,3743.25986,N,12228.33832,W,15.207,2.14,020818,,,A")
	star := strings.LastIndexByte(small, '*')
	for _, tt := range []struct {
		name, text string
		want       int
	}{
		{"UBX before", "\xb5b\x01\x07\x5c\x00$GP\r\n" + good, 1},
		{"UBX behind, before the next", good + "\xb5b\x01\x07\x5c\x00" + small, 2},
		{"a TAG block", "\\s:GN01,c:1781518500*00\\" + good, 1},
		{"a checksum in small letters", small[:star] + strings.ToLower(small[star:]), 1},
		{"a blank behind the checksum, which no receiver sends", strings.Replace(good, "\r", " \r", 1) + small, 1},
		{"no checksum", good[:strings.LastIndexByte(good, '*')] + "\r\n", 0},
		{"a wrong checksum", strings.Replace(good, ",A,", ",V,", 1), 0},
	} {
		n := 0
		var d nmea.Decoder
		d.Feed([]byte(tt.text+sentence("GPTXT,01,01,02,end")), func(p *hal.Position) { n++ })
		if n != tt.want {
			t.Errorf("%s: %d fixes, want %d", tt.name, n, tt.want)
		}
	}
}

// What one change to a good RMC does.
func TestFields(t *testing.T) {
	const fix, none, refused = "fix", "no fix", "refused"
	tests := []struct{ name, old, new, want string }{
		{"as it was", "", "", fix},
		{"another talker", "GNRMC", "GPRMC", fix},
		{"proprietary", "GNRMC", "PXRMC", "nothing"},
		{"another kind", "GNRMC", "GNRMB", "nothing"},
		{"void", ",A,", ",V,", none},
		{"void without anything", "161448.30,A,3743.25986,N,12228.33832,W,15.207,2.14,020818,,,A", ",V,,,,,,,,,,N", none},
		{"void with a malformed time", "161448.30,A,", "16|448.30,V,", refused},
		{"mode: not valid", ",,,A", ",,,N", none},
		{"mode: dead reckoning", ",,,A", ",,,E", fix},
		{"mode: simulator", ",,,A", ",,,S", none},
		{"before mode was invented", ",,,A", ",,", fix},
		{"nowhere", "3743.25986,N,12228.33832,W", "0000.00000,N,00000.00000,E", none},
		{"nowhere, with few digits", "3743.25986,N,12228.33832,W", "0000.0,S,00000.0,W", none},
		{"nowhere, with noise", "3743.25986,N,12228.33832,W", "0000.99999,S,00000.00012,E", none},
		{"a minute north of nowhere", "3743.25986,N,12228.33832,W", "0001.00000,N,00000.00000,E", fix},
		{"on the equator", "3743.25986,N,12228.33832,W", "0000.00000,N,12228.33832,W", fix},
		{"on the meridian", "3743.25986,N,12228.33832,W", "3743.25986,N,00000.00000,E", fix},
		{"no status", ",A,", ",,", refused},
		{"unknown status", ",A,", ",B,", refused},
		{"no time", "161448.30", "", fix},
		{"time without decimals", "161448.30", "161448", fix},
		{"time of five digits", "161448.30", "61448.30", refused},
		{"hour 24", "161448.30", "241448.30", refused},
		{"minute 60", "161448.30", "166048.30", refused},
		{"leap second", "161448.30", "235960.00", fix},
		{"second 61", "161448.30", "235961.00", refused},
		{"no date", "020818", "", fix},
		{"date with a sign", "020818", "2208-1", refused},
		{"30 February", "020818", "300218", refused},
		{"29 February of a leap year", "020818", "290220", fix},
		{"month 13", "020818", "021318", refused},
		{"day 0", "020818", "000818", refused},
		{"latitude empty", "3743.25986", "", refused},
		{"latitude with a mark in it", "3743.25986", "|2037.|72792", refused},
		{"latitude signed", "3743.25986", "-743.25986", refused},
		{"latitude with an exponent", "3743.25986", "3743.2e1", refused},
		{"latitude with too few digits", "3743.25986", "743.25986", refused},
		{"60 minutes", "3743.25986", "3760.00000", refused},
		{"over the pole", "3743.25986", "9000.00001", refused},
		{"the pole", "3743.25986", "9000.00000", fix},
		{"eight decimals", "3743.25986", "3743.25986123", fix},
		{"no decimals", "3743.25986", "3743", fix},
		{"a point and no decimals", "3743.25986", "3743.", fix},
		{"more digits than a number holds", "3743.25986", "3743.25986123456789", refused},
		{"no side", ",N,", ",,", refused},
		{"wrong side", ",N,", ",E,", refused},
		{"over the date line", "12228.33832", "18000.00001", refused},
		{"no speed", "15.207", "", fix},
		{"no speed and no course", "15.207,2.14", ",", fix},
		{"neither speed nor course nor date", "15.207,2.14,020818", ",,", fix},
		{"speed without a whole part", "15.207", ".5", fix},
		{"speed without decimals", "15.207", "20.", fix},
		{"speed of a point", "15.207", ".", refused},
		{"course without a whole part", "2.14", ".5", fix},
		{"course without decimals", "2.14", "359.", fix},
		{"time with a point and no decimals", "161448.30", "161448.", fix},
		{"variation in short", ",,,A", ",.5,E,A", fix},
		{"nothing behind the date", ",,,A", "", fix},
		{"negative speed", "15.207", "-1.0", refused},
		{"speed not a number", "15.207", "NaN", refused},
		{"no course", "2.14", "", fix},
		{"course over 360", "2.14", "360.1", refused},
		{"cut, with a good checksum", ",12228.33832,W,15.207,2.14,020818,,,A", "", refused},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var d nmea.Decoder
			got, stats := heard(&d, strings.Replace(rmc, tt.old, tt.new, 1)), d.Stats()
			said := "nothing"
			switch {
			case len(got) == 1 && got[0] != nil:
				said = fix
			case len(got) == 1:
				said = none
			case stats.Refused == 1:
				said = refused
			}
			if said != tt.want || stats.Good != 1 || stats.Fixes+stats.Lost != uint64(len(got)) {
				t.Errorf("%s (%+v), want %s", said, stats, tt.want)
			}
		})
	}
}

// What a receiver did not say is absent.
func TestAbsentFields(t *testing.T) {
	var d nmea.Decoder
	got := heard(&d, strings.Replace(rmc, "15.207,2.14", ",", 1), strings.Replace(at("161449.30"), "020818", "", 1), at(""))
	if len(got) != 3 || !math.IsNaN(got[0].Course) || !math.IsNaN(float64(got[0].Speed)) || !math.IsNaN(got[0].Altitude) ||
		!got[1].Time.IsZero() || !got[2].Time.IsZero() {
		t.Errorf("%+v", got)
	}
}

// Two digits of a year mean 1980 to 2079. A receiver whose week counter rolled
// over says 1999; that is what it said.
func TestCentury(t *testing.T) {
	for date, year := range map[string]int{"060180": 1980, "220899": 1999, "010100": 2000, "311279": 2079} {
		var d nmea.Decoder
		if got := heard(&d, strings.Replace(rmc, "020818", date, 1)); len(got) != 1 || got[0].Time.Year() != year {
			t.Errorf("%s: %+v, want %d", date, got, year)
		}
	}
}

// One position an epoch, and an altitude no older than one.
func TestEpochs(t *testing.T) {
	tests := []struct {
		name   string
		bodies []string
		want   string // F fix, A fix with altitude, - no fix
	}{
		{"GGA after RMC serves the next epoch", []string{rmc, gga, at("161448.40")}, "FA"},
		{"but not the one after", []string{gga, rmc, at("161448.40")}, "AF"},
		{"two talkers, one epoch", []string{gga, rmc, strings.Replace(rmc, "GN", "GP", 1), at("161448.40")}, "AF"},
		{"the clock goes back", []string{at("161548.00"), rmc}, "FF"},
		{"same time on another day", []string{rmc, strings.Replace(rmc, "020818", "030818", 1)}, "FF"},
		{"no fix forgets the altitude", []string{gga, at(",V,,,,,,,,,,N")[:18], rmc}, "-F"},
		{"GGA takes its epoch's fix back", []string{rmc, strings.Replace(gga, "W,1", "W,0", 1)}, "F-"},
		{"GGA of a simulator", []string{rmc, strings.Replace(gga, "W,1", "W,8", 1)}, "F-"},
		{"GGA of a simulator before RMC", []string{strings.Replace(gga, "W,1", "W,8", 1), rmc}, "-"},
		{"once", []string{rmc, strings.Replace(gga, "W,1", "W,0", 1), strings.Replace(gga, "W,1", "W,,", 1)}, "F-"},
		{"GGA before RMC: neither believed", []string{strings.Replace(gga, "W,1", "W,0", 1), rmc}, "-"},
		{"a late GGA of an earlier epoch", []string{at("161448.40"), strings.Replace(gga, "W,1", "W,0", 1)}, "F"},
		{"an empty GGA", []string{rmc, "GNGGA,,,,,,0,00,99.9,,,,,,"}, "F-"},
		{"a fix found again in the same epoch", []string{rmc, strings.Replace(rmc, ",A,", ",V,", 1), rmc}, "F-F"},
		{"altitude in feet is none of ours", []string{strings.Replace(gga, "33.4,M", "33.4,F", 1), rmc}, "F"},
		{"malformed altitude", []string{strings.Replace(gga, "33.4", "3|3.4", 1), rmc}, "F"},
		{"altitude in short", []string{strings.Replace(gga, "33.4", ".4", 1), rmc}, "A"},
		{"altitude without decimals", []string{strings.Replace(gga, "33.4", "33.", 1), rmc}, "A"},
		{"no altitude", []string{strings.Replace(gga, "33.4", "", 1), rmc}, "F"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var d nmea.Decoder
			got := ""
			for _, p := range heard(&d, tt.bodies...) {
				switch {
				case p == nil:
					got += "-"
				case math.IsNaN(p.Altitude):
					got += "F"
				default:
					got += "A"
				}
			}
			if got != tt.want {
				t.Errorf("%s, want %s (%+v)", got, tt.want, d.Stats())
			}
		})
	}
}

// That there was no fix holds for its epoch, not for the same time of another day.
func TestNoFixADayAgo(t *testing.T) {
	lost := strings.Replace(strings.Replace(gga, "W,1,10", "W,0,00", 1), "161448.30", "080513.00", 1)
	found := strings.Replace(gga, "161448.30", "080514.00", 1)
	var d nmea.Decoder
	got := heard(&d, lost, found, at("080514.00"), strings.Replace(at("080513.00"), "020818", "030818", 1))
	if len(got) != 2 || got[1] == nil {
		t.Errorf("the second of the day at which there was no fix yesterday: %v", got)
	}
	if got = heard(&d, lost, strings.Replace(lost, "GNGGA", "GLGGA", 1), strings.Replace(at("080513.00"), "020818", "040818", 1)); len(got) == 0 || got[len(got)-1] != nil {
		t.Errorf("and without one again: %v", got)
	}
}

// After Reset neither half a sentence nor an altitude of before is used.
func TestReset(t *testing.T) {
	var d nmea.Decoder
	heard(&d, gga)
	whole := sentence(rmc)
	none := func(*hal.Position) { t.Error("two halves made a position") }
	d.Feed([]byte(whole[:30]), none)
	d.Reset()
	d.Feed([]byte(whole[30:]), none)
	got := heard(&d, rmc)
	if len(got) != 1 || !math.IsNaN(got[0].Altitude) {
		t.Errorf("%+v", got)
	}
	if c := d.Stats().Counts; c != (nmea.Counts{Good: 2, Cut: 1, Stray: uint64(len(whole) - 32)}) {
		t.Errorf("%+v", c)
	}
}

// After Reset nothing is lost that was not had: a receiver without fix and time says nothing.
func TestResetForgetsTheFix(t *testing.T) {
	var d nmea.Decoder
	heard(&d, rmc)
	d.Reset()
	if got := heard(&d, "GNGGA,,,,,,0,00,,,M,,M,,"); len(got) != 0 || d.Stats().Lost != 0 {
		t.Errorf("%+v, %+v", got, d.Stats())
	}
}

// A number is the float64 nearest to its digits, as strconv reads it.
func TestNumbersAreExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		knots := rapid.StringMatching(`[0-9]{1,4}(\.[0-9]{0,9})?|\.[0-9]{1,9}`).Draw(t, "knots")
		minutes := rapid.StringMatching(`[0-5][0-9](\.[0-9]{1,9})?`).Draw(t, "minutes")
		degrees := rapid.IntRange(0, 89).Draw(t, "degrees")
		body := strings.Replace(rmc, "15.207", knots, 1)
		body = strings.Replace(body, "3743.25986,N", fmt.Sprintf("%02d%s,S", degrees, minutes), 1)
		var d nmea.Decoder
		got := heard(&d, body)
		speed, _ := strconv.ParseFloat(knots, 64)
		min, _ := strconv.ParseFloat(minutes, 64)
		if len(got) != 1 || got[0].Speed != hal.Knots(speed) || got[0].Latitude != 0-(float64(degrees)+min/60) {
			t.Fatalf("%s: %+v", body, got)
		}
	})
}
