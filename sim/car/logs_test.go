package car_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"glovebox/sim/car"
)

// rmc is a sentence of a time of the day, a status and a date.
func rmc(clock, status, date string) string {
	place := "5411.3456,N,00637.6543,E,0.50,"
	if status == "V" {
		place = ",,,,,"
	}
	return closed("GNRMC," + clock + "," + status + "," + place + "," + date + ",,,A")
}

func gga(clock string) string {
	return closed("GNGGA," + clock + ",5411.3456,N,00637.6543,E,1,09,0.9,20.0,M,47.0,M,,")
}

// closed is a sentence with its checksum and line end.
func closed(body string) string {
	sum := byte(0)
	for i := range len(body) {
		sum ^= body[i]
	}
	return fmt.Sprintf("$%s*%02X\r\n", body, sum)
}

func TestLoad(t *testing.T) {
	files := fstest.MapFS{}
	for name, text := range map[string]string{
		"good.log":    "(1533226488.232073) can0 260#08\n(1533226488.232073) can1 260#\n",
		"console.log": "  can0  123   [2]  01 02\n",
		"errors.log":  "(1533226488.232073) can0 20000088#0000900000000000\n",
		"empty.log":   "",
		"false.gz":    "no gzip",
	} {
		files[name] = &fstest.MapFile{Data: []byte(text)}
	}
	for _, tt := range []struct{ name, can, nmea, says string }{
		{"no line is a frame", "console.log", "", "console.log has no frame; 1 lines are no frames, the first is line 1: candump"},
		{"no frame of the kind", "errors.log", "", "errors.log has no frame; 1 error frames left out"},
		{"nothing in it", "empty.log", "", "empty.log has no frame"},
		{"no gzip", "false.gz", "", "unpack false.gz"},
		{"no such file", "missing.log", "", "missing.log"},
		{"no such file of the receiver", "good.log", "missing.nmea", "missing.nmea"},
		{"nothing of a receiver", "good.log", "empty.log", "empty.log has no sentence"},
	} {
		if _, err := car.Load(files, tt.can, tt.nmea); err == nil || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: %v, want %q in it", tt.name, err, tt.says)
		}
	}
}

// A log of some other hand plays: what is no frame is left out and said, stamps that
// go back are sorted, and a clock that was set moves what came before.
func TestForeignLog(t *testing.T) {
	const a, b = "(1781518500.000000) can0 123#0102", "(1781518500.020000) can0 123#0103"
	const ms = time.Millisecond
	both := []time.Duration{0, 20 * ms}
	for _, tt := range []struct {
		name, log string
		at        []time.Duration // after the first
		notes     string          // how they begin
	}{
		{"nothing wrong", a + "\n" + b + "\n", both, ""},
		{"CR LF, a byte order mark, empty lines, no line end", "\uFEFF" + a + "\r\n\r\n \n" + b, both, ""},
		{"directions", a + " R\n" + b + " T\n", both, ""},
		{"an error frame", a + "\n(1781518500.010000) can0 20000088#0000900000000000\n" + b, both, "1 error frames left out"},
		{"a CAN FD frame", a + "\n(1781518500.010000) can0 124##10001\n" + b, []time.Duration{0, 10 * ms, 20 * ms}, ""},
		{"foreign lines", "# a comment\n" + a + "\nrubbish\n" + b, both,
			`2 lines are no frames, the first is line 1: candump: "# a comment" at byte 0: want a stamp in brackets`},
		{"a line over 64 KiB", a + "\n" + strings.Repeat("x", 1<<17) + "\n" + b, both, "1 lines are no frames"},
		{"a stamp that goes back on another bus", b + "\n(1781518500.000000) can1 123#0102\n", both, "1 stamps went back and are sorted"},
		{"a stamp that goes back on the same bus", b + "\n" + a, both, "1 stamps went back and are sorted"},
		{"one bus behind the other", "(1781518500.0) can0 123#\n(1781518560.0) can0 123#\n(1781518500.5) can1 123#\n",
			[]time.Duration{0, 500 * ms, time.Minute}, "1 stamps went back and are sorted"},
		{"a clock set back", "(1781518500.0) can0 123#\n(1781518501.0) can0 123#\n(1781510000.0) can0 123#\n(1781510002.0) can0 123#\n",
			[]time.Duration{0, 1000 * ms, 1000 * ms, 3000 * ms}, "1 times the log's clock was set"},
		{"a computer that learns the time", "(12.0) can0 123#\n(13.5) can1 123#\n(1781518500.0) can0 123#\n(1781518500.5) can1 123#\n",
			[]time.Duration{0, 1500 * ms, 1500 * ms, 2000 * ms}, "1 times the log's clock was set"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d, err := car.Load(fstest.MapFS{"x.log": {Data: []byte(tt.log)}}, "x.log", "")
			if err != nil {
				t.Fatal(err)
			}
			var at []time.Duration
			for _, f := range d.Frames {
				at = append(at, f.At-d.Start())
			}
			if !slices.Equal(at, tt.at) {
				t.Errorf("at %v, want %v", at, tt.at)
			}
			if notes := strings.Join(d.Notes, "; "); !strings.HasPrefix(notes, tt.notes) || (notes == "") != (tt.notes == "") {
				t.Errorf("notes %q, want %q", notes, tt.notes)
			}
			if end := d.Start() + d.Length(); end < 1781510000*time.Second {
				t.Errorf("it ends at %v: the newest stamps are those of a clock that is right", end)
			}
		})
	}
}

