package agent

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"glovebox/hal"
)

// drive is a car, with somebody logged in, that says what a script has it say.
type drive struct {
	vehicle
	now    time.Duration
	silent bool
	fixes  bool
	lacks  string // a signal that this car does not have
	left   time.Duration
}

func newDrive(lacks string) *drive {
	d := &drive{vehicle: newVehicle(Needs{Buses: []string{"body"}, GNSS: true}, hal.Instant{}), lacks: lacks}
	for _, word := range strings.Fields("ignition-off closed p-closed unlocked unbelted empty flap-shut unplugged") {
		d.say(word)
	}
	d.leaving.begin(0)
	return d
}

// words are what a script may have the car say.
var words = map[string]struct {
	signal, path string
	value        hal.Value
}{
	"ignition-on": {"ignition", pathIgnition, hal.Word("ON")}, "ignition-off": {"ignition", pathIgnition, hal.Word("OFF")},
	"acc":  {"ignition", pathIgnition, hal.Word("ACC")},
	"open": {"door", pathDoor, hal.Bool(true)}, "closed": {"door", pathDoor, hal.Bool(false)},
	"p-open": {"other door", doors + "Row1.PassengerSide.IsOpen", hal.Bool(true)}, "p-closed": {"other door", doors + "Row1.PassengerSide.IsOpen", hal.Bool(false)},
	"locked": {"lock", pathLocked, hal.Bool(true)}, "unlocked": {"lock", pathLocked, hal.Bool(false)},
	"belted": {"belt", pathBelt, hal.Bool(true)}, "unbelted": {"belt", pathBelt, hal.Bool(false)},
	"seated": {"seat", pathSeat, hal.Word("OCCUPIED")}, "empty": {"seat", pathSeat, hal.Word("EMPTY")}, "no-seat": {"seat", pathSeat, hal.Word("UNKNOWN")},
	"was-seated": {"seat", wasSeat, hal.Bool(true)}, "was-empty": {"seat", wasSeat, hal.Bool(false)},
	"flap": {"flap", pathFlap, hal.Bool(true)}, "flap-shut": {"flap", pathFlap, hal.Bool(false)},
	"cable": {"cable", cablePort + "AnyPosition" + cableIsIn, hal.Bool(true)}, "unplugged": {"cable", cablePort + "AnyPosition" + cableIsIn, hal.Bool(false)},
	"drives": {"speed", pathSpeed, hal.Number(50)}, "stands": {"speed", pathSpeed, hal.Number(0)},
	"gear-p": {"gear", pathGear, hal.Number(gearPark)}, "gear-d": {"gear", pathGear, hal.Number(1)},
	"window": {"window", "Vehicle.Cabin.Door.Row1.DriverSide.Window.IsOpen", hal.Bool(true)},
	"fob":    {"fob", "Vehicle.Cabin.Fob.IsPresent", hal.Bool(true)},
}

func (d *drive) say(word string) {
	at := hal.Instant{Boot: d.now}
	d.look()
	switch word {
	case "call":
		d.leaving.call(d.now)
	case "bus-dies":
		d.silent = true
	case "bus-wakes":
		d.silent = false
	case "fixes":
		d.fixes = true
	case "no-fixes":
		d.fixes = false
	default:
		w, known := words[word]
		if !known {
			panic(word)
		}
		if w.signal == d.lacks || d.silent {
			return
		}
		d.frames("body", 1, at)
		d.read("body", hal.Reading{Path: w.path, Value: w.value, At: at})
	}
	d.look()
}

func (d *drive) look() {
	at := hal.Instant{Boot: d.now}
	d.motion.look(at)
	if d.vehicle.left(at) && d.left == 0 {
		d.left = d.now
	}
}

// pass lets time go by, with a frame each second while the bus is alive.
func (d *drive) pass(t time.Duration) {
	for range int(t / time.Second) {
		d.now += time.Second
		at := hal.Instant{Boot: d.now}
		d.look()
		if !d.silent {
			d.frames("body", 1, at)
		}
		if d.fixes {
			d.motion.fix(hal.Position{Latitude: 54.19 + d.now.Seconds()/1e4, Longitude: 6.62, Speed: hal.KilometresPerHour(50)}, at)
		}
		d.look()
	}
}

// play plays words and waits in seconds, and says how long after the newest "|" the
// driver counted as having left: never if not.
func (d *drive) play(script string) (left time.Duration) {
	mark := d.now
	for _, word := range strings.Fields(script) {
		if n, err := strconv.Atoi(word); err == nil {
			d.pass(time.Duration(n) * time.Second)
		} else if word == "|" {
			mark = d.now
		} else {
			d.say(word)
		}
	}
	if d.left == 0 {
		return never * time.Second
	}
	return d.left - mark
}

