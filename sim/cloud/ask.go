package cloud

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// typeFacts is the type of the car's answer to a challenge.
const typeFacts = "gb-facts"

// Facts are what the car says, signed, to one challenge of one phone: what the
// phone has to know to order something.
type Facts struct {
	VID       string `json:"vid"`
	Epoch     string `json:"epoch"`
	Now       uint64 `json:"now"` // seconds in the epoch
	Ctr       uint64 `json:"ctr"` // the highest counter that the car has seen of this key
	Policy    uint64 `json:"policy"`
	Challenge string `json:"challenge"`

	at time.Time // arrival here, on the own monotonic clock
}

// seconds is the car's time in the epoch at a moment here.
func (f Facts) seconds(now time.Time) uint64 {
	return f.Now + uint64(max(0, now.Sub(f.at))/time.Second)
}

// again is how long an answer may take before the same question is asked again:
// a question put while the car is away is lost.
const again = 3 * time.Second

// mostAsked is how many challenges are remembered: the car may answer late.
const mostAsked = 16

// Ask puts a fresh challenge to the car and returns its answer once that has
// proved to be the car's own. A limited reader waits for their slot. Who asks while
// others wait, waits for the same answer.
func (p *Phone) Ask(ctx context.Context) (Facts, error) {
	b := p.back
	b.mu.Lock()
	mailbox := b.find(p.name).Mailbox
	if p.asking == 0 {
		p.asked = append(p.asked[max(0, len(p.asked)+1-mostAsked):], token())
	}
	challenge := p.asked[len(p.asked)-1]
	p.asking++
	b.mu.Unlock()
	defer func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		p.asking--
	}()
	question, err := json.Marshal(map[string]string{"mailbox": mailbox, "key": p.sign.kid, "challenge": challenge})
	if err != nil {
		return Facts{}, fmt.Errorf("ask the car: %w", err)
	}
	var facts Facts
	answered := func() bool {
		b.mu.Lock()
		defer b.mu.Unlock()
		facts = p.facts
		return facts.Challenge == challenge
	}
	for {
		if err := b.say(ctx, "ask", false, question); err != nil {
			return Facts{}, err
		}
		waiting, done := context.WithTimeout(ctx, again)
		err := b.Wait(waiting, answered)
		done()
		if err == nil {
			return facts, nil
		}
		if ctx.Err() != nil {
			return Facts{}, fmt.Errorf("ask the car: no answer: %w", ctx.Err())
		}
	}
}

// takeFacts verifies an answer on the ack of r and keeps it; mu is held.
func (b *BackEnd) takeFacts(r *Reader, compact []byte) error {
	if r.phone == nil {
		return errors.New("facts for a reader without a phone")
	}
	facts, err := b.verifyFacts(string(compact))
	switch {
	case err != nil:
		return err
	case facts.VID != b.car.VID:
		return errors.New("facts of another car")
	case !slices.Contains(r.phone.asked, facts.Challenge):
		return errors.New("facts for a challenge that nobody put")
	case facts.Challenge != r.phone.asked[len(r.phone.asked)-1]:
		return nil // answered late: the phone has asked again
	case r.phone.facts.Challenge == facts.Challenge:
		return nil // asked twice, answered twice
	}
	facts.at = time.Now()
	r.phone.facts = facts
	return nil
}

// verifyFacts opens the car's signature and reads the claims; mu is held.
func (b *BackEnd) verifyFacts(compact string) (Facts, error) {
	signed, err := jose.ParseSignedCompact(compact, []jose.SignatureAlgorithm{jose.EdDSA})
	if err != nil {
		return Facts{}, fmt.Errorf("facts: %w", err)
	}
	own, err := thumbprint(b.car.Sign)
	if err != nil {
		return Facts{}, err
	}
	head := signed.Signatures[0].Protected
	typ, _ := head.ExtraHeaders[jose.HeaderType].(string)
	if typ != typeFacts || head.KeyID != own || len(head.ExtraHeaders) != 1 {
		return Facts{}, fmt.Errorf("facts: header of type %q and key %q", typ, head.KeyID)
	}
	payload, err := signed.Verify(b.car.Sign)
	if err != nil {
		return Facts{}, fmt.Errorf("facts: %w", err)
	}
	var f Facts
	if err := strict(payload, &f); err != nil {
		return Facts{}, fmt.Errorf("facts: %w", err)
	}
	return f, nil
}
