// Package killmatrix proves the key ring against death at every file system
// call: of adding a person, of removing one, and of the repair at the next
// start. Its tests run real processes under strace. The reader of the key file
// here is written after the layout alone and shares no code with the ring, so
// that a mistake of the ring does not hide itself.
package killmatrix

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
)

// The layout of one slot, in bytes from its start.
const (
	SlotSize = 16384
	fileAt   = 16
	padAt    = 32
	tableAt  = 14336
)

// Slot is what a raw scan finds in one slot.
type Slot struct {
	Err        error // why it cannot be read
	Generation uint64
	Keys       map[string][]byte // 32 hex digits of an id to its key
}

// Scan reads both slots of the bytes of a key file.
func Scan(content []byte) [2]Slot {
	content = append(content[:len(content):len(content)], make([]byte, 2*SlotSize)...)
	return [2]Slot{scan(content[:SlotSize]), scan(content[SlotSize : 2*SlotSize])}
}

func scan(b []byte) Slot {
	key, err := hkdf.Key(sha256.New, b[:tableAt], nil, "glovebox slot 1", 32)
	if err != nil {
		return Slot{Err: err}
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return Slot{Err: err}
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		return Slot{Err: err}
	}
	plain, err := gcm.Open(nil, make([]byte, 12), b[tableAt:], b[:padAt])
	if err != nil {
		return Slot{Err: err}
	}
	if string(b[:8]) != "GBKEYS01" {
		return Slot{Err: fmt.Errorf("begins with %q", b[:8])}
	}
	slot := Slot{Generation: binary.BigEndian.Uint64(b[8:fileAt]), Keys: map[string][]byte{}}
	for i := range int(binary.BigEndian.Uint16(plain)) {
		entry := plain[16+48*i : 16+48*(i+1)]
		slot.Keys[hex.EncodeToString(entry[:16])] = entry[16:]
	}
	return slot
}

// AtRest reports whether both slots can be read and hold the same table.
func AtRest(slots [2]Slot) error {
	for i, s := range slots {
		if s.Err != nil {
			return fmt.Errorf("slot %d: %w", i, s.Err)
		}
	}
	if slots[0].Generation != slots[1].Generation {
		return fmt.Errorf("slots hold generations %d and %d", slots[0].Generation, slots[1].Generation)
	}
	if fmt.Sprint(slots[0].Keys) != fmt.Sprint(slots[1].Keys) {
		return fmt.Errorf("slots of generation %d hold different tables", slots[0].Generation)
	}
	return nil
}

// OpensWith reports whether key opens a value sealed with that associated data.
func OpensWith(key, sealed, label []byte) bool {
	block, err := aes.NewCipher(key)
	if err != nil {
		return false
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil || len(sealed) < 12 {
		return false
	}
	_, err = gcm.Open(nil, sealed[:12], sealed[12:], label)
	return err == nil
}
