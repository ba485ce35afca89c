package console_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"glovebox/sim/console"
)

var update = flag.Bool("update", false, "write the golden files anew")

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// drive is the main user in the middle of a playback. In a scenario names are in
// lower case; on the screen they are not.
func drive() console.Picture {
	const door = "Vehicle.Cabin.Door."
	at := func(s int) time.Time { return noon.Add(time.Duration(s) * time.Second) }
	entry := func(id uint64, minute int, class, reader, outcome, rule string, count uint64) console.Entry {
		return console.Entry{ID: id, Minute: at(60 * minute), Class: class, Reader: reader, Outcome: outcome, Rule: class + "/" + rule, Count: count}
	}
	return console.Picture{
		Title: "a recorded drive, in laps", Now: at(102), Bus: "unix:path=/tmp/glovebox2979699244/bus,guid=a254d57121f98f078576be726b0b839d",
		Progress: console.Progress{Playback: 4, Phase: "driving", At: 42 * time.Second, Of: time.Minute},
		Agent:    console.Agent{Online: true, Version: "0.1.0", Policy: "built-in", Document: 2},
		Buses:    []console.Wire{{Name: "powertrain", State: "up", PerSecond: 897.4}, {Name: "radar", State: "up", PerSecond: 750}},
		GNSS:     console.Wire{Name: "GNSS", State: "up", PerSecond: 9.7},
		Broker:   console.Broker{State: "up", Messages: 214},
		Wheel: console.Wheel{
			State: "active", Name: "anna", Role: "main", Level: "share", Effective: "share", LocationInUse: true, Receivers: []string{"anna", "lea"},
		},
		Signals: console.Signals{Age: 12 * time.Millisecond, Values: map[string]any{
			"Vehicle.Speed": 61.23, "Vehicle.Powertrain.CombustionEngine.Speed": 2525.0, "Vehicle.TraveledDistance": 25088063.616,
			"Vehicle.Powertrain.Transmission.SelectedGear": 127.0, "Vehicle.LowVoltageSystemState": "ON",
			door + "Row1.DriverSide.IsOpen": false, door + "Row1.PassengerSide.IsOpen": true, door + "Row1.DriverSide.IsLocked": true,
			"Vehicle.Cabin.Seat.Row1.DriverSide.IsBelted": true, "Vehicle.ADAS.CruiseControl.IsActive": true,
			"Vehicle.ADAS.CruiseControl.IsError": false, "Vehicle.Chassis.ParkingBrake.IsEngaged": false,
			"Vehicle.Body.Lights.DirectionIndicator.Left.IsSignaling": false, // the accelerator is absent
		}},
		Alarms: []console.Alarm{{Code: "cruise-fault", Severity: "warning", Since: at(66)}},
		Readers: []console.Reader{
			{Name: "anna", Column: "main", Counts: map[string]int{"status": 3, "position": 12, "alarms": 2}, Newest: "position", Bytes: 2462, At: at(98), PlaceAt: at(98)},
			{Name: "lea", Column: "shared", Counts: map[string]int{"status": 3, "position": 10, "alarms": 2, "gaps": 1}, Newest: "gaps", Bytes: 161, At: at(-90), PlaceAt: at(76)},
			{Name: "jonas", Column: "limited", Counts: map[string]int{"alarms": 1}, Newest: "alarms", Bytes: 1024, At: at(-7200)},
			{Name: "workshop", Column: "workshop"},
			{Name: "backend", Column: "backend"},
		},
		Ledger: []console.Entry{
			entry(1, 0, "speed", "anna", "withheld", "main", 1), entry(2, 0, "speed", "lea", "withheld", "shared", 1),
			entry(3, 0, "speed", "jonas", "withheld", "limited", 1), entry(4, 0, "speed", "workshop", "withheld", "workshop", 1),
			entry(5, 0, "speed", "backend", "withheld", "backend", 1),
			entry(6, 1, "position", "jonas", "withheld", "limited", 5), entry(7, 1, "position", "workshop", "withheld", "workshop", 5),
			entry(8, 1, "position", "backend", "withheld", "backend", 5),
			entry(9, 1, "odometer", "anna", "reduced", "main", 1), entry(10, 1, "odometer", "lea", "reduced", "shared", 1),
			entry(11, 1, "position", "anna", "published", "main", 5), entry(12, 1, "position", "lea", "published", "shared", 3),
			{ID: 13, Minute: at(60), Class: "unknown", Reader: "anna", Outcome: "withheld", Rule: "default-deny", Count: 2},
			entry(14, 1, "position", "lea", "purged", "shared", 1),
		},
	}
}

