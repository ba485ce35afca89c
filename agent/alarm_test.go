package agent_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"glovebox/agent"
	"glovebox/hal"
	"glovebox/telemetry/outside"
)

// edge is a moment of a warning, seconds from the first: what it is, or what was told.
type edge struct {
	at int
	on bool
}

// chatter plays the edges of the brake warning until end, a second at a time, and
// returns what Anna was told when.
func chatter(t *testing.T, edges []edge, end int) (told []edge) {
	t.Helper()
	w := enrolled(t)
	w.pass(time.Second, -1)
	w.say("Vehicle.Chassis.Brake.IsBrakesWorn", hal.Bool(false)) // it was never on: no edge
	is := false
	for at := range end {
		for _, e := range edges {
			if e.at == at {
				w.say("Vehicle.Chassis.Brake.IsBrakesWorn", hal.Bool(e.on))
				is = e.on
			}
		}
		w.Tick()
		for _, payload := range w.courier.of(t, annaBox, outside.KindAlarms)[len(told):] {
			told = append(told, edge{at, strings.Contains(payload, `"active":true`)})
		}
		if got := len(w.VehicleView().Health) == 1; got != is {
			t.Fatalf("after %d s the head unit is shown %v", at, got)
		}
		w.pass(time.Second, -1)
	}
	return told
}

// flicker is n edges, so many seconds apart, the first of which is on.
func flicker(n, apart, from int) (edges []edge) {
	for i := range n {
		edges = append(edges, edge{from + i*apart, i%2 == 0})
	}
	return edges
}

// within is how many edges come after from, up to to.
func within(edges []edge, from, to int) (n int) {
	for _, e := range edges {
		if e.at > from && e.at <= to {
			n++
		}
	}
	return n
}

// The first two edges within ten minutes leave at once, then the newest state once a
// minute, and nothing where it is what was told before.
func TestChatteringAlarm(t *testing.T) {
	for name, row := range map[string]struct {
		edges []edge
		want  []edge
	}{
		"two edges":                {flicker(2, 1, 0), flicker(2, 1, 0)},
		"the third waits":          {flicker(3, 1, 0), append(flicker(2, 1, 0), edge{61, true})},
		"a third after a minute":   {append(flicker(2, 1, 0), edge{100, true}), append(flicker(2, 1, 0), edge{100, true})},
		"back before it was told":  {flicker(4, 1, 0), flicker(2, 1, 0)},
		"on and off, for a minute": {flicker(29, 2, 0), append(flicker(2, 2, 0), edge{62, true})},
		"two more, ten minutes on": {append(flicker(2, 1, 0), edge{605, true}, edge{606, false}),
			append(flicker(2, 1, 0), edge{605, true}, edge{606, false})},
		"seldom enough":          {flicker(6, 301, 0), flicker(6, 301, 0)},
		"after ten calm minutes": {append(flicker(4, 1, 0), edge{604, true}), append(flicker(2, 1, 0), edge{604, true})},
	} {
		end := row.edges[len(row.edges)-1].at + 100
		if got := chatter(t, row.edges, end); !slices.Equal(got, row.want) {
			t.Errorf("%s: told %v, want %v", name, got, row.want)
		}
	}
}

// However a contact chatters: what is told alternates, from the third edge within ten
// minutes on a minute lies between two messages, and a minute after an edge its state was
// told, if it still is that.
func TestHoweverAnAlarmChatters(t *testing.T) {
	for seed := range uint64(20) {
		draw := rand.New(rand.NewPCG(seed, 7))
		var edges []edge
		at, on := 0, false
		for range 40 {
			at += 1 + draw.IntN([]int{3, 40, 90, 700}[draw.IntN(4)])
			on = !on
			edges = append(edges, edge{at, on})
		}
		told := chatter(t, edges, at+62)
		if last := told[len(told)-1]; last.on != on {
			t.Errorf("seed %d: told %v at last, is %v", seed, last.on, on)
		}
		for i, e := range told {
			switch {
			case i > 0 && e.on == told[i-1].on:
				t.Errorf("seed %d: %v told again", seed, e)
			case i > 0 && e.at-told[i-1].at < 60 && within(edges, e.at-600, e.at) > 2:
				t.Errorf("seed %d: %v told %d s after %v", seed, e, e.at-told[i-1].at, told[i-1])
			}
		}
		for i, e := range edges { // an edge that stands for a minute was told by then
			if i+1 < len(edges) && edges[i+1].at-e.at <= 60 {
				continue
			}
			newest := edge{}
			for _, s := range told {
				if s.at <= e.at+60 {
					newest = s
				}
			}
			if newest.on != e.on {
				t.Errorf("seed %d: %v is not told a minute later", seed, e)
			}
		}
	}
}

// A warning that was on before a restart and is off after it is told as off.
func TestWarningThatEndedMeanwhile(t *testing.T) {
	w := enrolled(t)
	w.say("Vehicle.Chassis.Brake.IsBrakesWorn", hal.Bool(true))
	w.pass(time.Second, -1)
	if err := w.Stop(agent.Restart); err != nil {
		t.Fatal(err)
	}
	again := newWorld(t, "Taycan", w.store)
	again.say("Vehicle.Chassis.Brake.IsBrakesWorn", hal.Bool(false))
	again.pass(time.Second, -1)
	told := again.courier.of(t, annaBox, outside.KindAlarms)
	if len(told) != 1 || !strings.Contains(told[0], `"active":false`) {
		t.Errorf("told %q", told)
	}
}

// A warning that stays on is told once, however often the ignition is switched.
func TestIgnitionTellsNoWarningAnew(t *testing.T) {
	w := enrolled(t)
	w.say("Vehicle.Chassis.Brake.IsBrakesWorn", hal.Bool(true))
	for range 3 {
		for _, word := range []string{"ON", "OFF"} {
			w.say(ignition, hal.Word(word))
			w.say("Vehicle.Chassis.Brake.IsBrakesWorn", hal.Bool(true))
			w.pass(2*time.Minute, -1)
		}
	}
	if told := w.courier.of(t, annaBox, outside.KindAlarms); len(told) != 1 || !strings.Contains(told[0], `"active":true`) {
		t.Errorf("told %q", told)
	}
}
