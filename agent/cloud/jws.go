// Package cloud reads what the cloud orders: signed access documents, actions and
// asks. It verifies and decides nothing about people; profiles does.
package cloud

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/go-jose/go-jose/v4"

	"glovebox/profiles"
)

// Types of signed objects, the header `typ` (docs/security.md, Signed objects).
const (
	TypePolicy = "gb-policy" // an access document
	TypeAction = "gb-act"    // an order of a reader
)

// The most bytes of what is signed, and of an ask.
const (
	maxDocument = 64 << 10
	maxAction   = 4 << 10
	maxAsk      = 1 << 10
)

// Why a signed object is not believed.
var (
	ErrMalformed  = errors.New("not a strict compact JWS")
	ErrUnknownKey = errors.New("signed by a key that this car does not know")
	ErrUnsigned   = errors.New("the signature is missing or wrong")
)

// Verify checks an access document in JWS compact form against keys and returns
// the signed bytes and the thumbprint of the key. It takes one spelling only:
// three non-empty parts in strict unpadded base64url, a header of exactly alg, kid
// and typ, and the algorithm that belongs to the type of the key.
//
//	base64url({"alg":"EdDSA","kid":"…","typ":"gb-policy"}) . base64url(payload) . base64url(signature)
func Verify(jws []byte, keys KeySet) (payload []byte, kid string, err error) {
	payload, kid, err = verify(jws, keys)
	if err != nil {
		return nil, "", fmt.Errorf("verify document: %w", err)
	}
	return payload, kid, nil
}

func verify(jws []byte, keys KeySet) ([]byte, string, error) {
	parts, err := split(jws, maxDocument)
	if err != nil {
		return nil, "", err
	}
	alg, kid, err := header(parts[0], TypePolicy)
	if err != nil {
		return nil, "", err
	}
	key, known := keys.find(kid)
	if !known {
		return nil, "", ErrUnknownKey
	}
	payload, err := signedBy(key, alg, jws)
	return payload, kid, err
}

// signedBy returns the payload of jws if key signed it with the one algorithm that
// belongs to its type. The form of jws was looked at before.
func signedBy(key profiles.Key, alg string, jws []byte) ([]byte, error) {
	if alg != key.Algorithm() {
		return nil, fmt.Errorf("%w: alg does not fit the key", ErrMalformed)
	}
	object, err := jose.ParseSignedCompact(string(jws), []jose.SignatureAlgorithm{jose.SignatureAlgorithm(key.Algorithm())})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	payload, err := object.Verify(key.Public())
	if err != nil {
		return nil, ErrUnsigned
	}
	return payload, nil
}

// split decodes the three parts. go-jose drops whitespace and ignores unused bits
// of base64, so that many spellings of one object would verify; here there is one.
func split(jws []byte, most int) (parts [3][]byte, err error) {
	if len(jws) > most {
		return parts, fmt.Errorf("%w: more than %d bytes", ErrMalformed, most)
	}
	texts := bytes.Split(jws, []byte("."))
	if len(texts) != len(parts) {
		return parts, fmt.Errorf("%w: want three parts", ErrMalformed)
	}
	for i, text := range texts {
		switch {
		case len(text) == 0 && i == 2:
			return parts, ErrUnsigned
		case len(text) == 0:
			return parts, fmt.Errorf("%w: part %d is empty", ErrMalformed, i+1)
		case bytes.ContainsAny(text, "\r\n"): // the decoder skips these
			return parts, fmt.Errorf("%w: part %d is not base64url", ErrMalformed, i+1)
		}
		parts[i] = make([]byte, base64.RawURLEncoding.DecodedLen(len(text)))
		if _, err := base64.RawURLEncoding.Strict().Decode(parts[i], text); err != nil {
			return parts, fmt.Errorf("%w: part %d is not base64url", ErrMalformed, i+1)
		}
	}
	return parts, nil
}

// header reads the protected header: exactly alg, kid and typ, each a string.
func header(raw []byte, typ string) (alg, kid string, err error) {
	members, err := profiles.Members(raw)
	if err != nil {
		return "", "", fmt.Errorf("%w: header: %w", ErrMalformed, err)
	}
	var got string
	for name, into := range map[string]*string{"alg": &alg, "kid": &kid, "typ": &got} {
		value, there := members[name]
		if !there || value[0] != '"' || json.Unmarshal(value, into) != nil {
			return "", "", fmt.Errorf("%w: header: want %s", ErrMalformed, name)
		}
	}
	if len(members) != 3 || got != typ {
		return "", "", fmt.Errorf("%w: header: want alg, kid and typ %s and nothing else", ErrMalformed, typ)
	}
	return alg, kid, nil
}
