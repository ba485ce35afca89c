package agent

import (
	"context"
	"encoding/hex"
	"errors"
	"io"
	"slices"
	"strings"
	"time"

	"glovebox/hal"
	"glovebox/profiles"
	"glovebox/telemetry/outside"
)

// remote is what readers order from afar: the epoch and its counters, and the orders
// that were accepted. It is a plain value without a lock: the cabin owns it. It knows
// no session, no level and no guest.
type remote struct {
	random   io.Reader
	actuated []string
	epoch    epoch
	waiting  []order
	late     []Outcome // of actions that were looked at in a slot, not told to the log yet
	write    func(p profiles.Person, a profiles.Action, args profiles.Arguments, at hal.Instant) (written bool)
	climate  time.Duration // boot time at which climate ordered from afar ends; zero: none
}

// waitingOrders is how many accepted orders wait for the one that is under way.
const waitingOrders = 8

// order is an action that was accepted and waits to be executed.
type order struct {
	action profiles.Action
	args   profiles.Arguments
	waited time.Duration // for its slot: exp was judged when it came

	sent         []want        // to the car, by the process before: what it shows since is looked for
	since, until time.Duration // boot clock: when that was sent, and until when the lights flash; zero: not yet
}

// Outcome is what became of an action. Cause is for the unit's own log: it names the
// check and no person, place or value.
type Outcome struct {
	Result outside.Result // empty: nobody is told, or it is not known yet
	Cause  string
	Who    profiles.ID // who ordered it
}

// Accepted reports whether the action waits to be executed.
func (o Outcome) Accepted() bool { return o.Result == "" && o.Cause == "" }

// Actuator brings a value about: it sends one command to the car and returns when
// that is written, not when it had an effect. An error that wraps ErrNotSent is
// certain that nothing was sent. It may be called from several goroutines.
type Actuator interface {
	Actuate(ctx context.Context, path string, v hal.Value) error
}

// ErrNotSent is a command that never left: there is no such actuator, or its bus
// is not there.
var ErrNotSent = errors.New("the command was not sent")

func newRemote(needs Needs, now hal.Instant) remote {
	r := remote{random: needs.Random("epoch"), actuated: needs.Actuated, epoch: newEpoch(needs.Epoch, now.Boot)}
	if needs.After != nil {
		r.resume(*needs.After)
	}
	return r
}

// begin draws 128 random bits: actions and seq of the epoch before are over.
func (r *remote) begin(now hal.Instant) (name string) {
	var b [16]byte
	if _, err := io.ReadFull(r.random, b[:]); err != nil {
		panic("agent: no random bytes: " + err.Error()) // the kernel's source does not fail
	}
	r.epoch = newEpoch(hex.EncodeToString(b[:]), now.Boot)
	return r.epoch.name
}

// freshness is what a reader has to know before an action.
func (r *remote) freshness(key string, document uint64, at hal.Instant) outside.Freshness {
	return outside.Freshness{Epoch: r.epoch.name, Now: r.epoch.now(at.Boot), Ctr: r.epoch.used[key].highest, DocumentVersion: document}
}

// consider decides about an action whose signature was verified for this car
// (docs/security.md, Actions): epoch, exp, counter, right, arguments, the car. Its
// counter is used up by then, so it is executed once or never. busy refuses what would
// be accepted. Of a limited reader one is looked at in each slot: then looked is called
// with what became of it, later, and the outcome is empty until then.
func (r *remote) consider(a profiles.Action, busy bool, people *people, v *vehicle, out *outside.Outside, now hal.Instant, looked func()) (outcome Outcome) {
	p, known := people.roster.Orderer(a.Key)
	if !known {
		return Outcome{Cause: "key"}
	}
	expired := r.epoch.expired(a, now.Boot)
	if a.Epoch == r.epoch.name && !r.epoch.use(a, now.Boot) && !expired {
		return Outcome{Cause: "counter", Who: p.ID}
	}
	atOnce := true
	taken := out.LookAtAction(p.Mailbox, a.Key, a.Epoch, a.Ctr, now, func(at hal.Instant, veiled bool) {
		outcome = r.look(a, veiled, expired || at.Boot-now.Boot > longestWait, busy, people, v, out, at)
		if !outcome.Accepted() {
			out.Answer(p.Mailbox, a.Key, a.Epoch, a.Ctr, outcome.Result, at)
		} else {
			args, _ := a.Arguments() // look has read them
			r.waiting = append(r.waiting, order{action: a, args: args, waited: at.Boot - now.Boot})
		}
		if outcome.Who = p.ID; !atOnce {
			if !outcome.Accepted() {
				r.late = append(r.late, outcome)
			}
			looked()
		}
	})
	if atOnce = false; !taken {
		return Outcome{Cause: "looks", Who: p.ID}
	}
	return outcome
}

// look decides about an action at the moment at which it may be looked at.
func (r *remote) look(a profiles.Action, veiled, expired, busy bool, people *people, v *vehicle, out *outside.Outside, at hal.Instant) Outcome {
	p, known := people.roster.Orderer(a.Key)
	switch {
	case veiled && (a.Verb != profiles.SendMessage && a.Verb != profiles.Book || a.Epoch != r.epoch.name):
		// What was written is taken; of an epoch that is over not even the verb is known any more.
		return Outcome{Result: outside.NotNow, Cause: "limited in use"}
	case expired || a.Epoch != r.epoch.name:
		return Outcome{Result: outside.Expired, Cause: "epoch or exp"}
	case busy:
		return Outcome{Result: outside.Busy, Cause: "rate"}
	case !known:
		return Outcome{Result: outside.NotPermitted, Cause: "key"}
	}
	outcome := r.accept(p, a, people, v, out, at)
	if outcome.Accepted() && len(r.waiting) == waitingOrders {
		return Outcome{Result: outside.Busy, Cause: "orders"}
	}
	return outcome
}