// guest is a guest in the next playback; nothing of the place leaves.
func guest() console.Picture {
	p := drive()
	p.Wheel = console.Wheel{State: "guest", Role: "guest", Level: "share", Effective: "no-position", LimitedBy: []string{"guest"}}
	p.Alarms = nil
	for i := range p.Readers {
		p.Readers[i].PlaceAt = time.Time{}
	}
	var decided []console.Entry
	for i, r := range p.Readers {
		decided = append(decided, console.Entry{
			ID: uint64(i + 1), Minute: noon, Class: "position", Reader: r.Name, Outcome: "withheld", Rule: "position/guest_driving", Count: 6,
		})
	}
	p.Ledger = decided
	return p
}

// silence is the picker between two playbacks, with everything that can be wrong.
func silence() console.Picture {
	p := drive()
	p.Progress.Phase, p.Progress.Of = "picker", 0
	p.Wheel = console.Wheel{State: "idle", Level: "share", Effective: "share", Parked: true, Pending: "lea"}
	p.Signals.Age, p.Alarms, p.Ledger = 7*time.Second, nil, nil
	p.Agent.Online, p.Broker.State, p.Note, p.Breaches = false, "down", "log in Lea: The car must be parked.", 2
	p.Buses[1].State, p.Buses[1].PerSecond = "down", 0
	return p
}

// What stands on the screen is what these files show.
func TestGolden(t *testing.T) {
	for _, tt := range []struct {
		name          string
		picture       console.Picture
		width, height int
		colour        bool
	}{
		{"drive-100x30", drive(), 100, 30, false},
		{"drive-100x30-colour", drive(), 100, 30, true},
		{"drive-80x24", drive(), 80, 24, false},
		{"drive-80x24-colour", drive(), 80, 24, true},
		{"guest-100x30", guest(), 100, 30, false},
		{"silence-100x30", silence(), 100, 30, false},
		{"start-100x30", console.Picture{Now: noon}, 100, 30, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := strings.Join(console.Draw(tt.picture, tt.width, tt.height, tt.colour), "\n") + "\n"
			file := filepath.Join("testdata", tt.name+".txt")
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

var escape = regexp.MustCompile("\x1b\\[[0-9;]*m")

// However small the terminal is, nothing stands beyond its edge, and the colours
// say nothing that the words do not.
func TestFits(t *testing.T) {
	for name, p := range map[string]console.Picture{"drive": drive(), "guest": guest(), "silence": silence(), "start": {}} {
		for width := range 140 {
			for _, height := range []int{0, 1, 5, 23, 24, 27, 28, 40, 60} {
				place := fmt.Sprintf("%s at %dx%d", name, width, height)
				bare := console.Draw(p, width, height, false)
				if len(bare) > height {
					t.Fatalf("%s: %d lines", place, len(bare))
				}
				for i, l := range bare {
					if n := utf8.RuneCountInString(l); n > width {
						t.Fatalf("%s: line %d has %d columns: %q", place, i+1, n, l)
					}
					if strings.Contains(l, "\x1b") {
						t.Fatalf("%s: a control sequence without colour: %q", place, l)
					}
				}
				for i, l := range console.Draw(p, width, height, true) {
					if got := strings.TrimRight(escape.ReplaceAllString(l, ""), " "); got != bare[i] {
						t.Fatalf("%s: line %d is %q with colours, %q without", place, i+1, got, bare[i])
					}
				}
			}
		}
	}
}

// The readers' rows are the same whoever drives, whatever they chose and whyever
// there is no place.
func TestMailboxesNameNoDriver(t *testing.T) {
	rows := func(p console.Picture) []string {
		all := console.Draw(p, 110, 40, false)
		from := slices.IndexFunc(all, func(l string) bool { return strings.HasPrefix(l, "MAILBOXES") })
		to := slices.IndexFunc(all, func(l string) bool { return strings.HasPrefix(l, "LEDGER") })
		if from < 0 || to < from+6 {
			t.Fatalf("no mailboxes in\n%s", strings.Join(all, "\n"))
		}
		return all[from:to]
	}
	want := rows(guest())
	for _, level := range []string{"share", "no-position", "offline"} {
		for _, state := range []string{"active", "guest", "idle"} {
			p := guest()
			p.Wheel = console.Wheel{State: state, Name: "lea", Level: level, Effective: level}
			p.Ledger, p.Broker.State, p.GNSS.State = nil, "down", "down"
			if got := rows(p); !slices.Equal(got, want) {
				t.Errorf("%s at %s: %q, want %q", state, level, got, want)
			}
		}
	}
	for _, l := range want {
		if regexp.MustCompile(`(?i)guest|level|driver|offline`).MatchString(l) {
			t.Errorf("a reader's row says %q", l)
		}
	}
}
