package keyring

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"fmt"

	"glovebox/profiles"
)

// Overhead is how many bytes a sealed value is longer than the value: nonce and tag.
const Overhead = 12 + 16

// Seal encrypts plaintext under the key of id. The sealed value opens only as
// what it was sealed for: the same person, file, key name and schema version.
func (r *Ring) Seal(id profiles.ID, file, key string, schema uint32, plaintext []byte) ([]byte, error) {
	gcm, err := r.cipher(id)
	if err != nil {
		return nil, fmt.Errorf("seal %s of %s: %w", key, id, err)
	}
	sealed := make([]byte, 0, len(plaintext)+Overhead)
	return gcm.Seal(sealed, nil, plaintext, label(id, file, key, schema)), nil
}

// Open decrypts what Seal made with the same arguments. It returns ErrNoKey when
// the person's key is gone.
func (r *Ring) Open(id profiles.ID, file, key string, schema uint32, sealed []byte) ([]byte, error) {
	gcm, err := r.cipher(id)
	if err != nil {
		return nil, fmt.Errorf("open %s of %s: %w", key, id, err)
	}
	plaintext, err := gcm.Open(nil, nil, sealed, label(id, file, key, schema))
	if err != nil {
		return nil, fmt.Errorf("open %s of %s: %w", key, id, err)
	}
	return plaintext, nil
}

// cipher is AES-256-GCM with a random nonce before each value.
func (r *Ring) cipher(id profiles.ID) (cipher.AEAD, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.memory == nil {
		return nil, ErrClosed
	}
	i := r.keys.find(id)
	if i < 0 {
		return nil, ErrNoKey
	}
	block, _ := aes.NewCipher(r.keys.key(i)) // of this length it never fails
	return cipher.NewGCMWithRandomNonce(block)
}

// label is the associated data of a value. No two sets of arguments give the
// same bytes:
//
//	length 4 │ file │ id 16 │ length 4 │ key │ schema 4
func label(id profiles.ID, file, key string, schema uint32) []byte {
	b := make([]byte, 0, 4+len(file)+idSize+4+len(key)+4)
	b = binary.BigEndian.AppendUint32(b, uint32(len(file)))
	b = append(b, file...)
	b = append(b, id[:]...)
	b = binary.BigEndian.AppendUint32(b, uint32(len(key)))
	b = append(b, key...)
	return binary.BigEndian.AppendUint32(b, schema)
}