const (
	sits   = " seated 1 belted 1 ignition-on gear-d 1 drives 30 stands gear-p 2 "
	stops  = sits + "ignition-off 1 unbelted 1 "
	getOut = stops + "open 1 empty 2 "
)

const never = -1

// Each row is a drive; at | something happens that counts, and so many seconds later
// the driver has left.
var drives = []struct {
	name, script string
	left         int
}{
	{"commute: leave_after counts from the closing", getOut + "| closed 700", 60},
	{"a flat in the garage: reopening does not start it again", getOut + "| closed 30 open 5 closed 700", 60},
	{"the boot is fetched, the door is open when it is over", getOut + "| closed 50 open 100", 60},
	{"locked: at once", getOut + "closed 5 | locked 700", 0},
	{"locked before the door falls shut", getOut + "locked 2 | closed 700", 0},
	{"locked with another door open, then that closes", getOut + "closed 2 p-open 1 locked 5 | p-closed 700", 0},
	{"lock to pay: at once too, flap or not", getOut + "flap 2 closed 5 | locked 700", 0},
	{"somebody inside presses the lock: idle_after", stops + "| locked 700", 599},
	{"locked while driving does not count", " seated 1 belted ignition-on gear-d drives 5 locked 10 stands gear-p ignition-off 1 unbelted 1 | unlocked open 1 empty 1 closed 700", 62},
	{"back in time: the seat for 5 s with the door closed", getOut + "closed 40 open 2 seated 1 closed 10 | 580", never},
	{"back in time: the seat by its name before VSS 6.0", getOut + "closed 40 open 2 was-empty was-seated 1 closed 10 | 580", never},
	{"a seat that does not know says nothing", getOut + "| closed 40 no-seat 700", 60},
	{"back in time, and then nothing", getOut + "closed 40 open 2 | seated 1 closed 700", 601},
	{"back in time: the belt", getOut + "closed 40 open 2 seated 1 belted 500", never},
	{"back in time: the ignition", getOut + "closed 50 open 2 seated ignition-on 1 closed 2000", never},
	{"back too late", getOut + "| closed 58 open 1 seated 1 closed 100", 60},
	{"passenger stays: the driver's seat is empty, the car is locked", getOut + "closed 5 | locked 700", 0},
	{"passenger stays and listens: leave_after", getOut + "| closed 20 call 700", 60},
	{"slide over, then locked: leave_after from the lock", getOut + "closed 10 seated 20 | locked 700", 60},
	{"slide over and belted, then locked: leave_after from the lock", getOut + "closed 10 seated 1 belted 5 | locked 700", 60},
	{"a bag on the seat, locked: no later than without", stops + "open 3 | closed 20 locked 700", 60},
	{"a bag on the seat, not locked", stops + "open 3 | closed 700", 60},
	{"the driver never got out: idle_after", stops + "| 700", 599},
	{"who uses the head unit stays", stops + "300 call 300 | call 300", never},
	{"and idles from there", stops + "300 | call 700", 600},
	{"another door is a sign of a person", stops + "300 p-open 1 | p-closed 700", 600},
	{"a window is none", stops + "| 300 window 400", 599},
	{"an open window is no open door", getOut + "window closed 2 | locked 700", 0},
	{"a fob is none", stops + "| 100 fob 200 fob 700", 599},
	{"refuel stop of 8 min (case L3)", getOut + "flap 2 closed 480 open 2 seated closed 1 belted ignition-on 100", never},
	{"refuel stop: the flap after the door", getOut + "closed 30 flap 400 flap-shut 30 open 2 seated 1 belted 60", never},
	{"refuel stop of 11 min (case L3)", getOut + "flap 2 | closed 660", 600},
	{"charging stop", getOut + "closed 20 cable 500 open 1 seated closed 1 belted 10", never},
	{"once a stop", getOut + "flap 2 closed 100 open 2 seated closed 1 belted 5 unbelted open 1 empty flap-shut 1 flap 1 | closed 700", 60},
	{"the flap was open before", " flap " + getOut + "| closed 700", 60},
	{"engine running: the driver gets out and stays away", sits + "unbelted 1 open 1 empty 3 | closed 700", 60},
	{"engine running: valet after two minutes", sits + "unbelted 1 open 1 empty 6 | closed 120 open seated closed drives 20", 60},
	{"engine running: just the parking ticket", sits + "open 8 closed 2000", never},
	{"engine running: the seat is empty only after the door closed", sits + "unbelted 1 open 1 closed 60 empty 900", never},
	{"engine running: a seat that says empty all the time", sits + "empty 20 open 1 closed 900", never},
	{"engine running: out and back, off again", sits + "unbelted open 1 empty 6 closed 20 open 1 seated 1 closed 1 belted gear-d drives 2000", never},
	{"engine running, not parked: nothing", " seated belted ignition-on gear-d 1 drives 3 stands 3 open 1 empty 9 closed 2000", never},
	{"engine running: locked", sits + "unbelted 1 open 1 empty 6 closed 6 | locked 700", 0},
	{"remote start, nobody comes", stops + "300 ignition-on 1200", never},
	{"the door was open when the ignition went off", sits + "open 1 ignition-off 1 unbelted empty 1 | closed 700", 60},
	{"accessory is off", sits + "acc 1 unbelted | open 1 empty 1 closed 700", 62},
	{"standing, and the bus dies", stops + "10 bus-dies | 700", 588},
	{"door open, and the bus dies", getOut + "bus-dies | 700", 598},
	{"away, and the bus dies", getOut + "| closed 2 bus-dies 700", 60},
	{"driving, and the bus dies: a silent bus is off", sits + "| bus-dies 700", 600},
	{"driving, the bus dies, GNSS shows motion", sits + "fixes bus-dies 1500", never},
	{"and then it stops", sits + "fixes bus-dies 1500 | no-fixes 700", 602},
	{"driving, the bus is back", sits + "bus-dies 400 bus-wakes 1200", never},
	{"on a ferry: off is off, whatever GNSS shows", getOut + "fixes | closed 2000", 60},
}

