package keyring_test

import (
	"bytes"
	"errors"
	"testing"

	"glovebox/profiles/keyring"
	"glovebox/profiles/keyring/killmatrix"
)

// Once a ring is destroyed no slot can be read, no byte of it is where it was, and it
// seals and opens nothing more.
func TestDestroy(t *testing.T) {
	dir := t.TempDir()
	r := open(t, dir)
	if err := r.Add(person(1), person(2)); err != nil {
		t.Fatal(err)
	}
	before := content(t, dir)
	receipt, err := r.Destroy()
	if err != nil || receipt.Before != 2 || receipt.After != 0 || receipt.Generation != 2 {
		t.Errorf("%+v, %v", receipt, err)
	}
	after := content(t, dir)
	for at := 0; at < len(before); at += 64 {
		if len(after) != len(before) || bytes.Equal(after[at:at+64], before[at:at+64]) {
			t.Fatalf("byte %d of %d was not overwritten", at, len(after))
		}
	}
	for i, slot := range killmatrix.Scan(after) {
		if slot.Err == nil {
			t.Errorf("slot %d can be read", i)
		}
	}
	if r.Has(person(1)) || len(r.IDs()) > 0 {
		t.Error("it still has people")
	}
	if _, err := r.Seal(person(1), file, key, schema, nil); !errors.Is(err, keyring.ErrClosed) {
		t.Errorf("it seals: %v", err)
	}
	if _, err := r.Destroy(); !errors.Is(err, keyring.ErrClosed) {
		t.Errorf("destroyed twice: %v", err)
	}
	if _, err := keyring.Open(dir); !errors.Is(err, keyring.ErrNoSlot) {
		t.Errorf("opened again: %v", err)
	}
	if err := keyring.Destroy(t.TempDir()); err != nil {
		t.Errorf("no ring at all: %v", err)
	}
}
