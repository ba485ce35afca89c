package profiles

import (
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// Curve is the type of a public key by the name that JWK gives it.
type Curve string

const (
	Ed25519 Curve = "Ed25519" // signs, EdDSA
	P256    Curve = "P-256"   // signs, ES256; phone key stores often hold nothing else
	X25519  Curve = "X25519"  // seals
)

// Key is a public key: a value, comparable with ==. The zero Key is no key.
type Key struct {
	curve Curve
	x, y  [32]byte // y only for P-256
}

// ParseKey reads a public JWK (RFC 7517, 7518, 8037) of one of the three types.
// Strict: coordinates of exactly 32 bytes in unpadded base64url, a point of the
// curve, no member twice, no private part, only members that it knows.
func ParseKey(jwk []byte) (Key, error) {
	k, err := parseKey(jwk)
	if err != nil {
		return Key{}, fmt.Errorf("key: %w", err)
	}
	return k, nil
}

func parseKey(jwk []byte) (Key, error) {
	o := newObject(jwk)
	if o.err != nil {
		return Key{}, o.err
	}
	kty := o.text("kty")
	k := Key{curve: Curve(o.text("crv"))}
	k.x = o.coordinate("x")
	if k.curve == P256 {
		k.y = o.coordinate("y")
	}
	use, alg := o.optionalText("use"), o.optionalText("alg")
	o.optionalText("kid") // the car names a key by its thumbprint
	if err := o.end(); err != nil {
		return Key{}, err
	}
	types := map[Curve]struct{ kty, alg, use string }{
		Ed25519: {"OKP", "EdDSA", "sig"},
		P256:    {"EC", "ES256", "sig"},
		X25519:  {"OKP", "ECDH-ES", "enc"},
	}
	want, known := types[k.curve]
	switch {
	case !known || kty != want.kty:
		return Key{}, errors.New("want Ed25519, P-256 or X25519")
	case use != "" && use != want.use:
		return Key{}, errors.New("use does not fit the type")
	case alg != "" && alg != want.alg && k.curve != X25519:
		return Key{}, errors.New("alg does not fit the type")
	}
	return k, k.check()
}

// coordinate takes a member of exactly 32 bytes in unpadded base64url.
func (o *object) coordinate(name string) (c [32]byte) {
	raw, err := base64url(o.text(name))
	if err != nil || len(raw) != len(c) {
		o.fail(name, errors.New("want 32 bytes in base64url"))
		return c
	}
	copy(c[:], raw)
	return c
}

// check refuses what is no point of the curve, and an X25519 key with which any
// shared secret would be zero.
func (k Key) check() error {
	switch k.curve {
	case P256:
		if _, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), k.uncompressed()); err != nil {
			return errors.New("not a point of P-256")
		}
	case X25519:
		u := k.x
		u[31] &= 0x7F // X25519 does not look at the highest bit
		if slices.Contains(lowOrder, hex.EncodeToString(u[:])) {
			return errors.New("an X25519 key of low order")
		}
	}
	return nil
}

// lowOrder are all u-coordinates of Curve25519 whose point has an order of at most 8,
// with those of them that may be written above the prime, 2^255-19: what is sealed to
// such a key, everybody can open (RFC 7748, 6.1). The order of a point that is not in
// the list is large, and a look at a list costs a start less than a multiplication a key.
var lowOrder = []string{
	"0000000000000000000000000000000000000000000000000000000000000000", // of order 4
	"0100000000000000000000000000000000000000000000000000000000000000",
	"e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
	"5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
	"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", // -1
	"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", // 0
	"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", // 1
}

