package cloud

import (
	"bytes"
	"compress/gzip"
	"crypto/ecdh"
	"crypto/ed25519"
	"crypto/hpke"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/go-jose/go-jose/v4"
)

// largest is more than any payload may be, unzipped.
const largest = 4 << 20

// open undoes what the last part of a topic says was done to the payload.
func (r *Reader) open(m *Message, car Identity, versions []uint64) ([]byte, error) {
	switch m.Form {
	case "":
		return m.Raw, nil
	case "gz":
		zipped, err := gzip.NewReader(bytes.NewReader(m.Raw))
		if err != nil {
			return nil, fmt.Errorf("unzip: %w", err)
		}
		plain, err := io.ReadAll(io.LimitReader(zipped, largest))
		if err != nil {
			return nil, fmt.Errorf("unzip: %w", err)
		}
		return plain, zipped.Close()
	case "hpke":
		return r.unseal(m, car, versions)
	}
	return nil, fmt.Errorf("unknown form %q", m.Form)
}

// unseal opens a payload sealed to the reader and checks that the car made it
// for this mailbox. The version of the document is bound into the seal and not
// on the wire, so the versions that the reader has lived through are tried.
//
//	wire:  0x02 ‖ enc (32) ‖ ciphertext
//	plain: compact JWS gb-sealed by the car ‖ 0x00 ...
func (r *Reader) unseal(m *Message, car Identity, versions []uint64) ([]byte, error) {
	if r.key() == nil {
		return nil, errors.New("sealed, but this reader has no key")
	}
	if len(m.Raw) < 33 || m.Raw[0] != 2 {
		return nil, errors.New("sealed: want version 2 and an encapsulated key")
	}
	var padded []byte
	err := errors.New("sealed: no version of the document")
	for _, version := range versions {
		if padded, err = hpkeOpen(r.key(), m.Raw[1:], sealInfo(car.VID, m.Mailbox, version), []byte(m.Topic)); err == nil {
			break
		}
	}
	if err != nil {
		return nil, fmt.Errorf("unseal: %w", err)
	}
	return verifySealed(bytes.TrimRight(padded, "\x00"), car.Sign, m.Mailbox)
}

func hpkeOpen(key *ecdh.PrivateKey, sealed, info, aad []byte) ([]byte, error) {
	private, err := hpke.NewDHKEMPrivateKey(key)
	if err != nil {
		return nil, err
	}
	recipient, err := hpke.NewRecipient(sealed[:32], private, hpke.HKDFSHA256(), hpke.AES128GCM(), info)
	if err != nil {
		return nil, err
	}
	return recipient.Open(aad, sealed[32:])
}

// sealInfo binds a seal to its purpose, car, mailbox and document version.
func sealInfo(vid, mailbox string, version uint64) []byte {
	info := append([]byte("glovebox/1/seal\x00"), vid+mailbox...)
	return binary.BigEndian.AppendUint64(info, version)
}

// verifySealed checks the car's signature and the addressee inside a seal and
// returns the payload without the addressee.
func verifySealed(compact []byte, car ed25519.PublicKey, mailbox string) ([]byte, error) {
	signed, err := jose.ParseSignedCompact(string(compact), []jose.SignatureAlgorithm{jose.EdDSA})
	if err != nil {
		return nil, fmt.Errorf("inside the seal: %w", err)
	}
	if typ, _ := signed.Signatures[0].Protected.ExtraHeaders[jose.HeaderType].(string); typ != "gb-sealed" {
		return nil, fmt.Errorf("inside the seal: type %q", typ)
	}
	payload, err := signed.Verify(car)
	if err != nil {
		return nil, fmt.Errorf("inside the seal: %w", err)
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(payload, &members); err != nil {
		return nil, fmt.Errorf("inside the seal: %w", err)
	}
	var aud string
	if err := json.Unmarshal(members["aud"], &aud); err != nil || aud != mailbox {
		return nil, errors.New("inside the seal: made for another mailbox")
	}
	delete(members, "aud")
	return json.Marshal(members)
}
