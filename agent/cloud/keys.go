package cloud

import (
	"encoding/json"
	"errors"
	"fmt"

	"glovebox/profiles"
)

// KeySet is the keys whose signature the car believes, each with what its owner
// may order. It is a value; the zero KeySet believes nobody.
type KeySet struct {
	keys map[string]known // by thumbprint; never changed once made
}

type known struct {
	key  profiles.Key
	kind profiles.SignerKind
}

// ParseTrust reads the JWK Set file of `[cloud] trust`: the back end's public keys,
// Ed25519 or P-256.
func ParseTrust(jwks []byte) (KeySet, error) {
	s, err := parseTrust(jwks)
	if err != nil {
		return KeySet{}, fmt.Errorf("read trusted keys: %w", err)
	}
	return s, nil
}

func parseTrust(jwks []byte) (KeySet, error) {
	members, err := profiles.Members(jwks)
	if err != nil {
		return KeySet{}, err
	}
	var list []json.RawMessage
	if err := json.Unmarshal(members["keys"], &list); err != nil || len(members) != 1 || len(list) == 0 {
		return KeySet{}, errors.New(`want {"keys":[…]} with a key in it`)
	}
	var s KeySet
	for i, raw := range list {
		key, err := profiles.ParseKey(raw)
		if err == nil && !key.Signs() {
			err = errors.New("this key does not sign")
		}
		if err != nil {
			return KeySet{}, fmt.Errorf("key %d: %w", i+1, err)
		}
		s = s.With(key, profiles.BackEnd)
	}
	return s, nil
}

// With adds a key. A key that is there already keeps its kind: who is trusted as
// the back end gains nothing by being enrolled as a person too.
func (s KeySet) With(key profiles.Key, kind profiles.SignerKind) KeySet {
	kid := key.Thumbprint()
	if _, there := s.keys[kid]; there || !key.Signs() {
		return s
	}
	next := KeySet{make(map[string]known, len(s.keys)+1)}
	for k, v := range s.keys {
		next.keys[k] = v
	}
	next.keys[kid] = known{key, kind}
	return next
}

// For adds those of one car as its documents are now: its own key, and its main user's
// once that user is active.
func (s KeySet) For(car profiles.Identity, r profiles.Roster) KeySet {
	s = s.With(car.Public().Sign, profiles.Car)
	return s.With(r.MainKey(), profiles.MainUser)
}

// Signer says whose key kid names; a stranger's if it is in no set.
func (s KeySet) Signer(kid string) profiles.Signer {
	return profiles.Signer{Kind: s.keys[kid].kind, Key: kid}
}

func (s KeySet) find(kid string) (profiles.Key, bool) {
	k, there := s.keys[kid]
	return k.key, there
}
