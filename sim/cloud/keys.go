package cloud

import (
	"bytes"
	"crypto/ecdh"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
)

// jwk is a public key: an octet key pair of RFC 8037, or a point of P-256.
type jwk struct {
	Kty string `json:"kty"`
	Crv string `json:"crv"`
	X   string `json:"x"`
	Y   string `json:"y,omitempty"`
	Kid string `json:"kid,omitempty"`
}

// The curves of keys: two that sign, one that seals.
const (
	curveEd25519 = "Ed25519"
	curveP256    = "P-256"
	curveX25519  = "X25519"
)

func signJWK(pub ed25519.PublicKey) *jwk {
	return &jwk{Kty: "OKP", Crv: curveEd25519, X: base64.RawURLEncoding.EncodeToString(pub)}
}

func sealJWK(pub *ecdh.PublicKey) *jwk {
	return &jwk{Kty: "OKP", Crv: curveX25519, X: base64.RawURLEncoding.EncodeToString(pub.Bytes())}
}

// bytes returns the public key if it lies on the curve named.
func (k *jwk) bytes(curve string) ([]byte, error) {
	if k == nil || k.Kty != "OKP" || k.Crv != curve {
		return nil, fmt.Errorf("want a key of curve %s", curve)
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(k.X)
	if err != nil || len(raw) != 32 {
		return nil, fmt.Errorf("%s key: want 32 bytes in base64url", curve)
	}
	return raw, nil
}

// Identity is what a car shows of itself: gloveboxd --identity.
type Identity struct {
	VID  string
	Sign ed25519.PublicKey
	Seal *ecdh.PublicKey
}

// ParseIdentity reads {"vid","sign":JWK,"seal":JWK}.
func ParseIdentity(text []byte) (Identity, error) {
	var shown struct {
		VID  string `json:"vid"`
		Sign *jwk   `json:"sign"`
		Seal *jwk   `json:"seal"`
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	if err := dec.Decode(&shown); err != nil {
		return Identity{}, fmt.Errorf("identity: %w", err)
	}
	if raw, err := hex.DecodeString(shown.VID); err != nil || len(raw) != 16 {
		return Identity{}, fmt.Errorf("identity: vid %q: want 32 hex digits", shown.VID)
	}
	sign, err := shown.Sign.bytes(curveEd25519)
	if err != nil {
		return Identity{}, fmt.Errorf("identity: sign: %w", err)
	}
	raw, err := shown.Seal.bytes(curveX25519)
	if err != nil {
		return Identity{}, fmt.Errorf("identity: seal: %w", err)
	}
	seal, err := ecdh.X25519().NewPublicKey(raw)
	if err != nil {
		return Identity{}, fmt.Errorf("identity: seal: %w", err)
	}
	return Identity{VID: shown.VID, Sign: sign, Seal: seal}, nil
}

// Trust is the JWK Set that a car's [cloud] trust file holds: the keys whose
// documents it accepts.
func (b *BackEnd) Trust() []byte {
	key := *b.signer.public
	key.Kid = b.signer.kid
	set, _ := json.Marshal(map[string][]jwk{"keys": {key}})
	return append(set, '\n')
}

// token returns 128 random bits in lower-case hex: a mailbox or a person's id.
func token() string {
	var raw [16]byte
	_, _ = rand.Read(raw[:]) // never fails: crypto/rand
	return hex.EncodeToString(raw[:])
}
