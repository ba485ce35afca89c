package cloud

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"glovebox/profiles"
)

// Variants are the documents that a car must refuse. Each has one flaw and is a
// good next document otherwise.
func Variants() []string {
	return []string{"older", "forked", "malformed", "foreign", "unsigned", "widened"}
}

// Variant makes a bad document. The current one stays what it was.
//
//	older      a version below the current one
//	forked     the version of the current one with other content
//	malformed  a member that occurs twice
//	foreign    signed by a key that the car does not trust
//	unsigned   algorithm none, no signature
//	widened    shows more to a reader, which the back end's key may not do
func (b *BackEnd) Variant(kind string) (Document, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.current == nil {
		return Document{}, errors.New("nobody is enrolled yet")
	}
	c, by := b.successor(), b.signer
	switch kind {
	case "older":
		c.Version = b.current.Version - 1
	case "forked":
		c.Version, c.Previous = b.current.Version, b.current.Previous
		c.RemoteServices = !c.RemoteServices
	case "foreign":
		by = b.stranger
	case "widened":
		if err := b.widen(c); err != nil {
			return Document{}, err
		}
	case "malformed", "unsigned":
	default:
		return Document{}, fmt.Errorf("document %q: want %s", kind, strings.Join(Variants(), ", "))
	}
	payload, err := json.Marshal(c)
	if err != nil {
		return Document{}, fmt.Errorf("document %s: %w", kind, err)
	}
	switch kind {
	case "malformed":
		payload = append(bytes.TrimSuffix(payload, []byte("}")), `,"remote_services":true}`...)
	case "unsigned":
		head := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","kid":"` + by.kid + `","typ":"` + typePolicy + `"}`))
		return Document{Version: c.Version, JWS: head + "." + base64.RawURLEncoding.EncodeToString(payload) + "."}, nil
	}
	jws, err := by.sign(typePolicy, payload)
	if err != nil {
		return Document{}, fmt.Errorf("document %s: %w", kind, err)
	}
	return Document{Version: c.Version, JWS: jws}, nil
}

// widen shares the place with a limited user, or else with one more user; mu is
// held.
func (b *BackEnd) widen(c *claims) error {
	i := slices.IndexFunc(c.Users, func(e entry) bool { return e.Sharing == Limited })
	if i >= 0 {
		c.Users[i].Sharing, c.Users[i].Mailbox = Shared, token()
		return nil
	}
	return b.addStranger(c, "nobody")
}

// addStranger adds an active shared user of whom the main user knows nothing; mu
// is held.
func (b *BackEnd) addStranger(c *claims, name string) error {
	key, err := newSigner(curveEd25519)
	if err != nil {
		return err
	}
	more := entry{ID: token(), Mailbox: token(), Role: "secondary", State: active, Sharing: Shared, Restricted: []string{}, Sign: key.public}
	id, err := profiles.ParseID(more.ID)
	if err != nil {
		return err
	}
	more.Private, err = profiles.SealPrivate(b.car.Seal, b.car.VID, id, profiles.Conceal(name), profiles.Verifier{})
	c.Users = append(c.Users, more)
	return err
}
