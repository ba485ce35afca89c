package cloud

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"fmt"

	"github.com/go-jose/go-jose/v4"

	"glovebox/telemetry/outside"
)

// signer holds a key that signs: documents of the back end, documents and
// actions of a phone.
type signer struct {
	key    crypto.Signer // ed25519.PrivateKey or *ecdsa.PrivateKey of P-256
	kid    string        // RFC 7638 thumbprint
	public *jwk
}

// newSigner makes a key of a curve, Ed25519 or P-256.
func newSigner(curve string) (signer, error) {
	if curve == curveP256 {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			return signer{}, fmt.Errorf("make a signing key: %w", err)
		}
		return signerOf(key)
	}
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return signer{}, fmt.Errorf("make a signing key: %w", err)
	}
	return signerOf(key)
}

// signerOf names a key.
func signerOf(key crypto.Signer) (signer, error) {
	kid, err := thumbprint(key.Public())
	if err != nil {
		return signer{}, err
	}
	s := signer{key: key, kid: kid}
	switch public := key.Public().(type) {
	case ed25519.PublicKey:
		s.public = signJWK(public)
	case *ecdsa.PublicKey:
		point, err := public.Bytes() // 4 ‖ x ‖ y
		if err != nil {
			return signer{}, fmt.Errorf("signing key: %w", err)
		}
		x, y := base64.RawURLEncoding.EncodeToString(point[1:33]), base64.RawURLEncoding.EncodeToString(point[33:])
		s.public = &jwk{Kty: "EC", Crv: curveP256, X: x, Y: y}
	default:
		return signer{}, fmt.Errorf("a signing key of type %T", key)
	}
	return s, nil
}

// thumbprint names a public key after RFC 7638.
func thumbprint(public crypto.PublicKey) (string, error) {
	sum, err := (&jose.JSONWebKey{Key: public}).Thumbprint(crypto.SHA256)
	if err != nil {
		return "", fmt.Errorf("thumbprint: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(sum), nil
}

// sign returns payload as a compact JWS of the type given, with a header of
// exactly alg, kid and typ. The bytes signed are the bytes sent.
func (s signer) sign(typ string, payload []byte) (string, error) {
	signed, err := outside.Sign(s.key, typ, payload)
	if err != nil {
		return "", fmt.Errorf("sign %s: %w", typ, err)
	}
	return string(signed), nil
}
