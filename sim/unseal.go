package sim

import (
	"bytes"
	"compress/flate"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"go.etcd.io/bbolt"
	"golang.org/x/sys/unix"

	"glovebox/profiles"
	"glovebox/profiles/keyring"
)

// CopyState copies the agent's state directory, as a power cut would leave it:
// a running agent stands still meanwhile. One that ends meanwhile is a power cut.
func (w *World) CopyState(to string) (err error) {
	if pid := w.Agent.PID(); pid != 0 {
		signal := func(s unix.Signal) error {
			if err := w.Agent.Signal(s); err != nil && !errors.Is(err, errDown) {
				return err
			}
			return nil
		}
		if err := signal(unix.SIGSTOP); err != nil {
			return fmt.Errorf("copy the state: %w", err)
		}
		defer func() { err = errors.Join(err, signal(unix.SIGCONT)) }()
		if err := standsStill(pid); err != nil {
			return fmt.Errorf("copy the state: %w", err)
		}
	}
	if err := os.CopyFS(to, os.DirFS(w.State())); err != nil {
		return fmt.Errorf("copy the state: %w", err)
	}
	return nil
}

// standsStill waits until all of a process was stopped; one that ended is fine.
func standsStill(pid int) error {
	for range 1000 {
		threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", pid))
		if err != nil {
			return err
		}
		running := false
		for _, name := range threads {
			text, err := os.ReadFile(name)
			if err != nil {
				continue // that thread has ended
			}
			// pid (name) state: proc_pid_stat(5)
			_, after, _ := strings.Cut(string(text[strings.LastIndexByte(string(text), ')')+1:]), " ")
			running = running || !strings.HasPrefix(after, "T") && !strings.HasPrefix(after, "Z")
		}
		if !running {
			return nil
		}
		<-time.After(time.Millisecond)
	}
	return errors.New("the agent cannot be stopped")
}

// CheckStore lets the program say what is wrong with a copy of its stores.
func (a *Agent) CheckStore(ctx context.Context, dir string) error {
	cmd := exec.CommandContext(ctx, a.program, "--config", a.config, "--check-store", dir)
	cmd.Env = a.env
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("check of the stores: %w: %s", err, strings.TrimSpace(string(out)))
	}
	return keyring.Check(dir)
}

// Stored is one value of the agent's stores. Text is unsealed if it was sealed.
type Stored struct {
	File  string // profiles.db or outbox.db
	Owner string // the person in hex, all zero for the car; else the bucket's name
	Key   string
	Text  []byte
}

// storeSchema is the version of both stores, which is bound into each seal.
const storeSchema = 1

// Unsealed reads every value in these files of a copy of the state directory and opens
// what is sealed. What cannot be opened, because its person is gone, is left out.
func Unsealed(dir string, files ...string) (all []Stored, err error) {
	ring, err := keyring.Peek(dir)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, ring.Close()) }()
	for _, file := range files {
		if _, err := os.Stat(filepath.Join(dir, file)); errors.Is(err, os.ErrNotExist) {
			continue
		}
		stored, err := unsealFile(ring, dir, file)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", file, err)
		}
		all = append(all, stored...)
	}
	return all, nil
}

// unsealFile reads one file. A damaged one, at which bbolt panics, is an error.
func unsealFile(ring *keyring.Ring, dir, file string) (all []Stored, err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("it is damaged: %v", p)
		}
	}()
	db, err := bbolt.Open(filepath.Join(dir, file), 0o600, &bbolt.Options{ReadOnly: true, Timeout: time.Second})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	err = db.View(func(tx *bbolt.Tx) error {
		return tx.ForEach(func(bucket []byte, b *bbolt.Bucket) error {
			return b.ForEach(func(key, value []byte) error {
				if s, ok := unseal(ring, file, bucket, key, value); ok {
					all = append(all, s)
				}
				return nil
			})
		})
	})
	return all, err
}

// unseal opens one value. A person's bucket is called by their id, in hex in
// the profiles and as it is in the queue, where a number follows; its keys are
// numbers.
func unseal(ring *keyring.Ring, file string, bucket, key, value []byte) (Stored, bool) {
	s := Stored{File: file, Owner: string(bucket), Key: string(key), Text: append([]byte(nil), value...)}
	if len(bucket) == 16+8 && file == "outbox.db" {
		s.Owner = hex.EncodeToString(bucket[:16])
	}
	if len(key) == 8 && file == "outbox.db" {
		n := uint64(0)
		for _, b := range key {
			n = n<<8 | uint64(b)
		}
		s.Key = strconv.FormatUint(n, 10)
	}
	name, part, _ := strings.Cut(s.Owner, "/")
	id, err := profiles.ParseID(name)
	if err != nil {
		return s, true // about the file, in the open
	}
	if part != "ledger" { // which is written when its person leaves, and is no value of theirs
		s.Owner = id.String()
	}
	text, err := ring.Open(id, file, s.Key, storeSchema, value)
	if strings.HasPrefix(s.Key, "page/") { // of a ledger: deflated
		text, _ = io.ReadAll(flate.NewReader(bytes.NewReader(text)))
	}
	s.Text = text
	return s, err == nil
}
