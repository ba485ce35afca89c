package scenario_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"glovebox/sim/scenario"
)

// What repeats a world has each line where it did something, and the pauses between them: a
// line that only waited stands where it ended.
func TestRecordingOrder(t *testing.T) {
	const s = time.Second
	for _, tt := range []struct {
		name string
		play func(*scenario.Tape)
		want string
	}{
		{"one after the other", func(p *scenario.Tape) {
			p.Line("boot", 0)
			p.Line("login anna", 0)
			time.Sleep(1520 * time.Millisecond)
			p.Line("logout", 0)
		}, "boot; login anna; wait until 1.5s; logout"},
		{"a long pause", func(p *scenario.Tape) {
			p.Line("boot", 0)
			time.Sleep(200 * s)
			p.Line("guest", 0)
		}, "boot; wait until 3m20s; guest"},
		{"said while a wait lasts", func(p *scenario.Tape) {
			p.Line("boot", 0)
			p.During("wait 10s", 10*s, func() {
				time.Sleep(4 * s)
				p.Line("guest", 0)
			})
			p.Line("logout", 0)
		}, "boot; wait until 4s; guest; wait until 10s; logout"},
		{"nothing said while a wait lasts", func(p *scenario.Tape) {
			p.Line("boot", 0)
			p.During("wait 10s", 10*s, func() {})
			p.Line("logout", 0)
		}, "boot; wait 10s; logout"},
		{"what brings about what is expected", func(p *scenario.Tape) {
			p.Line("boot", 0)
			p.During("expect state guest within 9s", 2*s, func() {
				time.Sleep(2 * s)
				p.Line("guest", 0)
			})
		}, "boot; wait until 2s; guest; expect state guest within 9s"},
		{"said while a phone waits", func(p *scenario.Tape) {
			p.Line("boot", 0)
			p.During("app anna lock", 3*s, func() {
				time.Sleep(s)
				p.Line("guest", 0)
			})
			time.Sleep(s)
			p.Line("logout", 0)
		}, "boot; meanwhile app anna lock; wait until 1s; guest; wait until 4s; logout"},
		{"at a time of a drive", func(p *scenario.Tape) {
			p.Line("boot; drive block.gpx", 0)
			p.During("at 5s alarm brake on", 5*s, func() {
				time.Sleep(2 * s)
				p.Line("guest", 0)
			})
			p.Line("logout", 0)
		}, "boot; drive block.gpx; wait until 2s; guest; at 5s alarm brake on; wait until 5s; logout"},
		{"a drive behind one that nobody waited for", func(p *scenario.Tape) {
			p.Line("boot; drive block.gpx", 0)
			time.Sleep(90 * s)
			p.Line("drive block.gpx; sync; drive block.gpx", 0)
		}, "boot; drive block.gpx; sync drive; wait until 1m30s; drive block.gpx; sync; drive block.gpx"},
		{"at a time of a drive for which somebody has waited", func(p *scenario.Tape) {
			p.Line("boot; drive block.gpx", 0)
			p.During("at 5s alarm brake on", 5*s, func() {
				time.Sleep(2 * s)
				p.Line("sync", 0)
			})
		}, "boot; drive block.gpx; wait until 2s; sync; wait until 5s; alarm brake on"},
		{"what failed", func(p *scenario.Tape) {
			p.Line("boot", 0)
			p.Fails("gear D")
			time.Sleep(s)
			p.Line("guest", 0)
		}, "boot; wait until 1s; guest"},
		{"refused while another line plays", func(p *scenario.Tape) {
			p.Line("boot", 0)
			p.Refused("app anna lock", "not-now", func() { p.Line("guest", 0) })
		}, "boot; meanwhile app anna lock; guest"},
		{"a line that takes longer than another time", func(p *scenario.Tape) {
			p.Line("boot", 5*s)
			p.Line("guest", 3*s)
			p.Line("logout", 0)
		}, "boot; guest; wait until 3s; logout"},
		{"many pauses that are rounded", func(p *scenario.Tape) {
			p.Line("boot", 0)
			for range 4 {
				time.Sleep(1540 * time.Millisecond)
				p.Line("guest", 0)
			}
		}, "boot; wait until 1.5s; guest; wait until 3.1s; guest; wait until 4.6s; guest; wait until 6.2s; guest"},
		{"around full seconds", func(p *scenario.Tape) {
			time.Sleep(700 * time.Millisecond)
			p.Line("boot", 0)
			for range 2 {
				time.Sleep(280 * time.Millisecond)
				p.Line("guest", 0)
				time.Sleep(40 * time.Millisecond)
				p.Line("logout", 0)
				time.Sleep(680 * time.Millisecond)
			}
		}, "boot; wait until 900ms; guest; wait until 1.1s; logout; wait until 1.9s; guest; wait until 2.1s; logout"},
		{"a car that stands still", func(p *scenario.Tape) {
			p.Hold(true)
			p.Hold(false)
			p.Hold(true)
			p.Line("boot", 0)
			time.Sleep(s)
			p.Speed(10)
			p.Hold(false)
			p.Speed(60)
		}, "boot; speed 0x; wait until 1s; speed 10x; speed 60x"},
		{"a recorded car that stands still", func(p *scenario.Tape) {
			p.Recorded()
			p.Line("boot", 0)
			time.Sleep(s)
			p.Hold(true)
			time.Sleep(time.Hour)
			p.Line("guest", 0)
			p.Hold(false)
			time.Sleep(s)
			p.Line("logout", 0)
		}, "boot; wait until 1s; guest; wait until 2s; logout"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := scenario.NewTape(t)
				tt.play(p)
				if got := strings.Join(p.Lines(), "; "); got != tt.want {
					t.Errorf("%s\nwant %s", got, tt.want)
				}
				if _, err := scenario.Parse("x.txtar", []byte(people+strings.Join(p.Lines(), "\n")), nil); err != nil {
					t.Errorf("it cannot be read: %v", err)
				}
			})
		})
	}
}
