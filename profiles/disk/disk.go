// Package disk puts files in place so that a power cut leaves the old one or
// the new one, whole.
//
//	written aside ─▶ synced ─▶ renamed ─▶ folder synced
package disk

import (
	"errors"
	"os"
	"path/filepath"
)

// Aside is where the next content of path is made.
func Aside(path string) string { return path + ".new" }

// Write makes content the file path, readable to its owner only.
func Write(path string, content []byte) error {
	if err := os.WriteFile(Aside(path), content, 0o600); err != nil {
		return err
	}
	return Rename(Aside(path), path)
}

// Rename syncs the file aside and gives it its final name in the same folder, for
// good. Whatever had that name is gone.
func Rename(aside, final string) error {
	if err := syncPath(aside); err != nil {
		return err
	}
	if err := os.Rename(aside, final); err != nil {
		return err
	}
	return SyncFolder(filepath.Dir(final))
}

// SyncFolder makes the names in a folder durable.
func SyncFolder(folder string) error { return syncPath(folder) }

func syncPath(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
