package cloud

import (
	"bytes"
	"crypto"
	"crypto/ecdh"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/go-jose/go-jose/v4"
)

// jwk is a public key of RFC 8037: an octet key pair without its secret part.
type jwk struct {
	Kty string `json:"kty"`
	Crv string `json:"crv"`
	X   string `json:"x"`
	Kid string `json:"kid,omitempty"`
}

const (
	signing = "Ed25519"
	sealing = "X25519"
)

func signJWK(pub ed25519.PublicKey) *jwk {
	return &jwk{Kty: "OKP", Crv: signing, X: base64.RawURLEncoding.EncodeToString(pub)}
}

func sealJWK(pub *ecdh.PublicKey) *jwk {
	return &jwk{Kty: "OKP", Crv: sealing, X: base64.RawURLEncoding.EncodeToString(pub.Bytes())}
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
	sign, err := shown.Sign.bytes(signing)
	if err != nil {
		return Identity{}, fmt.Errorf("identity: sign: %w", err)
	}
	raw, err := shown.Seal.bytes(sealing)
	if err != nil {
		return Identity{}, fmt.Errorf("identity: seal: %w", err)
	}
	seal, err := ecdh.X25519().NewPublicKey(raw)
	if err != nil {
		return Identity{}, fmt.Errorf("identity: seal: %w", err)
	}
	return Identity{VID: shown.VID, Sign: sign, Seal: seal}, nil
}

// signer holds a key that signs access documents.
type signer struct {
	key ed25519.PrivateKey
	kid string // RFC 7638 thumbprint
}

func newSigner() (signer, error) {
	pub, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return signer{}, fmt.Errorf("make a signing key: %w", err)
	}
	thumb, err := (&jose.JSONWebKey{Key: pub}).Thumbprint(crypto.SHA256)
	if err != nil {
		return signer{}, fmt.Errorf("thumbprint: %w", err)
	}
	return signer{key: key, kid: base64.RawURLEncoding.EncodeToString(thumb)}, nil
}

func (s signer) public() ed25519.PublicKey { return s.key.Public().(ed25519.PublicKey) }

// sign returns payload as a compact JWS of the type given. The bytes signed are
// the bytes sent.
func (s signer) sign(typ string, payload []byte) (string, error) {
	options := (&jose.SignerOptions{}).WithType(jose.ContentType(typ)).WithHeader("kid", s.kid)
	by, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.EdDSA, Key: s.key}, options)
	if err != nil {
		return "", fmt.Errorf("signer: %w", err)
	}
	signed, err := by.Sign(payload)
	if err != nil {
		return "", fmt.Errorf("sign %s: %w", typ, err)
	}
	return signed.CompactSerialize()
}

// Trust is the JWK Set that a car's [cloud] trust file holds: the keys whose
// documents it accepts.
func (b *BackEnd) Trust() []byte {
	key := signJWK(b.signer.public())
	key.Kid = b.signer.kid
	set, _ := json.Marshal(map[string][]*jwk{"keys": {key}})
	return append(set, '\n')
}

// token returns 128 random bits in lower-case hex: a mailbox or a person's id.
func token() string {
	var raw [16]byte
	_, _ = rand.Read(raw[:]) // never fails: crypto/rand
	return hex.EncodeToString(raw[:])
}