// Sentences play at the time that they tell, as the agent's decoder understands it,
// and with the frames beside which they were recorded.
func TestSentencesInTime(t *testing.T) {
	const frames = "(1781518500.000000) can0 123#\n(1781518502.000000) can0 123#\n" // 15 June 2026, 10:15:00
	const ms = time.Millisecond
	for _, tt := range []struct {
		name, log, sentences string
		at                   []time.Duration // after the first frame
		notes                string
	}{
		{"RMC and GGA", frames, rmc("101500.50", "A", "150626") + gga("101500.50") + rmc("101501.50", "A", "150626"), []time.Duration{500 * ms, 500 * ms, 1500 * ms}, ""},
		{"GGA first", frames, gga("101500.00") + rmc("101500.00", "A", "150626") + gga("101501.00") + rmc("101501.00", "A", "150626"), []time.Duration{0, 0, 1000 * ms, 1000 * ms}, ""},
		{"a cold start", frames, closed("GNRMC,,V,,,,,,,,,,N,V") + rmc("101500.00", "V", "") + rmc("101501.00", "A", "150626"), []time.Duration{-1000 * ms, 0, 1000 * ms}, ""},
		{"a false date first", frames, rmc("101500.00", "V", "010120") + rmc("101501.00", "A", "150626"), []time.Duration{0, 1000 * ms}, ""},
		{"a false time first", frames, rmc("000005.00", "V", "060180") + rmc("000006.00", "V", "060180") + rmc("101501.00", "A", "150626"),
			[]time.Duration{-1000 * ms, 0, 1000 * ms}, "1 times the receiver's clock was set"},
		{"sentences without a time", frames, closed("GPTXT,01,01,02,hello") + rmc("101501.00", "A", "150626") + closed("GPGSV,1,1,00"), []time.Duration{1000 * ms, 1000 * ms, 1000 * ms}, ""},
		{"fixes without a time", frames, rmc("", "A", "") + rmc("", "A", ""), []time.Duration{0, 1000 * ms}, "the receiver told no date; the receiver told another time than the frames"},
		{"fixes without a date", frames, rmc("101500.00", "A", "") + rmc("101502.00", "A", ""), []time.Duration{0, 2000 * ms}, "the receiver told no date"},
		{"midnight", "(1781567999.0) can0 123#\n", rmc("235959.50", "A", "150626") + gga("000000.00") + rmc("000000.50", "A", "160626"), []time.Duration{500 * ms, 1000 * ms, 1500 * ms}, ""},
		{"a leap second", "(1796083199.0) can0 123#\n", rmc("235959.00", "A", "301126") + rmc("235960.00", "A", "301126") + rmc("000000.00", "A", "011226"), []time.Duration{0, 1000 * ms, 1000 * ms}, ""},
		{"a week counter that rolled over", frames, rmc("101501.00", "A", "301006"), []time.Duration{1000 * ms}, "the receiver told another time than the frames"},
		{"another hour and day", frames, rmc("030000.00", "A", "301006") + rmc("030001.00", "A", "301006"), []time.Duration{0, 1000 * ms}, "the receiver told another time than the frames"},
		{"a fix lost for ten minutes", frames, rmc("101500.00", "A", "150626") + rmc("101501.00", "V", "") + rmc("102501.00", "V", "") + rmc("102502.00", "A", "150626"),
			[]time.Duration{0, 1000 * ms, 2000 * ms, 602 * time.Second}, "1 times the receiver's clock was set"},
		{"a date that goes back", frames, rmc("101500.00", "A", "150626") + rmc("101501.00", "A", "291006"), []time.Duration{0, 1000 * ms}, "1 times the receiver's clock was set"},
		{"a time whose checksum is wrong", frames, rmc("101501.00", "A", "150626") + strings.Replace(rmc("201501.00", "A", "150626"), "A*", "B*", 1), []time.Duration{1000 * ms, 1000 * ms}, ""},
		{"line ends of one byte", frames, strings.ReplaceAll(rmc("101500.00", "A", "150626")+rmc("101501.00", "A", "150626"), "\r", ""), []time.Duration{0, 1000 * ms}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d, err := car.Load(fstest.MapFS{"x.log": {Data: []byte(tt.log)}, "x.nmea": {Data: []byte(tt.sentences)}}, "x.log", "x.nmea")
			if err != nil {
				t.Fatal(err)
			}
			var at []time.Duration
			said := ""
			for _, s := range d.Sentences {
				at = append(at, s.At-d.Frames[0].At)
				said += string(s.Text)
			}
			if want := strings.ReplaceAll(strings.ReplaceAll(tt.sentences, "\r", ""), "\n", "\r\n"); !slices.Equal(at, tt.at) || said != want {
				t.Errorf("at %v, want %v: %q", at, tt.at, said)
			}
			if notes := strings.Join(d.Notes, "; "); notes != tt.notes {
				t.Errorf("notes %q, want %q", notes, tt.notes)
			}
		})
	}
}
