package cloud

import (
	"errors"
	"fmt"
	"time"

	"glovebox/profiles"
)

// Step is the check that an order did not pass, in the order of the checks: the
// cheap ones first. It is for counters and the log; the sender hears nothing.
type Step string

const (
	AtSize      Step = "size"
	AtRate      Step = "rate"
	AtForm      Step = "form"
	AtHeader    Step = "header"
	AtKey       Step = "key"
	AtSignature Step = "signature"
	AtClaims    Step = "claims"
	AtVehicle   Step = "vehicle"
)

// Refused says where an order was refused and why. It holds nothing of the payload.
type Refused struct {
	Step Step
	Err  error
}

func (r *Refused) Error() string { return fmt.Sprintf("refused at %s: %v", r.Step, r.Err) }
func (r *Refused) Unwrap() error { return r.Err }

func refuse(step Step, err error) error { return &Refused{step, err} }

// ErrBusy is an order too much. With it comes an action whose sender is proved if
// the sender is to be told, which is once a minute.
var ErrBusy = errors.New("more than is looked at")

var errNotOurs = errors.New("not for this car")

// Desk reads what readers send to one car: it knows how much of it, and nothing
// else. It has one caller at a time.
type Desk struct {
	vid      string
	act, ask bucket
	keys     map[string]*visitor // by thumbprint; of keys that are known
}

// visitor is what the desk remembers of a key.
type visitor struct {
	orders  bucket
	heard   bool
	heardAt time.Duration
}

// hear reports whether one that is too much is looked at, to tell its sender: one a
// minute, forged or not, so that a flood costs no signatures.
func (v *visitor) hear(now time.Duration) bool {
	if v.heard && now-v.heardAt < busyEvery {
		return false
	}
	v.heard, v.heardAt = true, now
	return true
}

// NewDesk is the desk of the car with this vehicle id.
func NewDesk(vid string) *Desk { return &Desk{vid: vid, keys: map[string]*visitor{}} }

// Action checks a signed action up to the claim that it is for this car: size and
// rate, form, header, key, signature, claims, vid (security.md 4, steps 1 to 7). The
// key must be that of a person of the roster. The error is a *Refused; nothing
// changed but the rates.
func (d *Desk) Action(jws []byte, people profiles.Roster, now time.Duration) (profiles.Action, error) {
	if len(jws) > maxAction {
		return profiles.Action{}, refuse(AtSize, fmt.Errorf("more than %d bytes", maxAction))
	}
	slow := !d.act.take(perTopic, now)
	parts, err := split(jws, maxAction)
	if err != nil {
		return profiles.Action{}, refuse(AtForm, err)
	}
	alg, kid, err := header(parts[0], TypeAction)
	if err != nil {
		return profiles.Action{}, refuse(AtHeader, err)
	}
	person, known := people.Orderer(kid)
	if !known || person.State == profiles.Removing {
		return profiles.Action{}, refuse(AtKey, ErrUnknownKey)
	}
	v := d.visitor(kid, people)
	slow = !v.orders.take(perKey, now) || slow
	if slow && !v.hear(now) {
		return profiles.Action{}, refuse(AtRate, ErrBusy)
	}
	payload, err := signedBy(person.Sign, alg, jws)
	if err != nil {
		return profiles.Action{}, refuse(AtSignature, err)
	}
	a, err := profiles.DecodeAction(payload)
	if err == nil && a.Key != kid {
		err = fmt.Errorf("%w: key is not kid", profiles.ErrBadAction)
	}
	switch {
	case err != nil:
		return profiles.Action{}, refuse(AtClaims, err)
	case a.VID != d.vid:
		return profiles.Action{}, refuse(AtVehicle, errNotOurs)
	case slow:
		return a, refuse(AtRate, ErrBusy)
	}
	return a, nil
}

// Ask checks an ask: size and rate, its members, and that mailbox and key belong to
// the same person. The error is a *Refused.
func (d *Desk) Ask(text []byte, people profiles.Roster, now time.Duration) (profiles.Ask, error) {
	if len(text) > maxAsk {
		return profiles.Ask{}, refuse(AtSize, fmt.Errorf("more than %d bytes", maxAsk))
	}
	if !d.ask.take(perTopic, now) {
		return profiles.Ask{}, refuse(AtRate, ErrBusy)
	}
	a, err := profiles.DecodeAsk(text)
	if err != nil {
		return profiles.Ask{}, refuse(AtClaims, err)
	}
	person, known := people.Orderer(a.Key)
	if !known || person.State != profiles.Active || person.Mailbox != a.Mailbox {
		return profiles.Ask{}, refuse(AtKey, ErrUnknownKey)
	}
	if !d.visitor(a.Key, people).orders.take(perKey, now) {
		return profiles.Ask{}, refuse(AtRate, ErrBusy)
	}
	return a, nil
}

// visitor is what is remembered of a known key; keys that are gone are forgotten.
func (d *Desk) visitor(kid string, people profiles.Roster) *visitor {
	v := d.keys[kid]
	if v == nil {
		for old := range d.keys {
			if _, known := people.Orderer(old); !known {
				delete(d.keys, old)
			}
		}
		v = &visitor{}
		d.keys[kid] = v
	}
	return v
}
