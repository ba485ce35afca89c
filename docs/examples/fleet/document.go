package main

import (
	"crypto/ecdh"
	"crypto/ed25519"
	"crypto/hpke"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"golang.org/x/crypto/argon2"
)

// document is the access document of a version, signed. After the first the document
// before is named by the hash of its payload.
func (s secrets) document(car identity, version uint64, previous string) (string, error) {
	claims := map[string]any{
		"vid": car.VID, "version": version, "issued": time.Now().UTC().Format(time.RFC3339),
		"inbox": s.Inbox, "guest_services": true, "remote_services": true,
	}
	if previous != "" {
		payload, err := b64.DecodeString(strings.Split(strings.TrimSpace(previous), ".")[1])
		if err != nil {
			return "", fmt.Errorf("the document before: %w", err)
		}
		sum := sha256.Sum256(payload)
		claims["previous"] = hex.EncodeToString(sum[:])
	}
	users, readers := []any{}, []any{}
	for _, name := range slices.Sorted(maps.Keys(s.Readers)) {
		r := s.Readers[name]
		entry := map[string]any{"role": r.Role, "mailbox": r.Mailbox}
		if r.Seal != nil {
			key, err := sealKey(r.Seal).jwk()
			if err != nil {
				return "", err
			}
			entry["seal"] = key
		}
		if r.ID == "" {
			readers = append(readers, entry)
			continue
		}
		private, err := sealPrivate(car, r.ID, name, r.PIN)
		if err != nil {
			return "", err
		}
		maps.Copy(entry, map[string]any{
			"id": r.ID, "state": "active", "sharing": r.Sharing, "restricted": []string{}, "sign": signKey(r.Sign).jwk(), "private": private,
		})
		users = append(users, entry)
	}
	claims["users"], claims["readers"] = users, readers
	return sign(s.BackEnd, "gb-policy", claims)
}

// sealPrivate seals name and PIN verifier to the car. The salt stays the same: another
// verifier would be another PIN, which a back end may not change.
func sealPrivate(car identity, id, name, pin string) (string, error) {
	verifier := ""
	if pin != "" {
		salt := sha256.Sum256([]byte(id))
		hash := argon2.IDKey([]byte(pin), salt[:16], 2, 19456, 1, 32)
		verifier = fmt.Sprintf("$argon2id$v=19$m=19456,t=2,p=1$%s$%s", base64.RawStdEncoding.EncodeToString(salt[:16]), base64.RawStdEncoding.EncodeToString(hash))
	}
	plain, err := json.Marshal(map[string]string{"name": name, "pin": verifier})
	if err != nil {
		return "", err
	}
	raw, err := b64.DecodeString(car.Seal.X)
	if err != nil {
		return "", err
	}
	public, err := ecdh.X25519().NewPublicKey(raw)
	if err != nil {
		return "", err
	}
	to, err := hpke.NewDHKEMPublicKey(public)
	if err != nil {
		return "", err
	}
	enc, sender, err := hpke.NewSender(to, hpke.HKDFSHA256(), hpke.AES128GCM(), []byte("glovebox/1/private"))
	if err != nil {
		return "", err
	}
	sealed, err := sender.Seal([]byte(car.VID+id), plain)
	return b64.EncodeToString(slices.Concat([]byte{2}, enc, sealed)), err
}

// sign is a compact JWS (RFC 7515).
func sign(seed []byte, typ string, claims any) (string, error) {
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	header := fmt.Sprintf(`{"alg":"EdDSA","kid":%q,"typ":%q}`, signKey(seed).jwk().thumbprint(), typ)
	signed := b64.EncodeToString([]byte(header)) + "." + b64.EncodeToString(payload)
	return signed + "." + b64.EncodeToString(ed25519.Sign(ed25519.NewKeyFromSeed(seed), []byte(signed))), nil
}
