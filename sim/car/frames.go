package car

import (
	"fmt"
	"time"

	"glovebox/hal"
	"glovebox/hal/can"
	"glovebox/hal/dbc"
	"glovebox/hal/mapping"
)

// frames is what a car says: each message as it stands now, and when it is due.
type frames struct {
	file     *dbc.File
	plan     *mapping.Plan
	messages []*message           // of all buses, in the order of the DBC file
	pins     map[string]hal.Value // what paths say whatever the car does
	missing  []string             // what cell looked for in vain
}

// message is one message of the car.
type message struct {
	bus     string
	info    *dbc.Message
	frame   can.Frame
	cycle   time.Duration
	next    time.Duration // of the car's time
	hurry   bool          // a switch changed: send it now, not in turn
	counter *dbc.Plan     // rises with each sending; nil without one
	before  func()        // called before each sending, if not nil
}

// newFrames reads a DBC file and the mapping file that says which bus each of its
// messages is on. Everything is 0 at first.
func newFrames(file, mapped []byte, buses []string) (*frames, error) {
	parsed, problems := dbc.Parse("car.dbc", file)
	if len(problems) > 0 {
		return nil, fmt.Errorf("car.dbc: %v", problems[0])
	}
	rules, err := mapping.Load("mapping.toml", mapped)
	if err != nil {
		return nil, err
	}
	files := map[string]*dbc.File{}
	for _, bus := range buses {
		files[bus] = parsed
	}
	f := &frames{file: parsed, pins: map[string]hal.Value{}}
	if f.plan, err = mapping.Compile(rules, files); err != nil {
		return nil, err
	}
	on := map[string]string{}
	for _, s := range rules.Signals {
		on[s.CAN.Message] = s.Bus
	}
	for _, fob := range rules.Fobs {
		on[fob.ID.Message] = fob.Bus
	}
	every := cycles(file)
	for i, info := range parsed.Messages {
		cycle := every[info.ID]
		if cycle == 0 {
			continue
		}
		m := &message{bus: on[info.Name], info: info, cycle: cycle, frame: info.Frame()}
		m.next = time.Duration(i) * time.Millisecond % cycle // not all at once
		if s := info.Signal("COUNTER"); s != nil {
			m.counter = s.Plan()
		}
		f.messages = append(f.messages, m)
	}
	return f, nil
}

// cell is one signal of the car, ready to be written.
type cell struct {
	message *message
	plan    *dbc.Plan
}

// cell returns a signal of the car by its names in the DBC file. One that is not
// there is noted in missing.
func (f *frames) cell(name, signal string) cell {
	for _, m := range f.messages {
		if s := m.info.Signal(signal); m.info.Name == name && s != nil {
			return cell{m, s.Plan()}
		}
	}
	f.missing = append(f.missing, name+"."+signal)
	return cell{}
}

// put says v, as near as the bits can. That it fits is up to the caller.
func (c cell) put(v float64) {
	data := c.message.frame.Data[:c.message.frame.Len]
	if c.plan.Put(data, v) != nil {
		panic(fmt.Sprintf("%s: %v does not fit", c.message.info.Name, v))
	}
}

// change is put for a switch: what is new is sent at once.
func (c cell) change(v float64) {
	before := c.message.frame.Data
	if c.put(v); c.message.frame.Data != before {
		c.message.hurry = true
	}
}

// set is change for a truth.
func (c cell) set(on bool) {
	if on {
		c.change(1)
	} else {
		c.change(0)
	}
}

func (c cell) get() float64 {
	v, _ := c.plan.Value(c.message.frame.Data[:c.message.frame.Len])
	return v
}

// on reports whether a truth is true.
func (c cell) on() bool { return c.get() == 1 }

// due returns what is to be said at a moment of the car's time, message by
// message.
func (f *frames) due(at time.Duration, say func(bus string, frame can.Frame)) {
	for _, m := range f.messages {
		if m.next > at && !m.hurry {
			continue
		}
		if m.next <= at {
			m.next += m.cycle
			if m.next <= at { // the car was late: what was missed is not said again
				m.next = at + m.cycle
			}
		}
		m.hurry = false
		if m.before != nil {
			m.before()
		}
		if m.counter != nil {
			data := m.frame.Data[:m.frame.Len]
			raw, _ := m.counter.Raw(data)
			_ = m.counter.PutRaw(data, (raw+1)&(1<<m.counter.Bits()-1)) // lies in the frame
		}
		frame := m.frame
		for path, v := range f.pins {
			f.plan.Overwrite(m.bus, &frame, path, v)
		}
		say(m.bus, frame)
	}
}

// pin makes a path say v from now on, whatever the car does.
func (f *frames) pin(path string, v hal.Value) error {
	known := false
	for _, m := range f.messages {
		frame := m.frame
		if f.plan.Overwrite(m.bus, &frame, path, v) {
			m.hurry, known = true, true
		}
	}
	if !known {
		return fmt.Errorf("signal %s: the car cannot say %q", path, v.String())
	}
	f.pins[path] = v
	return nil
}

// unpin lets the car speak for a path again.
func (f *frames) unpin(path string) { delete(f.pins, path) }
