package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"glovebox/agent"
	"glovebox/profiles"
	"glovebox/profiles/bolt"
	"glovebox/profiles/disk"
	"glovebox/profiles/keyring"
	"glovebox/telemetry/outbox"
)

const (
	keysFile   = "keys"
	outboxFile = "outbox.db"
)

// stores is what the agent keeps on disk, open.
type stores struct {
	dir       string
	lock      *os.File // of dir: one process at a time
	identity  profiles.Identity
	ring      *keyring.Ring // nil where the disk cannot be used
	used      bool          // the ring knows that there were people: every other file must be there
	file      *bolt.Store   // nil where the disk cannot be used
	people    agent.Store
	recovered []string // what was damaged or lost and is repaired, new, or cannot be used
	off       error    // why the cloud is off, if it is
	mark      bolt.Mark
	sound     bool   // the process before closed all of it a moment ago
	leaves    bool   // a mark at the end
	erasing   bool   // everything was erased, and the order stands
	step      func() // called before each step of a start that may take its time; or nil
	log       *slog.Logger
}

// lockTime is how long a start waits for another process to be done with the
// directory: `--identity` beside a first start.
const lockTime = 3 * time.Second

// lockStores locks the state directory, which no other process may use: the error is
// disk.ErrInUse. One that cannot be locked for another reason is for start.
func lockStores(ctx context.Context, dir string, sound bool, step func(), log *slog.Logger) (s stores, err error) {
	s = stores{dir: dir, log: log, sound: sound, step: step, leaves: true}
	s.lock, s.off = lockStore(ctx, dir, lockTime)
	if errors.Is(s.off, disk.ErrInUse) {
		return s, s.off
	}
	return s, nil
}

// start opens what is in the directory. One that cannot be used as it has to be costs
// people and cloud, and not the head unit: then nobody can log in, but guests can.
func (s stores) start(ctx context.Context) (stores, error) {
	err := s.off
	if err == nil {
		err = s.open(ctx, false)
	}
	switch {
	case err == nil:
		return s, nil
	case ctx.Err() != nil:
		return s, errors.Join(err, s.release())
	}
	s.log.Error("stores cannot be used", "error", err)
	if err := s.release(); err != nil {
		s.log.Warn("close stores", "error", err)
	}
	return unusable(s.dir, err, s.check(ctx), s.log), nil
}

// doubtful reports whether what is kept about the car may be of an older day.
func (s stores) doubtful() bool {
	return slices.Contains(s.recovered, keysFile) || slices.Contains(s.recovered, bolt.Name)
}

// fresh reports whether this car surely never had anybody: a start that was cut off may
// have found the ring lost, and then there is a quarantine.
func (s stores) fresh() bool {
	_, err := os.Stat(filepath.Join(s.dir, quarantineName))
	return s.ring != nil && !s.used && errors.Is(err, os.ErrNotExist)
}