// KeyOf returns the Key of an ed25519.PublicKey, *ecdsa.PublicKey or *ecdh.PublicKey.
func KeyOf(public any) (Key, error) {
	k := Key{}
	switch p := public.(type) {
	case ed25519.PublicKey:
		if len(p) != ed25519.PublicKeySize {
			return Key{}, errors.New("key: want an Ed25519 key of 32 bytes")
		}
		k.curve = Ed25519
		copy(k.x[:], p)
	case *ecdsa.PublicKey:
		raw, err := p.Bytes()
		if err != nil || p.Curve != elliptic.P256() {
			return Key{}, errors.New("key: want a point of P-256")
		}
		k.curve = P256
		copy(k.x[:], raw[1:33])
		copy(k.y[:], raw[33:])
	case *ecdh.PublicKey:
		if p.Curve() != ecdh.X25519() {
			return Key{}, errors.New("key: want X25519 for sealing")
		}
		k.curve = X25519
		copy(k.x[:], p.Bytes())
	default:
		return Key{}, fmt.Errorf("key: %T is no public key that we use", public)
	}
	return k, nil
}

// IsZero reports whether there is no key.
func (k Key) IsZero() bool { return k.curve == "" }

// Signs reports whether k verifies signatures.
func (k Key) Signs() bool { return k.curve == Ed25519 || k.curve == P256 }

// Seals reports whether something can be sealed to k.
func (k Key) Seals() bool { return k.curve == X25519 }

// Algorithm is the only JWS algorithm that k verifies, empty if k does not sign.
func (k Key) Algorithm() string {
	switch k.curve {
	case Ed25519:
		return "EdDSA"
	case P256:
		return "ES256"
	}
	return ""
}

// Public returns an ed25519.PublicKey, *ecdsa.PublicKey or *ecdh.PublicKey; nil for no key.
func (k Key) Public() any {
	switch k.curve {
	case Ed25519:
		return ed25519.PublicKey(slices.Clone(k.x[:]))
	case P256:
		if p, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), k.uncompressed()); err == nil {
			return p
		}
	case X25519:
		if p, err := ecdh.X25519().NewPublicKey(k.x[:]); err == nil {
			return p
		}
	}
	return nil
}

// Sealing returns the key to seal to, nil if k does not seal.
func (k Key) Sealing() *ecdh.PublicKey {
	p, _ := k.Public().(*ecdh.PublicKey)
	return p
}

// uncompressed is the point as SEC 1 writes it: 4 ‖ x ‖ y.
func (k Key) uncompressed() []byte { return slices.Concat([]byte{4}, k.x[:], k.y[:]) }

// Thumbprint is the name of a key: SHA-256 over its required members in
// alphabetical order, in base64url (RFC 7638).
func (k Key) Thumbprint() string {
	if k.IsZero() {
		return ""
	}
	x, y := base64.RawURLEncoding.EncodeToString(k.x[:]), base64.RawURLEncoding.EncodeToString(k.y[:])
	text := `{"crv":"` + string(k.curve) + `","kty":"OKP","x":"` + x + `"}`
	if k.curve == P256 {
		text = `{"crv":"P-256","kty":"EC","x":"` + x + `","y":"` + y + `"}`
	}
	sum := sha256.Sum256([]byte(text))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// String is the thumbprint.
func (k Key) String() string { return k.Thumbprint() }

// MarshalJSON writes the JWK, null for no key.
func (k Key) MarshalJSON() ([]byte, error) {
	if k.IsZero() {
		return []byte("null"), nil
	}
	jwk := struct {
		Kty string `json:"kty"`
		Crv Curve  `json:"crv"`
		X   string `json:"x"`
		Y   string `json:"y,omitempty"`
	}{Kty: "OKP", Crv: k.curve, X: base64.RawURLEncoding.EncodeToString(k.x[:])}
	if k.curve == P256 {
		jwk.Kty, jwk.Y = "EC", base64.RawURLEncoding.EncodeToString(k.y[:])
	}
	return json.Marshal(jwk)
}

// UnmarshalJSON is ParseKey; null is no key.
func (k *Key) UnmarshalJSON(data []byte) (err error) {
	if string(data) == "null" {
		*k = Key{}
		return nil
	}
	*k, err = ParseKey(data)
	return err
}
