//go:build soak

package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"
)

// walk is somebody who clicks at random on the page of a served world. What they click is
// a line that a button, a key or a field of the page says.
type walk struct {
	*browser
	dice  *rand.Rand
	asked sync.WaitGroup // what is being answered
	lines int
}

// newWalk is one that another run with the seed repeats.
func newWalk(b *browser, seed uint64) *walk {
	return &walk{browser: b, dice: rand.New(rand.NewPCG(seed, 1))}
}

// move is what somebody does: lines, one after the other, so often. What changes who drives, who is
// told or what is broken is looked at for a while before the next.
type move struct {
	often int
	long  bool
	lines func(w *walk) string // with ; between
}

// one of some words.
func (w *walk) one(words ...string) string { return words[w.dice.IntN(len(words))] }

// clicks is a move with words put in.
func clicks(often int, format string, words ...[]string) move {
	return move{often, false, func(w *walk) string {
		var all []any
		for _, of := range words {
			all = append(all, w.one(of...))
		}
		return fmt.Sprintf(format, all...)
	}}
}

// turns is one that changes more.
func turns(often int, format string, words ...[]string) move {
	m := clicks(often, format, words...)
	m.long = true
	return m
}

var (
	people = []string{"anna", "lea", "jonas"}
	onOffs = []string{"on", "off"}
	spells = []string{" for 3s", " for 6s", "", " off"}
)

// moves are what there is to click. What ends the play for good stays out: erasing all,
// removing the main user, handing the car over.
var moves = []move{
	turns(4, "login %s", people),
	turns(2, "login %s wait", people),
	clicks(1, "login %s pin=%s", people, []string{"000000", "none"}),
	turns(3, "guest%s", []string{"", " wait"}),
	turns(2, "logout"),
	turns(8, "level %s", []string{"share", "share", "no-position", "offline"}),
	clicks(4, "set radio volume %s", []string{"12", "27", "61", "140"}),
	clicks(2, "set climate driver_celsius %s", []string{"19", "23.5"}),
	clicks(2, `set navigation home {"name":"Pier 4","latitude":54.19,"longitude":6.62}`),
	clicks(2, "assign newest %s", people),
	clicks(1, "hmi read"),
	clicks(2, "hmi chat See you at %s", []string{"noon", "eight"}),
	turns(1, "hmi guest-services %s", onOffs),
	turns(1, "hmi restrict %s", []string{"lea", "jonas", "lea remote-climate", "jonas remote-climate remote-lock"}),
	clicks(5, "app %s %s", people, []string{"lock", "unlock", "flash", "locate", "climate on", "climate off"}),
	clicks(3, "app %s chat Where is it %s", people, []string{"now", "again"}),
	clicks(1, "app %s book Tyres %s", people, []string{"please", "soon"}),
	turns(1, "app anna share %s %s", []string{"lea", "jonas"}, []string{"shared", "limited"}),
	turns(1, "app anna restrict %s", []string{"lea", "jonas", "jonas remote-lock"}),
	clicks(1, "app %s assign newest %s", people, people),
	turns(2, "app anna invite kai %s; app anna cancel kai", []string{"shared", "limited"}),
	clicks(2, "workshop chat %s is ready", []string{"It", "Yours"}),
	clicks(1, "workshop quote Two tyres, %s", []string{"240", "260"}),
	clicks(1, "workshop write %s Call us", people),
	turns(9, "ignition on; gear D; drive %s", []string{"hafen-westend", "messe-altstadt", "tour-7", "block.gpx"}),
	turns(4, "ignition off; gear P"),
	turns(2, "gear %s", []string{"P", "R", "N", "D"}),
	turns(3, "door driver open; door driver close"),
	turns(1, "door %s open; door trunk close", []string{"passenger", "trunk", "driver"}),
	turns(2, "%s", []string{"lock", "unlock"}),
	turns(2, "fob %s %s", people, []string{"in", "out"}),
	clicks(2, "signal Vehicle.Chassis.%s.PedalPosition 40; signal Vehicle.Chassis.Accelerator.PedalPosition 0; signal Vehicle.Chassis.Brake.PedalPosition 0", []string{"Accelerator", "Brake"}),
	clicks(1, "signal Vehicle.Body.Lights.DirectionIndicator.%s.IsSignaling %s", []string{"Left", "Right"}, []string{"true", "false"}),
	turns(3, "alarm %s %s", []string{"brake", "tyre-pressure-rl", "oil-pressure"}, onOffs),
	turns(2, "fault offline%s", spells),
	turns(2, "fault gnss%s", spells),
	turns(1, "fault can%s", spells),
	turns(1, "fault duplicate%s", spells),
	turns(1, "fault %s-garbage%s", []string{"can", "gnss"}, spells),
	turns(1, "fault unplug %s%s", []string{"can", "gnss"}, spells),
	turns(1, "fault power%s", []string{"", " for 2s"}),
	turns(1, "fault broker-restart"),
	turns(1, "speed %s", []string{"5x", "10x"}),
	turns(2, "/pause; /go"),
}

