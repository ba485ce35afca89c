package docs_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"glovebox/profiles"
	"glovebox/profiles/bolt"
	"glovebox/profiles/keyring"
)

// The drawing of the key ring is that of the file: both slots hold the same
// generation, before and after a person came and went.
func TestKeyRingDrawing(t *testing.T) {
	page := read(t, "docs/erasure.md")
	const slot, table, head = 16 << 10, 2048, 8 + 8 + 16
	for _, text := range []string{"┌ GBKEYS01 ┬ generation 8 ┬ file id 16 ┬", fmt.Sprintf("random pad %d ┬ sealed table %d ┐", slot-table-head, table),
		fmt.Sprintf("`keys` has %d KiB and mode 0600", 2*slot>>10)} {
		if !strings.Contains(page, text) {
			t.Errorf("erasure.md does not draw %q", text)
		}
	}
	dir := t.TempDir()
	ring, err := keyring.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer ring.Close()
	id := profiles.ID{1}
	if err := ring.Add(id); err != nil {
		t.Fatal(err)
	}
	before := slots(t, dir, slot, head)
	if _, err := ring.Remove(id); err != nil {
		t.Fatal(err)
	}
	after := slots(t, dir, slot, head)
	if before+1 != after {
		t.Errorf("generation %d follows %d", after, before)
	}
	if _, err := ring.Seal(id, "profiles.db", "person", 1, nil); !errors.Is(err, keyring.ErrNoKey) {
		t.Errorf("sealed for who is gone: %v", err)
	}
	room := 0
	for ring.Add(profiles.ID{2, byte(room)}) == nil {
		room++
	}
	if !strings.Contains(page, fmt.Sprintf("up to %d × (id 16, key 32)", room+1)) { // and the car itself
		t.Errorf("the ring has room for %d keys", room+1)
	}
}

// slots reads the key file and returns the generation that both slots have.
func slots(t *testing.T, dir string, size, head int) uint64 {
	t.Helper()
	info, err := os.Stat(filepath.Join(dir, "keys"))
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(filepath.Join(dir, "keys"))
	if err != nil || len(file) != 2*size || info.Mode().Perm() != 0o600 {
		t.Fatalf("%d bytes, mode %v, %v", len(file), info.Mode(), err)
	}
	one, other := file[:size], file[size:]
	if !bytes.HasPrefix(one, []byte("GBKEYS01")) || !bytes.Equal(one[:head], other[:head]) || bytes.Equal(one[head:], other[head:]) {
		t.Error("want the same magic, generation and file id in both slots, and another pad")
	}
	return binary.BigEndian.Uint64(one[8:])
}

// The page names the files that a store has.
func TestStoreFiles(t *testing.T) {
	page := read(t, "docs/erasure.md")
	dir := t.TempDir()
	ring, err := keyring.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer ring.Close()
	if _, err := keyring.NewIdentity(dir); err != nil {
		t.Fatal(err)
	}
	store, err := bolt.Open(dir, ring, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		info, err := f.Info()
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(page, "\n| `"+f.Name()+"` |") || info.Mode().Perm() != 0o600 {
			t.Errorf("%s, mode %v: not as on the page", f.Name(), info.Mode())
		}
	}
}
