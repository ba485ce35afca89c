package cloud

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// typeAct is the type of an action.
const typeAct = "gb-act"

// lifetime is how long an action counts, in seconds of the car. The contract
// allows 60; up to 30 the order in which actions arrive does not matter.
const lifetime = 30

// Result is what the car says became of an action.
type Result struct {
	At     time.Time // arrival here
	Key    string    // that signed the action
	Epoch  string    // of the action
	Ctr    uint64
	Result string // done, refused or unknown
	Reason string // of a refusal
}

// Action is a signed order of a phone.
type Action struct {
	Ctr uint64
	JWS string
}

// action is the claims of one.
type action struct {
	VID   string         `json:"vid"`
	Key   string         `json:"key"`
	Epoch string         `json:"epoch"`
	Ctr   uint64         `json:"ctr"`
	Exp   uint64         `json:"exp"` // seconds in the epoch
	Act   string         `json:"act"`
	Args  map[string]any `json:"args"`
}

// Act orders something and returns what the car says became of it. It asks for
// facts first if the phone has none. What is published while the car is away is lost:
// the same bytes are sent again while they count, and the car, which counts, carries
// them out once. An action that came too late was not carried out: it is ordered once
// more after asking again.
func (p *Phone) Act(ctx context.Context, act string, args map[string]any) (Result, error) {
	result, err := p.act(ctx, act, args)
	if err == nil && result.Reason == "expired" {
		p.forget()
		return p.act(ctx, act, args)
	}
	return result, err
}

func (p *Phone) act(ctx context.Context, act string, args map[string]any) (Result, error) {
	p.back.mu.Lock()
	known := p.facts.Epoch != ""
	p.back.mu.Unlock()
	if !known {
		if _, err := p.Ask(ctx); err != nil {
			return Result{}, err
		}
	}
	a, err := p.Draft(act, args)
	if err != nil {
		return Result{}, err
	}
	for ends := time.Now().Add(lifetime * time.Second); time.Now().Before(ends); {
		if err := p.Send(ctx, a); err != nil {
			return Result{}, err
		}
		waiting, done := context.WithTimeout(ctx, again)
		result, err := p.Result(waiting, a.Ctr)
		done()
		if err == nil || ctx.Err() != nil {
			return result, err
		}
	}
	return p.Result(ctx, a.Ctr)
}

// forget drops the facts, so that the next action asks for new ones.
func (p *Phone) forget() {
	p.back.mu.Lock()
	defer p.back.mu.Unlock()
	p.facts = Facts{}
}

// Draft signs an action with the next counter and the facts that the phone has.
// A counter is used once, whatever the epoch, so that key and counter name one
// action for good.
func (p *Phone) Draft(act string, args map[string]any) (Action, error) {
	p.back.mu.Lock()
	defer p.back.mu.Unlock()
	if p.facts.Epoch == "" {
		return Action{}, errors.New("sign an action: ask the car first")
	}
	p.ctr = max(p.ctr, p.facts.Ctr) + 1
	if p.signed == nil {
		p.signed = map[uint64]string{}
	}
	p.signed[p.ctr] = p.facts.Epoch
	p.remember(act)
	if args == nil {
		args = map[string]any{}
	}
	payload, err := json.Marshal(action{
		VID: p.back.car.VID, Key: p.sign.kid, Epoch: p.facts.Epoch, Ctr: p.ctr,
		Exp: p.facts.seconds(time.Now()) + lifetime, Act: act, Args: args,
	})
	if err != nil {
		return Action{}, fmt.Errorf("sign an action: %w", err)
	}
	jws, err := p.sign.sign(typeAct, payload)
	return Action{Ctr: p.ctr, JWS: jws}, err
}

// Send gives an action to the car; it may be sent again.
func (p *Phone) Send(ctx context.Context, a Action) error {
	p.back.mu.Lock()
	p.sent = a
	p.back.mu.Unlock()
	return p.back.say(ctx, "act", false, []byte(a.JWS))
}

// Result waits for what became of an action.
func (p *Phone) Result(ctx context.Context, ctr uint64) (Result, error) {
	var result Result
	err := p.back.Wait(ctx, func() (there bool) {
		p.back.mu.Lock()
		defer p.back.mu.Unlock()
		result, there = p.back.results[order{p.sign.kid, ctr}]
		return there
	})
	if err != nil {
		return Result{}, fmt.Errorf("no answer to action %d of %s: %w", ctr, p.name, err)
	}
	return result, nil
}

// order names one action for good.
type order struct {
	key string
	ctr uint64
}

// takeResult keeps a result that came on the ack of r, the first of each action;
// mu is held.
func (b *BackEnd) takeResult(r *Reader, text []byte) error {
	var wire struct {
		Key    string `json:"key"`
		Epoch  string `json:"epoch"`
		Ctr    uint64 `json:"ctr"`
		Result string `json:"result"`
		Reason string `json:"reason"`
	}
	if err := strict(text, &wire); err != nil {
		return fmt.Errorf("result: %w", err)
	}
	got := Result{time.Now(), wire.Key, wire.Epoch, wire.Ctr, wire.Result, wire.Reason}
	switch {
	case r.phone == nil || got.Key != r.phone.sign.kid:
		return errors.New("the result of another key's action")
	case got.Ctr == 0 || got.Ctr > r.phone.ctr:
		return fmt.Errorf("the result of action %d, which nobody sent", got.Ctr)
	case r.phone.signed[got.Ctr] != "" && got.Epoch != r.phone.signed[got.Ctr]:
		return fmt.Errorf("the result of action %d is of epoch %q, the action was of %s", got.Ctr, got.Epoch, r.phone.signed[got.Ctr])
	case !got.sound():
		return fmt.Errorf("result %q with reason %q", got.Result, got.Reason)
	}
	before, repeat := b.results[order{got.Key, got.Ctr}]
	switch {
	case !repeat:
		b.results[order{got.Key, got.Ctr}] = got
	case got.Reason == "expired": // sent again, and in the next epoch by then
	case before.Result != got.Result || before.Reason != got.Reason:
		return fmt.Errorf("action %d was %s %s and is now %s %s", got.Ctr, before.Result, before.Reason, got.Result, got.Reason)
	}
	return nil
}

// sound reports whether the contract knows this result.
func (r Result) sound() bool {
	switch r.Result {
	case "done", "unknown":
		return r.Reason == ""
	case "refused":
		switch r.Reason {
		case "expired", "not-permitted", "bad-request", "not-now", "busy":
			return true
		}
	}
	return false
}
