package keyring_test

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"glovebox/profiles"
	"glovebox/profiles/keyring"
	"glovebox/profiles/keyring/killmatrix"
)

// A file of a later layout, sealed as it should be, is not read as one of ours.
func TestOtherLayoutIsRefused(t *testing.T) {
	dir := t.TempDir()
	r := open(t, dir)
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	file := content(t, dir)
	for _, magic := range []string{"GBKEYS01", "GBKEYS02"} {
		for at := 0; at < len(file); at += killmatrix.SlotSize {
			slot := file[at : at+killmatrix.SlotSize]
			table, err := slotCipher(t, slot).Open(nil, make([]byte, 12), slot[14336:], slot[:32])
			if err != nil {
				t.Fatal(err)
			}
			copy(slot, magic)
			slotCipher(t, slot).Seal(slot[:14336], make([]byte, 12), table, slot[:32])
		}
		if err := os.WriteFile(filepath.Join(dir, "keys"), file, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := keyring.Check(dir); (err == nil) != (magic == "GBKEYS01") {
			t.Errorf("%s: %v", magic, err)
		}
	}
}

// Of two whole slots of one generation that are not alike, as one of another car's file
// is, the first counts, and the second is overwritten at the start.
func TestForeignSlot(t *testing.T) {
	mine, other := t.TempDir(), t.TempDir()
	rings := map[string]*keyring.Ring{mine: open(t, mine), other: open(t, other)}
	for _, r := range rings {
		if err := r.Add(person(1)); err != nil {
			t.Fatal(err)
		}
	}
	value, name := seal(t, rings[mine], person(1), "mine"), rings[mine].FileID()
	for _, r := range rings {
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
	}
	both := append(content(t, mine)[:killmatrix.SlotSize], content(t, other)[killmatrix.SlotSize:]...)
	if err := os.WriteFile(filepath.Join(mine, "keys"), both, 0o600); err != nil {
		t.Fatal(err)
	}
	r := open(t, mine)
	if got, err := r.Open(person(1), file, key, schema, value); err != nil || string(got) != "mine" || r.FileID() != name {
		t.Errorf("%q, %v, the file is %x and was %x", got, err, r.FileID(), name)
	}
	if err := killmatrix.AtRest(killmatrix.Scan(content(t, mine))); err != nil {
		t.Error(err)
	}
}

// slotCipher is the cipher of a slot, after the layout alone.
func slotCipher(t *testing.T, slot []byte) cipher.AEAD {
	t.Helper()
	key, err := hkdf.Key(sha256.New, slot[:14336], nil, "glovebox slot 1", 32)
	if err != nil {
		t.Fatal(err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		t.Fatal(err)
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		t.Fatal(err)
	}
	return gcm
}

// A ring that is closed gives its locked memory and its file back, the next start of the
// same process needs them; and so does one that was only read, or lost.
func TestClosedRingHoldsNothing(t *testing.T) {
	dir, lost := t.TempDir(), t.TempDir()
	if err := os.WriteFile(filepath.Join(lost, "keys"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	locked, files := held(t)
	for range 3 {
		for _, use := range []func(string) (*keyring.Ring, error){keyring.Open, keyring.Peek} {
			if _, err := use(lost); !errors.Is(err, keyring.ErrNoSlot) {
				t.Fatal(err)
			}
			r, err := use(dir)
			if err != nil {
				t.Fatal(err)
			}
			if now, _ := held(t); now == locked {
				t.Fatal("an open ring locks no memory")
			}
			if err := r.Close(); err != nil {
				t.Fatal(err)
			}
			if err := r.Close(); err != nil {
				t.Errorf("closed twice: %v", err)
			}
		}
		if err := keyring.Check(dir); err != nil {
			t.Fatal(err)
		}
	}
	if l, f := held(t); l != locked || f != files {
		t.Errorf("locked memory was %s and is %s, files were %d and are %d", locked, l, files, f)
	}
}

// A closed ring knows nobody and does nothing.
func TestClosedRing(t *testing.T) {
	r := open(t, t.TempDir())
	if err := r.Add(person(1)); err != nil {
		t.Fatal(err)
	}
	sealed := seal(t, r, person(1), "his")
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	_, opened := r.Open(person(1), file, key, schema, sealed)
	_, made := r.Seal(person(1), file, key, schema, nil)
	_, removed := r.Remove(person(1))
	for _, err := range []error{opened, made, removed, r.Add(person(2))} {
		if !errors.Is(err, keyring.ErrClosed) {
			t.Errorf("%v, want ErrClosed", err)
		}
	}
	for what, err := range map[string]error{"open": opened, "seal": made} {
		if want := fmt.Sprintf("%s %s of %s:", what, key, person(1)); !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%v: want %s", err, want)
		}
	}
	if r.Has(person(1)) || len(r.IDs()) != 0 {
		t.Errorf("it still knows %v", r.IDs())
	}
}

// nothingBeside says that the memory of a ring holds the table in force and no other key.
func nothingBeside(t testing.TB, r *keyring.Ring) {
	t.Helper()
	if _, next := r.Memory(); len(next) == 0 || strings.Trim(string(next), "\x00") != "" {
		t.Error("keys stand in memory beside those in force")
	}
}

// Whatever was done, memory holds no key that is not in force.
func TestNoOtherKeyInMemory(t *testing.T) {
	dir := t.TempDir()
	r := open(t, dir)
	var many []profiles.ID
	for n := range byte(42) {
		many = append(many, person(n+1))
	}
	for _, step := range []func(){
		func() {},
		func() { _ = r.Add(many...) }, // no room
		func() { _ = r.Add(person(1), person(2)) },
		func() { _ = r.Add(person(1)) }, // no change
		func() { _, _ = r.Remove(person(1)) },
		func() { _, _ = r.Remove(person(1)) }, // no change
		func() { _ = r.Close(); r = open(t, dir) },
		func() {
			_ = r.Close()
			b := content(t, dir)
			b[100] ^= 1
			if err := os.WriteFile(filepath.Join(dir, "keys"), b, 0o600); err != nil {
				t.Fatal(err)
			}
			r = open(t, dir)
		},
	} {
		step()
		nothingBeside(t, r)
	}
}
