package car_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"glovebox/hal"
	"glovebox/hal/nmea"
	"glovebox/sim/car"
)

const receivers = "../../hal/nmea/testdata"

// Each log of a real receiver plays: with every fix that the agent finds in it, in the
// order of the log, and in no more time than it took.
func TestReceiverLogsPlay(t *testing.T) {
	logs, err := filepath.Glob(receivers + "/*.log*")
	if err != nil || len(logs) != 24 {
		t.Fatal(len(logs), "logs", err)
	}
	longest := map[string]time.Duration{ // the others last less than two minutes
		"bundg_zeus_9.log": 3 * time.Minute, "quectel-l76k-dual.log": 3 * time.Minute,
		"nmea-fuzzy-cases.log": 11 * time.Minute, "ublox-lea-4h.log": 7 * time.Minute, // with a long pause in it
	}
	for _, name := range logs {
		name = filepath.Base(name)
		t.Run(name, func(t *testing.T) {
			d, err := car.Load(os.DirFS(receivers), "", name)
			if err != nil {
				t.Fatal(err)
			}
			var played, whole nmea.Decoder
			var said []byte
			before := d.Start()
			for _, s := range d.Sentences {
				played.Feed(s.Text, func(*hal.Position) {})
				if s.At < before {
					t.Fatalf("%q goes back by %v", s.Text, before-s.At)
				}
				before = s.At
				said = append(said, s.Text...)
			}
			whole.Feed(said, func(*hal.Position) {})
			fixes := played.Stats().Fixes
			if hasFix := name != "hp58534a.log"; fixes != whole.Stats().Fixes || hasFix != (fixes > 0) {
				t.Errorf("%d fixes of %d", fixes, whole.Stats().Fixes)
			}
			limit := max(longest[strings.TrimSuffix(name, ".gz")], 2*time.Minute)
			if d.Length() > limit || fixes > 1 && d.Length() == 0 {
				t.Errorf("it lasts %v", d.Length())
			}
			t.Log(fixes, d.Length(), time.Unix(0, int64(d.Start())).UTC(), d.Notes)
		})
	}
}
