package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"glovebox/profiles"
	"glovebox/profiles/bolt"
	"glovebox/profiles/keyring"
	"glovebox/telemetry/outbox"
)

const (
	keysFile   = "keys"
	outboxFile = "outbox.db"
)

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
	for _, name := range []string{keysFile, bolt.Name, outboxFile} {
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
	default:
		return fmt.Errorf("%s: want keys, %s or %s", name, bolt.Name, outboxFile)
	}
}

// stores is what the agent keeps on disk, open.
type stores struct {
	dir       string
	identity  profiles.Identity
	ring      *keyring.Ring
	people    *bolt.Store
	recovered []string // what was damaged and is repaired or new
	mark      bolt.Mark
	log       *slog.Logger
}

// openStores opens the state directory: the ring first, which finishes what a
// power cut left, then the people it seals, checked and mended. The queue stays
// closed: mendQueue makes it safe to open.
func openStores(ctx context.Context, dir string, log *slog.Logger) (s stores, err error) {
	s.dir, s.log = dir, log
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
		}
	}()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return s, err
	}
	s.mark = bolt.ReadMark(dir)
	known := s.mark.Holds(keyring.IdentityName)
	sound, mark := s.startCheck(ctx)
	if known {
		s.identity, err = keyring.KnownIdentity(dir)
	} else {
		s.identity, err = keyring.Identity(dir)
	}
	if err != nil {
		return s, errors.Join(err, sound())
	}
	s.mark = <-mark // before any store file is opened for writing
	ring, lost, err := bolt.OpenRing(dir, bolt.Name, outboxFile)
	if err != nil {
		return s, errors.Join(err, sound())
	}
	s.ring = ring
	if lost {
		s.recovered = append(s.recovered, keysFile)
	}
	if sound() != nil {
		mended, err := bolt.Mend(dir, bolt.Name, childCheck(ctx))
		if err != nil {
			return s, err
		}
		if mended {
			s.recovered = append(s.recovered, bolt.Name)
		}
	}
	s.people, err = bolt.Open(dir, ring, nil) // checked just now
	return s, err
}

// doubtful reports whether what is kept about the car may be of an older day.
func (s stores) doubtful() bool {
	return slices.Contains(s.recovered, keysFile) || slices.Contains(s.recovered, bolt.Name)
}

// Close closes what is open, in reverse, and leaves a mark for the next start if
// all is sound. The queue was closed before.
func (s stores) Close() error {
	var all []error
	if s.people != nil {
		all = append(all, s.people.Close())
		if err := s.leaveMark(); err != nil {
			s.log.Warn("next start checks", "error", err)
		}
	}
	if s.ring != nil {
		all = append(all, s.ring.Close())
	}
	return errors.Join(all...)
}

// markTime is how much of a stop the mark may take. A queue that is larger than it
// can check in this time is checked by the next start.
const markTime = 2 * time.Second

func (s stores) leaveMark() error {
	if _, err := keyring.Identity(s.dir); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), markTime)
	defer cancel()
	return bolt.LeaveMark(s.dir, childCheck(ctx), keysFile, keyring.IdentityName, bolt.Name, outboxFile)
}

// startCheck takes the last stop's mark away, hands it on and looks at the people's
// file, beside whatever the caller does; sound waits for the answer. What is as the
// mark has it is only read; else a child checks. The ring may be repaired meanwhile:
// then the answer can be wrong, on the safe side, and the file is looked at again.
func (s stores) startCheck(ctx context.Context) (sound func() error, mark <-chan bolt.Mark) {
	file, taken := filepath.Join(s.dir, bolt.Name), make(chan bolt.Mark, 1)
	var group errgroup.Group
	group.Go(func() error {
		s.mark = s.mark.Use()
		taken <- s.mark
		if _, err := os.Stat(file); errors.Is(err, os.ErrNotExist) || s.marked(bolt.Name) {
			return nil
		}
		return childCheck(ctx)(file)
	})
	return group.Wait, taken
}

// marked reports whether the file, and the ring that opens it, are as the last stop
// left them.
func (s stores) marked(name string) bool { return s.mark.Holds(keysFile) && s.mark.Holds(name) }

// openQueue opens the queue once the head unit has its name: until then, and while a
// long queue is checked and read, what is to be kept or sent waits. A queue that is
// not as the last stop left it is checked by a child and mended; that it was damaged
// goes to found, which has room for it.
func (s stores) openQueue(ctx context.Context, box *outbox.Outbox, found chan<- string) error {
	var err error
	if !s.marked(outboxFile) {
		var mended bool
		if mended, err = bolt.Mend(s.dir, outboxFile, childCheck(ctx)); mended {
			s.log.Warn("store recovered", "store", outboxFile)
			found <- outboxFile
		}
	}
	if err == nil {
		return box.Open()
	}
	err = errors.Join(err, box.Close()) // whoever waits for it goes on
	if ctx.Err() != nil {
		return nil // a stop came first
	}
	return err
}

// childCheck runs this program to check a store: the check may die of what it finds.
func childCheck(ctx context.Context) func(path string) error {
	self, err := os.Executable()
	if err != nil {
		return func(string) error { return fmt.Errorf("%w: %w", bolt.ErrNotChecked, err) }
	}
	return bolt.ChildCheck(ctx, self, "--check-store")
}
