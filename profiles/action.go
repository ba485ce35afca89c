package profiles

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"
)

// Verb is what an action does; the names are those of the contract.
type Verb string

const (
	Lock         Verb = "lock"
	Unlock       Verb = "unlock"
	Flash        Verb = "flash"
	ClimateStart Verb = "climate-start"
	ClimateStop  Verb = "climate-stop"
	Locate       Verb = "locate"
	Assign       Verb = "assign"
	SendMessage  Verb = "message"
	Book         Verb = "book"
)

// verbs says what each action needs (docs/dbus.md, Functions), and which ones must come
// in the order of their counters.
var verbs = map[Verb]struct {
	function Function
	ordered  bool
}{
	Lock: {"remote-lock", true}, Unlock: {"remote-lock", true}, Flash: {"remote-lock", false},
	ClimateStart: {"remote-climate", false}, ClimateStop: {"remote-climate", false},
	Locate: {"remote-locate", false}, Assign: {"trips", true}, SendMessage: {"chat", false}, Book: {"booking", false},
}

// Verbs lists all actions, in the order of the contract.
func Verbs() []Verb {
	return []Verb{Lock, Unlock, ClimateStart, ClimateStop, Flash, Locate, Assign, SendMessage, Book}
}

// Function is what a person needs to order v; false for an action that there is not.
func (v Verb) Function() (Function, bool) {
	known, ok := verbs[v]
	return known.function, ok
}

// Ordered reports whether the counter of v must be greater than any before.
func (v Verb) Ordered() bool { return verbs[v].ordered }

// Action is the content of one signed action (docs/contract.md, MQTT). Its verb may be
// one that there is not, and its arguments out of range: that is for Arguments.
type Action struct {
	VID, Key, Epoch string
	Ctr             uint64 // from 1
	Exp             uint64 // seconds of the boot clock since the epoch began
	Verb            Verb
	args            map[string]json.RawMessage
}

// ErrBadAction is an action that does not keep to its form.
var ErrBadAction = errors.New("malformed action")

// DecodeAction reads the payload of an action: vid, key, epoch, ctr, exp, act, and
// args, which may be absent. Unknown members and members that stand twice are refused.
func DecodeAction(payload []byte) (Action, error) {
	o := newObject(payload)
	a := Action{VID: o.text("vid"), Key: o.text("key"), Epoch: o.text("epoch"), Ctr: o.version("ctr")}
	var err error
	a.Exp, err = integerOf(o.pop("exp"), 1<<53-1)
	o.fail("exp", err)
	a.Verb = Verb(o.text("act"))
	if raw := o.pop("args"); raw != nil {
		a.args, err = Members(raw)
		o.fail("args", err)
	}
	if !IsHex128(a.VID) || !IsHex128(a.Epoch) {
		o.fail("vid and epoch", errors.New("want 32 lower-case hex digits"))
	}
	if err := o.end(); err != nil {
		return Action{}, fmt.Errorf("%w: %w", ErrBadAction, err)
	}
	return a, nil
}

// Arguments are those of one action, in range.
type Arguments struct {
	Celsius float64       // climate-start: 16 to 29.5
	For     time.Duration // climate-start: 1 to 60 minutes
	Text    Private       // message; of book what stands in text
	Wish    Private       // book: the rest, a JSON object, or empty
	Trip    string        // assign: the id of a trip; empty for all of a span
	From,
	To string // assign: the UTC days of a span, both included
	Users []ID // assign: whom to
}

// What people may ask of the air and how long their words may be.
const (
	coldest, warmest = 16, 29.5
	longestClimate   = 60   // minutes
	longestText      = 2000 // characters
	longestTrip      = 64   // bytes of a trip's id
)

// Arguments returns the arguments of a, or an error that names the claim: a verb
// that there is not, a missing or unknown argument, one out of range.
func (a Action) Arguments() (Arguments, error) {
	args, err := a.arguments()
	if err != nil {
		return Arguments{}, fmt.Errorf("%w: %w", ErrBadAction, err)
	}
	return args, nil
}

func (a Action) arguments() (args Arguments, err error) {
	if _, known := a.Verb.Function(); !known {
		return args, errors.New("act: no such action")
	}
	o := &object{members: make(map[string]json.RawMessage, len(a.args))}
	for name, raw := range a.args {
		o.members[name] = raw
	}
	switch a.Verb {
	case ClimateStart:
		args.Celsius, err = strconv.ParseFloat(string(o.pop("celsius")), 64)
		if err != nil || !(args.Celsius >= coldest && args.Celsius <= warmest) {
			o.fail("celsius", fmt.Errorf("want %d to %.1f", coldest, warmest))
		}
		minutes, err := integerOf(o.pop("minutes"), longestClimate)
		if err != nil || minutes == 0 {
			o.fail("minutes", fmt.Errorf("want 1 to %d", longestClimate))
		}
		args.For = time.Duration(minutes) * time.Minute
	case Assign:
		if _, one := o.members["trip"]; one {
			if args.Trip = o.text("trip"); args.Trip == "" || len(args.Trip) > longestTrip {
				o.fail("trip", errors.New("want the id of a trip"))
			}
		} else {
			args.From, args.To = o.day("from"), o.day("to")
		}
		users := o.list("users")
		if len(users) == 0 || len(users) > 1+MaxSecondary {
			o.fail("users", errors.New("want people of this car"))
		}
		for _, raw := range users {
			text, err := textOf(raw)
			o.fail("users", err)
			who, err := ParseID(text)
			o.fail("users", err)
			args.Users = append(args.Users, who)
		}
	case SendMessage:
		text := o.text("text")
		o.fail("text", CheckText(text))
		args.Text = Conceal(text)
	case Book:
		all, err := encodeJSON(o.members)
		o.fail("args", err)
		text, wish, err := ParseWish(all)
		o.fail("args", err)
		args.Text, args.Wish = Conceal(text), Conceal(wish)
		clear(o.members)
	}
	return args, o.end()
}

// Ask is what a reader sends to learn the epoch and the time in it: gb-facts is the
// answer. It is not signed: the answer goes to the mailbox of the key alone.
type Ask struct {
	Mailbox   string
	Key       string // thumbprint
	Challenge string // 32 lower-case hex digits
}

// DecodeAsk reads {"mailbox","key","challenge"} and nothing else.
func DecodeAsk(payload []byte) (Ask, error) {
	o := newObject(payload)
	a := Ask{Mailbox: o.text("mailbox"), Key: o.text("key"), Challenge: o.text("challenge")}
	if !IsHex128(a.Mailbox) || !IsHex128(a.Challenge) {
		o.fail("mailbox and challenge", errors.New("want 32 lower-case hex digits"))
	}
	if err := o.end(); err != nil {
		return Ask{}, fmt.Errorf("malformed ask: %w", err)
	}
	return a, nil
}

// Orderer returns the person whose signing key has this thumbprint.
func (r Roster) Orderer(key string) (Person, bool) {
	for _, p := range r.People {
		if p.Sign.Signs() && p.Sign.Thumbprint() == key {
			return p, true
		}
	}
	return Person{}, false
}
