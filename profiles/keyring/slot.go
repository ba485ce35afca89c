package keyring

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
)

// The file has two slots of the same layout:
//
//	┌ GBKEYS01 ┬ generation ┬ file id ┬ random pad ┬ sealed table ┐
//	  8          8 (big end.) 16        14304        2048
//
// The slot key is derived from everything before the table, so a slot that lost
// any part of itself opens no more. The pad is fresh at each write: a slot key
// is used once, and the table may be sealed with a zero nonce. The tag over
// magic, generation and file id finds torn and foreign slots.
const (
	slotCount  = 2
	slotSize   = 16 << 10
	headSize   = slotSize - tableSize - tagSize
	fileIDSize = 16
	tagSize    = 16
	keySize    = 32

	generationAt = len(magic)
	fileIDAt     = generationAt + 8
	padAt        = fileIDAt + fileIDSize

	magic    = "GBKEYS01"
	slotInfo = "glovebox slot 1"
)

var errSlot = errors.New("slot is torn or foreign")

// sealSlot makes the bytes of one slot around t, with a fresh pad.
func sealSlot(generation uint64, file [fileIDSize]byte, t table) ([]byte, error) {
	slot := make([]byte, headSize, slotSize)
	copy(slot, magic)
	binary.BigEndian.PutUint64(slot[generationAt:], generation)
	copy(slot[fileIDAt:], file[:])
	_, _ = rand.Read(slot[padAt:]) // never fails
	gcm, err := slotCipher(slot)
	if err != nil {
		return nil, err
	}
	return gcm.Seal(slot, make([]byte, gcm.NonceSize()), t, slot[:padAt]), nil
}

// openSlot reads the table of slot into t; after an error t holds nothing.
func openSlot(slot []byte, t table) (generation uint64, file [fileIDSize]byte, err error) {
	if len(slot) != slotSize || string(slot[:len(magic)]) != magic {
		return 0, file, errSlot
	}
	gcm, err := slotCipher(slot[:headSize])
	if err != nil {
		return 0, file, err
	}
	if _, err := gcm.Open(t[:0], make([]byte, gcm.NonceSize()), slot[headSize:], slot[:padAt]); err != nil {
		return 0, file, errSlot
	}
	if !t.sound() {
		clear(t)
		return 0, file, errSlot
	}
	copy(file[:], slot[fileIDAt:])
	return binary.BigEndian.Uint64(slot[generationAt:]), file, nil
}

// slotCipher is the cipher of the slot that begins with head.
func slotCipher(head []byte) (cipher.AEAD, error) {
	key, err := hkdf.Key(sha256.New, head, nil, slotInfo, keySize)
	if err != nil {
		return nil, err
	}
	defer clear(key)
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}