func TestDrives(t *testing.T) {
	for _, row := range drives {
		t.Run(row.name, func(t *testing.T) {
			left, want := newDrive("").play(row.script), time.Duration(row.left)*time.Second
			if left < want-time.Second/2 || left > want+time.Second {
				t.Errorf("left after %v, want %v", left, want)
			}
		})
	}
}

// Whatever signal a car lacks, and wherever its bus dies: no later than idle_after
// everybody has left. A silent bus is off after five seconds, a fix is old after two.
func TestDrivesWithoutASignal(t *testing.T) {
	for _, lacks := range []string{"", "ignition", "door", "other door", "lock", "belt", "seat", "flap", "cable", "speed", "gear"} {
		for _, row := range drives {
			words := strings.Fields(row.script)
			for n := range len(words) + 1 {
				d := newDrive(lacks)
				d.play(strings.Join(words[:n], " ") + " bus-dies no-fixes 602")
				if d.left == 0 || d.leaving.is != gone {
					t.Errorf("without %q: %s, up to word %d: still %s", lacks, row.name, n, d.leaving.is)
				}
			}
		}
	}
}

// With the ignition on nobody leaves by idling.
func TestLongDrive(t *testing.T) {
	for _, script := range []string{sits + "2000", sits + "gear-d drives 2000", " ignition-on 5000"} {
		if d := newDrive(""); d.play(script) >= 0 {
			t.Errorf("%s: left after %v", script, d.left)
		}
	}
}

// From ignition off on, with no sign of a person, every sequence of anything else ends
// within idle_after; so does each with any one signal missing. Time may pass in small
// steps or, as in a suspend, in large ones.
func TestIdleProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lacks := rapid.SampledFrom([]string{"", "ignition", "door", "lock", "belt", "seat", "flap", "cable", "speed", "gear"}).Draw(t, "lacks")
		d := newDrive(lacks)
		d.play(sits)
		some := rapid.SliceOfN(rapid.SampledFrom([]string{"1", "open", "closed", "p-open", "p-closed", "seated", "empty", "unbelted", "locked", "unlocked", "flap", "2"}), 0, 12).Draw(t, "before")
		d.play(strings.Join(some, " "))
		d.play("ignition-off stands")
		from := d.now
		for d.now-from < 10*time.Minute+2*time.Second {
			if rapid.Bool().Draw(t, "says") {
				d.say(rapid.SampledFrom([]string{"locked", "unlocked", "flap", "flap-shut", "cable", "unplugged", "window", "fob", "acc", "bus-dies", "bus-wakes", "gear-p"}).Draw(t, "word"))
			}
			step := time.Duration(rapid.SampledFrom([]int{1, 7, 60, 700}).Draw(t, "step")) * time.Second
			if step < time.Minute {
				d.pass(step)
			} else {
				d.now += step
				d.look()
			}
		}
		if d.left == 0 {
			t.Fatalf("without %q after %v: still %s", lacks, d.now-from, d.leaving.is)
		}
	})
}

// Who left does not come back by anything that the car says: a session that ended
// stays ended, and the next begins with a sign of its own.
func TestLeftIsOver(t *testing.T) {
	d := newDrive("")
	d.play(getOut + "closed 100")
	left := d.left
	d.play("open seated closed belted ignition-on call 20 ignition-off unbelted 10")
	if d.left != left || d.leaving.is != gone {
		t.Errorf("%s", d.leaving.is)
	}
	if d.leaving.begin(d.now); d.leaving.is != standing {
		t.Errorf("somebody logged in: %s", d.leaving.is)
	}
	if d.left = 0; d.play("| 700") != 10*time.Minute {
		t.Errorf("then nothing happens: left after %v", d.left)
	}
}
