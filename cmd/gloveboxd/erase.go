package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"glovebox/agent"
	"glovebox/profiles"
	"glovebox/profiles/disk"
	"glovebox/profiles/keyring"
)

// Everything is erased in two halves, with a process of its own for the second:
//
//	order on disk ──▶ keys overwritten ──▶ answer, and a fresh process
//	fresh process: every file overwritten and deleted ──▶ new ring, people, identity ──▶ order gone
//
// The order is the commit point. A start that finds it does the second half before
// anything else, as often as it takes.

// orderName is the file in the state directory that orders everything to be erased.
const orderName = "erase"

// eraseAll commits to erasing everything and destroys the keys. A receipt without a
// method says that nothing was begun.
func (s stores) eraseAll() (profiles.Receipt, error) {
	if s.ring == nil {
		return profiles.Receipt{}, fmt.Errorf("%w: %w", profiles.ErrEraseFailed, s.off)
	}
	if err := disk.Write(filepath.Join(s.dir, orderName), []byte("everything\n")); err != nil {
		if !ordered(s.dir) {
			return profiles.Receipt{}, fmt.Errorf("%w: %w", profiles.ErrEraseFailed, err)
		}
		s.log.Warn("order to erase everything", "error", err) // it has its name, so it is carried out
	}
	done, err := s.ring.Destroy()
	result := "erased"
	if err != nil {
		result = "failed"
	}
	return profiles.Receipt{Method: "key", Generation: done.Generation, Result: result, Stores: []profiles.StoreReceipt{
		{Name: keysFile, Before: uint32(done.Before), Result: result},
	}}, err
}

// ordered reports whether everything in dir is to be erased.
func ordered(dir string) bool {
	_, err := os.Lstat(filepath.Join(dir, orderName))
	return err == nil
}

// finishErasing does what an order in the state directory asks for; the stores are made
// anew afterwards, and then the order goes (eraseDone).
func (s *stores) finishErasing() error {
	if !ordered(s.dir) {
		return nil
	}
	s.log.Info("everything is erased")
	s.erasing = true
	s.steps()
	if err := errors.Join(keyring.Destroy(s.dir), disk.Wipe(s.dir, orderName)); err != nil {
		return fmt.Errorf("erase everything: %w", err)
	}
	return nil
}

// eraseDone takes the order back, once the new stores are there. What the car did before
// stays hidden: nobody knows any more.
func (s *stores) eraseDone() error {
	if !s.erasing {
		return nil
	}
	err := agent.Hide(s.file)
	if err == nil {
		err = os.Remove(filepath.Join(s.dir, orderName))
	}
	if err == nil {
		err = disk.SyncFolder(s.dir)
	}
	if err != nil {
		return fmt.Errorf("erase everything: %w", err)
	}
	s.erasing = false
	return nil
}
