package keyring_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"glovebox/profiles"
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

// A ring that the disk does not let be overwritten is said not to be destroyed, and is
// used no more all the same; once the disk takes it the file of it goes without a ring.
func TestDestroyOnAFullDisk(t *testing.T) {
	if !alone(t) {
		return
	}
	dir := t.TempDir()
	locked, files := held(t)
	r := open(t, dir)
	if err := r.Add(person(1), person(2)); err != nil {
		t.Fatal(err)
	}
	before := content(t, dir)
	restore := short(t, 0)
	receipt, err := r.Destroy()
	without := keyring.Destroy(dir)
	restore()
	if !errors.Is(err, profiles.ErrEraseFailed) || !errors.Is(err, unix.EFBIG) || receipt.Before != 2 || receipt.Generation != 2 {
		t.Errorf("%+v, %v", receipt, err)
	}
	if !errors.Is(without, unix.EFBIG) {
		t.Errorf("without a ring: %v", without)
	}
	if r.Has(person(1)) || !bytes.Equal(content(t, dir), before) {
		t.Error("it is still used, or half of it was overwritten")
	}
	if l, f := held(t); l != locked || f != files {
		t.Errorf("%s locked and %d files, before %s and %d", l, f, locked, files)
	}
	if err := keyring.Destroy(dir); err != nil {
		t.Error(err)
	}
	after := content(t, dir)
	for at := 0; at < len(before); at += 64 {
		if len(after) != len(before) || bytes.Equal(after[at:at+64], before[at:at+64]) {
			t.Fatalf("byte %d of %d was not overwritten", at, len(after))
		}
	}
	if l, f := held(t); l != locked || f != files {
		t.Errorf("then %s locked and %d files, before %s and %d", l, f, locked, files)
	}
}

// What stands in the place of the file and is none is no ring that was destroyed.
func TestDestroyNoFile(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "keys"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := keyring.Destroy(dir); !errors.Is(err, unix.EISDIR) || errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a folder: %v", err)
	}
}
