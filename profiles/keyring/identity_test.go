package keyring_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"glovebox/profiles/keyring"
)

// The identity is made once and stays the same, in a file for the agent alone.
func TestIdentityStays(t *testing.T) {
	dir := t.TempDir()
	first, err := keyring.NewIdentity(dir)
	if err != nil {
		t.Fatal(err)
	}
	again, err := keyring.Identity(dir)
	if err != nil {
		t.Fatal(err)
	}
	if again.Public() != first.Public() || !again.Sign.Equal(first.Sign) || !again.Seal.Equal(first.Seal) {
		t.Error("the second reading gives another identity")
	}
	known, err := keyring.KnownIdentity(dir)
	if err != nil || known.Public() != first.Public() || !known.Sign.Equal(first.Sign) || !known.Seal.Equal(first.Seal) {
		t.Errorf("the file as it is known gives another identity, %v", err)
	}
	if info, err := os.Stat(filepath.Join(dir, "identity")); err != nil || info.Mode() != 0o600 {
		t.Errorf("identity file: %v, %v; want mode 0600", info, err)
	}
	other, err := keyring.NewIdentity(t.TempDir())
	if err != nil || other.VID == first.VID {
		t.Errorf("two cars have the vehicle ids %s and %s, %v", first.VID, other.VID, err)
	}
}

// No single changed bit of the file gives another identity, and a damaged file
// is never replaced by a new one.
func TestDamagedIdentityIsRefused(t *testing.T) {
	dir := t.TempDir()
	first, err := keyring.NewIdentity(dir)
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(dir, "identity")
	whole, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 8 * len(whole) {
		damaged := []byte(string(whole))
		damaged[i/8] ^= 1 << (i % 8)
		if err := os.WriteFile(name, damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := keyring.Identity(dir)
		if err == nil && got.Public() != first.Public() {
			t.Fatalf("bit %d flipped: another identity", i)
		}
		if err != nil && strings.Contains(err.Error(), string(whole[20:40])) {
			t.Fatalf("bit %d flipped: the error holds a part of the file: %v", i, err)
		}
		if kept, err := os.ReadFile(name); err != nil || string(kept) != string(damaged) {
			t.Fatalf("bit %d flipped: the file was replaced, %v", i, err)
		}
	}
	if err := os.WriteFile(name, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := keyring.Identity(dir); err == nil {
		t.Error("an empty file gives an identity")
	}
}
