package console

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"glovebox/headunit"
	"glovebox/sim"
	"glovebox/sim/scenario"
)

// The agent bounds how often one program may ask, so not everything is asked
// each time, and the observer is a program of its own on the bus.
const (
	LookEvery   = 250 * time.Millisecond // the time between two looks
	askEvery    = 4                      // looks between two full rounds of questions
	askAtMost   = 2 * time.Second        // for one round
	ledgerLimit = uint32(200)            // newest entries
)

// Observer looks at a world: at the head unit's side over D-Bus, and at each
// reader's mailbox at the broker. It has one owner.
type Observer struct {
	world *sim.World
	hmi   *headunit.Client
	plays *scenario.Live
	names map[string]string // of readers, by id

	picture  Picture
	looks    int
	health   map[string]bool           // alarms that were on at the last look
	counts   map[string]sample         // frames by bus
	taken    map[string]int            // messages by reader
	breaches int                       // that were told
	told     map[string]map[uint64]int // ledger entries by person and id: the count that was told
	events   []any                     // since the last look
}

// sample is a counter at a moment.
type sample struct {
	n  uint64
	at time.Time
}

// NewObserver looks at the world of a scenario that plays.
func NewObserver(ctx context.Context, plays *scenario.Live, title string) (*Observer, error) {
	w := plays.World()
	hmi, err := headunit.Dial(ctx, w.DBus.Address)
	if err != nil {
		return nil, err
	}
	o := &Observer{
		world: w, hmi: hmi, plays: plays, names: map[string]string{}, health: map[string]bool{}, counts: map[string]sample{},
		taken: map[string]int{}, told: map[string]map[uint64]int{},
		picture: Picture{Title: title, Bus: w.DBus.Address, Signals: Signals{Values: map[string]any{}}},
	}
	for _, r := range w.Cloud.Readers() {
		o.names[r.ID] = r.Name
		o.picture.Readers = append(o.picture.Readers, Reader{Name: r.Name, Column: r.Role, Counts: map[string]int{}})
	}
	return o, nil
}

// Close leaves the bus.
func (o *Observer) Close() error { return o.hmi.Close() }

// Look looks once and returns the picture and what happened since the last time,
// in order. An agent that does not answer leaves the picture as it was.
func (o *Observer) Look(ctx context.Context) (Picture, []any) {
	now := time.Now()
	o.events = nil
	progress := o.plays.Progress()
	if before := o.picture.Progress; progress.Playback != before.Playback || progress.Phase != before.Phase {
		o.emit(PlaybackEvent{o.head("lap"), progress.Playback, progress.Phase})
	}
	o.picture.Now, o.picture.Progress, o.picture.Note = now, progress, progress.Note
	o.mailboxes()
	ask, cancel := context.WithTimeout(ctx, askAtMost)
	defer cancel()
	err := o.wheel(ask)
	if err == nil {
		err = o.signals(ask)
	}
	if err == nil && o.looks%askEvery == 0 {
		err = errors.Join(o.vehicle(ask), o.alarms(ask), o.ledger(ask))
		if len(o.picture.Signals.Values) > 0 {
			o.emit(SignalsEvent{o.head("signals"), o.picture.Signals.Age.Milliseconds(), maps.Clone(o.picture.Signals.Values)})
		}
	}
	o.looks++
	if err != nil && ctx.Err() == nil {
		o.picture.Note = fmt.Sprintf("the agent does not answer: %v", err)
	}
	return o.picture.copied(), o.events
}

// copied is a picture that does not change with the observer.
func (p Picture) copied() Picture {
	p.Signals.Values = maps.Clone(p.Signals.Values)
	p.Readers = append([]Reader(nil), p.Readers...)
	for i, r := range p.Readers {
		p.Readers[i].Counts = maps.Clone(r.Counts)
	}
	return p
}

func (o *Observer) emit(event any) { o.events = append(o.events, event) }

// wheel asks who is at the wheel and what leaves the car.
func (o *Observer) wheel(ctx context.Context) error {
	s, err := o.hmi.Session(ctx)
	if err != nil {
		return err
	}
	p, err := o.hmi.Properties(ctx, "Privacy1")
	if err != nil {
		return err
	}
	before := o.picture.Wheel
	w := Wheel{
		State: s.State, Name: o.names[s.Profile], Role: s.Role, Pending: o.nameOf(s.Pending), Parked: s.Parked,
		Level: text(p["Level"]), Effective: text(p["EffectiveLevel"]), LimitedBy: texts(p["LimitedBy"]),
		LocationInUse: p["LocationInUse"] == true, Receivers: receivers(p["Readers"]),
	}
	o.picture.Wheel, o.picture.Agent.Policy = w, text(p["Policy"])
	if w.State != before.State || w.Name != before.Name {
		if w.State == "guest" {
			delete(o.told, o.who(w)) // a guest's ledger starts anew, a person's goes on
		}
		o.picture.Ledger = nil
		o.emit(SessionEvent{o.head("session"), w.State, o.who(w), w.Role, s.Reason})
	}
	if w.Level != before.Level || w.Effective != before.Effective || w.LocationInUse != before.LocationInUse {
		o.emit(PrivacyEvent{o.head("privacy"), w.Level, w.Effective, w.LimitedBy, w.LocationInUse})
	}
	return nil
}

// who names whoever is at the wheel, empty if nobody.
func (o *Observer) who(w Wheel) string {
	if w.State == "guest" {
		return "guest"
	}
	return w.Name
}

// nameOf is the name of whoever waits, by what Session1 says.
func (o *Observer) nameOf(pending string) string {
	if name, known := o.names[pending]; known {
		return name
	}
	return pending
}

// signals asks for the newest values.
func (o *Observer) signals(ctx context.Context) error {
	list, err := o.hmi.Signals(ctx)
	if err != nil {
		return err
	}
	s := Signals{Values: make(map[string]any, len(list))}
	for i, item := range list {
		age := time.Duration(number(item["age_ms"])) * time.Millisecond
		if i == 0 || age < s.Age {
			s.Age = age
		}
		s.Values[text(item["path"])] = item["value"]
	}
	o.picture.Signals = s
	return nil
}
