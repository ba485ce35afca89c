package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sync/errgroup"

	"glovebox/profiles/bolt"
	"glovebox/profiles/keyring"
	"glovebox/telemetry/outbox"
)

const outboxFile = "outbox.db"

// checkStore opens and reads one store file, or all in a directory, and says
// what is wrong. It may fault on a damaged file: only a process that does
// nothing else calls it. The daemon runs itself so at boot.
func checkStore(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return checkFile(path)
	}
	var all []error
	for _, name := range []string{"keys", bolt.Name, outboxFile} {
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
	case name == "keys":
		return keyring.Check(filepath.Dir(path))
	default:
		return fmt.Errorf("%s: want keys, %s or %s", name, bolt.Name, outboxFile)
	}
}

// mendStores has each store file checked in a child of its own, side by side,
// and names what had to be repaired. After it both files are safe to open.
func mendStores(ctx context.Context, dir string) (recovered []string, err error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	names := []string{bolt.Name, outboxFile}
	mended := make([]bool, len(names))
	var group errgroup.Group
	for i, name := range names {
		group.Go(func() (err error) {
			mended[i], err = bolt.Mend(dir, name, bolt.ChildCheck(ctx, self, "--check-store"))
			return err
		})
	}
	err = group.Wait()
	for i, name := range names {
		if mended[i] {
			recovered = append(recovered, name)
		}
	}
	return recovered, err
}
