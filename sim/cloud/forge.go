package cloud

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
)

// Forge sends what somebody on the line, who has no key, can make of the newest action that
// the phone sent. A car must refuse it.
//
//	replayed  the same bytes again
//	forged    the next counter, under the signature that passed
func (p *Phone) Forge(ctx context.Context, kind string) error {
	a, err := p.forgery(kind)
	if err != nil {
		return err
	}
	return p.back.say(ctx, "act", false, []byte(a.JWS))
}

func (p *Phone) forgery(kind string) (Action, error) {
	p.back.mu.Lock()
	sent := p.sent
	p.back.mu.Unlock()
	if sent.Ctr == 0 {
		return Action{}, fmt.Errorf("%s ordered nothing that could be %s", p.name, kind)
	}
	if kind == "replayed" {
		return sent, nil
	}
	parts := strings.Split(sent.JWS, ".")
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	var a action
	if err == nil {
		err = json.Unmarshal(payload, &a)
	}
	if err == nil {
		a.Ctr++
		payload, err = json.Marshal(a)
	}
	if err != nil {
		return Action{}, fmt.Errorf("forge an action: %w", err)
	}
	parts[1] = base64.RawURLEncoding.EncodeToString(payload)
	return Action{Ctr: a.Ctr, JWS: strings.Join(parts, ".")}, nil
}
