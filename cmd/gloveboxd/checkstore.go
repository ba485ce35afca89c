package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"glovebox/profiles/bolt"
	"glovebox/profiles/disk"
	"glovebox/profiles/keyring"
	"glovebox/telemetry/outbox"
)

// childArgs is the command line of a check whose parent holds the lock of the
// directory; the path follows.
var childArgs = []string{"--check-store", "--locked"}

// checkIdle is checkStore where no agent runs: beside one, what is half written looks
// damaged.
func checkIdle(path string) (err error) {
	dir := path
	if info, err := os.Stat(path); err == nil && !info.IsDir() {
		dir = filepath.Dir(path)
	}
	lock, err := disk.Lock(dir)
	switch {
	case errors.Is(err, disk.ErrInUse):
		return fmt.Errorf("%s is in use: stop gloveboxd first, nothing was checked", dir)
	case err == nil:
		defer func() { err = errors.Join(err, lock.Close()) }()
	}
	return checkStore(path) // which says what else is wrong with the path
}

// checkStore opens and reads one store file, or all in a directory, and says
// what is wrong. It may fault on a damaged file: only a process that does
// nothing else calls it. The daemon runs itself so at boot, with the lock of the
// directory.
func checkStore(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if !info.IsDir() && !info.Mode().IsRegular() {
		return fmt.Errorf("%s: no file", path)
	}
	if !info.IsDir() {
		return checkFile(path)
	}
	var all []error
	for _, name := range []string{keysFile, bolt.Name, outboxFile, keyring.IdentityName} {
		file := filepath.Join(path, name)
		if _, err := os.Stat(file); err == nil {
			all = append(all, checkFile(file))
		}
	}
	return errors.Join(all...)
}

// checkFile checks one file by the beginning of its name; copies that are being
// mended have an ending more.
func checkFile(path string) error {
	switch name := filepath.Base(path); {
	case strings.HasPrefix(name, bolt.Name):
		return bolt.Check(path)
	case strings.HasPrefix(name, outboxFile):
		ring, err := keyring.Peek(filepath.Dir(path))
		if err != nil {
			return err
		}
		return errors.Join(outbox.Check(path, ring), ring.Close())
	case name == keysFile:
		return keyring.Check(filepath.Dir(path))
	case name == keyring.IdentityName:
		_, err := keyring.Identity(filepath.Dir(path))
		return err
	default:
		return fmt.Errorf("%s: want keys, %s, %s or %s", name, bolt.Name, outboxFile, keyring.IdentityName)
	}
}
