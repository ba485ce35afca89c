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
	sound := startCheck(ctx, dir)
	if s.identity, err = keyring.Identity(dir); err != nil {
		return s, errors.Join(err, sound())
	}
	ring, lost, err := bolt.OpenRing(dir, bolt.Name, outboxFile)
	if err != nil {
		return s, errors.Join(err, sound())
	}
	s.ring = ring
	if lost {
		s.recovered = append(s.recovered, "keys")
	}
	if sound() != nil {
		mended, err := mendStores(ctx, dir)
		if s.recovered = append(s.recovered, mended...); err != nil {
			return s, err
		}
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

// startCheck has a child look at all stores, beside whatever the caller does, and
// returns what waits for its answer. The ring may be repaired meanwhile: then the
// answer can be wrong, on the safe side, and the files are looked at again.
func startCheck(ctx context.Context, dir string) (sound func() error) {
	var group errgroup.Group
	group.Go(func() error { return childCheck(ctx)(dir) })
	return group.Wait
}

// mendStores has each store file checked in a child of its own and names what
// had to be repaired. After it both files are safe to open.
func mendStores(ctx context.Context, dir string) (recovered []string, err error) {
	for _, name := range []string{bolt.Name, outboxFile} {
		mended, err := bolt.Mend(dir, name, childCheck(ctx))
		if err != nil {
			return recovered, err
		}
		if mended {
			recovered = append(recovered, name)
		}
	}
	return recovered, nil
}

// childCheck runs this program to check a store: the check may die of what it finds.
func childCheck(ctx context.Context) func(path string) error {
	self, err := os.Executable()
	if err != nil {
		return func(string) error { return fmt.Errorf("%w: %w", bolt.ErrNotChecked, err) }
	}
	return bolt.ChildCheck(ctx, self, "--check-store")
}
