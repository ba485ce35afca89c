package keyring

import (
	"encoding/binary"

	"glovebox/profiles"
)

// A table is the plain text of a slot, always of the same size:
//
//	count 2 (big endian) │ zero 14 │ 42 × (id 16, key 32)
//
// What is not used is zero. The car's own entry, of the zero id, comes first.
type table []byte

const (
	maxKeys     = 42
	idSize      = 16
	entrySize   = idSize + keySize
	tableHeader = 16
	tableSize   = tableHeader + maxKeys*entrySize
)

func (t table) len() int { return int(binary.BigEndian.Uint16(t)) }

func (t table) entry(i int) []byte {
	at := tableHeader + i*entrySize
	return t[at : at+entrySize : at+entrySize]
}

func (t table) id(i int) profiles.ID { return profiles.ID(t.entry(i)[:idSize]) }

// key is the key of entry i, in place.
func (t table) key(i int) []byte { return t.entry(i)[idSize:] }

// find is the place of id, or -1.
func (t table) find(id profiles.ID) int {
	for i := range t.len() {
		if t.id(i) == id {
			return i
		}
	}
	return -1
}

// add appends an entry for id and returns its key to be filled. There is room.
func (t table) add(id profiles.ID) (key []byte) {
	i := t.len()
	binary.BigEndian.PutUint16(t, uint16(i+1))
	copy(t.entry(i), id[:])
	return t.key(i)
}

// remove takes id out and closes the gap; nothing of the entry stays.
func (t table) remove(id profiles.ID) {
	i := t.find(id)
	if i < 0 {
		return
	}
	last := t.len() - 1
	copy(t[tableHeader+i*entrySize:], t[tableHeader+(i+1)*entrySize:tableHeader+(last+1)*entrySize])
	clear(t.entry(last))
	binary.BigEndian.PutUint16(t, uint16(last))
}

// sound reports whether t is a table as this package writes it.
func (t table) sound() bool {
	return len(t) == tableSize && t.len() >= 1 && t.len() <= maxKeys && t.id(0).IsZero()
}