// accept looks at right, arguments and the car.
func (r *remote) accept(p profiles.Person, a profiles.Action, people *people, v *vehicle, out *outside.Outside, now hal.Instant) Outcome {
	rights := people.roster.Rights(p).In(people.equipment)
	function, there := a.Verb.Function()
	if allowed, _ := rights.Permits(function); rights.Role == profiles.NoRole || there && !allowed {
		return Outcome{Result: outside.NotPermitted, Cause: "right to " + string(function)}
	}
	if a.Verb == profiles.Assign && rights.Role != profiles.Main {
		return Outcome{Result: outside.NotPermitted, Cause: "not the main user"}
	}
	args, err := a.Arguments()
	if err != nil {
		return Outcome{Result: outside.BadRequest, Cause: "arguments"}
	}
	switch a.Verb {
	case profiles.SendMessage, profiles.Book:
		if r.write(p, a, args, now) {
			return Outcome{Result: outside.Done}
		}
		return Outcome{Result: outside.NotNow, Cause: "no workshop"}
	case profiles.Locate:
		if out.Locate(p.Mailbox, now) {
			return Outcome{Result: outside.Done}
		}
		return Outcome{Result: outside.NotNow, Cause: "no place"}
	}
	if cause := r.hinders(a.Verb, v, now); cause != "" {
		return Outcome{Result: outside.NotNow, Cause: cause}
	}
	return Outcome{}
}

// again looks once more at what may have changed since an order was accepted: the
// epoch and its time, the person's right, the car. It returns what is to be actuated.
func (r *remote) again(o order, people *people, v *vehicle, out *outside.Outside, now hal.Instant) ([]want, Outcome) {
	p, known := people.roster.Orderer(o.action.Key)
	switch {
	case !known:
		return nil, Outcome{Result: outside.NotPermitted, Cause: "key"}
	case r.epoch.expired(o.action, now.Boot-o.waited):
		return nil, Outcome{Result: outside.Expired, Cause: "epoch or exp"}
	}
	if refusal := r.accept(p, o.action, people, v, out, now); refusal.Result != "" {
		return nil, refusal
	}
	return r.wants(o.action.Verb, o.args), Outcome{}
}

// told notes what became of telling the car to have climate on, until a moment, or off: it
// ends also where it only may have begun, and where it may not have ended.
func (r *remote) told(on bool, err error, until time.Duration) {
	switch {
	case on && !errors.Is(err, ErrNotSent):
		r.climate = until
	case !on && err == nil:
		r.climate = 0
	}
}

// VSS paths of what may be ordered from afar.
const (
	doors        = "Vehicle.Cabin.Door."
	doorIsLocked = ".IsLocked"
	doorIsOpen   = ".IsOpen"
	pathClimate  = "Vehicle.Cabin.HVAC.IsAirConditioningActive"
	pathWarmth   = "Vehicle.Cabin.HVAC.Station.Row1.Driver.Temperature"
	pathHazard   = "Vehicle.Body.Lights.Hazard.IsSignaling"
	pathCharge   = "Vehicle.Powertrain.TractionBattery.StateOfCharge.Displayed"
	pathCharging = "Vehicle.Powertrain.TractionBattery.Charging.IsCharging"
)

// leastCharge is how many per cent a battery has at least for climate from afar,
// unless it charges: who comes back to the car wants to drive it.
const leastCharge = 15

// hinders says what of the car stands against verb now, and nothing if nothing does.
func (r *remote) hinders(verb profiles.Verb, v *vehicle, now hal.Instant) string {
	switch {
	case verb == profiles.Assign:
		return "" // the car itself has nothing to do with it
	case v.motion.inUse(now) || !v.motion.parked(now):
		return "in use"
	case len(r.wants(verb, profiles.Arguments{})) == 0:
		return "no device"
	}
	switch verb {
	case profiles.Lock:
		if v.doorOpen() {
			return "door open"
		}
	case profiles.Flash:
		if v.value(pathHazard).IsTrue() {
			return "hazard lights on"
		}
	case profiles.ClimateStart:
		charge, ok := v.value(pathCharge).Float()
		if ok && charge < leastCharge && !v.value(pathCharging).IsTrue() {
			return "charge"
		}
	}
	return ""
}

// want is a value that an actuator is to bring about.
type want struct {
	path   string
	value  hal.Value
	within float64 // how far a number may be from it; zero is one step of the dial
}

// wants is what verb means to the actuators that this car has, in their order.
func (r *remote) wants(verb profiles.Verb, args profiles.Arguments) (all []want) {
	add := func(path string, value hal.Value) {
		if slices.Contains(r.actuated, path) {
			all = append(all, want{path: path, value: value})
		}
	}
	switch verb {
	case profiles.Lock, profiles.Unlock:
		for _, path := range r.actuated {
			if strings.HasPrefix(path, doors) && strings.HasSuffix(path, doorIsLocked) {
				add(path, hal.Bool(verb == profiles.Lock))
			}
		}
	case profiles.Flash:
		add(pathHazard, hal.Bool(true))
	case profiles.ClimateStart:
		add(pathWarmth, hal.Number(args.Celsius))
		add(pathClimate, hal.Bool(true))
	case profiles.ClimateStop:
		add(pathClimate, hal.Bool(false))
	}
	return all
}
