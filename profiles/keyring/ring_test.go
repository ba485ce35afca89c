package keyring_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"glovebox/profiles"
	"glovebox/profiles/keyring"
	"glovebox/profiles/keyring/killmatrix"
)

const (
	file   = "profiles.db"
	key    = "radio/volume"
	schema = 1
)

// person is a fixed id for tests.
func person(n byte) profiles.ID { return profiles.ID{0: n, 15: 0xAA} }

func open(t testing.TB, dir string) *keyring.Ring {
	t.Helper()
	r, err := keyring.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r
}

func seal(t testing.TB, r *keyring.Ring, id profiles.ID, text string) []byte {
	t.Helper()
	sealed, err := r.Seal(id, file, key, schema, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}

func content(t testing.TB, dir string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, "keys"))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Whatever is added, removed and reopened, the ring holds who a plain list
// says, at rest, and a value opens exactly while the key it was sealed with lives.
func TestRingEqualsAList(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		dir, err := os.MkdirTemp("", "ring")
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(dir)
		r, err := keyring.Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = r.Close() }()
		ids := rapid.SliceOfN(rapid.Map(rapid.ByteRange(1, 6), person), 0, 4)
		var model []profiles.ID
		sealed := map[profiles.ID][]byte{}
		var dead [][]byte // sealed values of people removed since, in the order of deadIDs
		var deadIDs []profiles.ID
		t.Repeat(map[string]func(*rapid.T){
			"add": func(t *rapid.T) {
				some := ids.Draw(t, "who")
				if err := r.Add(some...); err != nil {
					t.Fatal(err)
				}
				for _, id := range some {
					if !slices.Contains(model, id) {
						model = append(model, id)
						sealed[id], err = r.Seal(id, file, key, schema, id[:])
						if err != nil {
							t.Fatal(err)
						}
					}
				}
			},
			"remove": func(t *rapid.T) {
				some := ids.Draw(t, "who")
				before := len(model)
				for _, id := range some {
					if i := slices.Index(model, id); i >= 0 {
						model = slices.Delete(model, i, i+1)
						dead, deadIDs = append(dead, sealed[id]), append(deadIDs, id)
						delete(sealed, id)
					}
				}
				receipt, err := r.Remove(some...)
				if err != nil || receipt.Before != before || receipt.After != len(model) {
					t.Fatalf("receipt %+v, error %v: want %d before, %d after", receipt, err, before, len(model))
				}
			},
			"reopen": func(t *rapid.T) {
				if err := r.Close(); err != nil {
					t.Fatal(err)
				}
				if r, err = keyring.Open(dir); err != nil {
					t.Fatal(err)
				}
			},
			"": func(t *rapid.T) {
				if got := r.IDs(); !slices.Equal(got, model) {
					t.Fatalf("ring holds %v, want %v", got, model)
				}
				b, err := os.ReadFile(filepath.Join(dir, "keys"))
				if err != nil {
					t.Fatal(err)
				}
				slots := killmatrix.Scan(b)
				if err := killmatrix.AtRest(slots); err != nil {
					t.Fatal(err)
				}
				if got := len(slots[0].Keys); got != len(model)+1 {
					t.Fatalf("table holds %d keys, want those of %d people and the car's", got, len(model))
				}
				for id, value := range sealed {
					if got, err := r.Open(id, file, key, schema, value); err != nil || profiles.ID(got) != id {
						t.Fatalf("value of %s: %x, %v", id, got, err)
					}
				}
				for i, value := range dead {
					if _, err := r.Open(deadIDs[i], file, key, schema, value); err == nil {
						t.Fatalf("a value of %s from before the removal opens", deadIDs[i])
					}
				}
			},
		})
	})
}

