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

// closeModes takes from everybody but the owner what they may do with the stores in
// dir, and says so. A folder that holds other files than ours is somebody else's too:
// its own mode is only said.
func closeModes(dir string, log *slog.Logger) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return // whoever opens a store says it
	}
	close := func(path string) {
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm()&0o077 == 0 {
			return
		}
		log.Warn("mode too open", "file", filepath.Base(path), "mode", info.Mode().Perm())
		if err := os.Chmod(path, info.Mode().Perm()&^0o077); err != nil {
			log.Warn("mode stays", "file", filepath.Base(path), "error", err)
		}
	}
	alone := true
	for _, e := range entries {
		if !ours(e.Name()) {
			alone = false
			continue
		}
		close(filepath.Join(dir, e.Name()))
	}
	kept, _ := os.ReadDir(filepath.Join(dir, quarantineName)) // most cars have none
	for _, e := range kept {
		close(filepath.Join(dir, quarantineName, e.Name()))
	}
	if alone {
		close(dir)
	} else if info, err := os.Stat(dir); err == nil && info.Mode().Perm()&0o077 != 0 {
		log.Warn("store in a shared folder", "folder", dir, "mode", info.Mode().Perm())
	}
}

const quarantineName = "quarantine"

// ours reports whether a name in the state directory is one that the agent gives.
func ours(name string) bool {
	name = strings.TrimSuffix(name, disk.Aside(""))
	return slices.Contains([]string{keysFile, keyring.IdentityName, bolt.Name, outboxFile, bolt.MarkName, quarantineName}, name)
}
