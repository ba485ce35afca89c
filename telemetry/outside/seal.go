package outside

import (
	"crypto/ecdh"
	"crypto/hpke"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/go-jose/go-jose/v4"
)

// sealVersion is the first byte of a sealed payload: DHKEM(X25519),
// HKDF-SHA256, AES-128-GCM.
const sealVersion = 2

// seal closes messages to one reader's key. It is never changed.
type seal struct {
	vid     string
	version uint64 // of the access document
	key     hpke.PublicKey
	signer  jose.Signer // the car's key
	steps   sealSteps
}

// sealSteps are the sizes that a plaintext goes up in.
type sealSteps struct{ position, trip int }

func (s sealSteps) of(kind Kind) int {
	if kind == KindTrips {
		return s.trip
	}
	return s.position
}

// Types of what the car signs, the header `typ`.
const (
	typeSealed    = "gb-sealed"
	typeFreshness = "gb-facts"
)

// newSeal reads a reader's X25519 key.
func newSeal(vid string, version uint64, key []byte, signer jose.Signer, steps sealSteps) (*seal, error) {
	if signer == nil {
		return nil, errNoSigner
	}
	if steps.position <= 0 || steps.trip <= 0 {
		return nil, errors.New("the policy has no size for sealed messages")
	}
	point, err := ecdh.X25519().NewPublicKey(key)
	if err != nil {
		return nil, fmt.Errorf("seal key: %w", err)
	}
	public, err := hpke.NewDHKEMPublicKey(point)
	if err != nil {
		return nil, fmt.Errorf("seal key: %w", err)
	}
	return &seal{vid, version, public, signer, steps}, nil
}

// close signs the payload, fills it up with zeros and seals it:
//
//	version byte ‖ enc (32) ‖ ciphertext
//	info = "glovebox/1/seal" ‖ 0 ‖ vid ‖ mailbox ‖ document version (8 bytes)
//	aad  = the whole topic
func (s *seal) close(mailbox string, kind Kind, suffix string, payload []byte) ([]byte, error) {
	signed, err := compact(s.signer, payload)
	if err != nil {
		return nil, fmt.Errorf("sign: %w", err)
	}
	info := append([]byte("glovebox/1/seal\x00"), s.vid+mailbox...)
	info = binary.BigEndian.AppendUint64(info, s.version)
	enc, sender, err := hpke.NewSender(s.key, hpke.HKDFSHA256(), hpke.AES128GCM(), info)
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	sealed, err := sender.Seal([]byte(Topic(s.vid, mailbox, suffix)), pad(signed, s.steps.of(kind), 0))
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	return append(append([]byte{sealVersion}, enc...), sealed...), nil
}

// Seal closes a kept message to its reader's key of now, or says that there is none to
// close it to: what waits on disk knows neither. Without it such a message is not encoded.
// An open one it makes as long as others are to what the reader is now.
func (o *Outside) Seal(r Released) Released {
	f, to := r.row(), o.find(r.mailbox)
	if f.live || to == nil {
		return r
	}
	if f.padded {
		r.pad = o.policy.Slot(to.Column).Pad
	}
	if f.sealed {
		r.seal, r.open = to.seal, len(to.Seal) == 0
	}
	return r
}
