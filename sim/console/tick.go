package console

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// clockData is the event clock.
type clockData struct {
	T     string `json:"t"`
	Since int64  `json:"since"`
}

// linkData is the event link.
type linkData struct {
	Name  string  `json:"name"`
	State string  `json:"state"`
	Rate  float64 `json:"rate"`
	Words string  `json:"words"`
	Age   int64   `json:"age,omitempty"` // of can: ms since the newest reading, where that is long

	Buses []busRate `json:"buses,omitempty"` // of can
}

type busRate struct {
	Name string  `json:"name"`
	Rate float64 `json:"rate"`
}

// plotData is the event plot.
type plotData struct {
	T        string   `json:"t"`
	KMH      *float64 `json:"kmh"`
	Volt     *float64 `json:"volt"`
	Accuracy *float64 `json:"accuracy"`
	Rate     float64  `json:"rate"`
}

const (
	tickEvery = time.Second
	voltage   = "Vehicle.LowVoltageBattery.CurrentVoltage"
)

// tick tells the time, how the lines are and a point of each plot, once a second. Then the
// agent is asked for what no signal tells: its counters, and the warnings that are on.
func (f *Feed) tick(ctx context.Context) error {
	rates := newRates()
	links := map[string]linkData{}
	n := 0
	return every(ctx, tickEvery, func() {
		now := time.Now()
		at := f.carTime(now)
		f.log.Append("clock", "", []string{All}, clockData{stamp(at), f.since().Milliseconds()})
		counters := f.counters(ctx)
		rates.counted(now, counters, f.wire.messages())
		for _, l := range f.links(rates) {
			if !equal(links[l.Name], l) {
				links[l.Name] = l
				f.log.Append("link", l.Name, nil, l)
			}
		}
		n++
		f.log.Append("plot", strconv.Itoa(n), nil, f.plot(at, now, rates))
	})
}

// carTime is the time of a made car, which may run faster, else ours.
func (f *Feed) carTime(now time.Time) time.Time {
	if f.world.Car != nil {
		if t := f.world.Car.Dash().Time; !t.IsZero() && t.Year() > 2000 {
			return t
		}
	}
	return now
}

// counters are the agent's, nil where none answers.
func (f *Feed) counters(ctx context.Context) map[string]any {
	if f.since() == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, tickEvery)
	defer cancel()
	counters, err := f.hmi.Statistics(ctx)
	if err != nil {
		return nil
	}
	f.want("health")
	return counters
}

// rates are how fast counters rise, a second.
type rates struct {
	at      time.Time
	before  map[string]float64
	a       map[string]float64 // a second, by counter
	present bool               // the agent answered
}

func newRates() *rates { return &rates{before: map[string]float64{}, a: map[string]float64{}} }

// counted takes the counters of a moment. One that fell began anew.
func (r *rates) counted(now time.Time, counters map[string]any, messages uint64) {
	all := map[string]float64{"wire": float64(messages)}
	for name, v := range counters {
		all[name] = number(v)
	}
	past := now.Sub(r.at).Seconds()
	clear(r.a)
	for name, n := range all {
		if before, known := r.before[name]; known && n >= before && past > 0 {
			r.a[name] = math.Round((n-before)/past*10) / 10
		}
	}
	r.at, r.before, r.present = now, all, counters != nil
}

// buses are how many frames the agent hears a second, by bus.
func (r *rates) buses() map[string]float64 {
	all := map[string]float64{}
	for counter, rate := range r.a {
		if bus, is := strings.CutSuffix(strings.TrimPrefix(counter, "bus."), ".frames"); is && strings.HasPrefix(counter, "bus.") {
			all[bus] = rate
		}
	}
	return all
}

// links are the agent and its lines.
func (f *Feed) links(r *rates) []linkData {
	agent := linkData{Name: "agent", State: "down", Words: "off"}
	if f.since() > 0 {
		agent.State, agent.Words = "up", "on for "+age(f.since().Truncate(10*time.Second))
		if !r.present {
			agent.State, agent.Words = "degraded", "does not answer"
		}
	}
	states := f.lineStates()
	can := linkData{Name: "can", State: states[0]}
	var words []string
	buses := r.buses()
	for _, bus := range slices.Sorted(maps.Keys(f.world.Ports)) {
		can.Rate += buses[bus]
		can.Buses = append(can.Buses, busRate{bus, buses[bus]})
		words = append(words, fmt.Sprintf("%s %.0f", bus, buses[bus]))
	}
	can.Rate, can.Words = math.Round(can.Rate), strings.Join(append(words, "frames/s"), " ")
	if quiet := f.readings.quiet(time.Now()); quiet >= silent {
		can.Age = quiet.Truncate(time.Second).Milliseconds()
	}
	gnss := linkData{Name: "gnss", State: states[1], Rate: r.a["gnss.fixes"], Words: fmt.Sprintf("%.0f fixes/s", r.a["gnss.fixes"])}
	mqtt := linkData{Name: "mqtt", State: states[2], Rate: r.a["wire"], Words: fmt.Sprintf("%.0f messages/s", r.a["wire"])}
	return []linkData{agent, can, gnss, mqtt}
}

// setLines notes how the agent says its lines are: CAN, GNSS and Cloud of Vehicle1.
func (f *Feed) setLines(vehicle map[string]any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i, name := range []string{"CAN", "GNSS", "Cloud"} {
		if f.lines[i] = text(vehicle[name]); f.lines[i] == "" {
			f.lines[i] = "off"
		}
	}
}

func (f *Feed) lineStates() [3]string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.lines
}

// plot is a point of each plot.
func (f *Feed) plot(at, now time.Time, r *rates) plotData {
	d := plotData{T: stamp(at), Accuracy: f.receiver.accuracy(now), Rate: r.a["wire"]}
	if t, known := f.whereTruly(now); known {
		d.KMH = &t.KMH
	}
	if v, known := f.readings.number(voltage); known {
		v = round(v, 2)
		d.Volt = &v
	}
	return d
}