// lockStore makes the directory and takes its lock, before anything else is done there.
func lockStore(ctx context.Context, dir string, patience time.Duration) (*os.File, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		lock, err := disk.Lock(dir)
		if !errors.Is(err, disk.ErrInUse) {
			return lock, err
		}
		select {
		case <-ctx.Done():
			return nil, err
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// open opens what is in the directory: the ring first, which finishes what a power cut
// left, then the people it seals, checked and mended. The queue stays closed:
// openQueue makes it safe to open. asked says that a new identity is asked for where
// there is none.
func (s *stores) open(ctx context.Context, asked bool) error {
	if err := s.finishErasing(); err != nil {
		return err
	}
	freed, err := bolt.SetAside(s.dir, keysFile, keyring.IdentityName, bolt.Name, outboxFile, bolt.MarkName)
	if err != nil {
		return err
	}
	for _, name := range freed {
		if name != bolt.MarkName {
			s.recover(name)
		}
	}
	closeModes(s.dir, s.log)
	s.mark = bolt.ReadMark(s.dir)
	taken := make(chan error, 1)
	go func(m bolt.Mark) { taken <- m.Use() }(s.mark)
	sound, read := s.startCheck(ctx), keyring.Identity
	if s.mark.Holds(keyring.IdentityName) {
		read = keyring.KnownIdentity
	}
	var unread error
	s.identity, unread = read(s.dir)
	if err := <-taken; err != nil { // before any store file is opened for writing
		s.log.Warn("mark not taken away", "error", err)
		_ = sound() // what it says may be the mark's word
		s.mark = bolt.Mark{}
		sound = s.startCheck(ctx)
	}
	ring, lost, err := bolt.OpenRing(s.dir, []string{bolt.Name, outboxFile}, keyring.IdentityName)
	if err != nil {
		return errors.Join(err, sound())
	}
	s.ring, s.used = ring, lost || !ring.Unused()
	if lost {
		s.recover(keysFile)
	}
	for _, name := range []string{bolt.Name, outboxFile} {
		if info, err := os.Stat(filepath.Join(s.dir, name)); s.used && (errors.Is(err, os.ErrNotExist) || err == nil && info.Size() == 0) {
			s.recover(name) // known at once; what else is wrong with the queue is found later
		}
	}
	if sound() != nil {
		mended, err := bolt.Mend(s.dir, bolt.Name, s.check(ctx))
		if err != nil {
			return err
		}
		if mended {
			s.recover(bolt.Name)
		}
	}
	s.steps()                                                  // it may have to be brought to a newer form
	if s.file, err = bolt.Open(s.dir, ring, nil); err != nil { // checked just now
		return err
	}
	s.people = s.file
	if unread != nil {
		if err := s.settleIdentity(unread, asked || !s.used); err != nil {
			return err
		}
	}
	return s.eraseDone()
}

// recover notes that a store was damaged or lost.
func (s *stores) recover(name string) {
	if !slices.Contains(s.recovered, name) {
		s.recovered = append(s.recovered, name)
	}
}

// settleIdentity takes the identity that could not be read from its copy among the
// people, or makes a new one if it may. A car without one comes up with the cloud off.
func (s *stores) settleIdentity(unread error, mayMake bool) error {
	kept, err := s.file.Identity()
	if err != nil {
		s.log.Warn("identity", "error", err)
	}
	switch {
	case kept.VID != "":
		s.recover(keyring.IdentityName)
		s.identity = kept
		return keyring.WriteIdentity(s.dir, kept)
	case errors.Is(unread, os.ErrNotExist) && mayMake:
		if s.identity, err = keyring.NewIdentity(s.dir); err != nil {
			return err
		}
		return s.file.SetIdentity(s.identity)
	}
	s.recover(keyring.IdentityName)
	s.off = unread
	return nil
}

// keepIdentity keeps a copy of the identity among the people, if there is none. To read
// one takes as long as reading the people: it is for when the head unit has its name.
func (s stores) keepIdentity() error {
	if s.file == nil || s.off != nil {
		return nil
	}
	kept, err := s.file.Identity()
	if err != nil {
		s.log.Warn("identity", "error", err)
	}
	if kept.Public() == s.identity.Public() {
		return nil
	}
	if err := s.file.SetIdentity(s.identity); err != nil {
		s.log.Warn("no copy of the identity", "error", err)
	}
	return nil
}

// Close closes what is open and leaves a mark for the next start if all is sound. The
// queue was closed before.
func (s stores) Close() error {
	var err error
	if s.file != nil {
		err = s.file.Close()
		s.file = nil
		if s.leaves {
			if err := s.leaveMark(); err != nil {
				s.log.Warn("next start checks", "error", err)
			}
		}
	}
	return errors.Join(err, s.release())
}

// release closes what is open, in reverse.
func (s stores) release() error {
	var all []error
	if s.file != nil {
		all = append(all, s.file.Close())
	}
	if s.ring != nil {
		all = append(all, s.ring.Close())
	}
	if s.lock != nil {
		all = append(all, s.lock.Close()) // last: until here nobody else may
	}
	return errors.Join(all...)
}

// markTime is how much of a stop the mark may take. A queue that is larger than it
// can check in this time is checked by the next start.
const markTime = 2 * time.Second

func (s stores) leaveMark() error {
	ctx, cancel := context.WithTimeout(context.Background(), markTime)
	defer cancel()
	return bolt.LeaveMark(s.dir, childCheck(ctx), keysFile, keyring.IdentityName, bolt.Name, outboxFile)
}

// startCheck looks at the people's file, beside whatever the caller does; sound waits for
// the answer. What is as the mark has it is only read; else a child checks. The ring may be
// repaired meanwhile: then the answer can be wrong, on the safe side, and the file is
// looked at again.
func (s stores) startCheck(ctx context.Context) (sound func() error) {
	file := filepath.Join(s.dir, bolt.Name)
	var group errgroup.Group
	group.Go(func() error {
		if _, err := os.Stat(file); errors.Is(err, os.ErrNotExist) || s.marked(bolt.Name) {
			return nil
		}
		return s.check(ctx)(file)
	})
	return group.Wait
}

// marked reports whether the file, and the ring that opens it, are as the last stop
// left them.
func (s stores) marked(name string) bool {
	return s.sound || s.mark.Holds(keysFile) && s.mark.Holds(name)
}

// queue is the queue before it is opened, nil where the disk cannot be used.
func (s stores) queue(bounds outbox.Bounds) *outbox.Outbox {
	if s.ring == nil {
		return nil
	}
	return outbox.New(filepath.Join(s.dir, outboxFile), s.ring, bounds, now)
}

// openTime is how long the queue may take to open after a stop was asked for: what the
// start found is told in it. A unit's stop may take eight seconds.
const openTime = 3 * time.Second

// openQueue opens the queue once the head unit has its name: until then, and while a
// long queue is checked and read, what is to be kept or sent waits. A queue that is
// not as the last stop left it is checked by a child and mended; that it was damaged or
// lost goes to found. One that cannot be opened keeps nothing, and the rest goes on.
func (s stores) openQueue(stop context.Context, box *outbox.Outbox, found chan<- string) {
	if box == nil {
		return
	}
	ctx, end := context.WithCancel(context.WithoutCancel(stop))
	defer end()
	defer context.AfterFunc(stop, func() { time.AfterFunc(openTime, end) })()
	mended, err := s.mendQueue(ctx)
	if err == nil {
		err = box.Open()
	}
	if err != nil {
		err = errors.Join(err, box.Close()) // whoever waits for it goes on
	}
	if ctx.Err() != nil {
		return // the next start looks again
	}
	if err != nil {
		s.log.Error("queue cannot be used", "error", err)
	}
	if (mended || err != nil) && !slices.Contains(s.recovered, outboxFile) {
		s.log.Warn("store recovered", "store", outboxFile)
		found <- outboxFile
	}
}

// mendQueue makes the queue safe to open, and reports whether it was damaged.
func (s stores) mendQueue(ctx context.Context) (bool, error) {
	if s.marked(outboxFile) {
		return false, nil
	}
	return bolt.Mend(s.dir, outboxFile, childCheck(ctx))
}

// check is a childCheck of a start.
func (s *stores) check(ctx context.Context) func(path string) error {
	child := childCheck(ctx)
	return func(path string) error { s.steps(); return child(path) }
}

// steps says that a start goes on.
func (s *stores) steps() {
	if s.step != nil {
		s.step()
	}
}

// childCheck runs this program to check a store: the check may die of what it finds.
func childCheck(ctx context.Context) func(path string) error {
	self, err := os.Executable()
	if err != nil {
		return func(string) error { return fmt.Errorf("%w: %w", bolt.ErrNotChecked, err) }
	}
	return bolt.ChildCheck(ctx, self, childArgs...)
}
