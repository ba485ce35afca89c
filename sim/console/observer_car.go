package console

import (
	"context"
	"slices"
	"time"
)

// vehicle asks how the wires are.
func (o *Observer) vehicle(ctx context.Context) error {
	v, err := o.hmi.Properties(ctx, "Vehicle1")
	if err != nil {
		return err
	}
	n, err := o.hmi.Statistics(ctx)
	if err != nil {
		return err
	}
	names := make([]string, 0, len(o.world.Ports))
	for name := range o.world.Ports {
		names = append(names, name)
	}
	slices.Sort(names)
	o.picture.Buses = nil
	for _, name := range names {
		o.picture.Buses = append(o.picture.Buses, Wire{name, text(v["CAN"]), o.rate("bus."+name+".frames", n)})
	}
	o.picture.GNSS = Wire{"GNSS", text(v["GNSS"]), o.rate("gnss.fixes", n)}
	o.picture.Broker.State = text(v["Cloud"])
	return nil
}

// rate is how fast a counter rises, a second.
func (o *Observer) rate(name string, counters map[string]any) float64 {
	now := sample{uint64(number(counters[name])), time.Now()}
	before, known := o.counts[name]
	o.counts[name] = now
	if !known || now.n < before.n || !now.at.After(before.at) {
		return 0
	}
	return float64(now.n-before.n) / now.at.Sub(before.at).Seconds()
}

// alarms asks for the warnings of the car.
func (o *Observer) alarms(ctx context.Context) error {
	list, err := o.hmi.Health(ctx)
	if err != nil {
		return err
	}
	o.picture.Alarms = nil
	on := map[string]bool{}
	for _, item := range list {
		a := Alarm{Code: text(item["code"]), Severity: text(item["severity"]), Since: time.Unix(int64(number(item["since"])), 0)}
		o.picture.Alarms = append(o.picture.Alarms, a)
		on[a.Code] = true
		if !o.health[a.Code] {
			o.emit(AlarmEvent{o.head("alarm"), a.Code, a.Severity, true})
		}
	}
	for code := range o.health {
		if !on[code] {
			o.emit(AlarmEvent{o.head("alarm"), code, "", false})
		}
	}
	o.health = on
	return nil
}

// ledger reads the book of whoever is at the wheel; nobody's is closed.
func (o *Observer) ledger(ctx context.Context) error {
	w := o.picture.Wheel
	if w.State != "active" && w.State != "guest" {
		return nil
	}
	list, err := o.hmi.Ledger(ctx, map[string]any{"limit": ledgerLimit})
	if err != nil {
		return nil // it ended this moment; the next look sees that
	}
	told := o.told[o.who(w)]
	next := make(map[uint64]int, len(list))
	o.picture.Ledger = make([]Entry, 0, len(list))
	for _, item := range list {
		e := Entry{
			ID: uint64(number(item["id"])), Minute: time.Unix(int64(number(item["from"])), 0).UTC(), Class: text(item["class"]),
			Reader: text(item["reader"]), Kind: text(item["kind"]), Outcome: text(item["outcome"]), Rule: text(item["rule"]),
			Count: uint64(number(item["count"])),
		}
		if name, known := o.names[e.Reader]; known {
			e.Reader = name
		}
		o.picture.Ledger = append(o.picture.Ledger, e)
		next[e.ID] = int(e.Count)
		if told[e.ID] != int(e.Count) {
			o.emit(LedgerEvent{o.head("ledger"), o.who(w), e.ID, e.Minute.Format(stampMinute), e.Class, e.Reader, e.Kind, e.Outcome, e.Rule, texts(item["limited_by"]), e.Count})
		}
	}
	o.told[o.who(w)] = next
	return nil
}

// mailboxes counts what readers found since the last look.
func (o *Observer) mailboxes() {
	state := o.world.Cloud.State()
	if a := o.picture.Agent; a.Online != state.Online || a.Document != state.Policy {
		o.emit(StateEvent{o.head("state"), state.Online, state.Epoch, state.Policy})
	}
	o.picture.Agent.Online, o.picture.Agent.Version, o.picture.Agent.Document = state.Online, state.Agent, state.Policy
	for i := range o.picture.Readers {
		r := &o.picture.Readers[i]
		fresh := o.world.Cloud.Since(r.Name, o.taken[r.Name])
		o.taken[r.Name] += len(fresh)
		o.picture.Broker.Messages += len(fresh)
		for _, m := range fresh {
			r.Counts[m.Kind]++
			r.Newest, r.Bytes, r.At = m.Kind, len(m.Raw), m.At
			if m.Kind == "position" {
				r.PlaceAt = m.At
			}
			o.emit(published(m))
		}
	}
	breaches := o.world.Cloud.Breaches()
	for _, f := range breaches[min(o.breaches, len(breaches)):] {
		o.emit(BreachEvent{o.head("fault"), f})
	}
	o.breaches, o.picture.Breaches = len(breaches), len(breaches)
}
