package main

import (
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"glovebox/profiles/bolt"
	"glovebox/profiles/disk"
	"glovebox/profiles/keyring"
)

// openMode is a file or folder of ours that others than its owner may use.
type openMode struct {
	path   string
	mode   os.FileMode
	shared bool // it holds files that are not ours: it is somebody else's too
}

// closeModes takes from everybody but the owner what they may do with the stores in
// dir, and says so. The mode of a shared folder is only said.
func closeModes(dir string, log *slog.Logger) {
	for _, f := range openModes(dir) {
		log.Warn("mode too open", "file", filepath.Base(f.path), "mode", f.mode, "shared", f.shared)
		if f.shared {
			continue
		}
		if err := os.Chmod(f.path, f.mode&^0o077); err != nil {
			log.Warn("mode stays", "file", filepath.Base(f.path), "error", err)
		}
	}
}

// openModes finds what is too open in dir, and dir itself.
func openModes(dir string) (all []openMode) {
	look := func(path string, shared bool) {
		if info, err := os.Stat(path); err == nil && info.Mode().Perm()&0o077 != 0 {
			all = append(all, openMode{path, info.Mode().Perm(), shared})
		}
	}
	entries, _ := os.ReadDir(dir) // whoever opens a store says why it cannot be read
	shared := false
	for _, e := range entries {
		if ours(e.Name()) {
			look(filepath.Join(dir, e.Name()), false)
		} else {
			shared = true
		}
	}
	kept, _ := os.ReadDir(filepath.Join(dir, quarantineName)) // most cars have none
	for _, e := range kept {
		look(filepath.Join(dir, quarantineName, e.Name()), false)
	}
	look(dir, shared)
	return all
}

const quarantineName = "quarantine"

// ours reports whether a name in the state directory is one that the agent gives.
func ours(name string) bool {
	name = strings.TrimSuffix(name, disk.Aside(""))
	return slices.Contains([]string{keysFile, keyring.IdentityName, bolt.Name, outboxFile, bolt.MarkName, orderName, quarantineName}, name) ||
		strings.HasPrefix(name, bolt.Name+".schema") // CopyName
}
