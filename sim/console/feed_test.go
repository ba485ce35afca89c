package console_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"glovebox/sim"
	"glovebox/sim/console"
	"glovebox/sim/scenario"
)

// gloveboxd is built once.
var gloveboxd = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "console")
	if err != nil {
		return "", err
	}
	return sim.Find(context.Background(), "gloveboxd", "", dir)
})

func TestMain(m *testing.M) {
	code := m.Run()
	if program, err := gloveboxd(); err == nil {
		os.RemoveAll(filepath.Dir(program))
	}
	os.Exit(code)
}

// quick brings every message within seconds.
const quick = `-- quick.csv --
class,main,shared,limited,limited_assigned,workshop,backend,guest_driving,no_position,offline,action_detail,reason
@slot.main,withhold,withhold,withhold,withhold,withhold,withhold,withhold,withhold,withhold,every=2s pad=0,test
@slot.shared,withhold,withhold,withhold,withhold,withhold,withhold,withhold,withhold,withhold,every=2s pad=0,test
@slot.limited,withhold,withhold,withhold,withhold,withhold,withhold,withhold,withhold,withhold,every=3s alarms=3s pad=1024 kinds=all,test
@slot.workshop,withhold,withhold,withhold,withhold,withhold,withhold,withhold,withhold,withhold,every=3s pad=0,test
`

// street is a town of one street.
type street struct{}

func (street) Nearest(_, _ float64) string { return "Reiherkai" }
func (street) Guide(_, _ float64) (string, float64, string, float64) {
	return "left", 650, "Kranichweg", 3.25
}

