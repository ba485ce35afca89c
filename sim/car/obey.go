package car

import (
	"time"

	"glovebox/hal/can"
	"glovebox/hal/mapping"
)

// obeyAfter is how long a lock or a switch takes, of the car's time.
const obeyAfter = 60 * time.Millisecond

// order is what an actuator was told and will do.
type order struct {
	at    time.Duration
	to    mapping.Actuator
	value float64 // physical, of the command and of what confirms it
}

// Hear takes what was written to a bus, in the lines of an adapter. The commands
// of the mapping file's actuators are obeyed; all else is for other ears.
func (v *Vehicle) Hear(bus string, p []byte) {
	v.mu.Lock()
	defer v.mu.Unlock()
	ear := v.ears[bus]
	if ear == nil {
		return
	}
	ear.Feed(p, func(f *can.Frame) {
		for _, a := range v.frames.plan.Actuators() {
			if value, ok := v.frames.command(bus, a, *f); ok {
				v.orders = append(v.orders, order{v.now + obeyAfter, a, value})
			}
		}
	})
}

// command is what a frame tells an actuator, if it does.
func (f *frames) command(bus string, a mapping.Actuator, frame can.Frame) (value float64, ok bool) {
	m := f.file.Message(a.CAN.Message)
	if a.Bus != bus || m == nil || m.ID != frame.ID || m.Extended != frame.Extended || frame.Remote {
		return 0, false
	}
	return m.Signal(a.CAN.Signal).Plan().Value(frame.Data[:min(frame.Len, can.MaxLen)])
}

// obey does what is due of the orders. A lock does not close while the driver's
// door is open: then nothing confirms it.
func (v *Vehicle) obey() {
	for len(v.orders) > 0 && v.orders[0].at <= v.now {
		o := v.orders[0]
		v.orders = v.orders[1:]
		if o.to.CAN.Message == "LOCK_COMMAND" && o.value == 1 && v.cells.doors["driver"].on() {
			continue
		}
		v.frames.unpin(o.to.Path)
		c := v.frames.cell(o.to.Confirm.Message, o.to.Confirm.Signal)
		c.change(o.value)
		switch o.to.CAN.Message {
		case "LOCK_COMMAND":
			v.fobs.unlocked = ""
		case "FLASH_COMMAND":
			v.body.flashUntil = v.now + flashFor
		}
	}
	if v.body.flashUntil > 0 && v.now >= v.body.flashUntil {
		v.body.flashUntil = 0
		v.cells.hazard.change(0)
	}
}

// flashFor is how long the lights flash when told to.
const flashFor = 3 * time.Second
