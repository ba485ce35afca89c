package disk_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"glovebox/profiles/disk"
)

// Nothing is left of a folder but what is kept, and a file is overwritten before it loses
// its name: whoever still has it open reads zeros. What a link leads to stays.
func TestWipe(t *testing.T) {
	folder, elsewhere := t.TempDir(), filepath.Join(t.TempDir(), "elsewhere")
	secret := bytes.Repeat([]byte("secret "), 30_000)
	var open []*os.File
	for _, name := range []string{"keys", "order", "quarantine/keys.1", "quarantine/deep/er", "empty"} {
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		content := secret
		if name == "empty" {
			content = nil
		}
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if name != "order" {
			open = append(open, f)
		}
	}
	if err := os.WriteFile(elsewhere, secret, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(elsewhere, filepath.Join(folder, "link")); err != nil {
		t.Fatal(err)
	}
	for range 2 { // again changes nothing
		if err := disk.Wipe(folder, "order"); err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range open {
		got := make([]byte, len(secret))
		n, _ := f.ReadAt(got, 0)
		if bytes.Contains(got[:n], []byte("secret")) {
			t.Errorf("%s was not overwritten", f.Name())
		}
	}
	if left, err := os.ReadDir(folder); err != nil || len(left) != 1 || left[0].Name() != "order" {
		t.Errorf("%v, %v in the folder", left, err)
	}
	for _, kept := range []string{elsewhere, filepath.Join(folder, "order")} {
		if got, err := os.ReadFile(kept); err != nil || !bytes.Equal(got, secret) {
			t.Errorf("%s was changed, %v", kept, err)
		}
	}
}