// player runs a scenario with a feed beside it until the test ends. Of each record so many bytes
// are kept, all if 0.
func player(t *testing.T, source string, most int64) (*scenario.Player, *console.Log) {
	t.Helper()
	if _, err := exec.LookPath("dbus-daemon"); err != nil {
		t.Skip("dbus-daemon is not installed")
	}
	program, err := gloveboxd()
	if err != nil {
		t.Fatal(err)
	}
	s, err := scenario.Parse("test.txtar", []byte(source), nil)
	if err != nil {
		t.Fatal(err)
	}
	p, log := scenario.NewPlayer(s, scenario.Options{Gloveboxd: program, Patience: 4, MostRecorded: most}), console.NewLog()
	ctx, cancel := context.WithCancel(context.Background())
	var jobs sync.WaitGroup
	t.Cleanup(func() { cancel(); jobs.Wait() })
	jobs.Go(func() {
		if err := p.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	feed, err := console.NewFeed(ctx, p, log, console.InTown(street{}), console.Run(3))
	if err != nil {
		t.Fatal(err)
	}
	jobs.Go(func() {
		if err := feed.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	return p, log
}

// follower reads a view of a log, as a page does.
type follower struct {
	log  *console.Log
	view string
	last uint64
	all  []console.Event          // everything that came
	now  map[string]console.Event // the newest of each kind and key
}

func follow(log *console.Log, view string) *follower {
	return &follower{log: log, view: view, now: map[string]console.Event{}}
}

// read takes what came since.
func (f *follower) read() (wait <-chan struct{}) {
	events, _, wait := f.log.Since(f.last, f.view)
	for _, e := range events {
		f.last = max(f.last, e.ID)
		f.all = append(f.all, e)
		f.now[e.Kind+" "+e.Key] = e
	}
	return wait
}

// until waits for an event of a kind that is as it should be.
func (f *follower) until(t *testing.T, what, kind string, is func(data map[string]any) bool) map[string]any {
	t.Helper()
	late := time.After(3 * time.Minute)
	at := 0
	for {
		wait := f.read()
		for ; at < len(f.all); at++ {
			if e := f.all[at]; e.Kind == kind {
				if data := dataOf(t, e); is(data) {
					return data
				}
			}
		}
		select {
		case <-wait:
		case <-late:
			t.Fatalf("%s: none of %d events of view %s; the newest %s is %s", what, len(f.all), f.view, kind, f.newest(kind))
		}
	}
}

func (f *follower) newest(kind string) (text string) {
	for _, e := range f.all {
		if e.Kind == kind {
			text = string(e.Data.(json.RawMessage))
		}
	}
	return text
}

func dataOf(t *testing.T, e console.Event) (data map[string]any) {
	t.Helper()
	if err := json.Unmarshal(e.Data.(json.RawMessage), &data); err != nil {
		t.Fatalf("%s %s: %v", e.Kind, e.Key, err)
	}
	return data
}

// times are no places.
var times = regexp.MustCompile(`\d{4}-\d\d-\d\dT[0-9:.]+Z`)

// bytes is everything that a view was given, but for the times.
func (f *follower) bytes() string {
	var all strings.Builder
	for _, e := range f.all {
		fmt.Fprintf(&all, "%s %s %s\n", e.Kind, e.Key, e.Data)
	}
	return times.ReplaceAllString(all.String(), "T")
}

// drives is a drive of Lea's, then one of a guest.
const drives = `title Two drives
car Taycan 2024 odo=12500km soc=62
policy quick.csv
speed 6x
users anna:main lea:shared jonas:limited
boot
expect port can up within 5s
unlock
door driver open
door driver close
ignition on
login lea
gear D
drive block.gpx
at 5s alarm tyre-pressure-rl on
sync
gear P
ignition off
app jonas chat "Is the car free?"
logout
guest
set radio volume 12
wait 3s
logout
login anna
app anna restrict lea remote-lock
hmi remove jonas
end
` + quick

// What happens in a world is told: to the console all of it, to each view its own.
func TestFeed(t *testing.T) {
	p, log := player(t, drives, 0)
	all, hmi, jonas, anna, shop := follow(log, "console"), follow(log, "hmi"), follow(log, "phone/jonas"), follow(log, "phone/anna"), follow(log, "workshop")
	others := []*follower{all, hmi, jonas, anna, shop}
	is := func(key string, want any) func(map[string]any) bool {
		return func(data map[string]any) bool { return fmt.Sprint(data[key]) == fmt.Sprint(want) }
	}
	hmi.until(t, "nobody is at the wheel at first", "wheel", is("state", "idle"))
	hmi.until(t, "Lea takes the wheel", "wheel", is("who", "lea"))
	hmi.until(t, "her place leaves the car", "privacy", is("in_use", true))
	hmi.until(t, "she is guided", "nav", func(data map[string]any) bool {
		next, _ := data["next"].(map[string]any)
		return data["street"] == "Reiherkai" && next["turn"] == "left" && data["lat"] != nil
	})
	anna.until(t, "Anna's phone has the place", "phone", func(data map[string]any) bool { return data["place"] != nil })
	hmi.until(t, "a warning is on", "notes", func(data map[string]any) bool { return fmt.Sprint(data["alarms"]) != "[]" })
	jonas.until(t, "Jonas hears of it", "phone", func(data map[string]any) bool { return fmt.Sprint(data["warnings"]) != "[]" })
	jonas.until(t, "his line waits for the car", "phone", func(data map[string]any) bool { return strings.Contains(fmt.Sprint(data["actions"]), "waiting") })
	shop.until(t, "the workshop has it", "workshop", func(data map[string]any) bool { return strings.Contains(fmt.Sprint(data["chat"]), "Is the car free?") })
	trip := anna.until(t, "the trip is over", "phone", func(data map[string]any) bool { return fmt.Sprint(data["trips"]) != "[]" })
	jonas.until(t, "of the trip Jonas has a band", "phone", func(data map[string]any) bool { return strings.Contains(fmt.Sprint(data["trips"]), "0-10") })
	hmi.until(t, "a guest takes the wheel", "wheel", is("who", "guest"))
	hmi.until(t, "the guest is erased", "receipt", is("who", "guest"))
	all.until(t, "the guest's rows are copies", "ledger", func(data map[string]any) bool { return data["who"] == "guest" && data["copy"] == true })
	anna.until(t, "Anna's phone shows what was taken from Lea", "phone", func(data map[string]any) bool {
		return strings.Contains(fmt.Sprint(data["people"]), "restricted:[remote-lock]")
	})
	hmi.until(t, "the head unit has the receipt of a removal", "receipt", func(data map[string]any) bool {
		receipt, _ := data["receipt"].(map[string]any)
		return data["who"] == "jonas" && data["reason"] == "removed" && receipt["method"] == "key" && receipt["result"] == "erased"
	})
	all.until(t, "all lines were played", "world", is("over", true))
	for _, f := range others {
		f.read()
	}

	t.Run("the limited phone", func(t *testing.T) { limited(t, jonas, anna, trip) })
	t.Run("kinds", func(t *testing.T) { kinds(t, others) })
	t.Run("rows", func(t *testing.T) { rows(t, all) })
	if w := p.World(); len(w.Cloud.Breaches()) > 0 {
		t.Errorf("breaches: %v", w.Cloud.Breaches())
	}
}

// A limited reader's phone is given no coordinate, street or exact distance of the drive in
// any byte; the main user's is given them all.
func limited(t *testing.T, jonas, anna *follower, trip map[string]any) {
	trips := trip["trips"].([]any)
	km := trips[0].(map[string]any)["km"].(float64)
	for what, secret := range map[string]string{
		"a latitude": `54.1`, "a longitude": `6.6`, "the street": "Reiherkai", "the distance": fmt.Sprintf(`"km":%v`, km), "a track": `"track"`, "a place": `"lat"`,
	} {
		if strings.Contains(jonas.bytes(), secret) {
			t.Errorf("Jonas's phone is given %s: %q in\n%s", what, secret, jonas.bytes())
		}
		if !strings.Contains(anna.bytes(), secret) {
			t.Errorf("Anna's phone is not given %s: %q is not what is to be looked for", what, secret)
		}
	}
	for _, word := range []string{"guest", "level", "no-position", "driver"} {
		if strings.Contains(jonas.bytes(), word) || strings.Contains(anna.bytes(), word) {
			t.Errorf("a phone is given the word %q", word)
		}
	}
}

// Each view sees its kinds and no other, and the console sees all that there are.
func kinds(t *testing.T, all []*follower) {
	for i, want := range [][]string{
		{"clock", "dbus", "drive", "frame", "ledger", "link", "log", "nav", "nmea", "notes", "people", "phone", "plot", "privacy", "published", "receipt",
			"route", "settings", "signal", "state", "step", "trips", "truth", "wheel", "wire", "workshop", "world"},
		{"clock", "nav", "notes", "people", "privacy", "receipt", "route", "settings", "trips", "wheel"},
		{"clock", "phone"}, {"clock", "phone"}, {"clock", "workshop"},
	} {
		seen := map[string]bool{}
		for _, e := range all[i].all {
			seen[e.Kind] = true
		}
		var got []string
		for kind := range seen {
			got = append(got, kind)
		}
		if slices.Sort(got); !slices.Equal(got, want) {
			t.Errorf("view %s sees %v, want %v", all[i].view, got, want)
		}
	}
}

// The ledger is in words, with the value that the simulator knows; a person's rows are no
// copies.
func rows(t *testing.T, all *follower) {
	var valued, guests int
	for _, e := range all.now {
		if e.Kind != "ledger" {
			continue
		}
		row := dataOf(t, e)
		if row["words"] == "" || row["letter"] == "" {
			t.Errorf("row %v", row)
		}
		if copied := row["copy"] == true; copied != (row["who"] == "guest") {
			t.Errorf("row of %v: copy %v", row["who"], copied)
		}
		if row["who"] == "guest" {
			guests++
		}
		if row["class"] == "position" && strings.Contains(fmt.Sprint(row["value"]), " N ") {
			valued++
		}
	}
	if valued == 0 || guests == 0 {
		t.Errorf("%d rows of a place have one, %d are a guest's", valued, guests)
	}
}
