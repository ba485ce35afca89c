package disk_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"glovebox/profiles/disk"
)

// A file is replaced whole, is its owner's alone, and leaves nothing beside it.
func TestWrite(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys")
	for _, content := range []string{"the first content, which is longer", "the second"} {
		if err := disk.Write(path, []byte(content)); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(path)
		if err != nil || string(got) != content {
			t.Errorf("%q, %v: want %q", got, err, content)
		}
		info, err := os.Stat(path)
		if err != nil || info.Mode() != 0o600 {
			t.Errorf("mode %v, %v: want 0600", info.Mode(), err)
		}
	}
	if _, err := os.Stat(disk.Aside(path)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the file aside is still there: %v", err)
	}
}

// What cannot be written or put in place leaves the old file as it was.
func TestOldFileStays(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys")
	if err := disk.Write(path, []byte("old")); err != nil {
		t.Fatal(err)
	}
	if err := disk.Rename(path+".missing", path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("renaming a missing file: %v", err)
	}
	if err := os.Mkdir(disk.Aside(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := disk.Write(path, []byte("new")); err == nil {
		t.Error("a folder aside was written to")
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != "old" {
		t.Errorf("%q, %v: want the old content", got, err)
	}
}
