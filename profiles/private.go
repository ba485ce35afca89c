package profiles

import (
	"crypto/ecdh"
	"crypto/hpke"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"
)

// A user's name and PIN verifier stand in the access document only sealed to the
// car's own key, for the document is retained at a broker:
//
//	private    = base64url( 0x02 ‖ enc 32 ‖ ciphertext )
//	ciphertext = HPKE base mode, DHKEM(X25519), HKDF-SHA256, AES-128-GCM,
//	             info "glovebox/1/private", aad = vid ‖ id (hex texts)
//	plaintext  = {"name":…,"pin":"$argon2id$v=19$…"}
const (
	privateInfo    = "glovebox/1/private"
	privateVersion = 2 // 1 is reserved for MLKEM768X25519
	encBytes       = 32
	nameBytes      = 200 // most bytes in a name
)

// sealedPerson is the plaintext. An absent or empty pin is no PIN.
type sealedPerson struct {
	Name string `json:"name"`
	PIN  string `json:"pin"`
}

// SealPrivate seals name and verifier to the car's public key.
func SealPrivate(car *ecdh.PublicKey, vid string, id ID, name Private, v Verifier) (string, error) {
	plain, err := json.Marshal(sealedPerson{name.Reveal(), v.Reveal()})
	if err != nil {
		return "", fmt.Errorf("seal private: %w", err)
	}
	return sealText(car, privateInfo, vid+id.String(), plain)
}

// sealText seals plain to a key, as text.
func sealText(to *ecdh.PublicKey, info, aad string, plain []byte) (string, error) {
	public, err := hpke.NewDHKEMPublicKey(to)
	if err != nil {
		return "", fmt.Errorf("seal %s: %w", info, err)
	}
	enc, sender, err := hpke.NewSender(public, hpke.HKDFSHA256(), hpke.AES128GCM(), []byte(info))
	if err != nil {
		return "", fmt.Errorf("seal %s: %w", info, err)
	}
	sealed, err := sender.Seal([]byte(aad), plain)
	if err != nil {
		return "", fmt.Errorf("seal %s: %w", info, err)
	}
	wire := append([]byte{privateVersion}, enc...)
	return base64.RawURLEncoding.EncodeToString(append(wire, sealed...)), nil
}

// OpenPrivate opens what SealPrivate sealed for this car and this person.
func OpenPrivate(car *ecdh.PrivateKey, vid string, id ID, sealed string) (Private, Verifier, error) {
	plain, err := openText(car, privateInfo, vid+id.String(), sealed)
	if err != nil {
		return Private{}, Verifier{}, fmt.Errorf("private: %w", err)
	}
	name, v, err := decodePrivate(plain)
	if err != nil {
		return Private{}, Verifier{}, fmt.Errorf("private: %w", err)
	}
	return name, v, nil
}

// openText opens what sealText sealed.
func openText(own *ecdh.PrivateKey, info, aad, sealed string) ([]byte, error) {
	wire, err := base64url(sealed)
	if err != nil || len(wire) < 1+encBytes || wire[0] != privateVersion {
		return nil, errors.New("want base64url of 0x02, enc and ciphertext")
	}
	key, err := hpke.NewDHKEMPrivateKey(own)
	if err != nil {
		return nil, err
	}
	recipient, err := hpke.NewRecipient(wire[1:1+encBytes], key, hpke.HKDFSHA256(), hpke.AES128GCM(), []byte(info))
	if err != nil {
		return nil, err
	}
	plain, err := recipient.Open([]byte(aad), wire[1+encBytes:])
	if err != nil {
		return nil, errors.New("not sealed to this key for this person")
	}
	return plain, nil
}

// decodePrivate reads the plaintext. Its errors hold nothing of it.
func decodePrivate(plain []byte) (Private, Verifier, error) {
	o := newObject(plain)
	name, phc := o.text("name"), o.optionalText("pin")
	if o.err != nil || len(o.members) > 0 {
		return Private{}, Verifier{}, errors.New("want name and pin, each a string, and nothing else")
	}
	if name == "" || len(name) > nameBytes || !utf8.ValidString(name) {
		return Private{}, Verifier{}, fmt.Errorf("name: want 1 to %d bytes", nameBytes)
	}
	v, err := ParseVerifier(phc)
	return Conceal(name), v, err
}