// A value opens with what it was sealed for, and with nothing else.
func TestSealedValueIsBoundToItsPlace(t *testing.T) {
	r := open(t, t.TempDir())
	if err := r.Add(person(1), person(2)); err != nil {
		t.Fatal(err)
	}
	name := rapid.StringN(0, 6, -1)
	rapid.Check(t, func(t *rapid.T) {
		type label struct {
			ID        profiles.ID
			File, Key string
			Schema    uint32
		}
		labels := rapid.Custom(func(t *rapid.T) label {
			return label{
				rapid.SampledFrom([]profiles.ID{{}, person(1), person(2)}).Draw(t, "id"),
				name.Draw(t, "file"), name.Draw(t, "key"), rapid.Uint32Range(0, 2).Draw(t, "schema"),
			}
		})
		sealedFor, openedAs := labels.Draw(t, "sealed for"), labels.Draw(t, "opened as")
		if rapid.Bool().Draw(t, "moved border") { // file and key together spell the same text
			openedAs = sealedFor
			both := []rune(sealedFor.File + sealedFor.Key)
			cut := rapid.IntRange(0, len(both)).Draw(t, "cut")
			openedAs.File, openedAs.Key = string(both[:cut]), string(both[cut:])
		} else if rapid.Bool().Draw(t, "as long") { // a name of the same length
			openedAs = sealedFor
			other := rapid.SampledFrom([]*string{&openedAs.File, &openedAs.Key}).Draw(t, "other")
			sealedFor.File, sealedFor.Key = openedAs.File+"a", openedAs.Key+"a"
			openedAs.File, openedAs.Key = sealedFor.File, sealedFor.Key
			*other = (*other)[:len(*other)-1] + "b"
		}
		want := rapid.SliceOf(rapid.Byte()).Draw(t, "value")
		sealed, err := r.Seal(sealedFor.ID, sealedFor.File, sealedFor.Key, sealedFor.Schema, want)
		if err != nil {
			t.Fatal(err)
		}
		if len(sealed) != len(want)+keyring.Overhead {
			t.Fatalf("sealed value is %d bytes longer, want %d", len(sealed)-len(want), keyring.Overhead)
		}
		got, err := r.Open(openedAs.ID, openedAs.File, openedAs.Key, openedAs.Schema, sealed)
		if same := sealedFor == openedAs; same != (err == nil) || same && !slices.Equal(got, want) {
			t.Fatalf("sealed for %+v, opened as %+v: %x, %v", sealedFor, openedAs, got, err)
		}
		sealed[rapid.IntRange(0, len(sealed)-1).Draw(t, "flip at")] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		if _, err := r.Open(sealedFor.ID, sealedFor.File, sealedFor.Key, sealedFor.Schema, sealed); err == nil {
			t.Fatal("a changed value opens")
		}
	})
}

// The power fails while a slot is written: any mix of old and new bytes in it
// leaves the old state or the new one, whole, and the file at rest after Open.
func TestTornSlots(t *testing.T) {
	dir := t.TempDir()
	r := open(t, dir)
	if err := r.Add(person(1), person(2)); err != nil {
		t.Fatal(err)
	}
	before := content(t, dir)
	value := seal(t, r, person(2), "hers")
	if _, err := r.Remove(person(2)); err != nil {
		t.Fatal(err)
	}
	after := content(t, dir)
	const size = killmatrix.SlotSize
	first := slices.Concat(after[:size], before[size:]) // slot 0 is written first
	tests := []struct {
		name     string
		old, new []byte // the file changes from old to new within slot
		slot     int
		gone     bool // once old is what is on disk
	}{
		{"within the first write", before, first, 0, false},
		{"within the second write", first, after, 1, true},
	}
	for _, tt := range tests {
		for _, cut := range []int{0, 1, 8, 15, 16, 31, 32, 512, 4096, size - 2048, size - 17, size - 1, size} {
			for _, backwards := range []bool{false, true} { // the end may reach the disk before the beginning
				torn := slices.Clone(tt.old)
				from, to := tt.slot*size, tt.slot*size+cut
				if backwards {
					from, to = tt.slot*size+cut, (tt.slot+1)*size
				}
				copy(torn[from:to], tt.new[from:to])
				whole := slices.Equal(torn, tt.new) // the magic and most of the generation do not change
				dir := t.TempDir()
				if err := os.WriteFile(filepath.Join(dir, "keys"), torn, 0o600); err != nil {
					t.Fatal(err)
				}
				r := open(t, dir)
				if !r.Has(person(1)) || r.Has(person(2)) == (tt.gone || whole) {
					t.Errorf("%s, %d bytes, backwards %v: ring holds %v", tt.name, cut, backwards, r.IDs())
				}
				if _, err := r.Open(person(2), file, key, schema, value); (err == nil) != r.Has(person(2)) {
					t.Errorf("%s, %d bytes, backwards %v: value opens with %v", tt.name, cut, backwards, err)
				}
				if err := killmatrix.AtRest(killmatrix.Scan(content(t, dir))); err != nil {
					t.Errorf("%s, %d bytes, backwards %v: after Open %v", tt.name, cut, backwards, err)
				}
				_ = r.Close()
			}
		}
	}
}

