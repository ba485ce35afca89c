package keyring

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
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

// sealSlot makes the bytes of one slot around t, with a fresh pad.
func sealSlot(generation uint64, file [fileIDSize]byte, t table) []byte {
	slot := make([]byte, headSize, slotSize)
	copy(slot, magic)
	binary.BigEndian.PutUint64(slot[generationAt:], generation)
	copy(slot[fileIDAt:], file[:])
	_, _ = rand.Read(slot[padAt:]) // never fails
	gcm := slotCipher(slot)
	return gcm.Seal(slot, make([]byte, gcm.NonceSize()), t, slot[:padAt])
}

// openSlot reads the table of slot into t, and says whether it is one of ours; if not,
// what t holds is of no use.
func openSlot(slot []byte, t table) bool {
	gcm := slotCipher(slot[:headSize])
	_, err := gcm.Open(t[:0], make([]byte, gcm.NonceSize()), slot[headSize:], slot[:padAt])
	return err == nil && string(slot[:len(magic)]) == magic && t.sound()
}

// slotHead is what stands before the pad of a slot that was opened.
func slotHead(slot []byte) (generation uint64, file [fileIDSize]byte) {
	return binary.BigEndian.Uint64(slot[generationAt:]), [fileIDSize]byte(slot[fileIDAt:padAt])
}

// slotCipher is the cipher of the slot that begins with head. With a fixed hash and
// fixed lengths none of the steps fails.
func slotCipher(head []byte) cipher.AEAD {
	key, _ := hkdf.Key(sha256.New, head, nil, slotInfo, keySize)
	block, _ := aes.NewCipher(key)
	gcm, _ := cipher.NewGCM(block)
	return gcm
}
