package keyring_test

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"glovebox/profiles"
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

// Where the identity cannot be read or written the car says so: a pipe is not waited for,
// a folder is no missing file, and what the disk did not take is no identity.
func TestNoIdentityThere(t *testing.T) {
	pipe, folder := t.TempDir(), t.TempDir()
	if err := unix.Mkfifo(filepath.Join(pipe, "identity"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(folder, "identity"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{pipe, folder} {
		if _, err := keyring.Identity(dir); err == nil || errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: %v", dir, err)
		}
	}
	if _, err := keyring.Identity(t.TempDir()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("none: %v", err)
	}
	if _, err := keyring.NewIdentity(folder); err == nil {
		t.Error("a new one where a folder is")
	}
	if err := keyring.WriteIdentity(t.TempDir(), profiles.Identity{}); err == nil {
		t.Error("nothing was written as an identity")
	}
}

// Two halves of two cars are no identity, nor is a secret half that is none.
func TestHalvesOfTwoCars(t *testing.T) {
	mine, other := halves(t), halves(t)
	for name, file := range map[string][2]json.RawMessage{
		"own": {mine["secret"], mine["public"]}, "other's public half": {mine["secret"], other["public"]},
		"no secret half": {json.RawMessage("{}"), mine["public"]}, "no public half": {mine["secret"], json.RawMessage("{}")},
	} {
		dir := t.TempDir()
		data, err := json.Marshal(map[string]json.RawMessage{"secret": file[0], "public": file[1]})
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "identity"), data, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := keyring.Identity(dir); (err == nil) != (name == "own") {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := keyring.KnownIdentity(dir); err == nil && name == "no secret half" {
			t.Errorf("%s: known", name)
		}
	}
}

// halves is the file of a new identity.
func halves(t *testing.T) (file map[string]json.RawMessage) {
	t.Helper()
	dir := t.TempDir()
	if _, err := keyring.NewIdentity(dir); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(dir, "identity"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	return file
}
