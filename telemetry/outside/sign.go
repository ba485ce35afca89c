package outside

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"encoding/base64"
	"errors"

	"github.com/go-jose/go-jose/v4"
)

var errNoSigner = errors.New("no key to sign with: want Ed25519 or P-256")

// Sign returns payload as a compact JWS whose header is exactly alg, kid and typ. The
// type of the key says which algorithm, EdDSA or ES256; kid is the key's thumbprint
// (RFC 7638).
func Sign(key crypto.Signer, typ string, payload []byte) ([]byte, error) {
	signer, err := newSigner(key, typ)
	if err != nil {
		return nil, err
	}
	return compact(signer, payload)
}

// newSigner signs with key, for more than one message.
func newSigner(key crypto.Signer, typ string) (jose.Signer, error) {
	var algorithm jose.SignatureAlgorithm
	switch k := key.(type) {
	case ed25519.PrivateKey:
		if len(k) != ed25519.PrivateKeySize {
			return nil, errNoSigner
		}
		algorithm = jose.EdDSA
	case *ecdsa.PrivateKey:
		algorithm = jose.ES256
	default:
		return nil, errNoSigner
	}
	public := jose.JSONWebKey{Key: key.Public()}
	thumb, err := public.Thumbprint(crypto.SHA256)
	if err != nil {
		return nil, err
	}
	signing := jose.JSONWebKey{Key: key, KeyID: base64.RawURLEncoding.EncodeToString(thumb)}
	options := (&jose.SignerOptions{}).WithType(jose.ContentType(typ))
	return jose.NewSigner(jose.SigningKey{Algorithm: algorithm, Key: signing}, options)
}

// compact signs one payload.
func compact(signer jose.Signer, payload []byte) ([]byte, error) {
	signed, err := signer.Sign(payload)
	if err != nil {
		return nil, err
	}
	text, err := signed.CompactSerialize()
	return []byte(text), err
}
