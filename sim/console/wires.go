package console

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"glovebox/sim"
)

// wireCount counts what passed on the line to the broker.
type wireCount struct {
	mu   sync.Mutex
	all  uint64 // guarded by mu; messages since the start
	told int    // guarded by mu; how many were told
}

// wireData is the event wire.
type wireData struct {
	T      string `json:"t"`
	Dir    string `json:"dir"` // out: from the car; in: to the car
	Reader string `json:"reader"`
	Topic  string `json:"topic"`
	Kind   string `json:"kind"`
	Bytes  int    `json:"bytes"`
}

// wires watches the line to the broker, the buses and the receiver until ctx ends.
func (f *Feed) wires(ctx context.Context) error {
	f.world.Tap.Watch(func(p sim.Publish) {
		d := wireOf(p, f.world.Cloud.Owner)
		f.log.Append("wire", strconv.Itoa(f.wire.count()), nil, d)
	})
	defer f.world.Tap.Watch(nil)
	for bus, port := range f.world.Ports {
		port.Watch(func(said []byte) { f.truth.hear(bus, said) })
		defer port.Watch(nil)
	}
	f.world.GNSS.Watch(f.receiver.hear)
	defer f.world.GNSS.Watch(nil)
	return every(ctx, frameEvery, func() {
		now := time.Now()
		for _, d := range f.truth.due(now, now.Sub(f.receiver.begun())) {
			f.log.Append("frame", d.Bus+" "+d.ID, nil, d)
		}
		for _, one := range f.receiver.due() {
			f.log.Append("nmea", one.kind, nil, map[string]string{"text": one.text})
		}
	})
}

func (c *wireCount) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all++
	c.told++
	return c.told
}

func (c *wireCount) messages() uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.all
}

// wireOf is a message on its way, with the reader whose mailbox it is for or from.
func wireOf(p sim.Publish, owner func(mailbox string) string) wireData {
	d := wireData{T: stamp(p.At), Dir: "in", Topic: p.Topic, Bytes: len(p.Payload)}
	if p.Out {
		d.Dir = "out"
	}
	parts := strings.Split(p.Topic, "/")
	switch {
	case len(parts) > 4 && (parts[3] == "to" || parts[3] == "ack"):
		d.Reader, d.Kind = owner(parts[4]), "ack"
		if parts[3] == "to" && len(parts) > 5 {
			d.Kind = parts[5]
		}
	case len(parts) > 3:
		d.Kind = parts[3]
	}
	return d
}

// busData is the event dbus.
type busData struct {
	T      string `json:"t"`
	Member string `json:"member"`
	Path   string `json:"path"`
	Text   string `json:"text"`
	Call   bool   `json:"call"`
}

// What of the bus is looked at: calls, signals and refusals of the agent. Answers may be long: only
// those to the head unit, which are not shown, for the receipts among them.
func busRules(headUnit string) []string {
	return []string{"type='method_call'", "type='signal'", "type='error'", "type='method_return',destination='" + headUnit + "'"}
}

// bus follows what passes on the bus, but for the questions that this feed asks.
func (f *Feed) bus(ctx context.Context) error {
	headUnit := f.world.HMI.Name()
	monitor, err := sim.NewMonitor(f.world.DBus.Address, busRules(headUnit)...)
	if err != nil {
		return err
	}
	own, n := f.hmi.Name(), 0
	receipts := removals{headUnit: headUnit, asked: map[string]string{}}
	return monitor.Record(ctx, func(v any) {
		line, ok := v.(sim.BusLine)
		if !ok || line.Sender == own || line.Destination == own {
			return
		}
		if d := receipts.take(line, f.name); d != nil {
			f.log.Append("receipt", "", []string{"hmi"}, d)
		}
		d, shown := busOf(line)
		if !shown {
			return
		}
		n++
		f.log.Append("dbus", strconv.Itoa(n), nil, d)
		if d.Call && strings.HasPrefix(d.Member, "Messages1.") { // what was written or read no signal tells
			time.AfterFunc(frameEvery, func() { f.want("notes") })
		}
	})
}

// busOf is a message of the bus in words; shown is false for what the bus says to itself.
func busOf(line sim.BusLine) (d busData, shown bool) {
	str := func(v any) string { s, _ := v.(string); return s }
	of := str(line.Interface)
	d = busData{T: line.T, Path: str(line.Path), Call: line.Type == "method-call"}
	if at, err := time.Parse(time.RFC3339Nano, line.T); err == nil {
		d.T = stamp(at)
	}
	switch {
	case line.Type == "lost":
		d.Member = line.Type
	case line.Type == "error":
		d.Member = strings.TrimPrefix(str(line.Error), "org.glovebox.")
	case strings.HasPrefix(of, "org.glovebox."):
		d.Member = strings.TrimPrefix(of, "org.glovebox.") + "." + str(line.Member)
	case of == "org.freedesktop.DBus.Properties" || of == "org.freedesktop.DBus.ObjectManager":
		d.Member = strings.TrimPrefix(of, "org.freedesktop.DBus.") + "." + str(line.Member)
	default:
		return d, false
	}
	const most = 300
	words := make([]string, 0, len(line.Body))
	for _, part := range line.Body {
		if said := fmt.Sprint(part); said != "map[]" && said != "" {
			words = append(words, said)
		}
	}
	if d.Text = strings.Join(words, " "); len(d.Text) > most {
		d.Text = strings.ToValidUTF8(d.Text[:most], "") + "…"
	}
	return d, true
}