// next is a move by its frequency.
func (w *walk) next() move {
	all := 0
	for _, m := range moves {
		all += m.often
	}
	for at, i := w.dice.IntN(all), 0; ; i++ {
		if at -= moves[i].often; at < 0 {
			return moves[i]
		}
	}
}

// click says lines as the page does: each at once, whether or not the one before is
// answered. One with a slash is a button of the bar.
func (w *walk) click(line string) {
	w.lines++
	path, body := "/api/cmd", line
	if button, is := strings.CutPrefix(line, "/"); is {
		path, body = "/api/play", button
	}
	w.asked.Go(func() { w.ask(path, body) })
}

// look is how long somebody looks before the next click.
func (w *walk) look(long bool) {
	d := time.Duration(100+w.dice.ExpFloat64()*300) * time.Millisecond
	if long {
		d += 2500 * time.Millisecond
	}
	time.Sleep(min(d, 8*time.Second))
}

// about clicks for so long. Then it mends what is broken, and everybody drives once and is in
// a tunnel: the ledger of each is read to its end, and what is decided in any drive is in both
// plays. Else it is chance whether the car's last readings, or a slot in the half second in which
// a line opens anew, fall into a session or not.
func (w *walk) about(long time.Duration) {
	for end := time.Now().Add(long); time.Now().Before(end); {
		m := w.next()
		for line := range strings.SplitSeq(m.lines(w), "; ") {
			w.click(line)
			w.look(false)
		}
		w.look(m.long)
	}
	w.asked.Wait()
	w.ask("/api/play", "go")
	for _, name := range []string{"offline", "gnss", "can", "duplicate", "can-garbage", "gnss-garbage", "unplug can", "unplug gnss"} {
		w.ask("/api/cmd", "fault "+name+" off")
	}
	stop := []string{"speed 10x", "ignition off", "sync", "expect signal Vehicle.Speed 0 within 20s", "gear P", "speed 1x"}
	drive := []string{"speed 10x", "ignition on", "gear D", "drive block.gpx", "wait 8s"}
	for _, line := range slices.Concat(stop, []string{"logout", "wait 3s", "expect ready within 30s"}) {
		w.ask("/api/cmd", line)
	}
	for _, who := range [][2]string{{"guest", "guest"}, {"login anna", "active anna"}, {"login lea", "active lea"}, {"login jonas", "active jonas"}} {
		w.says(who[0]+" wait", `"ok":true`)
		w.says("expect state "+who[1]+" within 20s", `"ok":true`) // a fresh process may have taken over
		for _, line := range slices.Concat(drive, stop, []string{"fault offline for 5s", "wait 12s"}) {
			w.says(line, `"ok":true`)
		}
	}
}
