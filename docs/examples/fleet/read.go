package main

import (
	"bytes"
	"compress/gzip"
	"crypto/ecdh"
	"crypto/ed25519"
	"crypto/hpke"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// open reads a line TOPIC HEX: whose it is, and what is in it.
func (s secrets) open(car identity, version uint64, line string) string {
	topic, text, _ := strings.Cut(line, " ")
	body, err := hex.DecodeString(text)
	if err != nil {
		return topic + ": " + err.Error()
	}
	name, to := s.owner(topic)
	switch {
	case strings.HasSuffix(topic, "/hpke"):
		body, err = unseal(to, car, version, topic, body)
	case strings.HasSuffix(topic, "/gz"):
		var zipped *gzip.Reader
		if zipped, err = gzip.NewReader(bytes.NewReader(body)); err == nil {
			body, err = io.ReadAll(zipped)
		}
	}
	if err == nil && !json.Valid(body) && bytes.Count(body, []byte(".")) != 2 { // a signed answer is no JSON
		err = errors.New("neither JSON nor signed")
	}
	if err != nil {
		return fmt.Sprintf("%s %s: cannot be opened: %v", name, topic, err)
	}
	return fmt.Sprintf("%s %s %s", name, strings.Join(strings.Split(topic, "/")[3:], "/"), bytes.TrimSpace(body))
}

// owner is the reader whose mailbox a topic names.
func (s secrets) owner(topic string) (string, reader) {
	for name, r := range s.Readers {
		if strings.Contains(topic, "/"+r.Mailbox) {
			return name, r
		}
	}
	return "-", reader{}
}

// unseal opens a sealed event and proves that this car made it for this mailbox.
func unseal(to reader, car identity, version uint64, topic string, body []byte) ([]byte, error) {
	if len(body) < 33 || body[0] != 2 {
		return nil, errors.New("no sealed payload")
	}
	private, err := ecdh.X25519().NewPrivateKey(to.Seal)
	if err != nil {
		return nil, err
	}
	key, err := hpke.NewDHKEMPrivateKey(private)
	if err != nil {
		return nil, err
	}
	info := binary.BigEndian.AppendUint64([]byte("glovebox/1/seal\x00"+car.VID+to.Mailbox), version)
	recipient, err := hpke.NewRecipient(body[1:33], key, hpke.HKDFSHA256(), hpke.AES128GCM(), info)
	if err != nil {
		return nil, err
	}
	plain, err := recipient.Open([]byte(topic), body[33:])
	if err != nil {
		return nil, err
	}
	claims, err := verify(car.Sign, "gb-sealed", string(bytes.TrimRight(plain, "\x00")))
	if err != nil {
		return nil, err
	}
	var event struct{ Aud string }
	if err := json.Unmarshal(claims, &event); err != nil || event.Aud != to.Mailbox {
		return nil, fmt.Errorf("made for mailbox %q: %w", event.Aud, err)
	}
	return claims, nil
}

// verify checks the signature and the type of a compact JWS and returns its claims.
func verify(by jwk, typ, jws string) ([]byte, error) {
	parts := strings.Split(jws, ".")
	if len(parts) != 3 {
		return nil, errors.New("no JWS")
	}
	var raw [3][]byte
	for i, part := range parts {
		var err error
		if raw[i], err = b64.DecodeString(part); err != nil {
			return nil, err
		}
	}
	var header struct{ Alg, Kid, Typ string }
	public, err := b64.DecodeString(by.X)
	if err = errors.Join(err, json.Unmarshal(raw[0], &header)); err != nil {
		return nil, err
	}
	if header.Alg != "EdDSA" || header.Typ != typ || header.Kid != by.thumbprint() ||
		!ed25519.Verify(public, []byte(parts[0]+"."+parts[1]), raw[2]) {
		return nil, errors.New("not signed by this car")
	}
	return raw[1], nil
}
