package disk_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"glovebox/profiles/disk"
)

// One holds the lock of a folder at a time, and nothing is written for it.
func TestLock(t *testing.T) {
	folder := t.TempDir()
	first, err := disk.Lock(folder)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := disk.Lock(folder); !errors.Is(err, disk.ErrInUse) {
		t.Errorf("a second lock: %v", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := disk.Lock(folder)
	if err != nil {
		t.Fatalf("after the first was given back: %v", err)
	}
	if err := again.Close(); err != nil {
		t.Fatal(err)
	}
	if files, err := os.ReadDir(folder); err != nil || len(files) != 0 {
		t.Errorf("%v, %v in the folder", files, err)
	}
	file := filepath.Join(folder, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, none := range []string{file, filepath.Join(folder, "none")} {
		if _, err := disk.Lock(none); err == nil || errors.Is(err, disk.ErrInUse) {
			t.Errorf("%s: %v", none, err)
		}
	}
}
