package profiles

import (
	"crypto/ecdh"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
)

// Identity is the car's own: its vehicle id, the key with which it signs and the
// key to which others seal. It exists before anybody is enrolled, and prints as
// ‹private›.
type Identity struct {
	VID  string // 32 lower-case hex digits
	Sign ed25519.PrivateKey
	Seal *ecdh.PrivateKey
}

// NewIdentity draws a fresh one.
func NewIdentity() (Identity, error) {
	vid := make([]byte, 16)
	rand.Read(vid)
	_, sign, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return Identity{}, fmt.Errorf("new identity: %w", err)
	}
	seal, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		return Identity{}, fmt.Errorf("new identity: %w", err)
	}
	return Identity{hex.EncodeToString(vid), sign, seal}, nil
}

// PublicIdentity is what the car shows of itself: the output of
// `gloveboxd --identity` and the property Vehicle1.Identity.
type PublicIdentity struct {
	VID  string `json:"vid"`
	Sign Key    `json:"sign"`
	Seal Key    `json:"seal"`
}

// Public returns the public half. The zero Identity has an empty one.
func (i Identity) Public() PublicIdentity {
	p := PublicIdentity{VID: i.VID}
	if i.Sign != nil {
		p.Sign, _ = KeyOf(i.Sign.Public())
	}
	if i.Seal != nil {
		p.Seal, _ = KeyOf(i.Seal.PublicKey())
	}
	return p
}

// secretIdentity is the form in which an identity is kept: private halves in base64url.
type secretIdentity struct {
	VID  string `json:"vid"`
	Sign string `json:"sign_seed"`
	Seal string `json:"seal_key"`
}

// Encode returns the identity with its private keys, for the file that only the
// agent may read.
func (i Identity) Encode() ([]byte, error) {
	if i.Sign == nil || i.Seal == nil {
		return nil, errors.New("identity: a key is missing")
	}
	return json.Marshal(secretIdentity{
		i.VID,
		base64.RawURLEncoding.EncodeToString(i.Sign.Seed()),
		base64.RawURLEncoding.EncodeToString(i.Seal.Bytes()),
	})
}

// DecodeIdentity reads what Encode wrote. Its errors hold no part of the keys.
func DecodeIdentity(data []byte) (Identity, error) {
	return decodeIdentity(data, func(seed []byte) ed25519.PrivateKey { return ed25519.NewKeyFromSeed(seed) })
}

// DecodeKnownIdentity reads what Encode wrote and DecodeIdentity has read before, with
// the public half that it gave then: to compute that again takes as long as all else
// of the file.
func DecodeKnownIdentity(data []byte, public PublicIdentity) (Identity, error) {
	return decodeIdentity(data, func(seed []byte) ed25519.PrivateKey { return append(seed, public.Sign.x[:]...) })
}

func decodeIdentity(data []byte, whole func(seed []byte) ed25519.PrivateKey) (Identity, error) {
	o := newObject(data)
	if o.err != nil {
		return Identity{}, fmt.Errorf("identity: %w", o.err)
	}
	vid := o.text("vid")
	sign, seal := o.coordinate("sign_seed"), o.coordinate("seal_key")
	if err := o.end(); err != nil {
		return Identity{}, fmt.Errorf("identity: %w", err)
	}
	if !IsHex128(vid) {
		return Identity{}, errors.New("identity: vid: want 32 lower-case hex digits")
	}
	key, err := ecdh.X25519().NewPrivateKey(seal[:])
	if err != nil {
		return Identity{}, errors.New("identity: seal_key: no X25519 key")
	}
	return Identity{vid, whole(sign[:]), key}, nil
}

// IsHex128 reports whether s is 32 lower-case hex digits: a vehicle id or a mailbox.
func IsHex128(s string) bool {
	_, err := ParseID(s)
	return err == nil
}

func (i Identity) String() string               { return hidden }
func (i Identity) GoString() string             { return hidden }
func (i Identity) Format(f fmt.State, _ rune)   { _, _ = io.WriteString(f, hidden) }
func (i Identity) LogValue() slog.Value         { return slog.StringValue(hidden) }
func (i Identity) MarshalJSON() ([]byte, error) { return []byte(`"` + hidden + `"`), nil }
