package main

import (
	"crypto/ecdh"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// secrets are the fleet's own: the back end's signing key, and of each reader what a
// phone would keep.
type secrets struct {
	BackEnd []byte            `json:"backend"` // Ed25519 seed
	Inbox   string            `json:"inbox"`
	Readers map[string]reader `json:"readers"`
}

type reader struct {
	ID      string `json:"id"` // empty for the workshop and the back end
	Role    string `json:"role"`
	Sharing string `json:"sharing"`
	PIN     string `json:"pin"`
	Mailbox string `json:"mailbox"`
	Sign    []byte `json:"sign"` // Ed25519 seed
	Seal    []byte `json:"seal"` // X25519 key
}

// load reads the secrets, and makes them where there are none.
func load(file string) (s secrets, err error) {
	text, err := os.ReadFile(file)
	if err == nil {
		return s, json.Unmarshal(text, &s)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return s, err
	}
	person := func(role, sharing, pin string) reader {
		return reader{hex.EncodeToString(random(16)), role, sharing, pin, hex.EncodeToString(random(16)), random(32), random(32)}
	}
	s = secrets{random(32), hex.EncodeToString(random(16)), map[string]reader{
		"anna": person("main", "shared", "480213"), "lea": person("secondary", "shared", ""), "jonas": person("secondary", "limited", "601435"),
		"workshop": {Role: "workshop", Mailbox: hex.EncodeToString(random(16))},
		"backend":  {Role: "backend", Mailbox: hex.EncodeToString(random(16)), Seal: random(32)},
	}}
	if text, err = json.Marshal(s); err != nil {
		return s, err
	}
	return s, os.WriteFile(file, text, 0o600)
}

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	return b
}

// jwk is a public key as RFC 8037 writes it.
type jwk struct {
	Crv string `json:"crv"`
	Kty string `json:"kty"`
	X   string `json:"x"`
}

var b64 = base64.RawURLEncoding

// thumbprint names a key (RFC 7638).
func (k jwk) thumbprint() string {
	sum := sha256.Sum256(fmt.Appendf(nil, `{"crv":%q,"kty":%q,"x":%q}`, k.Crv, k.Kty, k.X))
	return b64.EncodeToString(sum[:])
}

type signKey []byte

func (seed signKey) jwk() jwk {
	public := ed25519.NewKeyFromSeed(seed).Public().(ed25519.PublicKey)
	return jwk{"Ed25519", "OKP", b64.EncodeToString(public)}
}

type sealKey []byte

func (k sealKey) jwk() (jwk, error) {
	private, err := ecdh.X25519().NewPrivateKey(k)
	if err != nil {
		return jwk{}, err
	}
	return jwk{"X25519", "OKP", b64.EncodeToString(private.PublicKey().Bytes())}, nil
}

// identity is what gloveboxd --identity prints.
type identity struct {
	VID        string
	Sign, Seal jwk
}

func readIdentity(file string) (car identity, err error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return car, err
	}
	return car, json.Unmarshal(text, &car)
}
