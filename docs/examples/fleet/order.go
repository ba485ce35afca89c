package main

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// ask is what a person's phone asks the car before it orders something.
func (s secrets) ask(name, challenge string) (string, error) {
	r, err := s.person(name)
	if err != nil {
		return "", err
	}
	text, err := json.Marshal(map[string]string{"mailbox": r.Mailbox, "key": signKey(r.Sign).jwk().thumbprint(), "challenge": challenge})
	return string(text), err
}

func (s secrets) person(name string) (reader, error) {
	r, there := s.Readers[name]
	if !there || r.Sign == nil {
		return r, fmt.Errorf("%q is nobody who signs", name)
	}
	return r, nil
}

// order is a signed action. The car's answer to the challenge is looked for among lines
// TOPIC HEX, and counted on from: the order holds for thirty seconds from then.
func (s secrets) order(car identity, name, challenge, act, args string, heard io.Reader) (string, error) {
	r, err := s.person(name)
	if err != nil {
		return "", err
	}
	var facts struct {
		VID, Epoch, Challenge string
		Now, Ctr              uint64
	}
	for lines := scan(heard); facts.Challenge != challenge; {
		if !lines.Scan() {
			return "", errors.Join(errors.New("the car did not answer"), lines.Err())
		}
		topic, text, _ := strings.Cut(lines.Text(), " ")
		if body, err := hex.DecodeString(text); err == nil && topic == "gb/1/"+car.VID+"/ack/"+r.Mailbox {
			if claims, err := verify(car.Sign, "gb-facts", string(body)); err == nil {
				_ = json.Unmarshal(claims, &facts) // of another form it is not this challenge's
			}
		}
	}
	if facts.VID != car.VID {
		return "", errors.New("another car answered")
	}
	claims := map[string]any{
		"vid": car.VID, "key": signKey(r.Sign).jwk().thumbprint(), "epoch": facts.Epoch, "ctr": facts.Ctr + 1, "exp": facts.Now + 30, "act": act,
	}
	if args != "" {
		claims["args"] = json.RawMessage(args)
	}
	return sign(r.Sign, "gb-act", claims)
}
