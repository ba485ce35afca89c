package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sync/errgroup"

	"glovebox/profiles"
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

// stores is what the agent keeps on disk, open.
type stores struct {
	identity  profiles.Identity
	ring      *keyring.Ring
	people    *bolt.Store
	recovered []string // what was damaged and is repaired or new
}

// openStores opens the state directory: the ring first, which finishes what a
// power cut left, then the files it seals, checked and mended.
func openStores(ctx context.Context, dir string) (s stores, err error) {
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
		}
	}()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return s, err
	}
	if s.identity, err = keyring.Identity(dir); err != nil {
		return s, err
	}
	ring, lost, err := bolt.OpenRing(dir, bolt.Name, outboxFile)
	if err != nil {
		return s, err
	}
	s.ring = ring
	if s.recovered, err = mendStores(ctx, dir); err != nil {
		return s, err
	}
	if lost {
		s.recovered = append(s.recovered, "keys")
	}
	s.people, err = bolt.Open(dir, ring, nil) // checked just now
	return s, err
}

// Close closes what is open, in reverse.
func (s stores) Close() error {
	var all []error
	if s.people != nil {
		all = append(all, s.people.Close())
	}
	if s.ring != nil {
		all = append(all, s.ring.Close())
	}
	return errors.Join(all...)
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
