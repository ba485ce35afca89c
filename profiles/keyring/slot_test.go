package keyring_test

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"os"
	"path/filepath"
	"strings"
	"testing"

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

// A ring that is closed gives its locked memory back: the next start of the same
// process needs it, and the limit is low.
func TestClosedRingHoldsNoMemory(t *testing.T) {
	locked := func() string {
		status, err := os.ReadFile("/proc/self/status")
		if err != nil {
			t.Fatal(err)
		}
		_, rest, _ := strings.Cut(string(status), "VmLck:")
		line, _, _ := strings.Cut(rest, "\n")
		return strings.TrimSpace(line)
	}
	dir := t.TempDir()
	before := locked()
	for range 20 {
		r, err := keyring.Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		if locked() == before {
			t.Fatal("an open ring locks no memory")
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if after := locked(); after != before {
		t.Errorf("locked memory was %s and is %s", before, after)
	}
}