func TestDamagedFile(t *testing.T) {
	tests := []struct {
		name   string
		damage func([]byte) []byte
		err    error
	}{
		{"whole", func(b []byte) []byte { return b }, nil},
		{"one bit in slot 0", func(b []byte) []byte { b[9000] ^= 4; return b }, nil},
		{"one bit in slot 1", func(b []byte) []byte { b[killmatrix.SlotSize+16] ^= 1; return b }, nil},
		{"second slot cut off", func(b []byte) []byte { return b[:killmatrix.SlotSize] }, nil},
		{"generation raised by hand", func(b []byte) []byte { binary.BigEndian.PutUint64(b[8:], 99); return b }, nil},
		{"slot 1 is a copy of slot 0", func(b []byte) []byte { return append(b[:killmatrix.SlotSize], b[:killmatrix.SlotSize]...) }, nil},
		{"one bit in each", func(b []byte) []byte { b[9000] ^= 4; b[30000] ^= 4; return b }, keyring.ErrNoSlot},
		{"empty", func([]byte) []byte { return nil }, keyring.ErrNoSlot},
		{"zeros", func(b []byte) []byte { return make([]byte, len(b)) }, keyring.ErrNoSlot},
		{"other magic", func(b []byte) []byte { b[0], b[killmatrix.SlotSize] = 'X', 'X'; return b }, keyring.ErrNoSlot},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			r := open(t, dir)
			if err := r.Add(person(1)); err != nil {
				t.Fatal(err)
			}
			value := seal(t, r, person(1), "his")
			if err := r.Close(); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, "keys"), tt.damage(content(t, dir)), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := keyring.Check(dir); !errors.Is(err, tt.err) {
				t.Errorf("Check: %v, want %v", err, tt.err)
			}
			r, err := keyring.Open(dir)
			if !errors.Is(err, tt.err) {
				t.Fatalf("Open: %v, want %v", err, tt.err)
			}
			if err != nil {
				return
			}
			defer r.Close()
			if got, err := r.Open(person(1), file, key, schema, value); err != nil || string(got) != "his" {
				t.Errorf("value: %q, %v", got, err)
			}
			if err := killmatrix.AtRest(killmatrix.Scan(content(t, dir))); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestRingRefuses(t *testing.T) {
	dir := t.TempDir()
	r := open(t, dir)
	if _, err := keyring.Open(dir); err == nil {
		t.Error("a second process could open the ring")
	}
	if _, err := r.Remove(profiles.ID{}); err == nil {
		t.Error("the car's own key was removed")
	}
	if _, err := r.Seal(person(1), file, key, schema, nil); !errors.Is(err, keyring.ErrNoKey) {
		t.Errorf("seal for a stranger: %v", err)
	}
	for _, who := range []profiles.ID{person(1), {}} { // without a key; with one, and nothing that was sealed
		if _, err := r.Open(who, file, key, schema, make([]byte, 64)); err == nil || !strings.HasPrefix(err.Error(), fmt.Sprintf("open %s of %s: ", key, who)) {
			t.Errorf("open for %s: %v", who, err)
		}
	}
	var many []profiles.ID
	for n := range byte(42) {
		many = append(many, person(n+1))
	}
	if err := r.Add(many...); !errors.Is(err, keyring.ErrFull) || len(r.IDs()) != 0 {
		t.Errorf("42 people: %v and %d are in; want none of them", err, len(r.IDs()))
	}
	if err := r.Add(many[:41]...); err != nil || len(r.IDs()) != 41 {
		t.Errorf("41 people: %v and %d are in", err, len(r.IDs()))
	}
	peek, err := keyring.Peek(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer peek.Close()
	if got, err := peek.Open(person(3), file, key, schema, seal(t, r, person(3), "x")); err != nil || string(got) != "x" {
		t.Errorf("a ring for reading opens a value as %q, %v", got, err)
	}
	if err := peek.Add(person(50)); !errors.Is(err, keyring.ErrClosed) {
		t.Errorf("a ring for reading takes a key: %v", err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if err := r.Add(person(50)); !errors.Is(err, keyring.ErrClosed) {
		t.Errorf("a closed ring takes a key: %v", err)
	}
	if _, err := r.Seal(person(3), file, key, schema, nil); !errors.Is(err, keyring.ErrClosed) {
		t.Errorf("a closed ring seals: %v", err)
	}
	if info, err := os.Stat(filepath.Join(dir, "keys")); err != nil || info.Mode() != 0o600 || info.Size() != 32<<10 {
		t.Errorf("key file: %v, %v; want mode 0600 and 32 KiB", info, err)
	}
}

// A ring knows whether it ever held a person, also when nobody is left.
func TestUnused(t *testing.T) {
	dir := t.TempDir()
	for range 2 {
		r := open(t, dir)
		if !r.Unused() {
			t.Error("a new ring held somebody")
		}
		r.Close()
	}
	r := open(t, dir)
	if err := r.Add(person(1)); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Remove(person(1)); err != nil {
		t.Fatal(err)
	}
	r.Close()
	if r = open(t, dir); r.Unused() {
		t.Error("a ring from which everybody was removed never held anybody")
	}
	r.Close()
}

// The file has one name for its life, whatever is added, removed or damaged; a ring made
// anew has another.
func TestFileID(t *testing.T) {
	dir := t.TempDir()
	r := open(t, dir)
	name := r.FileID()
	if name == [16]byte{} || name == open(t, t.TempDir()).FileID() {
		t.Errorf("%x", name)
	}
	if err := r.Add(person(1)); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Remove(person(1)); err != nil {
		t.Fatal(err)
	}
	for _, damaged := range []int{0, killmatrix.SlotSize} {
		_ = r.Close()
		b := content(t, dir)
		b[damaged] ^= 1
		if err := os.WriteFile(filepath.Join(dir, "keys"), b, 0o600); err != nil {
			t.Fatal(err)
		}
		if r = open(t, dir); r.FileID() != name {
			t.Errorf("%x: was %x", r.FileID(), name)
		}
	}
}
