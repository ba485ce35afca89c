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

// Verifier reads what readers and the back end send to one car and believes none of it
// before its signature. Of readers' messages it knows how many there were, and nothing
// else. It has one caller at a time.
type Verifier struct {
	car      profiles.Identity
	trust    KeySet
	act, ask bucket
	messages bucket
	keys     map[string]*sender // by thumbprint; of keys that are known
}

// sender is what is remembered of a key.
type sender struct {
	orders  bucket
	heard   bool
	heardAt time.Duration
}

// hear reports whether one that is too much is looked at, to tell its sender: one a
// minute, forged or not, so that a flood costs no signatures.
func (s *sender) hear(now time.Duration) bool {
	if s.heard && now-s.heardAt < busyEvery {
		return false
	}
	s.heard, s.heardAt = true, now
	return true
}

// NewVerifier is the one of a car; trust is the back end's keys.
func NewVerifier(car profiles.Identity, trust KeySet) *Verifier {
	return &Verifier{car: car, trust: trust, keys: map[string]*sender{}}
}

// Anew forgets how many there were.
func (v *Verifier) Anew() {
	v.act, v.ask, v.messages = bucket{}, bucket{}, bucket{}
	clear(v.keys)
}

// Document reads an access document. repeated is the one in force or the ceiling, which
// the broker hands over again at each connection.
func (v *Verifier) Document(jws []byte, people profiles.Roster) (a profiles.Access, by profiles.Signer, repeated bool, err error) {
	if Repeats(jws, people.Hash) {
		return a, by, true, nil
	}
	doc, err := ReadDocument(jws, v.trust.For(v.car, people), v.car)
	if c := people.Ceiling; err == nil && c != nil && doc.Access.Hash == c.Hash && doc.Access.Previous != people.Hash {
		return profiles.Access{}, profiles.Signer{}, true, nil
	}
	return doc.Access, doc.By, false, err
}

// Refusal is one word for why a document, an action or an ask was refused, for counters
// and the log: of a document malformed, unsigned, foreign, older, forked, ahead or forbidden,
// of the others the step; failed for all else.
func (v *Verifier) Refusal(err error) string {
	if r, ok := errors.AsType[*Refused](err); ok {
		return string(r.Step)
	}
	return refusal(err)
}

// Action checks a signed action up to the claim that it is for this car: size and
// rate, form, header, key, signature, claims, vid (docs/security.md, Actions). The
// key must be that of a person of the roster. The error is a *Refused; nothing changed
// but the rates. busy, with an error, is one too many whose sender is proved and is to
// be told so, which is once a minute.
func (v *Verifier) Action(jws []byte, people profiles.Roster, now time.Duration) (a profiles.Action, busy bool, err error) {
	if len(jws) > maxAction {
		return a, false, refuse(AtSize, fmt.Errorf("more than %d bytes", maxAction))
	}
	slow := !v.act.take(perTopic, now)
	parts, err := split(jws, maxAction)
	if err != nil {
		return a, false, refuse(AtForm, err)
	}
	alg, kid, err := header(parts[0], TypeAction)
	if err != nil {
		return a, false, refuse(AtHeader, err)
	}
	person, known := people.Orderer(kid)
	if !known || person.State == profiles.Removing {
		return a, false, refuse(AtKey, ErrUnknownKey)
	}
	from := v.sender(kid, people)
	slow = !from.orders.take(perKey, now) || slow
	if slow && !from.hear(now) {
		return a, false, refuse(AtRate, ErrBusy)
	}
	payload, err := signedBy(person.Sign, alg, jws)
	if err != nil {
		return a, false, refuse(AtSignature, err)
	}
	a, err = profiles.DecodeAction(payload)
	if err == nil && a.Key != kid {
		err = fmt.Errorf("%w: key is not kid", profiles.ErrBadAction)
	}
	switch {
	case err != nil:
		return profiles.Action{}, false, refuse(AtClaims, err)
	case a.VID != v.car.VID:
		return profiles.Action{}, false, refuse(AtVehicle, errNotOurs)
	case slow:
		return a, true, refuse(AtRate, ErrBusy)
	}
	return a, false, nil
}

// Ask checks an ask: size and rate, its members, and that mailbox and key belong to
// the same person. The error is a *Refused.
func (v *Verifier) Ask(text []byte, people profiles.Roster, now time.Duration) (profiles.Ask, error) {
	if len(text) > maxAsk {
		return profiles.Ask{}, refuse(AtSize, fmt.Errorf("more than %d bytes", maxAsk))
	}
	if !v.ask.take(perTopic, now) {
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
	if !v.sender(a.Key, people).orders.take(perKey, now) {
		return profiles.Ask{}, refuse(AtRate, ErrBusy)
	}
	return a, nil
}

// Message checks a message on the inbox: size and rate, its members. Nobody signs it: the
// broker lets nobody write there but the back end. The error is a *Refused.
func (v *Verifier) Message(text []byte, now time.Duration) (profiles.Letter, error) {
	if len(text) > profiles.MaxMessage {
		return profiles.Letter{}, refuse(AtSize, fmt.Errorf("more than %d bytes", profiles.MaxMessage))
	}
	if !v.messages.take(perTopic, now) {
		return profiles.Letter{}, refuse(AtRate, ErrBusy)
	}
	l, err := profiles.DecodeLetter(text)
	if err != nil {
		return profiles.Letter{}, refuse(AtClaims, err)
	}
	return l, nil
}

// sender is what is remembered of a known key; keys that are gone are forgotten.
func (v *Verifier) sender(kid string, people profiles.Roster) *sender {
	s := v.keys[kid]
	if s == nil {
		for old := range v.keys {
			if _, known := people.Orderer(old); !known {
				delete(v.keys, old)
			}
		}
		s = &sender{}
		v.keys[kid] = s
	}
	return s
}
